"""What the helper refuses on a real Postfix, asked through real sudo by a user with a rule for the helper alone."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

import pytest

from relayconf.deploy import _payload, undo_script
from relayconf.errors import DeployError, ObserveError
from relayconf.files import DesiredFile
from relayconf.helper import helper as helper_of
from relayconf.helper import sudo_rule
from relayconf.mta import postfix
from relayconf.mta.postfix.generations import GUARD_TABLE
from relayconf.observe import request_text
from relayconf.remote.framing import HELPER, digest_of
from relayconf.shell import DEPLOY, OBSERVE, UNDO, assemble
from tests.lab.marks import needs_lab
from tests.mta.postfix.lab_host import CONFIG, MAIN, MASTER, PARAMETERS, SHELL, STATE, PostfixHost, generation
from tests.shell.sandbox import TRANSACTION

pytestmark = needs_lab

Wish: TypeAlias = Callable[[PostfixHost], list[DesiredFile]]

TABLES = {
    "transport": (
        "# ours\ncorp.test smtp:[a.relays.test]:25\nx@corp.test  :\n.mx.test smtp:\ngone.test error:5.1.1 no {}\n"
        "void.test discard:not wanted\n"
    ),
    "senders": "@shop.test relayconf-senders:[a.relays.test]:587\nu@shop.test DUNNO\n<> smtp:[a.relays.test]:587\n",
    "sasl_passwd": "[a.relays.test]:587 ua:geheim-1 with blanks\n",
    "tls_policy": "[a.relays.test]:587 may\n",
    "generic": "root@mail1.lab.test alerts@lab.test\n",
    "status_filter": GUARD_TABLE.decode(),
}
LISTS = {
    "transport_maps": "hash:${relayconf_maps}/transport",
    "sender_dependent_default_transport_maps": "hash:${relayconf_maps}/senders",
    "smtp_sasl_password_maps": "hash:${relayconf_maps}/sasl_passwd",
    "smtp_tls_policy_maps": "hash:${relayconf_maps}/tls_policy",
    "smtp_generic_maps": "hash:${relayconf_maps}/generic",
}
SETTINGS = {
    "relayconf_maps": f"{CONFIG}/relayconf/1",
    **LISTS,
    "smtp_sasl_auth_enable": "yes",
    "smtp_sasl_security_options": "noanonymous",
    "smtp_sasl_tls_security_options": "noanonymous",
    "smtp_dns_support_level": "dnssec",
    "smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt",
    "smtp_delivery_status_filter": "regexp:${relayconf_maps}/status_filter",
    "relayhost": "[a.relays.test]:587",
    "empty_address_default_transport_maps_lookup_key": "<>",
    "relayconf_a_maps": "$relayconf_maps",
    "relayconf_a_sasl_password_maps": "hash:${relayconf_a_maps}/sasl_passwd",
    "relayconf_a_tls_policy_maps": "",
}
RECORD = b"relayhost\t[a.relays.test]:587\t2026-11-24\trelayhost =\\n\n"
SLOT = (
    b"relayconf-a unix  - - y - - smtp\n"
    b"    -o smtp_sasl_password_maps=$relayconf_a_sasl_password_maps\n"
    b"    -o smtp_tls_policy_maps=$relayconf_a_tls_policy_maps\n"
)


@pytest.fixture(name="helped")
def _helped(host: PostfixHost) -> Iterator[PostfixHost]:
    """The host by way of the helper."""
    user = replace(host.host, ssh=replace(host.host.ssh, user="nosudo", become="helper"))
    host.machine.write(HELPER, helper_of(user, postfix).encode(), mode=0o755)
    host.machine.write("/etc/sudoers.d/relayconf", f"{sudo_rule(user)}\n".encode(), mode=0o440)
    yield replace(host, user="nosudo", become="helper")
    host.machine.run(["rm", "-f", HELPER, "/etc/sudoers.d/relayconf"])


def _main(content: bytes) -> DesiredFile:
    return DesiredFile(path=MAIN, content=content, phase=1)


def _settings(**settings: str) -> Wish:
    """The usual change with other settings."""
    return lambda host: [
        *generation(1, **TABLES),
        DesiredFile(path=MASTER, content=host.machine.read(f"{CONFIG}/master.cf") + SLOT, phase=1),
        DesiredFile(path=PARAMETERS, content=RECORD, mode=0o600, owner="root", phase=1),
        _main(host.main_cf(**{**SETTINGS, **settings})),
    ]


def _text(change: Callable[[bytes], bytes]) -> Wish:
    """main.cf as a text."""
    return lambda host: [_main(change(host.machine.read(f"{CONFIG}/main.cf")))]


def _master(change: Callable[[bytes], bytes]) -> Wish:
    return lambda host: [
        DesiredFile(path=MASTER, content=change(host.machine.read(f"{CONFIG}/master.cf")), phase=1),
    ]


def _table(**tables: str) -> Wish:
    return lambda _host: generation(1, **tables)


def _record(*lines: bytes) -> Wish:
    return lambda _host: [DesiredFile(path=PARAMETERS, content=b"".join(lines), mode=0o600, phase=1)]


def _dressed(**dress: int | str) -> Wish:
    return lambda host: [replace(_main(host.main_cf(relayhost="")), **dress)]  # type: ignore[arg-type]


def _other(path: str, content: bytes | None = b"x\n", **more: str) -> Wish:
    return lambda _host: [DesiredFile(path=path, content=content, **more)]  # type: ignore[arg-type]


MORE = "postfix:main.cf: more than the parameters that relayconf manages would change"
SERVICES = "postfix:master.cf: more than relayconf's own services would change"
ROW = "the helper does not write a row such as that in line"

ATTACKS: dict[str, tuple[Wish, str]] = {
    "another parameter": (_settings(mynetworks="0.0.0.0/0"), MORE),
    "a program": (_settings(mailbox_command="/bin/sh -c id"), MORE),
    "a parameter like ours": (_settings(relayconf_x_maps="/x"), MORE),
    "a comment": (_text(lambda text: text + b"# a word\n"), MORE),
    "more of a parameter": (
        _text(lambda text: text.replace(b"myorigin", b"relayhost = x\n  y\nmyorigin", 1) + b" z\n"),
        MORE,
    ),
    "ours taken out from above a continuation": (
        _text(
            lambda text: text.replace(b"relayhost =", b"relayhost =\n  0.0.0.0/0", 1).replace(b"relayhost =\n", b"", 1)
        ),
        MORE,
    ),
    "ours put in above a continuation": (
        _text(lambda text: text.replace(b"mynetworks = ", b"mynetworks =\nrelayhost =\n  ", 1)),
        MORE,
    ),
    "a strange blank behind a name": (_text(lambda text: text + b"relayhost\x0b = x\n"), MORE),
    "a NUL": (_text(lambda text: text + b"relayhost = x\0\n"), "it contains a NUL byte"),
    "what Postfix cannot read": (_text(lambda text: text + b"relayhost\n"), "Postfix cannot read it"),
    "no main.cf": (_other(MAIN, None), "the helper does not remove it"),
    "a socket to fail over to": (
        _settings(relayhost="[a.relays.test]:587, unix:/x"),
        "the helper does not set relayhost = [a.relays.test]:587, unix:/x",
    ),
    "a list of nothing": (_settings(relayhost=","), "the helper does not set relayhost = ,"),
    "a socket as next hop": (_settings(relayhost="unix:/x"), "the helper does not set relayhost = unix:/x"),
    "an option as next hop": (_settings(relayhost="[-f]"), "the helper does not set relayhost = [-f]"),
    "an option behind a word": (_settings(relayhost="x:[-f]"), "the helper does not set relayhost = x:[-f]"),
    "another transport": (
        _settings(default_transport="maildrop"),
        "the helper does not set default_transport = maildrop",
    ),
    "a transport with a next hop": (
        _settings(relay_transport="smtp:x"),
        "the helper does not set relay_transport = smtp:x",
    ),
    "two transports": (_settings(relay_transport="smtp relayconf-a"), "the helper does not set relay_transport"),
    "a file of root's as table": (
        _settings(transport_maps="texthash:/etc/shadow"),
        "the helper does not set transport_maps",
    ),
    "one more table": (_settings(transport_maps=f"{LISTS['transport_maps']}, hash:/x"), "does not set transport_maps"),
    "the passwords as table": (
        _settings(smtp_generic_maps="hash:${relayconf_maps}/sasl_passwd"),
        "set smtp_generic_maps",
    ),
    "the routes as table of senders": (
        _settings(sender_dependent_default_transport_maps="hash:${relayconf_maps}/transport"),
        "does not set sender_dependent_default_transport_maps",
    ),
    "another key for bounces": (
        _settings(empty_address_default_transport_maps_lookup_key="x"),
        "does not set empty_address_default_transport_maps_lookup_key = x",
    ),
    "another type of table": (_settings(smtp_tls_policy_maps="regexp:${relayconf_maps}/tls_policy"), "tls_policy_maps"),
    "a foreign table in a slot": (
        _settings(relayconf_a_sasl_password_maps="hash:/etc/shadow"),
        "relayconf_a_sasl_password",
    ),
    "a folder of somebody's": (
        _settings(relayconf_maps="/home/nosudo/1"),
        "does not set relayconf_maps = /home/nosudo/1",
    ),
    "a folder by detours": (_settings(relayconf_maps=f"{CONFIG}/relayconf/../1"), "does not set relayconf_maps"),
    "the slot's folder": (_settings(relayconf_a_maps="/home/nosudo/1"), "does not set relayconf_a_maps"),
    "a certificate file": (_settings(smtp_tls_CAfile="/etc/shadow"), "does not set smtp_tls_CAfile = /etc/shadow"),
    "another filter": (_settings(smtp_delivery_status_filter="regexp:/etc/shadow"), "smtp_delivery_status_filter"),
    "other words": (_settings(smtp_sasl_auth_enable="maybe"), "the helper does not set smtp_sasl_auth_enable = maybe"),
    "a program as service": (
        _master(lambda text: text + b"relayconf-a unix - n n - - pipe\n  user=root argv=/bin/id\n"),
        "postfix:master.cf: the helper does not make the service relayconf-a like this",
    ),
    "a service with options": (
        _master(lambda text: text + SLOT + b"  -o x=y\n"),
        "does not make the service relayconf-a",
    ),
    "a service that listens": (
        _master(lambda text: text + SLOT.replace(b"unix ", b"inet ")),
        "the service relayconf-a",
    ),
    "another service": (_master(lambda text: text + b"mine unix - n n - - pipe user=root argv=/bin/id\n"), SERVICES),
    "a service changed": (_master(lambda text: text.replace(b"argv=", b"argv=/x", 1)), SERVICES),
    "what master cannot read": (_master(lambda text: text + b"relayconf-a unix\n"), "Postfix cannot read it"),
    "no master.cf": (_other(MASTER, None), "the helper does not remove it"),
    "a route to a program": (_table(transport="a.test maildrop:\n"), f"postfix:1/transport: {ROW} 1"),
    "a route to local": (_table(transport="# x\na.test local:root\n"), f"{ROW} 2"),
    "a route without transport": (_table(transport="a.test :[b.test]\n"), ROW),
    "a route to a socket": (_table(transport="a.test smtp:unix:/x\n"), ROW),
    "an option in a route": (_table(transport="a.test smtp:[-f]\n"), ROW),
    "an option behind a word in a route": (_table(transport="a.test smtp:x:[-f]\n"), ROW),
    "a sender to a program": (_table(senders="@a.test maildrop:\n"), f"postfix:1/senders: {ROW} 1"),
    "a sender's word alone": (_table(senders="# x\n@a.test smtp\n"), f"{ROW} 2"),
    "a sender's mail rejected": (_table(senders="@a.test error:x\n"), ROW),
    "an option in a sender's row": (_table(senders="@a.test smtp:[-f]\n"), ROW),
    "a quoted key": (_table(transport='"a error: " local:root\n'), ROW),
    "an escaped key": (_table(transport="a\\ error: local:root\n"), ROW),
    "a row over two lines": (_table(transport="a.test\n  local:root\n"), ROW),
    "a strange blank": (_table(transport="a\x0blocal:root error:x\n"), ROW),
    "a file in a policy": (_table(tls_policy="a.test secure tafile=/etc/shadow\n"), ROW),
    "a match that is no digest": (_table(tls_policy="a.test fingerprint match=/etc/shadow\n"), ROW),
    "a server's name": (_table(tls_policy="a.test secure servername=x.test\n"), ROW),
    "a certificate of ours": (
        _settings(smtp_tls_cert_file="/etc/shadow"),
        "the helper does not set smtp_tls_cert_file = /etc/shadow",
    ),
    "two levels": (_table(tls_policy="a.test none may\n"), ROW),
    "another filter's text": (_table(status_filter="/^(.*)/ 2$1\n"), "it is not the filter that relayconf brings"),
    "a NUL in a table": (_table(sasl_passwd="a b\0\n"), "it contains a NUL byte"),
    "another original": (
        _record(b"relayhost\tx\t-\trelayhost = evil\\n\n"),
        "it says that relayhost had another value than it has",
    ),
    "an original of another": (
        _record(b"relayhost\tx\t-\tmynetworks = 0.0.0.0/0\\n\n"),
        "what is no parameter of relayconf",
    ),
    "an original hidden in another": (
        _record(b"relayhost\tx\t-\trelayhost =\\n\tsmtp_tls_CAfile = /etc/shadow\\n\n"),
        "it says that smtp_tls_CAfile had another value than it has",
    ),
    "an original of a list": (
        _record(b"transport_maps\tx\t-\ttransport_maps = hash:/x\\n\n"),
        "transport_maps had another",
    ),
    "an executable": (_dressed(mode=0o755), "the helper gives no file the mode 755"),
    "a set-uid file": (_dressed(mode=0o4644), "the helper gives no file the mode 4644"),
    "a file for everybody": (_dressed(mode=0o666), "the helper gives no file the mode 666"),
    "another owner": (_dressed(owner="nosudo"), "the helper gives no file to nosudo"),
    "another group": (_dressed(group="nosudo"), "the helper gives no file to the group nosudo"),
    "two owners": (_dressed(owner="root 0"), "the helper gives no file to root 0"),
    "the table in use": (_other("postfix:live/transport"), "postfix:live/transport: relayconf writes no such file"),
}


SECOND = "20261124T101502Z-000002"


def _back(helped: PostfixHost, main: bytes, master: bytes) -> None:
    """The deploy that leads back to how it was."""
    gone = DesiredFile(path=PARAMETERS, content=None, phase=1)
    helped.deploy(helped.changes(_main(main), DesiredFile(path=MASTER, content=master, phase=1), gone), SECOND)
    assert helped.machine.read(f"{CONFIG}/main.cf") == main


@pytest.mark.parametrize("shell", ["/bin/sh", "/usr/bin/bash", "/usr/bin/mksh", "/usr/bin/busybox sh"])
def test_what_relayconf_writes(shell: str, helped: PostfixHost) -> None:
    """The usual change is let through, and so is the way back from it by a deploy, whatever `sh` is."""
    helped.machine.write(HELPER, helped.machine.read(HELPER).replace(b"/bin/sh", shell.encode(), 1), mode=0o755)
    main, master = (helped.machine.read(f"{CONFIG}/{name}") for name in ("main.cf", "master.cf"))

    helped.deploy(helped.changes(*_settings()(helped)))
    assert helped.machine.output(["postconf", "-h", "relayhost"]) == "[a.relays.test]:587"
    assert "relayconf-a" in helped.machine.output(["postconf", "-M"])

    _back(helped, main, master)


def test_what_the_admin_had(helped: PostfixHost) -> None:
    """Tables of the admin's stay behind ours, and earlier values come back, also such as relayconf never writes."""
    theirs = (
        b"transport_maps = hash:/etc/postfix/mine,\n  static:{a b}\nrelayhost = [a.relays.test]:25,[a.relays.test]\n"
    )
    helped.machine.write(f"{CONFIG}/mine", b"x.test smtp:[a.relays.test]\n")
    helped.machine.run(["postmap", f"{CONFIG}/mine"])
    master = helped.machine.read(f"{CONFIG}/master.cf")
    main = (
        helped.machine.read(f"{CONFIG}/main.cf").replace(b"relayhost = \n", b"").replace(b"relayhost =\n", b"") + theirs
    )
    helped.machine.write(f"{CONFIG}/main.cf", main)
    settings = {"transport_maps": f"{LISTS['transport_maps']}, hash:/etc/postfix/mine, static:{{a b}}"}
    record = (
        b"relayhost\tx\t-\trelayhost = [a.relays.test]:25,[a.relays.test]\\n\n"
        b"transport_maps\tx\t-\ttransport_maps = hash:/etc/postfix/mine,\\n  static:{a b}\\n\n"
    )
    changed = main.replace(
        theirs, b"".join(f"{name} = {value}\n".encode() for name, value in (SETTINGS | settings).items())
    )
    wishes = [*generation(1, **TABLES), *_master(lambda text: text + SLOT)(helped), *_record(record)(helped)]

    helped.deploy(helped.changes(*wishes, _main(changed)))

    again = replace(_record(record.replace(b"[a.relays.test]:25,", b""))(helped)[0])
    with pytest.raises(DeployError, match="it says that relayhost had another value than it has"):
        helped.deploy(helped.changes(again), SECOND)
    _back(helped, main, master)


