"""Postfix's part of the scripts on a real Postfix: what it finds, what it refuses, and how a change becomes live."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest

from relayconf.errors import ConnectionLost, DeployError, ObserveError, StalePlan
from relayconf.files import Change, DesiredFile
from relayconf.mta.base import Question
from tests.lab import Lab
from tests.lab.marks import needs_lab
from tests.mta.postfix.host_session import SHIMS
from tests.mta.postfix.lab_host import (
    CONFIG,
    MAIN,
    MASTER,
    PARAMETERS,
    RELAY,
    SPEC,
    STATE,
    TABLES,
    TO_RELAY,
    PostfixHost,
    delivers,
    expand_and_switch,
    generation,
    shim,
)
from tests.shell.sandbox import shells

pytestmark = needs_lab

_OTHER = "20261124T101600Z-000000"
_BAD_ADDRESS = "4100 CHANNEL NOT UPDATED NEXTHOP NOT UPDATED"


@contextmanager
def watched(host: PostfixHost) -> Iterator[list[str]]:
    """Files with the password that others than root could read at any moment meanwhile, looked for all the time."""
    seen: list[str] = []
    script = (
        "while [ ! -e /tmp/stop ]; do find /etc/postfix/relayconf /var/lib/relayconf -type f -perm /077"
        " -exec grep -l geheim-1 {} + 2>/dev/null; done; rm /tmp/stop"
    )

    def look() -> None:
        seen.extend(host.machine.run(["sh", "-c", script]).stdout.decode().splitlines())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        host.machine.run(["touch", "/tmp/stop"])  # noqa: S108  in the host
        thread.join()


def stat_of(host: PostfixHost, spelling: str, *paths: str) -> list[str]:
    """stat(1) -c *spelling* of each file."""
    return host.machine.output(["stat", "-c", spelling, *paths]).splitlines()


def test_first_generation_and_switch(host: PostfixHost) -> None:
    """Tables, main.cf twice, each told to Postfix: no old process is left, passwords were never open, mail arrives."""
    host.machine.inject("a@lab.test", ["before@world.test"])
    host.lab.message_to("before@world.test")
    before = host.children()
    now = float(host.machine.output(["date", "+%s"]))

    with watched(host) as opened:
        done = host.deploy(expand_and_switch(host))

    assert (done.warnings, done.steps[-1]) == ((), "finalize")
    assert opened == []
    assert {"smtp", "qmgr"} <= set(before.values())
    assert not [name for pid, name in host.children().items() if pid in before and name in {"smtp", "qmgr"}]
    assert host.machine.log().count("master[") >= 3
    folder = f"{CONFIG}/relayconf/1"
    tables = [f"{folder}/{name}" for name in ("sasl_passwd", "sasl_passwd.db", "transport", "transport.db")]
    assert stat_of(host, "%a %U", *tables) == ["600 root", "600 root", "644 root", "644 root"]
    assert host.machine.output(["ls", "-A", folder]).split() == sorted(
        ["sasl_passwd", "sasl_passwd.db", "status_filter", "transport", "transport.db"]
    )
    assert stat_of(host, "%a", folder, f"{STATE}/postfix-parameters") == ["755", "600"]
    (mtime,) = stat_of(host, "%Y", f"{CONFIG}/main.cf")
    start = time.monotonic()
    host.machine.run(["postconf", "-n"])
    assert time.monotonic() - start < 1
    assert -4 < float(mtime) - now < 5
    host.machine.inject("a@lab.test", ["after@world.test"])
    message = host.lab.message_to("after@world.test")
    assert (message.server, message.port, message.user) == ("a.relays.test", 587, "ua")


def test_main_cf_is_cool(host: PostfixHost) -> None:
    """The new main.cf is made three seconds old before it becomes live, so that no program of Postfix waits for it."""
    changes = expand_and_switch(host)
    shim(host, "mv", '/bin/mv "$@"; case $3 in */main.cf) stat -c "$(date +%s) %Y %y" "$3" >>/shim/ages ;; esac')

    host.deploy(changes)

    ages = [line.split() for line in host.machine.read("/shim/ages").decode().splitlines()]
    assert len(ages) == 2
    # A time that the kernel gave would have a fraction.
    assert all(int(now) - int(mtime) >= 3 and clock.endswith(".000000000") for now, mtime, _, clock, _ in ages)


def test_hang_up_follows_the_rename(host: PostfixHost) -> None:
    """After the rename of main.cf master is told at once: the next command is that of the wait for a qmgr held up."""
    changes = expand_and_switch(host)
    signal = 'for p in /proc/[0-9]*; do read -r n <$p/comm && [ "$n" = qmgr ] && kill -{} "${{p#/proc/}}"; done'
    names = ("cat", "stat", "sha256sum", "sync", "postconf", "sleep", "head", "tail", "rm", "ln", "chmod", "date", "tr")
    for name in names:
        resume = signal.format("CONT") if name == "sleep" else ""
        shim(host, name, f'echo "{name} $*" >>/shim/calls\n{resume}\nPATH=${{PATH#/shim:}} exec {name} "$@"')
    hold = f"case $3 in */main.cf) {signal.format('STOP')} ;; esac"
    shim(host, "mv", f'{hold}\necho "mv $3" >>/shim/calls\nPATH=${{PATH#/shim:}} exec mv "$@"')

    host.deploy(changes)

    calls = host.machine.read("/shim/calls").decode().splitlines()
    after = [calls[at + 1] for at, call in enumerate(calls) if call == f"mv {CONFIG}/main.cf"]
    assert after == ["sleep 0.1", "sleep 0.1"]


def _broken_expansion(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, myorigin="${nowhere")


def _relay_without_address(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, relayhost="[nowhere.test]:587")


def _transport_without_address(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, tables={**TABLES, "transport": "corp.test smtp:[a.relays.test]:25, [x.test]:25\n"})


def _relay_that_is_oneself(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, relayhost="[mail1.lab.test]:25")


def _foreign_interface(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, inet_interfaces="192.0.2.99")


def _misspelt(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, relayhosst="x")


def _duplicate_key(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, tables={**TABLES, "transport": "corp.test :\ncorp.test :\n"})


def _bad_filter(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, tables={**TABLES, "status_filter": "/(/ x\n"})


def _open_password(host: PostfixHost) -> list[Change]:
    *rest, last = expand_and_switch(host)
    return [
        replace(change, after=replace(change.after, mode=0o644)) if "sasl" in change.path else change
        for change in [*rest, last]
    ]


def _nul(host: PostfixHost) -> list[Change]:
    return expand_and_switch(host, relayhost="x\0")


def _failing_second_rename(host: PostfixHost) -> list[Change]:
    shim(host, "mv", 'case "$2 $3" in *.4.new*/main.cf) ;; *.6.new*/main.cf) exit 1 ;; esac\nexec /bin/mv "$@"')
    return expand_and_switch(host)


def _nothing_but_deletion(host: PostfixHost) -> list[Change]:
    return host.changes(DesiredFile(path=MASTER, content=None))


@pytest.mark.parametrize(
    ("shell", "wish", "reason"),
    [
        ("dash", _broken_expansion, 'validate: Postfix refuses the new configuration: truncated macro reference: "${n'),
        ("bash", _relay_without_address, "validate: the relay nowhere.test has no address here"),
        ("busybox sh", _transport_without_address, "validate: the relay x.test has no address here"),
        ("dash", _relay_that_is_oneself, "validate: the relay mail1.lab.test is this host itself, where Postfix li"),
        ("bash", _foreign_interface, "validate: postfix check refuses the new configuration: "),
        ("busybox sh", _misspelt, "validate: Postfix refuses the new configuration: /etc/postfix/main.cf: unused par"),
        ("mksh", _duplicate_key, "activate: /etc/postfix/relayconf/1/transport cannot be compiled: /etc/postfix/rela"),
        ("dash", _bad_filter, "validate: the table /etc/postfix/relayconf/1/status_filter cannot be used: regexp map"),
        ("dash", _open_password, "validate: postfix:1/sasl_passwd: with mode 644 others could read the passwords"),
        ("dash", _nul, "validate: postfix:main.cf: it contains a NUL byte"),
        ("dash", _failing_second_rename, "swap: /etc/postfix/main.cf: no reason given"),
        ("busybox sh", _failing_second_rename, "swap: /etc/postfix/main.cf: no reason given"),
        ("dash", _nothing_but_deletion, "validate: postfix:master.cf: Postfix cannot be without it"),
    ],
)
def test_refused(host: PostfixHost, shell: str, wish: object, reason: str) -> None:
    """What Postfix, its tables or the network refuse leaves the host as it was, byte for byte, and delivering."""
    if shell not in shells():
        pytest.skip(f"no {shell} here")
    assert callable(wish)
    changes = wish(replace(host, shell=shell))
    before = host.snapshot()

    with pytest.raises(DeployError) as caught:
        replace(host, shell=shell).deploy(changes)

    assert caught.value.message.startswith(reason)
    assert caught.value.message.endswith("; the host is as it was before")
    after = host.snapshot()
    assert after[CONFIG] == before[CONFIG]
    assert "postfix-parameters" not in after[STATE]
    delivers(host, f"{uuid4().hex}@world.test")


def _question(recipient: str, nexthop: str, transport: str = "smtp") -> Question:
    return Question(sender="anna@corp.test", recipient=recipient, transport=transport, nexthop=nexthop)


@pytest.mark.parametrize("shell", shells())
def test_the_router_of_the_host_is_asked(host: PostfixHost, shell: str) -> None:
    """About the candidate, which is not live yet; what it answers otherwise than the plan says refuses the change."""
    here = replace(host, shell=shell)
    right = [_question("b@world.test", TO_RELAY), _question("b@corp.test", "[a.relays.test]:25")]
    with pytest.raises(DeployError) as caught:
        here.deploy(expand_and_switch(here), asked=[*right, _question("b@corp.test", "[x.test]:25")])

    assert caught.value.message == (
        "validate: by the host's own router mail from <anna@corp.test> to b@corp.test goes to "
        "smtp:[a.relays.test]:25, not to smtp:[x.test]:25; the host is as it was before"
    )
    assert here.deploy(expand_and_switch(here), _OTHER, asked=right).warnings == ()


@pytest.mark.parametrize("shell", shells())
def test_the_router_of_the_host_tells(host: PostfixHost, shell: str) -> None:
    """Where the files that are there send mail, null sender and hostile addresses included."""
    pairs = [("", "b@world.test"), ("a@x.test", "root"), ("a@x.test", "b@$(id).test"), ("-n", "'b@x.test")]
    wanted = ["4096 smtp world.test", "256 local mail1.lab.test", _BAD_ADDRESS, "4096 smtp x.test"]

    facts = replace(host, shell=shell).observe(pairs).values
    assert [facts[f"route.{number}"] for number in (1, 2, 3, 4)] == [f"live {value}" for value in wanted]

    shim(host, "perl", "exit 1")
    facts = replace(host, shell=shell).observe(pairs).values
    assert [facts[f"route.{number}"] for number in (1, 2, 3, 4)] == [f"disk {value}" for value in wanted]


@pytest.mark.parametrize(
    ("settings", "table", "domain", "now"),
    [
        ("mydestination = mail1.lab.test, own.test", "own.test", "own.test", "local:mail1.lab.test"),
        ("relay_domains = backup.test", "", "backup.test", "relay:backup.test"),
        ("virtual_mailbox_domains = hash:/etc/postfix/doms", "virt.test", "virt.test", "virtual:virt.test"),
        ("virtual_mailbox_domains = v1.test v2.test", "*", "localhost", "local:mail1.lab.test"),
    ],
)
def test_own_domains_stay(host: PostfixHost, settings: str, table: str, domain: str, now: str) -> None:
    """What the host receives, in any class, does not start to leave through a relay, unless that is allowed."""
    host.machine.write(f"{CONFIG}/doms", b"virt.test x\nanna@other.test y\n")
    host.machine.run(["postmap", f"{CONFIG}/doms"])
    host.machine.write(f"{CONFIG}/main.cf", host.main_cf(**dict([settings.split(" = ")])))
    host.machine.run(["touch", "-d", "1 minute ago", f"{CONFIG}/main.cf"])
    tables = {**TABLES, "tls_policy": f"{TO_RELAY} may\n"}
    if table:
        tables["transport"] = f"{table} smtp:{TO_RELAY}\n"
    wish = expand_and_switch(host, tables=tables)

    with pytest.raises(DeployError) as caught:
        host.deploy(wish)

    assert caught.value.message.startswith(
        f"validate: mail for {domain}, which this host receives itself, would leave by "
    )
    assert f"{TO_RELAY} (now {now}" in caught.value.message
    assert caught.value.hint == "if that is meant: --allow-own-domains"
    assert host.deploy(wish, _OTHER, allowed=["own-domain"]).warnings == ()


def test_a_domain_that_left_already(host: PostfixHost) -> None:
    """A backup MX behind a relayhost goes on behind another one."""
    host.machine.write(f"{CONFIG}/main.cf", host.main_cf(relay_domains="backup.test", relayhost="[b.relays.test]:25"))
    host.machine.run(["touch", "-d", "1 minute ago", f"{CONFIG}/main.cf"])

    assert host.deploy(expand_and_switch(host, tables={**TABLES, "tls_policy": f"{TO_RELAY} may\n"})).steps


def test_a_router_that_does_not_answer(host: PostfixHost) -> None:
    """Is said; the change is made on what the model knows."""
    shim(host, "tr", """[ "$1" = '\\000' ] || exec /usr/bin/tr "$@"\ncat >/dev/null""")

    done = host.deploy(expand_and_switch(host), asked=[_question("b@corp.test", "[x.test]:25")])

    assert done.warnings == ("the host's own router could not be asked about the new routes",)


def test_warnings_of_before(host: PostfixHost) -> None:
    """What Postfix warned of all along keeps nobody from a change, nor does a relay in use whose name is lost."""
    folder = f"{CONFIG}/relayconf/1"
    host.machine.run(["sh", "-c", f"printf 'oddity = 1\\nrelayhost = [lost.test]:25\\n' >>{CONFIG}/main.cf"])
    host.machine.run(["touch", "-d", "1 minute ago", f"{CONFIG}/main.cf"])

    main_cf = host.main_cf(transport_maps="hash:${relayconf_maps}/transport", relayconf_maps=folder)

    done = host.deploy(
        host.changes(*generation(1, transport="x.test :\n"), DesiredFile(path=MAIN, content=main_cf, phase=1))
    )

    assert done.warnings == ("the relay lost.test, in use already, has no address here",)


@pytest.mark.parametrize("times", [1, 9])
def test_a_warning_that_does_not_come_again(host: PostfixHost, times: int) -> None:
    """`postfix check` of a busy host stumbles over queue files on their way; what is wrong is wrong the second time."""
    text = (
        f'real=/usr/sbin/postfix; case "$*" in *"/trial check"*) echo x >>{SHIMS}.seen; '
        f'[ "$(wc -l <{SHIMS}.seen)" -gt {times} ] || echo "postfix/postfix-script: warning: bogus $(date +%N)" >&2 ;; '
        'esac; exec "$real" "$@"'
    )
    shim(host, "postfix", text)
    changes = expand_and_switch(host)
    before = host.snapshot()
    try:
        if times == 1:
            assert host.deploy(changes).warnings == ()
        else:
            with pytest.raises(DeployError, match="validate: postfix check warns of the new configuration: "):
                host.deploy(changes)
            assert host.snapshot()[CONFIG] == before[CONFIG]
    finally:
        host.machine.run(["rm", "-rf", SHIMS, f"{SHIMS}.seen"])


def test_postfix_that_does_not_run(host: PostfixHost) -> None:
    """A stopped Postfix is told nothing, and the report says when the change takes effect."""
    host.machine.postfix("stop")
    assert host.observe().values["postfix.running"] == "no"

    done = host.deploy(expand_and_switch(host))

    assert set(done.warnings) == {"Postfix does not run here: what was written takes effect when it starts"}
    assert host.observe().values["postfix.generation"] == "1"


def test_delivery_that_takes_too_long(host: PostfixHost) -> None:
    """A delivery under the old configuration that outlasts the wait rolls the change back, and is not disturbed."""
    host.lab.change_relay(replace(SPEC.receiver, delay=4.0))
    try:
        changes = expand_and_switch(host)
        before = host.snapshot()
        host.machine.inject("a@lab.test", ["slow@world.test"])
        host.lab.wait_for(lambda: "smtp" in host.children().values())

        with pytest.raises(DeployError) as caught:
            replace(host, parameters={"postfix_wait": "1"}).deploy(changes)
    finally:
        host.lab.change_relay(SPEC.receiver)

    assert re.fullmatch(
        r"activate: still at work with the configuration of before, 1 s after the reload: smtp \(pid [0-9]+\); "
        r"nothing was switched, apply again when its delivery has ended; the host is as it was before",
        caught.value.message,
    )
    assert host.snapshot()[CONFIG] == before[CONFIG]
    host.lab.message_to("slow@world.test")
    assert len([message for message in host.lab.messages() if "slow@world.test" in message.recipients]) == 1


def test_killed_between_the_phases(host: PostfixHost) -> None:
    """A deploy that dies after expand is rolled back at the next contact, which tells Postfix once more."""
    changes = expand_and_switch(host)
    before = host.snapshot()
    shim(host, "mv", 'case "$2 $3" in *.6.new*/main.cf) kill -9 "$PPID"; exit ;; esac\nexec /bin/mv "$@"')
    with pytest.raises(ConnectionLost):
        host.deploy(changes)
    host.machine.run(["rm", "-rf", SHIMS])
    assert host.observe().values["postfix.generation"] == "1"
    qmgr = [pid for pid, name in host.children().items() if name == "qmgr"]

    done = host.deploy([], _OTHER)

    assert [warning.rpartition(" ")[2] for warning in done.warnings] == ["back"]
    assert host.snapshot()[CONFIG] == before[CONFIG]
    assert not [pid for pid in host.children() if pid in qmgr]
    delivers(host, "healed@world.test")


def test_killed_while_preparing(host: PostfixHost) -> None:
    """A deploy that dies while it makes its directories leaves none of them."""
    changes = expand_and_switch(host)
    before = host.snapshot()
    shim(host, "mkdir", '/bin/mkdir "$@"; case $* in *postfix/relayconf) kill -9 "$PPID" ;; esac')
    with pytest.raises(ConnectionLost):
        host.deploy(changes)
    assert host.machine.exists(f"{CONFIG}/relayconf")

    host.deploy([], _OTHER)

    assert host.snapshot()[CONFIG] == before[CONFIG]


def test_generations_that_stay(host: PostfixHost) -> None:
    """The newest three generations stay, those of the last hour, and every one that main.cf or master.cf names."""
    for number in (1, 2, 3, 4, 5, 12):
        host.machine.run(["mkdir", "-p", f"{CONFIG}/relayconf/{number}"])
        host.machine.write(f"{CONFIG}/relayconf/{number}/transport", b"")
        if number != 4:
            host.machine.run(["touch", "-d", "2 hours ago", f"{CONFIG}/relayconf/{number}"])
    host.machine.run(["mkdir", f"{CONFIG}/relayconf/notes"])
    host.machine.run(["sh", "-c", f"echo '# {CONFIG}/relayconf/2/x' >>{CONFIG}/master.cf"])
    assert host.observe().values["postfix.next_generation"] == "13"

    host.deploy(expand_and_switch(host, 13))

    left = host.machine.output(["ls", f"{CONFIG}/relayconf"]).split()
    assert sorted(left) == ["12", "13", "2", "4", "5", "notes"]


def test_generation_that_is_there(host: PostfixHost) -> None:
    """A generation that somebody made meanwhile makes the plan stale."""
    changes = expand_and_switch(host)
    host.machine.write(f"{CONFIG}/relayconf/1/other", b"x")

    with pytest.raises(StalePlan, match="postfix:1/transport: there is a generation 1 already"):
        host.deploy(changes)

    assert host.machine.output(["ls", f"{CONFIG}/relayconf/1"]) == "other"


@pytest.mark.parametrize("shell", shells())
def test_facts(host: PostfixHost, shell: str) -> None:
    """What the host tells of its Postfix, in every shell, without making a file."""
    before = host.snapshot()

    facts = replace(host, shell=shell).observe()

    values = {name.removeprefix("postfix."): value for name, value in facts.values.items() if "postfix." in name}
    assert "hash" in values.pop("types").split()
    assert re.fullmatch(r"3\.[0-9]+\.[0-9]+", values.pop("version"))
    assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", values.pop("date"))
    assert values == {
        "config_directory": CONFIG,
        "daemon_directory": "/usr/lib/postfix/sbin",
        "queue_directory": "/var/spool/postfix",
        "multi_instance": "-",
        "myhostname": "mail1.lab.test",
        "mydestination": "mail1.lab.test, localhost.lab.test, localhost",
        "database_type": "hash",
        "generation": "-",
        "next_generation": "1",
        "running": "yes",
        "writable": "yes",
        "managed_by": "-",
        "ca_bundle": "/etc/ssl/certs/ca-certificates.crt",
        "sasl": "yes",
        "queue": "0 0",
    }
    absent = [path for path, file in facts.files.items() if not file.present]
    assert sorted(absent) == [
        "postfix:live/generic",
        "postfix:live/sasl_passwd",
        "postfix:live/status_filter",
        "postfix:live/tls_policy",
        "postfix:live/transport",
        PARAMETERS,
    ]
    assert facts.files[PARAMETERS].target == f"{STATE}/postfix-parameters"
    assert host.snapshot() == before


@pytest.mark.parametrize("shell", shells())
def test_facts_that_are_asked_for(host: PostfixHost, shell: str) -> None:
    """Defaults of the parameters that this Postfix knows, expanded; and whether files are there, and open."""
    host.machine.write("/etc/our own.pem", b"x")
    host.machine.write("/etc/our.key", b"x", mode=0o600)
    asked = {
        "settings": "smtp_bind_address smtp_destination_rate_delay smtp_helo_nmae",
        "authorities": "/etc/postfix",
        "certificate": "/etc/our own.pem",
        "key": "/etc/our.key",
    }

    values = replace(host, shell=shell, parameters=asked).observe().values

    defaults = {name: value for name, value in values.items() if name.startswith("postfix.default.")}
    assert defaults == {
        "postfix.default.smtp_bind_address": "-",
        "postfix.default.smtp_destination_rate_delay": "0s",
    }
    assert [values[f"postfix.{name}"] for name in ("authorities", "certificate", "key")] == ["no", "open", "yes"]


def test_facts_of_a_live_generation(host: PostfixHost) -> None:
    """The sources of the generation that main.cf names are read, and the queue and the file's head are told."""
    host.deploy(expand_and_switch(host))
    host.machine.run(["sed", "-i", "1i # Ansible managed, do not touch", f"{CONFIG}/main.cf"])
    host.machine.run(["touch", "-d", "1 minute ago", f"{CONFIG}/main.cf"])
    host.lab.change_relay(replace(RELAY, refusal="450 4.7.1 later"))
    try:
        host.machine.inject("a@lab.test", ["waiting@world.test"])
        host.lab.wait_for(lambda: [entry for entry in host.machine.queue() if entry.recipients[0].delay_reason])
        facts = host.observe()
    finally:
        host.lab.change_relay(RELAY)
        host.machine.run(["postsuper", "-d", "ALL"])

    assert facts.files["postfix:live/sasl_passwd"].content == TABLES["sasl_passwd"].encode()
    assert facts.files["postfix:live/transport"].target == f"{CONFIG}/relayconf/1/transport"
    assert facts.values["postfix.next_generation"] == "2"
    assert facts.values["postfix.managed_by"] == "# Ansible managed, do not touch"
    assert re.fullmatch(r"1 [0-9]{1,2}", facts.values["postfix.queue"])


