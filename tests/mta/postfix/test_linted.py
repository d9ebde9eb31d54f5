"""Faults of a host's configuration at plan time."""

from __future__ import annotations

from collections.abc import Collection

from relayconf.facts import Facts, Finding, Severity
from relayconf.files import DesiredFile
from relayconf.model import Host, Local
from relayconf.mta.postfix.linted import findings
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF
from tests.mta.postfix.hosts import MAIN, MASTER, State, facts, host, relay, settled
from tests.mta.postfix.test_checks import told

WANTED = host(relay("a"), domains={"localhost": Local()})


def said(state: Facts, wanted: Host = WANTED, already: Collection[Finding] = ()) -> list[str]:
    """What a plan of *wanted* says of *state* when *already* was said."""
    found = findings(state, State(facts=state).desired(wanted), already)
    return [f"{one.severity} {one.code}: {one.text}" for one in found]


def _said(code: str, text: str) -> Finding:
    return Finding(code=code, severity=Severity.NOTE, text=text)


def test_parameters_set_twice() -> None:
    """Ours are told by the checks of the wish, the others here."""
    state = facts({MAIN_CF: MAIN + b"relayhost = [x.test]\nbiff = no\nbiff = no\n"})

    assert [text.split()[6] for text in said(state)] == ["relayhost", "biff"]
    assert [text.split()[6] for text in said(state, already=[_said("postfix-duplicates", "ours: relayhost")])] == [
        "biff"
    ]


def test_a_healthy_host() -> None:
    """Nothing to say, new to relayconf or long with it, in Postfix's own service or in one of ours."""
    implicit = host(relay("a", port=465))

    assert said(facts()) == []
    for wanted in (WANTED, implicit):
        assert said(settled(wanted).facts, wanted) == []
        assert said(settled(wanted).facts, host(relay("b"))) == []


def test_what_was_so_before() -> None:
    """It refuses nothing: errors are warnings, warnings and notes are notes."""
    main = MAIN + b"smtp_connect_timeout = 30 s\ndefer_transports = smtp\ncontent_filter = smtp:[192.0.2.1]\n"

    assert [text.split(" smtp")[0] for text in said(facts({MAIN_CF: main}))] == [
        "warning postfix-time: was so before: main.cf:13:",
        "note postfix-content-filter: was so before: main.cf:15: content_filter sends all mail to",
        "note postfix-parked: was so before: main.cf:14: defer_transports keeps the mail of",
    ]


def test_lines_that_move() -> None:
    """What the plan only pushes to another line was so before."""
    main = b"relayhost =\n  [x\n" + MAIN + b"soft_bounce = no\nsoft_bounce = on\n"

    assert [text.partition(" = ")[0] for text in said(facts({MAIN_CF: main}))] == [
        "warning postfix-boolean: was so before: main.cf:16: soft_bounce",
        "note postfix-duplicate: was so before: main.cf:10: relayhost is set here and in line 1: this one counts",
        "note postfix-duplicate: was so before: main.cf:16: soft_bounce is set here and in line 15: this one counts",
    ]


def test_what_the_plan_puts_right() -> None:
    """Not worth a word."""
    assert said(facts({MAIN_CF: MAIN.replace(b"relayhost =\n", b"relayhost = [x\n")})) == []


def test_what_the_plan_would_break() -> None:
    """An error, which refuses it: here AUTH is switched on for a service whose passwords master.cf takes away."""
    state = facts({MASTER_CF: MASTER.replace(b" smtp\n", b" smtp -o smtp_sasl_password_maps=\n")})
    broken = [DesiredFile(path=MAIN_CF, content=MAIN + b"soft_bounce = on\n")]

    assert [one.severity for one in findings(facts(), broken, ())] == ["error"]
    assert [text.split(":")[0] for text in told(WANTED, state)] == [
        "warning postfix-overridden",
        "warning postfix-overridden",
        "error postfix-sasl-no-table",
    ]


def test_what_is_said_already() -> None:
    """The checks of the wish have the better word."""
    state = facts({MAIN_CF: MAIN + b"smtp_tls_wrappermode = yes\n"})

    assert [text.split()[1] for text in said(state)] == ["postfix-tls-wrapped:"]
    assert said(state, already=[_said("postfix-wrappermode", "x")]) == []
    assert [text.split()[1] for text in told(WANTED, state)] == ["postfix-wrappermode:"]


def test_types_and_names_of_the_host() -> None:
    """What `observe` learned of the machine counts; `-` is nothing learned."""
    main = MAIN + b"transport_maps = pcre:/etc/postfix/t\n"
    values = {"postfix.types": "hash regexp", "postfix.queue_directory": "-"}

    assert [text.split()[:6] for text in said(facts({MAIN_CF: main}, values))] == [
        ["warning", "postfix-table-type:", "was", "so", "before:", "main.cf:13:"]
    ]
    assert said(facts({MAIN_CF: main})) == []


def test_tables_of_ours_are_not_looked_into() -> None:
    """They were proved when they were rendered, and while relays change they know those of before, too."""
    state = settled(WANTED)
    odd = {"postfix:live/transport": b"@x.test smtp:[x.test]:25\n", "postfix:live/sasl_passwd": b"x.test:25 a:b\n"}
    before = facts({path: file.content for path, file in state.facts.files.items()} | odd, state.facts.values)
    main = (before.files[MAIN_CF].content or b"") + b"transport_maps = hash:${relayconf_maps}/transport\n"
    kept = [DesiredFile(path=MAIN_CF, content=main), DesiredFile(path=MASTER_CF, content=MASTER)]

    assert [one.code for one in findings(before, kept, ()) if "key" in one.code] == []


def test_nothing_to_do() -> None:
    """Where Postfix's files cannot be read, there is nothing to compare."""
    assert list(findings(facts(), (), ())) == []
    assert list(findings(Facts(values={}, files={}), [DesiredFile(path=MASTER_CF, content=MASTER)], ())) == []