def test_tables_behind_ours_are_kept_in_the_record(helped: PostfixHost) -> None:
    """A record that was lost is made anew from what stands behind our tables."""
    helped.deploy(helped.changes(*_settings()(helped)))
    helped.machine.run(["postconf", "-e", f"transport_maps = {LISTS['transport_maps']}, static:x"])
    kept = _record(b"transport_maps\tx\t-\ttransport_maps = static:x\\n\n")

    helped.deploy(helped.changes(*kept(helped)), SECOND)


@pytest.mark.parametrize(("wish", "reason"), ATTACKS.values(), ids=ATTACKS)
def test_refused(wish: Wish, reason: str, helped: PostfixHost) -> None:
    """What is asked for beyond that is refused with a reason, and nothing is touched."""
    changes = helped.changes(*wish(helped))
    before = helped.snapshot()[CONFIG]

    with pytest.raises(DeployError) as caught:
        helped.deploy(changes)

    assert caught.value.message.startswith("guard: ")
    assert reason in caught.value.message
    assert helped.snapshot()[CONFIG] == before
    assert helped.machine.output(["ls", f"{STATE}/txn", f"{STATE}/incoming"]).split() == [
        f"{STATE}/incoming:", f"{STATE}/txn:"
    ]  # fmt: skip


def _ask(host: PostfixHost, task: str, stdin: bytes, script: str, *sudo: str) -> str:
    """The answer to a hand-made request for a task of the helper."""
    digest = digest_of(script)
    command = ["sudo", "-n", *sudo, HELPER, task, digest]
    return host.machine.run(command, stdin=stdin, user="nosudo", check=False).stdout.decode(errors="replace")