def test_no_postfix(lab: Lab) -> None:
    """A host without Postfix says so."""
    host = PostfixHost(lab=lab, machine=lab.host("bare"))

    with pytest.raises(ObserveError) as caught:
        host.observe()

    assert caught.value.message == "no Postfix found: there is no postconf"


def test_unusable_configuration_directory(host: PostfixHost) -> None:
    """A directory that the inventory names and that holds no configuration is an error."""
    with pytest.raises(ObserveError, match=r"no usable Postfix found: .*/nowhere/main.cf: No such file"):
        replace(host, parameters={"config_directory": "/nowhere"}).observe()


@contextmanager
def mail_flows(host: PostfixHost) -> Iterator[None]:
    """A message every 200 ms."""
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.2):
            host.machine.inject("a@lab.test", [f"{uuid4().hex}@world.test"])

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_verdict_pass(host: PostfixHost) -> None:
    """Mail that leaves by the new configuration is the best proof."""
    with mail_flows(host):
        done = host.deploy(expand_and_switch(host))

    assert done.verified == "pass mail left"


def test_verdict_unknown(host: PostfixHost) -> None:
    """Where no mail is on its way nothing is known, and nobody waits."""
    assert host.deploy(expand_and_switch(host)).verified == "unknown no mail left meanwhile"


