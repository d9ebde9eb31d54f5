"""The faults on a real Postfix: each stops mail, bounces it or is misread, and `postfix check` says nothing.

Each case is a transport of its own in one running host, so that a service that dies takes no other case with it.
"""

from __future__ import annotations

import io
import re
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from relayconf.commands.checked_configuration import read_configuration
from relayconf.mta.postfix.lint import lint
from relayconf.mta.postfix.lint.codes import Fault
from relayconf.mta.postfix.lint.configuration import Configuration
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec
from tests.lab.marks import needs_lab

RELAY = RelaySpec(name="a.relays.test", users={"ua": ("geheim-1",)})
SPEC = LabSpec(hosts=(HostSpec(name="mail1", mta="postfix"),), relays=(RELAY,))
HOP = "[a.relays.test]:587"
SINK = f"[{SPEC.address('mail1')}]:2525"
CONFIG = "/etc/postfix"
pytestmark = needs_lab

SETTINGS = {
    "smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt",
    "smtp_tls_security_level": "secure",
    "smtp_sasl_password_maps": "hash:/etc/postfix/sasl_passwd",
    "smtp_sasl_tls_security_options": "noanonymous",
    "transport_maps": "hash:/etc/postfix/transport",
    "smtp_helo_timeout": "2s",
}
"""The rest of main.cf is the lab's. Its `smtp` speaks to a relay without AUTH, so that nobody's fault stops it."""

_TAR = (
    "cd / && tar chf - etc/postfix etc/services etc/resolv.conf etc/ssl/certs/ca-certificates.crt var/spool/postfix/etc"
)
_TALK = (
    "exec 3<>/dev/tcp/127.0.0.1/$1; printf 'XCLIENT ADDR=192.0.2.9\\r\\nHELO x\\r\\n"
    "MAIL FROM:<u@lab.test>\\r\\nRCPT TO:<v@world.test>\\r\\n' >&3;"
    " timeout 1 cat <&3"
)
_SINK = f"smtp-sink -u postfix -v {SINK.strip('[').replace(']', '')} 9 >/tmp/sink 2>&1 </dev/null &"
_PASSWORD = "AHVhAGdlaGVpbS0x"
"""NUL, `ua`, NUL, `geheim-1` in base64."""