def _request(payload: bytes, request: int, undo: tuple[int, int], **other: str) -> bytes:
    lines = {
        "state": STATE,
        "transaction": TRANSACTION,
        "request": str(request),
        "undo": f"{undo[0]} {undo[1]}",
        "payload": f"{len(payload)} {hashlib.sha256(payload).hexdigest()}",
        **other,
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items()).encode() + b"end\n" + payload


EVIL = b"#!/bin/sh\ntouch /root/pwned\n"


def test_the_script_that_stays(helped: PostfixHost) -> None:
    """The payload's own `undo` is neither kept nor run, not even by the clock that waits for the confirmation."""
    payload, request, offset = _payload(helped.changes(*_settings()(helped)), EVIL)
    stdin = _request(payload, request, (offset, len(EVIL)), confirm="1")

    assert _ask(helped, "deploy", stdin, assemble(SHELL, *DEPLOY)).endswith("end 0\n")

    ours = undo_script(helped.host, postfix)
    for path in (f"{STATE}/undo", f"{STATE}/txn/{TRANSACTION}/undo"):
        assert helped.machine.read(path) == ours
    helped.machine.run(["sh", "-c", f"until grep -q rolled-back {STATE}/txn/*/status; do sleep 0.2; done"])
    assert not helped.machine.exists("/root/pwned")