def test_verdict_of_a_rotated_log(host: PostfixHost) -> None:
    """A log that was cut off meanwhile tells nothing."""
    shim(
        host,
        "mv",
        '/bin/mv "$@"; case $3 in */main.cf) for log in $(postconf -h maillog_file); do : >"$log"; done ;; esac',
    )
    assert host.deploy(expand_and_switch(host)).verified == "unknown the log was rotated meanwhile"


def test_verdict_fail(host: PostfixHost) -> None:
    """What kills smtp(8) at its start, and nothing can tell beforehand, is rolled back by the host itself."""
    before = host.snapshot()
    with mail_flows(host), pytest.raises(DeployError) as caught:
        host.deploy(expand_and_switch(host, smtp_tls_security_level="bogus"))

    assert re.fullmatch(
        r"verify: Postfix cannot work with it: smtp\[\d+\]: fatal: .*bogus.*; the host is as it was before",
        caught.value.message,
    )
    assert host.snapshot()[CONFIG] == before[CONFIG]


def _log_when_live(host: PostfixHost, line: str) -> None:
    """Have *line* logged whenever something is flushed once main.cf has been renamed."""
    log = f'for log in $(postconf -h maillog_file); do echo "Nov 24 10:15:00 mail1 {line}" >>"$log"; done'
    shim(host, "sync", f'/bin/sync "$@"; ! grep -q ^relayconf_maps {CONFIG}/main.cf || {{ {log}; }}')


