"""The user's own case: from inventory to file, over real SSH; and from a bounce to SPF pass, on real servers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from relayconf.exits import ExitCode
from tests.e2e.story import addresses, requirements, servers
from tests.e2e.story.pages import PAGES, rewritten
from tests.e2e.story.telling import Telling
from tests.lab import Lab
from tests.support.cli import ROOT, Admin
from tests.support.golden import Golden
from tests.support.openssh import OpenSshServer, why_not
from tests.support.qmail_tree import make_qmail, snapshot
from tests.support.ssh_keys import write_ed25519
from tests.support.ssh_server import SshServer

INVENTORY = """\
version: 1
relays:
  isp: {{host: mail.asahi-net.or.jp, port: 25, tls: none}}
hosts:
  edge:
    address: 127.0.0.1
    mta: qmail
    relay: isp
    ssh: {{port: {port}, identity_file: {key}}}
    qmail_home: {home}
    state_directory: {state}
domains:
  kamata-net.com: {{host: 192.168.0.100}}
"""

RENDERED = b"""\
# Managed by relayconf. Change the inventory, not this file.
kamata-net.com:192.168.0.100
:mail.asahi-net.or.jp
"""


@contextmanager
def _paramiko(folder: Path) -> Iterator[tuple[int, Path, str]]:
    key = write_ed25519(folder / "client_key")
    authorized = paramiko.Ed25519Key.from_private_key_file(str(key))
    with SshServer(folder, authorized=authorized) as server:
        yield server.port, key, server.known_hosts_line()


@contextmanager
def _openssh(folder: Path) -> Iterator[tuple[int, Path, str]]:
    if reason := why_not():
        pytest.skip(reason)
    with OpenSshServer(folder) as server:
        yield server.port, server.identity, server.known_hosts_line()


@pytest.fixture(name="admin", params=[_paramiko, _openssh], ids=["in-process", "openssh"])
def _admin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Admin]:
    (tmp_path / "server").mkdir()
    (tmp_path / "admin").mkdir()
    make_qmail(tmp_path / "qmail")
    with request.param(tmp_path / "server") as (port, key, known_hosts):
        admin = Admin(folder=tmp_path / "admin")
        admin.trust(known_hosts)
        admin.write(INVENTORY.format(port=port, key=key, home=tmp_path / "qmail", state=tmp_path / "state"))
        yield admin


def test_the_story_s_file_is_planned_applied_and_unchanged_on_the_second_run(admin: Admin, tmp_path: Path) -> None:
    """kamata-net.com inside, everything else to the ISP; the plan touches nothing; the second plan says no changes."""
    control = tmp_path / "qmail" / "control"
    before = snapshot(control)

    planned = admin.run("plan")

    assert planned.code == ExitCode.OK, planned.err
    assert "  the rest of the world   direct (MX)   mail.asahi-net.or.jp:25   edge    model\n" in planned.out
    assert "  +kamata-net.com:192.168.0.100\n  +:mail.asahi-net.or.jp\n" in planned.out
    assert snapshot(control) == before
    assert not (tmp_path / "state").exists()
    assert admin.run("plan", "--exit-code").code == ExitCode.CHANGES_PENDING

    applied = admin.run("apply", "--yes")

    assert applied.code == ExitCode.OK, applied.err
    assert applied.out.endswith("Apply: 1 changed\n")
    assert (control / "smtproutes").read_bytes() == RENDERED
    assert (control / "smtproutes").stat().st_mode & 0o7777 == 0o644
    after = snapshot(control)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"smtproutes"}

    inode = (control / "smtproutes").stat().st_ino
    again = admin.run("apply", "--yes")

    assert again.code == ExitCode.OK
    assert again.out == "Plan: no changes (1 host)\n"
    assert (control / "smtproutes").stat().st_ino == inode
    assert admin.run("plan", "--exit-code").code == ExitCode.OK


def test_a_dry_run_is_a_plan(admin: Admin, tmp_path: Path) -> None:
    """`apply --dry-run` prints what `plan` prints, and changes nothing."""
    assert admin.run("apply", "--dry-run").out == admin.run("plan").out
    assert not (tmp_path / "qmail" / "control" / "smtproutes").exists()


def test_apply_without_a_terminal_and_without_yes_refuses(admin: Admin, tmp_path: Path) -> None:
    """Nothing is ever applied because a script piped something into it."""
    ran = admin.run("apply", stdin="yes\n")

    assert ran.code == ExitCode.USAGE
    assert "error: apply asks before it changes a host, and there is no terminal to ask on" in ran.err
    assert not (tmp_path / "qmail" / "control" / "smtproutes").exists()


def test_json_says_the_same_for_machines(admin: Admin) -> None:
    """One document on stdout, for plan and for apply."""
    planned = json.loads(admin.run("plan", "--json").out)
    applied = json.loads(admin.run("apply", "--yes", "--json").out)

    (host,) = planned["hosts"]
    assert (planned["format"], planned["kind"], planned["exit_code"]) == (1, "plan", 0)
    assert (host["host"], host["status"]) == ("edge", "planned")
    assert host["plan"]["changes"][0]["kind"] == "create"
    assert host["plan"]["changes"][0]["diff"][-1] == "+:mail.asahi-net.or.jp"
    assert applied["kind"] == "apply"
    assert applied["fingerprint"] == planned["fingerprint"]
    assert applied["hosts"][0]["status"] == "changed"
    assert applied["hosts"][0]["transaction"]


def test_a_new_host_key_is_accepted_only_when_asked_and_told(admin: Admin) -> None:
    """With its fingerprint, so that it can be compared afterwards; the next run needs no asking."""
    (admin.folder / ".ssh" / "known_hosts").write_text("")

    refused, accepted = admin.run("plan"), admin.run("plan", "--accept-new")

    assert refused.code == ExitCode.HOST_FAILED
    assert "--accept-new" in refused.out
    assert accepted.code == ExitCode.OK
    assert re.search(
        r"^127\.0\.0\.1 port \d+: accepted its new host key ssh-ed25519 SHA256:\S+$", accepted.err, re.MULTILINE
    )
    assert admin.run("plan").code == ExitCode.OK


_WHAT_HAPPENS = {
    "filtered": (0, "status=deferred (connect to mx02.mail.icloud.com[17.57.154.34]:25: Connection timed out)"),
    "why-deferred": (0, "category  port-blocked: "),
    "doctor": (1, "error  port25-filtered"),
    "bounced": (0, "550 5.7.1 Mail from IP 218.45.184.224 was rejected due to listing in Spamhaus PBL."),
    "why-bounced": (0, "category  ip-policy-listed: "),
    "plan": (
        0,
        "  the rest of the world   direct (MX)   [mail.asahi-net.or.jp]:465 ab4t-ash, secure   mail    model\n",
    ),
    "apply": (0, "\nApply: 2 changed\n"),
    "verify": (0, "\nVerify: 2 pass\n"),
    "sent": (0, "relay=mail.asahi-net.or.jp[202.224.39.55]:465, "),
    "failing": (0, "Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=202.224.39.40; "),
    "headers-failing": (1, "spf   fail   fail\n"),
    "spf-plan": (0, '  publish  "v=spf1 mx include:spf-01.asahi-net.or.jp -all"  (2 of 10 look-ups)\n'),
    "spf-apply": (0, "\n  published\n"),
    "spf-check": (0, "  ns.names (10.87.1.5)   planned\n"),
    "sent-again": (0, "status=sent"),
    "passing": (0, "Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=202.224.39.40; "),
    "headers-passing": (0, "spf   pass   pass\n"),
    "qmail": (0, "K202.224.39.55 accepted message."),
    "passing-qmail": (0, "Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=202.224.39.40; "),
}


@pytest.mark.lab
@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(requirements.why_not()), reason=requirements.why_not())
def test_from_the_bounce_to_spf_pass(tmp_path: Path, golden: Golden) -> None:
    """Filtered and refused directly; by the relay it arrives, with SPF fail and then with pass; as both pages tell."""
    with Lab.up(addresses.SPEC) as lab:
        servers.start(lab)
        telling = Telling.make(lab, tmp_path / "laptop", str)
        telling.all()
    parts = telling.parts

    assert list(parts) == list(_WHAT_HAPPENS)
    for name, (status, words) in _WHAT_HAPPENS.items():
        assert (parts[name].status, words in parts[name].output) == (status, True), parts[name]
    assert "error  dnsbl-policy     218.45.184.224: zen.spamhaus.org has it on a policy list" in parts["doctor"].output
    assert "verified: a test by qmail-remote: the relay takes sender and recipient" in parts["apply"].output
    assert addresses.PASSWORD not in "".join(part.output for part in parts.values())
    pages = Golden(ROOT / "docs", update=golden.update)
    for page in PAGES:
        pages.check(page, rewritten((ROOT / "docs" / page).read_text(encoding="utf-8"), parts))