@pytest.mark.parametrize(
    ("find", "put", "reason"),
    [
        (b"1\t1\tpostfix:main.cf", b"2\t1\tpostfix:main.cf", "the changes are not numbered one after the other"),
        (b"\t-\t-\t-\t/etc/postfix/main.cf", b"\t\t-\t-\t/etc/postfix/main.cf", "no file the mode "),
        (b"\t-\t/etc/postfix/main.cf", b"\t\t/etc/postfix/main.cf", "no file to the group "),
        (b"\t0\t", b"\t1\t", "its content is not in the payload as described"),
        (b"/etc/postfix/main.cf", b"/etc/postfix/../shadow", "it is now /etc/postfix/main.cf"),
    ],
)
def test_hand_made_changes(find: bytes, put: bytes, reason: str, helped: PostfixHost) -> None:
    """Lines of a request that relayconf would not write."""
    change = helped.changes(_main(helped.main_cf(relayhost="[a.relays.test]:587")))
    packed, request, offset = _payload(change, b"")
    text = gzip.decompress(packed)
    head, content = text[:request].replace(find, put, 1), text[request:]
    payload = gzip.compress(head + content)
    before = helped.snapshot()[CONFIG]

    report = _ask(helped, "deploy", _request(payload, len(head), (offset, 0)), assemble(SHELL, *DEPLOY))

    assert reason in report
    assert helped.snapshot()[CONFIG] == before