@pytest.mark.parametrize(
    "line", ["postfix-out/smtp[1]: fatal: of another", "postfix-out/smtp[1]: A: to=<a@b.test>, status=sent (250)"]
)
def test_another_postfix_in_the_same_log(host: PostfixHost, line: str) -> None:
    """What another instance does tells nothing of this one."""
    _log_when_live(host, line)

    assert host.deploy(expand_and_switch(host)).verified == "unknown no mail left meanwhile"


@pytest.mark.parametrize("name", ["postfix", "post+fix"])
def test_a_service_with_a_name_of_its_own_in_the_log(host: PostfixHost, name: str) -> None:
    """The log's name of this Postfix is its own setting, and services add to it."""
    host.machine.run(["postconf", "-e", f"syslog_name = {name}"])
    _log_when_live(host, f"{name}/out/smtp[1]: fatal: {name} is broken")

    with pytest.raises(DeployError, match=r"Postfix cannot work with it: smtp\[1\]: fatal: .* is broken"):
        host.deploy(expand_and_switch(host))


def test_a_failure_of_before_is_not_its_fault(host: PostfixHost) -> None:
    """A daemon that dies before the change as after it, with the same words, rolls nothing back."""
    host.machine.run(["postconf", "-e", "smtp_tls_security_level = bogus"])
    host.machine.run(["touch", "-d", "1 minute ago", f"{CONFIG}/main.cf"])
    host.machine.run(["postfix", "reload"])
    with mail_flows(host):
        end = time.monotonic() + 15
        while "bogus" not in host.machine.log():
            assert time.monotonic() < end
            time.sleep(0.2)
        done = host.deploy(expand_and_switch(host, smtp_tls_security_level="bogus"))
    assert done.verified.startswith("unknown")
    host.machine.run(["postsuper", "-d", "ALL"])
    host.machine.run(["postfix", "stop"])