_LIMIT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One fault: the options of its service, or what else is odd about its transport, and what Postfix logs of it."""

    code: str
    log: str
    options: Mapping[str, str] = field(default_factory=dict)
    hop: str = HOP
    table: str | None = None
    extra: str = ""
    service: bool = True


def _policy(text: str) -> Case:
    return Case(code="tls-policy-level", log="client TLS configuration problem", table=text)


CASES: Mapping[str, Case] = {
    "boolean": Case(
        code="boolean",
        options={"smtp_tls_wrappermode": "on"},
        log="fatal: bad boolean configuration: smtp_tls_wrappermode",
    ),
    "time": Case(code="time", options={"smtp_quit_timeout": "30x"}, log="fatal: parameter smtp_quit_timeout: bad time"),
    "level": Case(
        code="value", options={"smtp_tls_security_level": "secured"}, log='fatal: Invalid TLS level "secured"'
    ),
    "grade": Case(code="value", options={"smtp_tls_mandatory_ciphers": "strong"}, log="Cannot start TLS"),
    "sasl-options": Case(
        code="value", options={"smtp_sasl_tls_security_options": "NoAnonymous"}, log="fatal: SASL per-connection"
    ),
    "host-lookup": Case(code="value", options={"smtp_host_lookup": "DNS"}, log="fatal: unknown smtp_host_lookup value"),
    "dns-support": Case(
        code="value", options={"smtp_dns_support_level": "dnsec"}, log="fatal: invalid smtp_dns_support_level"
    ),
    "option": Case(code="service-option", extra=" -o smtp_helo_name = x", log='fatal: invalid "-o smtp_helo_name"'),
    "twice": Case(
        code="service-twice",
        extra="\ntwice unix - - y - - smtp -o syslog_name=case/twice -o smtp_sasl_auth_enable=no",
        log="status=bounced .*530 5.7.0",
    ),
    "transport": Case(code="transport-unknown", service=False, log="status=deferred .mail transport unavailable"),
    "bracket": Case(code="nexthop", hop="[a.relays.test:587", log='fatal: missing "]" in server description'),
    "behind": Case(code="nexthop", hop="[a.relays.test]587", log='fatal: garbage after "]"'),
    "two-ports": Case(code="nexthop", hop="a.relays.test:smtp:587", log="fatal: valid hostname or network address"),
    "numbers": Case(code="nexthop", hop="1.2.3", log="fatal: valid hostname or network address required .*: 1.2.3"),
    "port": Case(code="nexthop", hop="[a.relays.test]:70000", log="fatal: bad network port: 70000"),
    "port-name": Case(code="nexthop", hop="[a.relays.test]:amavis", log="fatal: unknown service: amavis/tcp"),
    "family": Case(code="nexthop-family", hop="[2001:db8::1]:587", log="status=(deferred|bounced)"),
    "self": Case(code="relay-self", hop="[127.0.0.1]", log="loops back to myself"),
    "no-table": Case(
        code="sasl-no-table", options={"smtp_sasl_password_maps": ""}, log="fatal: specify a password table"
    ),
    "auth-off": Case(
        code="sasl-off",
        options={"smtp_sasl_auth_enable": "no", "smtp_sasl_password_maps": "static:ua:geheim-1"},
        log="status=bounced .*530 5.7.0",
    ),
    "key": Case(code="sasl-key", table="a.relays.test:587 ua:geheim-1", log="status=bounced .*530 5.7.0"),
    "no-password": Case(code="sasl-missing", table="[b.relays.test]:587 ua:geheim-1", log="status=bounced .*530 5.7.0"),
    "clear": Case(
        code="sasl-clear",
        hop=SINK,
        table=f"{SINK} ua:geheim-1",
        options={"smtp_sasl_security_options": "noanonymous", "smtp_tls_security_level": "may"},
        log="status=sent",
    ),
    "sender-key": Case(code="sasl-sender-key", table="@lab.test ua:geheim-1", log="status=bounced .*530 5.7.0"),
    "shadow": Case(
        code="sasl-shadow", table=f"{HOP} ua:geheim-1\na.relays.test ua:geheim-0", log="status=deferred .*535 5.7.8"
    ),
    "value-of-it": Case(code="sasl-value", table=f"{HOP} ua geheim-1", log="status=deferred .*535 5.7.8"),
    "filter": Case(
        code="sasl-mechanism",
        options={"smtp_sasl_mechanism_filter": "xoauth2"},
        log="no compatible authentication mech",
    ),
    "noplaintext": Case(
        code="sasl-noplaintext", options={"smtp_sasl_tls_security_options": "noplaintext"}, log="no mechanism available"
    ),
    "ca-file": Case(code="tls-file", options={"smtp_tls_CAfile": "/etc/postfix/gone.pem"}, log="TLS engine is unavail"),
    "ca-no-pem": Case(code="tls-file", options={"smtp_tls_CAfile": "/etc/services"}, log="TLS engine is unavailable"),
    "no-ca": Case(
        code="tls-no-ca",
        options={"smtp_tls_CAfile": "", "smtp_tls_CApath": "", "smtp_tls_security_level": "verify"},
        log="Server certificate not verified",
    ),
    "ca-in-chroot": Case(
        code="tls-ca-chroot",
        options={"smtp_tls_CAfile": "", "smtp_tls_CApath": "/etc/postfix"},
        log="Server certificate not verified",
    ),
    "policy-key": Case(
        code="tls-policy-key",
        options={"smtp_tls_security_level": "encrypt"},
        table="[a.relays.test] fingerprint match=AA",
        log="status=sent",
    ),
    "policy-level": _policy(f"{HOP} secured"),
    "policy-word": _policy(f"{HOP} secure matches=x"),
    "implicit": Case(
        code="tls-implicit", hop="[a.relays.test]:465", log="timed out while receiving the initial server"
    ),
    "wrapped": Case(code="tls-wrapped", options={"smtp_tls_wrappermode": "yes"}, log="Cannot start TLS"),
    "wrapped-may": Case(
        code="tls-implicit",
        options={"smtp_tls_wrappermode": "yes", "smtp_tls_security_level": "may"},
        hop="[a.relays.test]:465",
        log="status=deferred",
    ),
    "dane": Case(code="tls-dane", options={"smtp_tls_security_level": "dane"}, log="status=sent"),
    "dane-only": Case(code="tls-dane-only", options={"smtp_tls_security_level": "dane-only"}, log="client TLS config"),
}
SERVERS = {
    "mynetworks": "warning: mynetworks: non-null host address bits",
    "smtpd-restrictions": "fatal: in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions",
    "open-relay": r"case/open/smtpd\[\d+\]: [0-9A-F]+: client=\S*\[192\.0\.2\.9\]",
}


def _service(name: str, case: Case) -> str:
    options = {"smtp_sasl_auth_enable": "yes", **case.options}
    if case.table and case.code.startswith("sasl"):
        options["smtp_sasl_password_maps"] = f"hash:{CONFIG}/{name}"
    elif case.table:
        options["smtp_tls_policy_maps"] = f"hash:{CONFIG}/{name}"
    words = "".join(f" -o {option}={value}" for option, value in options.items())
    return f"{name} unix - - y - - smtp -o syslog_name=case/{name}{words}{case.extra}\n"


def unpack(host: Machine, files: Mapping[str, str], *, age: int = 60) -> None:
    """Write many files at once, *age* seconds old: Postfix waits for fresh ones to settle."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(text.encode()), 0o644, int(time.time()) - age
            archive.addfile(entry, io.BytesIO(text.encode()))
    host.run(["tar", "x", "-C", "/"], stdin=packed.getvalue())


