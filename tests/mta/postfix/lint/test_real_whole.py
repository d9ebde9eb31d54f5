"""The faults of a whole host on a real Postfix: what main.cf, the chroot, missing plug-ins and modes do to mail."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from relayconf.mta.postfix.lint import lint
from relayconf.mta.postfix.lint.codes import CODES, Fault
from tests.lab import HostSpec, Lab, LabSpec, Machine
from tests.lab.marks import needs_lab
from tests.mta.postfix.lint.exhibits import MASTER, Exhibit
from tests.mta.postfix.lint.test_real import CASES, CONFIG, HOP, RELAY, ROUTES, SERVERS, faults, live, unpack

HOST = HostSpec(name="mail1", mta="postfix")
SPEC = LabSpec(hosts=(HOST,), relays=(RELAY,))
PLAIN = "[a.relays.test]:25"
CHROOT = "/var/spool/postfix/etc/resolv.conf"
pytestmark = needs_lab

SETTINGS = {
    "smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt",
    "smtp_tls_security_level": "may",
    "smtp_sasl_password_maps": "hash:/etc/postfix/sasl_passwd",
    "smtp_sasl_tls_security_options": "noanonymous",
    "transport_maps": "hash:/etc/postfix/transport",
    "smtp_enforce_tls": "yes",
    "relayhost": "out.world.test:587",
    "content_filter": f"filter:{PLAIN}",
    "defer_transports": "parked",
    "soft_bounce": "yes",
}
"""The rest of main.cf is the lab's. Every fault of main.cf is in its mail alone, so that all can stand side by side."""

_SERVICES = {
    "filter": "n",
    "parked": "n",
    "soft": "n",
    "obsolete": "n",
    "caged": "y",
    "caged-old": "y",
    "no-plug-in": "n -o smtp_sasl_auth_enable=yes -o smtp_tls_security_level=secure",
}
"""Each with `y` for the chroot, and its options."""