PLACE = "the helper on this host was made for another state directory or configuration: install it again"


@pytest.mark.parametrize(
    ("request_lines", "reason"),
    [
        ("state /home/nosudo\naction history\n", PLACE),
        (f"state {STATE}\nparameter config_directory /home/nosudo\naction history\n", PLACE),
        (f"state {STATE}\nstate {STATE}\naction history\n", PLACE),
        ("action history\n", PLACE),
        (f"state {STATE}\naction watch\nexpect ../../home/nosudo\n", "watch is nothing that can be asked for"),
    ],
)
def test_another_place(request_lines: str, reason: str, helped: PostfixHost) -> None:
    """The helper works in the state directory and the configuration that it was made for."""
    report = _ask(helped, "undo", f"{request_lines}end\n".encode(), assemble(SHELL, *UNDO))

    assert report.startswith(f"relayconf-session 1\nfailed undo {reason}") or reason in report
    assert not helped.machine.exists(STATE)


def test_environment(helped: PostfixHost) -> None:
    """Where sudoers lets a user bring an environment, nothing of it comes through."""
    rule = f"Defaults:nosudo setenv, !env_reset\nnosudo ALL=(root) NOPASSWD:SETENV: {HELPER}\n"
    helped.machine.write("/etc/sudoers.d/relayconf", rule.encode(), mode=0o440)
    helped.machine.write("/home/nosudo/main.cf", b"")
    helped.machine.write("/home/nosudo/bin/id", EVIL, mode=0o755)
    helped.machine.write("/home/nosudo/env", EVIL, mode=0o755)
    hostile = {
        "MAIL_CONFIG": "/home/nosudo",
        "PATH": "/home/nosudo/bin",
        "ENV": "/home/nosudo/env",
        "BASH_ENV": "/home/nosudo/env",
        "IFS": "/o",
        "config": "/home/nosudo",
        "pinned": "state /home/nosudo",
        "script": "touch /root/pwned",
    }
    stdin = request_text(helped.host, postfix, ["watch postfix:main.cf -"])

    answer = _ask(
        helped, "observe", stdin, assemble(SHELL, *OBSERVE), *(f"{name}={value}" for name, value in hostile.items())
    )

    assert f"fact postfix.config_directory {CONFIG}\n" in answer
    assert not helped.machine.exists("/root/pwned")


def test_arguments(helped: PostfixHost) -> None:
    """A task and a hash, and nothing else."""
    digest = digest_of(assemble(SHELL, *OBSERVE))
    for words in ([], ["observe"], ["sh", "0" * 64], ["observe", digest, "x"], ["-c", "touch /root/pwned"]):
        ran = helped.machine.run(["sudo", "-n", HELPER, *words], user="nosudo", check=False)
        assert (ran.returncode, ran.stdout) == (2, b"")
        assert ran.stderr.startswith(b"relayconf-helper: ")
    for command in (["sh", "-c", "id"], ["sh", HELPER]):
        assert helped.machine.run(["sudo", "-n", *command], user="nosudo", check=False).returncode == 1


def test_open_folder(helped: PostfixHost) -> None:
    """Where somebody else could swap a file between two looks, the helper does not work."""
    helped.machine.run(["chmod", "g+w", CONFIG])
    try:
        with pytest.raises(
            ObserveError, match="the directory /etc/postfix, or one above it, is not root's alone to write"
        ):
            helped.observe()
    finally:
        helped.machine.run(["chmod", "g-w", CONFIG])
