"""The story, step by step: each is a command of the admin's laptop or of a host, with what it prints."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.e2e.story import addresses, names, servers
from tests.lab import Lab
from tests.support.lab_admin import LabAdmin

_LOG, _MAILBOX = "/var/log/mail.log", "/var/mail/nosudo"
_LETTER = "From: me@kamata-net.com\\nTo: friend@icloud.com\\nSubject: {subject}\\n\\nHello.\\n"

_DOCTOR = (
    *("--target", "mx01.mail.icloud.com", "--target", "mx02.mail.icloud.com"),
    *("--control", "mail.asahi-net.or.jp:465", "--timeout", "1", "--provider", "asahi-net"),
)

_QMAIL = "setpriv --reuid=qmailr --regid=qmail --clear-groups /var/qmail/bin/qmail-remote"

_BEFORE = """\
version: 1
ssh: {{user: root, identity_file: {key}}}
hosts:
  mail: {{address: 218.45.184.224, mta: postfix}}
  edge: {{address: 218.45.184.225, mta: qmail, flavour: classic}}
relay: direct
domains:
  kamata-net.com: {{at: mail}}
"""
_RELAYS = """\
relays:
  isp:
    provider: asahi-net
    auth: {username: ab4t-ash, password: {file: asahi}}
    endpoints: [{port: 465}, {port: 25, auth: none}]
    probe: {from: me@kamata-net.com, to: friend@icloud.com}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One command as the reader sees it, its exit status, and what it printed."""

    line: str
    status: int
    output: str


@dataclass(slots=True, kw_only=True)
class Telling:
    """Who tells: *tell* hears of each part as it ends, and of each chapter's title as it begins."""

    admin: LabAdmin
    tell: Callable[[str], object]
    parts: dict[str, Part] = field(default_factory=dict)

    @classmethod
    def make(cls, lab: Lab, folder: Path, tell: Callable[[str], object]) -> Telling:
        """A laptop in the new *folder*, which knows the story's hosts, and nothing told yet."""
        made = LabAdmin.make(lab, folder)
        # With a DNS to be asked.
        admin = replace(made, admin=replace(made.admin, settings={"LANG": "C.UTF-8"}))
        lines = lab.path("known_hosts").read_text(encoding="ascii")
        for name, address in addresses.KNOWN.items():
            lines = lines.replace(lab.spec.address(name), f"{lab.spec.address(name)},{address}")
        admin.admin.trust(lines)
        key = admin.admin.folder / "tsig.key"
        key.touch(mode=0o600)
        key.write_text(names.KEY, encoding="ascii")
        return cls(admin=admin, tell=tell)

    @property
    def lab(self) -> Lab:
        """Where it takes place."""
        return self.admin.lab

    def _keep(self, name: str, line: str, status: int, output: str) -> Part:
        part = Part(line=line, status=status, output=output)
        self.parts[name] = part
        self.tell(f"{line}\n{output}")
        return part

    def relayconf(self, name: str, *words: str) -> Part:
        """Run `relayconf WORDS` on the laptop."""
        ran = self.admin.run(*words)
        return self._keep(name, f"$ relayconf {' '.join(words)}", ran.code, ran.out or ran.err)

    def _write(self, file: str, content: bytes) -> None:
        (self.admin.admin.folder / file).write_bytes(content)

    def _mail(self, name: str, subject: str, wanted: str) -> Part:
        """Send a message on `mail`, and show the line of the log that has *wanted* of it."""
        host = self.lab.host("mail")
        start = len(host.log())
        host.run(
            [
                "sh",
                "-c",
                f"printf '{_LETTER.format(subject=subject)}' | sendmail -f me@kamata-net.com friend@icloud.com",
            ]
        )
        line = self._logged(start, wanted)
        return self._keep(
            name, "mail# sendmail -f me@kamata-net.com friend@icloud.com <letter; tail -f mail.log", 0, line
        )

    def _logged(self, start: int, wanted: str) -> str:
        def look() -> str:
            new = self.lab.host("mail").log()[start:].splitlines()
            return next((f"{line}\n" for line in new if "to=<friend@icloud.com>" in line and wanted in line), "")

        return self.lab.wait_for(look)

    def _arrived(self, name: str, subject: str) -> Part:
        """The header of the message with this subject, as icloud.com keeps it."""
        header = self.lab.wait_for(lambda: self._header(subject))
        self._write(f"{name}.eml", f"{header}\n".encode())
        shown = [line for line in header.splitlines() if line.startswith(("Received-SPF:", "Subject:"))]
        return self._keep(name, f"$ grep -E '^(Received-SPF|Subject):' {name}.eml", 0, "\n".join(shown) + "\n")

    def _header(self, subject: str) -> str:
        host = self.lab.host("icloud")
        if not host.exists(_MAILBOX):
            return ""
        header = host.read(_MAILBOX).decode().rpartition("\nFrom ")[2].partition("\n\n")[0]
        return header if f"Subject: {subject}" in header else ""

    def _bounce(self) -> bytes:
        host = self.lab.host("mail")
        return host.read(_MAILBOX) if host.exists(_MAILBOX) else b""

    def it_is_refused(self) -> None:
        """Chapter 1: nothing leaves by port 25, and where it does, the list is in the way."""
        self.tell("# 1. Mail to icloud.com does not arrive\n")
        self.admin.write(_BEFORE.format(key=self.admin.key), {})
        part = self._mail("filtered", "hello", "status=deferred")
        self._write("deferred.log", part.output.encode())
        self.relayconf("why-deferred", "explain-bounce", "deferred.log")
        self.relayconf("doctor", "doctor", "mail", *_DOCTOR)
        servers.let_port_25_through(self.lab)
        host = self.lab.host("mail")
        start = len(host.log())
        host.flush()
        self._keep(
            "bounced",
            "mail# postqueue -f; tail -f mail.log     # on a line without that filter",
            0,
            self._logged(start, "status=bounced"),
        )
        self._write("bounce.eml", self.lab.wait_for(self._bounce))
        self.relayconf("why-bounced", "explain-bounce", "bounce.eml", "--provider", "asahi-net")
        servers.drop_port_25(self.lab)

    def it_is_routed(self) -> None:
        """Chapter 2: the inventory names the provider's relay."""
        self.tell("# 2. The provider's relay takes it\n")
        inventory = _BEFORE.format(key=self.admin.key).replace("mta: postfix}", "mta: postfix, relay: isp}")
        inventory = inventory.replace("flavour: classic}", 'flavour: classic, relay: "isp:25"}').replace(
            "relay: direct\n", _RELAYS
        )
        self.admin.write(inventory, {"asahi": addresses.PASSWORD})
        self.relayconf("plan", "plan")
        self.relayconf("apply", "apply", "--yes")
        self.relayconf("verify", "verify")

    def it_fails_spf(self) -> None:
        """Chapter 3: it arrives from an address that the domain's record does not name."""
        self.tell("# 3. It arrives, and SPF fails\n")
        self._mail("sent", "by the relay", "status=sent")
        self._arrived("failing", "by the relay")
        self.relayconf("headers-failing", "verify", "--headers", "failing.eml")

    def it_is_published(self) -> None:
        """Chapter 4: the record that covers the relay."""
        self.tell("# 4. The record is published\n")
        self.relayconf("spf-plan", "spf", "plan")
        server = self.lab.spec.address("names")
        self.relayconf("spf-apply", "spf", "apply", "--server", server, "--key-file", "tsig.key", "--yes")
        self.relayconf("spf-check", "spf", "check")

    def it_passes(self) -> None:
        """Chapter 5: pass, from both hosts."""
        self.tell("# 5. It passes\n")
        self._mail("sent-again", "with the record", "status=sent")
        self._arrived("passing", "with the record")
        self.relayconf("headers-passing", "verify", "--headers", "passing.eml")
        letter = _LETTER.format(subject="by qmail")
        command = f"printf '{letter}' | {_QMAIL} icloud.com me@kamata-net.com friend@icloud.com"
        done = self.lab.host("edge").run(["sh", "-c", command])
        report = done.stdout.decode().replace("\0", "\n").strip() + "\n"
        self._keep("qmail", "edge# qmail-remote icloud.com me@kamata-net.com friend@icloud.com <letter", 0, report)
        self._arrived("passing-qmail", "by qmail")

    def all(self) -> float:
        """The whole story; how many seconds it took."""
        begun = time.monotonic()
        for chapter in (self.it_is_refused, self.it_is_routed, self.it_fails_spf, self.it_is_published, self.it_passes):
            chapter()
        return time.monotonic() - begun