def _install(host: Machine) -> None:
    main = host.read(f"{CONFIG}/main.cf").decode().splitlines()
    lines = [line for line in main if line.partition("=")[0].strip() not in SETTINGS]
    lines += [f"{name} = {value}" for name, value in SETTINGS.items()]
    master = host.read(f"{CONFIG}/master.cf").decode()
    master += "".join(_service(name, case) for name, case in CASES.items() if case.service)
    master += "2601 inet n - y - - smtpd -o mynetworks=127.0.0.1/8 -o syslog_name=case/mynetworks\n"
    master += "2602 inet n - y - - smtpd -o smtpd_relay_restrictions=permit_mynetworks -o syslog_name=case/restrict\n"
    master += "2603 inet n - y - - smtpd -o mynetworks=0.0.0.0/0 -o smtpd_authorized_xclient_hosts=127.0.0.1"
    master += " -o syslog_name=case/open\n"
    sources = {name: f"{case.table}\n" for name, case in CASES.items() if case.table}
    sources["sasl_passwd"] = f"{HOP} ua:geheim-1\n"
    sources["transport"] = "".join(f"{name}.test {name}:{case.hop}\n" for name, case in CASES.items())
    files = {"main.cf": "\n".join(lines) + "\n", "master.cf": master, **sources}
    unpack(host, {f"{CONFIG}/{name}": text for name, text in files.items()})
    host.run(["postmap", *(f"hash:{CONFIG}/{name}" for name in sources)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One misreading: the settings and the table behind it, and where Postfix sends mail from u@a.test to v@b.test.

    `built` is what the table said when postmap was run over it.
    """

    code: str
    settings: Mapping[str, str]
    answer: str
    table: str = ""
    built: str = ""
    sender: str = "u@a.test"
    recipient: str = "v@b.test"


ROUTES: Mapping[str, Route] = {
    "at-sign": Route(code="transport-key", table="@b.test error:x\n", settings={}, answer="smtp [relay.test]:587"),
    "star-dot": Route(code="transport-key", table="*.test error:x\n", settings={}, answer="smtp [relay.test]:587"),
    "last-dot": Route(code="transport-key", table="b.test. error:x\n", settings={}, answer="smtp [relay.test]:587"),
    "parents": Route(
        code="transport-key",
        table=".test error:x\n",
        settings={"parent_domain_matches_subdomains": "transport_maps"},
        answer="smtp [relay.test]:587",
    ),
    "wildcard": Route(
        code="transport-wildcard",
        table="* smtp:[x.test]\n",
        settings={},
        recipient="root@own.test",
        answer="smtp [x.test]",
    ),
    "sender": Route(
        code="sender-key",
        table="a.test [x.test]\n",
        settings={"sender_dependent_relayhost_maps": "texthash:@", "transport_maps": ""},
        answer="smtp [relay.test]:587",
    ),
    "beaten": Route(code="relayhost-beaten", settings={"default_transport": "smtp:[x.test]"}, answer="smtp [x.test]"),
    "type": Route(code="table-type", settings={"transport_maps": "hahs:@"}, answer="fails"),
    "unbuilt": Route(code="table-unbuilt", settings={"transport_maps": "hash:@"}, answer="fails"),
    "missing": Route(code="table-missing", settings={"transport_maps": "texthash:@.gone"}, answer="fails"),
    "unavailable": Route(code="table-unavailable", table="x.test :\nX.test :\n", settings={}, answer="fails"),
    "duplicate": Route(
        code="duplicate", settings={"relayhost": "[x.test]\nrelayhost = [y.test]"}, answer="smtp [y.test]"
    ),
    "no-equals": Route(code="main-line", settings={"relayhost": "[x.test]\nrelayhost"}, answer="dies"),
    "open-bracket": Route(code="expansion", settings={"relayhost": "${x"}, answer="dies"),
    "misspelt": Route(
        code="misspelt",
        settings={"relayhost": "", "relay_host": "[x.test]", "transport_maps": ""},
        answer="smtp b.test",
    ),
    "no-type": Route(code="table-form", table="b.test error:x\n", settings={"transport_maps": "@"}, answer="dies"),
    "no-value": Route(code="table-line", table="b.test\n", settings={}, answer="smtp [relay.test]:587"),
    "indented": Route(code="table-line", table="  b.test error:x\n", settings={}, answer="smtp [relay.test]:587"),
    "open-quote": Route(code="table-line", table='"b.test error:x\n', settings={}, answer="smtp [relay.test]:587"),
    "colon": Route(code="table-line", table="b.test: error:x\n", settings={}, answer="smtp [relay.test]:587"),
    "key-twice": Route(
        code="table-duplicate",
        table="b.test smtp:[x.test]\nB.test smtp:[y.test]\n",
        built="b.test smtp:[x.test]\nB.test smtp:[y.test]\n",
        settings={"transport_maps": "hash:@"},
        answer="smtp [x.test]",
    ),
    "stale": Route(
        code="table-stale",
        table="b.test smtp:[y.test]\n",
        built="b.test smtp:[x.test]\n",
        settings={"transport_maps": "hash:@"},
        answer="smtp [x.test]",
    ),
    "bounces": Route(
        code="null-sender",
        table="@a.test [x.test]\n",
        settings={"relayhost": "", "sender_dependent_relayhost_maps": "texthash:@", "transport_maps": ""},
        sender="",
        answer="smtp b.test",
    ),
    "alias-domain": Route(
        code="two-classes",
        settings={"mydestination": "b.test", "virtual_alias_domains": "b.test"},
        answer="local own.test",
    ),
    "mailbox-domain": Route(
        code="two-classes",
        settings={"mydestination": "b.test", "virtual_mailbox_domains": "b.test"},
        answer="local own.test",
    ),
}
"""Asked of Postfix's own router, which needs no running Postfix."""

_ASK = """for name do
MAIL_CONFIG=/etc/at-$name /usr/lib/postfix/sbin/trivial-rewrite -S -n rewrite <"/etc/at-$name/query" >"/tmp/$name" &
done; wait
for name do cat "/tmp/$name"; echo; echo; done"""
_FAILS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What Postfix's own check said, what it logged, its master.cf, and what our checks say.

    `routes` is a copy of the files of `ROUTES`, `crossed` what a server without TLS saw.
    """

    checked: str
    master: str
    log: str
    faults: tuple[Fault, ...]
    healthy: tuple[Fault, ...]
    answers: Mapping[str, str]
    routes: Path
    crossed: str


def _told(log: str, name: str, pattern: str) -> bool:
    service = re.escape(name)
    return any(
        re.search(pattern, line)
        for line in log.splitlines()
        if re.search(rf"case/{service}[/\[]|to=<u@{service}\.test>|private/{service}\b|-o smtp_helo_name", line)
    )


def _wait(host: Machine) -> str:
    """The log, as soon as every case is in it, or time is up."""
    until = time.monotonic() + _LIMIT
    while True:
        log = host.log()
        if time.monotonic() > until or all(_told(log, name, case.log) for name, case in CASES.items()):
            return log
        time.sleep(0.3)


def faults(host: Machine, folder: Path) -> tuple[Fault, ...]:
    """What the checks say of the host's files, copied to *folder*."""
    copied = host.run(["sh", "-c", f"{_TAR} usr/lib/*/sasl2"]).stdout
    with tarfile.open(fileobj=io.BytesIO(copied)) as archive:
        archive.extractall(folder, filter="data")
    return lint(read_configuration(folder / "etc" / "postfix"))


def _main(route: Route, table: str) -> str:
    settings = {
        "compatibility_level": "3.6",
        "myhostname": "own.test",
        "relayhost": "[relay.test]:587",
        "transport_maps": "texthash:@",
        "canonical_maps": "hash:@.built",
        **route.settings,
    }
    return "".join(f"{name} = {value}\n" for name, value in settings.items()).replace("@", table)


def _answer(said: bytes) -> str:
    """Transport and next hop, or how the router failed; it names flags, transport, nexthop, recipient, flags."""
    parts = said.decode().split("\0")
    if parts == [""]:
        return "dies"
    return "fails" if int(parts[9]) & _FAILS else f"{parts[3]} {parts[5]}"


def _answers(host: Machine, folder: Path) -> Mapping[str, str]:
    """What Postfix's router says to each of `ROUTES`, whose files are copied to *folder*."""
    files: dict[str, str] = {}
    for name, route in ROUTES.items():
        home = f"/etc/at-{name}"
        words = ("request", "resolve", "sender", route.sender, "address", route.recipient, "")
        # Where no compiled table is at all, none is missed.
        files |= {f"{home}/main.cf": _main(route, f"{home}/t"), f"{home}/t": route.built or route.table}
        files |= {f"{home}/query": "".join(f"{word}\0" for word in words), f"{home}/t.built.db": ""}
    unpack(host, files)
    built = {f"/etc/at-{name}/t": route.table for name, route in ROUTES.items() if route.built}
    host.run(["postmap", *(f"hash:{path}" for path in built)])
    stale = {path: table for path, table in built.items() if table != files[path]}
    unpack(host, stale, age=-1)
    said = host.run(["sh", "-c", _ASK, "ask", *ROUTES], check=False).stdout.split(b"\n\n")
    copied = host.run(["tar", "c", "-C", "/", *(f"etc/at-{name}" for name in ROUTES)]).stdout
    with tarfile.open(fileobj=io.BytesIO(copied)) as archive:
        archive.extractall(folder, filter="data")
    return {name: _answer(answer) for name, answer in zip(ROUTES, said, strict=False)}


def live(folder: Path) -> Configuration:
    """The configuration in a copy whose times and modes are those of its host."""
    found = read_configuration(folder)
    return replace(found, around=replace(found.around, is_live=True))


@pytest.fixture(scope="module", name="seen")
def _seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with Lab.up(SPEC) as lab:
        host = lab.host("mail1")
        healthy = faults(host, tmp_path_factory.mktemp("healthy"))
        routes = tmp_path_factory.mktemp("routes")
        answers = _answers(host, routes)
        _install(host)
        host.postfix("reload")
        done = host.run(["postfix", "check"])
        host.run(["sh", "-c", _SINK])
        host.inject("u@lab.test", [f"u@{name}.test" for name in CASES])
        for port in (2601, 2602, 2603):
            host.run(["bash", "-c", _TALK, "talk", str(port)], check=False)
        log = _wait(host)
        found = faults(host, tmp_path_factory.mktemp("host"))
        master = host.read(f"{CONFIG}/master.cf").decode()
        yield Seen(
            checked=(done.stdout + done.stderr).decode(),
            log=log,
            master=master,
            faults=found,
            healthy=healthy,
            answers=answers,
            routes=routes,
            crossed=host.read("/tmp/sink").decode(),  # noqa: S108  the host's own
        )


def _places(seen: Seen, name: str) -> frozenset[str]:
    """Where the fault of a case can be: its service, its row in the transport table, its own table."""
    lines = [line.partition(" ")[0] for line in seen.master.splitlines()]
    found = {f"transport:{list(CASES).index(name) + 1}", f"{name}:1", f"{name}:2"}
    return frozenset(found | {f"master.cf:{number}" for number, word in enumerate(lines, 1) if word == name})


@pytest.mark.parametrize("name", CASES)
def test_a_fault(seen: Seen, name: str) -> None:
    """Postfix suffers from it, and the checks name it where it is."""
    case = CASES[name]
    mine = [line for line in seen.log.splitlines() if name in line]

    assert _told(seen.log, name, case.log), "\n".join(mine)
    assert f"postfix-{case.code}" in [one.code for one in seen.faults if str(one.place) in _places(seen, name)]


@pytest.mark.parametrize("name", ROUTES)
def test_a_misreading(seen: Seen, name: str) -> None:
    """Postfix's router does something else than the line seems to say, and the checks name it."""
    assert seen.answers[name] == ROUTES[name].answer
    found = [one.code for one in lint(live(seen.routes / "etc" / f"at-{name}"))]
    assert f"postfix-{ROUTES[name].code}" in found


def test_a_password_in_clear(seen: Seen) -> None:
    """It crossed the network, to a server that offered no TLS."""
    assert _PASSWORD in seen.crossed


def test_a_healthy_host(seen: Seen) -> None:
    """Nothing to say of the host before its faults."""
    assert [one.finding.text for one in seen.healthy] == []


@pytest.mark.parametrize("code", SERVERS)
def test_a_server(seen: Seen, code: str) -> None:
    """The same for what takes mail."""
    assert re.search(SERVERS[code], seen.log)
    assert [one.place.file for one in seen.faults if one.code == f"postfix-{code}"] == ["master.cf"]


def test_postfix_check(seen: Seen) -> None:
    """It is silent about all of this."""
    assert seen.checked == ""


def test_nothing_else_is_found(seen: Seen) -> None:
    """No fault stands where none was made."""
    made = {place for name in CASES for place in _places(seen, name)}
    servers = {f"postfix-{code}" for code in SERVERS}

    assert [one.finding.text for one in seen.faults if str(one.place) not in made and one.code not in servers] == []