_HOPS = {"no-plug-in": HOP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One fault of the host: where it is told, to whom mail suffers from it, and what Postfix logs of that."""

    code: str
    place: str
    recipient: str
    log: str


WHOLE: Mapping[str, Whole] = {
    "mx": Whole(
        code="nexthop-mx",
        place="relayhost",
        recipient="u@far.test",
        log=r"connect to mx\.world\.test\[.*\]:587: Connection refused",
    ),
    "filter": Whole(
        code="content-filter",
        place="content_filter",
        recipient="u@obsolete.test",
        log=r"case/filter/.*to=<u@obsolete\.test>, relay=a\.relays\.test.*status=sent",
    ),
    "parked": Whole(
        code="parked",
        place="defer_transports",
        recipient="u@parked.test",
        log=r"to=<u@parked\.test>.*status=deferred \(deferred transport\)",
    ),
    "soft": Whole(
        code="parked",
        place="soft_bounce",
        recipient="550-x@soft.test",
        log=r"to=<550-x@soft\.test>.*status=SOFTBOUNCE",
    ),
    "obsolete": Whole(
        code="obsolete",
        place="smtp_enforce_tls",
        recipient="v@obsolete.test",
        log=r"to=<v@obsolete\.test>, relay=a\.relays\.test\[.*\]:25,.*status=sent",
    ),
    "caged": Whole(
        code="chroot-resolver",
        place="main.cf",
        recipient="u@caged.test",
        log=r"to=<u@caged\.test>.*status=deferred \(Host or domain name not found",
    ),
    "caged-old": Whole(
        code="chroot-resolver-old",
        place="main.cf",
        recipient="u@caged-old.test",
        log=r"to=<u@caged-old\.test>.*status=deferred \(Host or domain name not found",
    ),
    "no-plug-in": Whole(
        code="sasl-plugin",
        place="no-plug-in",
        recipient="u@no-plug-in.test",
        log=r"to=<u@no-plug-in\.test>.*status=deferred .*no mechanism available",
    ),
}

DEADLY: Mapping[str, tuple[str, str]] = {
    "columns": ("service-line", "x unix - - y -"),
    "type": ("service-line", "x inett - - y - - smtp"),
    "yes-or-no": ("service-line", "x unix - - x - - smtp"),
    "wakeup": ("service-line", "x unix - - y 1x - smtp"),
    "limit": ("service-line", "x unix - - y - many smtp"),
    "port": ("service-port", "amavis inet n - y - - smtpd"),
    "nothing": ("", "# x"),
}
"""Lines of master.cf, and the codes of what they do to master(8). The last one shows that it lives else."""

UNPROVED: Mapping[str, str] = {}
"""Codes that no real Postfix shows here, with the reasons. None."""

_MASTER = """for name do
mkdir -p "/tmp/$name/pid" "/tmp/$name/data"; chown postfix "/tmp/$name/data"
{ MAIL_CONFIG=/etc/at-$name timeout 20 /usr/lib/postfix/sbin/master -d -e 1; echo "$?" >"/tmp/$name/status"; } &
done; wait
for name do cat "/tmp/$name/status"; done"""
_NO_PLUGINS = "rm /usr/lib/*/sasl2/libplain.* /usr/lib/*/sasl2/liblogin.*"
_READ = f"grep -q geheim-1 {CONFIG}/sasl_passwd.db"
_LIMIT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What Postfix logged, what our checks say at the end and before, how master ended, and what another user got.

    `lines` are where a place of `WHOLE` is; `read` is grep's status.
    """

    log: str
    faults: tuple[Fault, ...]
    ended: Mapping[str, int]
    lines: Mapping[str, str]
    read: int


def _line(name: str) -> str:
    chroot, _, options = _SERVICES[name].partition(" ")
    return f"{name} unix - - {chroot} - - smtp -o syslog_name=case/{name} {options}".rstrip() + "\n"


def _install(host: Machine) -> Mapping[str, str]:
    """The host with all its faults, and where each of them is."""
    old = host.read(f"{CONFIG}/main.cf").decode().splitlines()
    main = [line for line in old if line.partition("=")[0].strip() not in SETTINGS]
    main += [f"{name} = {value}" for name, value in SETTINGS.items()]
    services = host.read(f"{CONFIG}/master.cf").decode()
    # Names are resolved outside the chroot, but for those whose trouble it is; the filter has mail by SMTP alone.
    services = re.sub(r"(?m)^(smtp +unix +- +-) +y", r"\1 n", services)
    services = re.sub(r"(?m)^(pickup .*)$", r"\1 -o content_filter=", services)
    services += "".join(_line(name) for name in _SERVICES)
    tables = {
        "sasl_passwd": f"{HOP} ua:geheim-1\n",
        "transport": "".join(f"{name}.test {name}:{_HOPS.get(name, PLAIN)}\n" for name in _SERVICES),
    }
    files = {"main.cf": "\n".join(main) + "\n", "master.cf": services, **tables}
    unpack(host, {f"{CONFIG}/{name}": text for name, text in files.items()})
    host.run(["postmap", *(f"hash:{CONFIG}/{name}" for name in tables)])
    lines = {line.partition(" ")[0]: f"main.cf:{number}" for number, line in enumerate(main, 1)}
    words = [line.partition(" ")[0] for line in services.splitlines()]
    lines |= {"main.cf": "main.cf", "no-plug-in": f"master.cf:{words.index('no-plug-in') + 1}"}
    return lines


def _wait(host: Machine, *names: str) -> str:
    """The log, as soon as these of `WHOLE` are in it, or time is up."""
    until = time.monotonic() + _LIMIT
    while True:
        log = host.log()
        if time.monotonic() > until or all(re.search(WHOLE[name].log, log) for name in names):
            return log
        time.sleep(0.2)


def _ended(host: Machine) -> Mapping[str, int]:
    """With what master(8) ends over each of `DEADLY`; it is told to end by itself after a second."""
    files: dict[str, str] = {}
    for name, (_, line) in DEADLY.items():
        main = f"compatibility_level = 3.6\nqueue_directory = /tmp/{name}\ndata_directory = /tmp/{name}/data\n"
        files |= {f"/etc/at-{name}/main.cf": main, f"/etc/at-{name}/master.cf": f"{line}\n"}
    unpack(host, files)
    statuses = host.run(["sh", "-c", _MASTER, "master", *DEADLY]).stdout.split()
    return dict(zip(DEADLY, map(int, statuses), strict=True))


@pytest.fixture(scope="module", name="seen")
def _seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with Lab.up(SPEC) as lab:
        host = lab.host(HOST.name)
        lines = _install(host)
        host.run(["sh", "-c", f"{_NO_PLUGINS}; rm {CHROOT}"])
        host.postfix("reload")
        first = [name for name in WHOLE if name not in {"filter", "caged-old"}]
        host.inject("u@lab.test", [WHOLE[name].recipient for name in first])
        host.run(["smtp-source", "-f", "u@lab.test", "-t", WHOLE["filter"].recipient, "127.0.0.1:25"])
        ended = _ended(host)
        _wait(host, *first, "filter")
        folder = tmp_path_factory.mktemp("missing")
        found = faults(host, folder)
        opened = tuple(lint(live(folder / "etc" / "postfix")))
        host.write(CHROOT, b"nameserver 127.0.0.1\n")
        host.inject("u@lab.test", [WHOLE["caged-old"].recipient])
        log = _wait(host, "caged-old")
        found += faults(host, tmp_path_factory.mktemp("old"))
        yield Seen(
            log=log,
            faults=(*found, *(one for one in opened if one.code == "postfix-sasl-open")),
            ended=ended,
            lines=lines,
            read=host.run(["sh", "-c", _READ], user="nobody", check=False).returncode,
        )


@pytest.mark.parametrize("name", WHOLE)
def test_a_fault(seen: Seen, name: str) -> None:
    """Postfix suffers from it, and the checks name it where it is."""
    one = WHOLE[name]

    assert re.search(one.log, seen.log), seen.log
    assert (f"postfix-{one.code}", seen.lines[one.place]) in {(found.code, str(found.place)) for found in seen.faults}


@pytest.mark.parametrize("name", DEADLY)
def test_a_line_of_master_cf(seen: Seen, name: str) -> None:
    """Postfix's master dies of it, and the checks name it."""
    code, line = DEADLY[name]
    found = lint(Exhibit(master=f"{MASTER}{line}\n").configuration)

    assert seen.ended[name] == (1 if code else 0)
    assert [one.code for one in found] == ([f"postfix-{code}"] if code else [])


def test_an_open_table_of_passwords(seen: Seen) -> None:
    """Another user found a password in it, and the checks name it."""
    assert seen.read == 0
    assert "postfix-sasl-open" in [one.code for one in seen.faults]


def test_nothing_else_is_found(seen: Seen) -> None:
    """No fault stands where none was made."""
    made = {f"postfix-{one.code}" for one in WHOLE.values()} | {"postfix-sasl-open"}

    assert [one.finding.text for one in seen.faults if one.code not in made] == []


def test_every_code_is_proved() -> None:
    """Each of the checks' codes was seen on a real Postfix, or says why not."""
    proved = {one.code for group in (CASES, ROUTES, WHOLE) for one in group.values()} | set(SERVERS)
    proved |= {code for code, _ in DEADLY.values() if code} | {"sasl-open"}

    assert set(CODES) - proved == set(UNPROVED)
    assert len(CODES) == len(proved | set(UNPROVED))
