"""Parameters and tables that somebody edited since relayconf set them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from relayconf.drift import Drift
from relayconf.facts import Facts
from relayconf.model import Direct, Host, Reject
from relayconf.mta.postfix import desired, drift, render, takes_over
from relayconf.mta.postfix.names import MAIN_CF, RECORD, SOURCES, in_use
from tests.mta.postfix.hosts import BUILT_IN, MAIN, State, facts, generation, host, relay, secret, settled

WANTED = host(relay("a"), routes={"x.test": Direct()})
LEFT = "as transaction t left it on 2026-11-24"


def edited(state: State, contents: Mapping[str, bytes | None], **values: str) -> Facts:
    """What is found on a host at rest after an edit; the host's list tells how its generation was left."""
    number = generation(state.content(MAIN_CF)).rpartition("/")[2]
    left = {name: state.facts.files[in_use(name)].sha256 or "-" for name in SOURCES}
    known = {f"applied.postfix:{number}/{name}": f"{sha} t 2026-11-24T10:15:00Z" for name, sha in left.items()}
    before = {path: file.content for path, file in state.facts.files.items()}
    said = {f"postfix.{name}": value for name, value in values.items()}
    return facts({**before, **contents}, {**state.facts.values, "postfix.generation": number, **known, **said})


def told(wanted: Host, found: Facts) -> list[tuple[str | None, ...]]:
    """The drift of a host that should be as *wanted*."""
    items = drift(wanted, found, desired(wanted, found, render(wanted, BUILT_IN, secret)))
    assert all(isinstance(item, Drift) for item in items)
    return [(item.path, item.name, item.last, item.disk, item.wanted) for item in items]


def main_cf(state: State, old: str, new: str) -> dict[str, bytes | None]:
    """main.cf with one text in the place of another."""
    assert old.encode() in state.content(MAIN_CF)
    return {MAIN_CF: state.content(MAIN_CF).replace(old.encode(), new.encode())}


def test_nothing_edited() -> None:
    """Neither while the wish stays, nor when it becomes another, nor by an edit of what is not ours."""
    state = settled(WANTED)
    mine = {MAIN_CF: state.content(MAIN_CF) + b"message_size_limit = 1\n"}

    assert told(WANTED, edited(state, {})) == []
    assert told(host(relay("b")), edited(state, {})) == []
    assert told(host(), edited(state, {})) == []
    assert told(WANTED, edited(state, mine)) == []
    assert told(WANTED, facts()) == []


HOP = "relayhost = [a.test]:587"


@pytest.mark.parametrize(
    ("wanted", "old", "new", "values"),
    [
        (WANTED, HOP, "relayhost = [human.test]", ("[a.test]:587", "[human.test]", "[a.test]:587")),
        (WANTED, HOP, "", ("[a.test]:587", None, "[a.test]:587")),
        (host(), HOP, "relayhost = [human.test]", ("[a.test]:587", "[human.test]", "")),
        (host(relay("b")), HOP, "relayhost =  [b.test]:587", ("[a.test]:587", "[b.test]:587", "[b.test]:587")),
    ],
)
def test_parameters(wanted: Host, old: str, new: str, values: tuple[str | None, ...]) -> None:
    """As it was set, as it is, as it will be; who edited what the inventory says now is agreed with."""
    state = settled(WANTED)
    found = [item for item in told(wanted, edited(state, main_cf(state, old, new))) if item[1] == "relayhost"]

    assert found == [(MAIN_CF, "relayhost", *values)]


def test_a_parameter_that_leaves_the_wish_stays_as_a_human_made_it() -> None:
    """As `apply` leaves it alone."""
    state = settled(WANTED)
    new = main_cf(state, "smtp_sasl_auth_enable = yes", "smtp_sasl_auth_enable = no")

    assert told(host(relay("a", password=None)), edited(state, new)) == [
        (MAIN_CF, "smtp_sasl_auth_enable", "yes", "no", "no")
    ]


def test_lists_of_tables() -> None:
    """Ours taken out comes back; the admin's beside it are no edit; what stays alone in the end is the human's."""
    state = settled(WANTED)
    ours = "hash:${relayconf_maps}/transport"
    out = main_cf(state, f"transport_maps = {ours}", "transport_maps = hash:/mine")
    more = main_cf(state, f"transport_maps = {ours}", f"transport_maps = {ours}, hash:/mine")

    assert told(WANTED, edited(state, out)) == [(MAIN_CF, "transport_maps", ours, "hash:/mine", f"{ours}, hash:/mine")]
    assert told(WANTED, edited(state, more)) == []
    assert told(host(relay("a")), edited(state, out)) == [(MAIN_CF, "transport_maps", ours, "hash:/mine", "hash:/mine")]
    front = main_cf(state, f"transport_maps = {ours}", f"transport_maps = hash:/mine, {ours}")
    both = f"hash:/mine, {ours}"
    assert told(host(relay("a")), edited(state, front)) == [(MAIN_CF, "transport_maps", ours, both, both)]


def test_passwords_in_main_cf_are_not_shown() -> None:
    """A table can stand there in full."""
    state = settled(WANTED)
    ours = "hash:${relayconf_maps}/sasl_passwd"
    out = main_cf(state, f"smtp_sasl_password_maps = {ours}", "smtp_sasl_password_maps = static:user:s3cret")

    assert told(WANTED, edited(state, out)) == [
        (MAIN_CF, "smtp_sasl_password_maps", ours, "static:…", f"{ours}, static:…")
    ]


def _directory(state: State) -> str:
    return generation(state.content(MAIN_CF))


def test_the_generation() -> None:
    """Another one in main.cf, or none, although it is needed; the newest that was applied is ours."""
    state = settled(WANTED)
    line = f"relayconf_maps = {_directory(state)}\n"
    nine = main_cf(state, line, "relayconf_maps = /etc/postfix/relayconf/9\n")
    other = edited(state, nine | _no_tables(), generation="9")
    none = edited(state, main_cf(state, line, "") | _no_tables(), generation="-")
    last, new = _directory(state), "/etc/postfix/relayconf/4"

    assert told(WANTED, other) == [(MAIN_CF, "relayconf_maps", last, "/etc/postfix/relayconf/9", new)]
    assert told(WANTED, none) == [(MAIN_CF, "relayconf_maps", last, None, new)]


def _no_tables() -> dict[str, bytes | None]:
    return {in_use(name): None for name in SOURCES}


def test_the_generation_that_was_applied_last() -> None:
    """By its time; those that are gone do not count, nor what is no generation."""
    state = settled(WANTED)
    line = f"relayconf_maps = {_directory(state)}\n"
    found = edited(state, main_cf(state, line, "") | _no_tables(), generation="-")
    others = {
        "applied.postfix:7/transport": "a t 2026-11-23T10:15:00Z",
        "applied.postfix:8/transport": "- t 2026-11-25T10:15:00Z",
        "applied.postfix:9/transport": "odd",
        "applied.postfix:main.cf": "a t 2026-11-25T10:15:00Z",
    }

    (told_of,) = told(WANTED, replace(found, values={**found.values, **others}))

    assert told_of[2] == _directory(state)


def test_a_generation_with_what_is_wished_stays() -> None:
    """Whichever was applied last."""
    found = edited(settled(WANTED), {})
    newer = {"applied.postfix:7/transport": "a t 2026-11-26T10:15:00Z"}

    assert told(WANTED, replace(found, values={**found.values, **newer})) == []


def test_relayconf_has_left() -> None:
    """A host without tables of ours, and with nothing that refers to them, has not drifted."""
    state = settled(WANTED)
    gone = settled(host(), state)
    known = {name: value for name, value in edited(state, {}).values.items() if name.startswith("applied.")}

    assert told(WANTED, replace(gone.facts, values={**gone.facts.values, **known})) == []


TRANSPORT = in_use("transport")


@pytest.mark.parametrize(
    ("wanted", "content", "found"),
    [
        (WANTED, b"x.test smtp:[human.test]\n", (LEFT, "edited since", "as the inventory says")),
        (WANTED, None, (LEFT, "gone", "as the inventory says")),
        (host(relay("a")), b"x.test smtp:[human.test]\n", (LEFT, "edited since", None)),
        (host(), b"x.test smtp:[human.test]\n", (LEFT, "edited since", None)),
        (WANTED, b"# mine\nx.test  smtp:\n", None),
        (host(relay("a"), routes={"y.test": Direct()}), b"y.test smtp:\n", None),
        (host(relay("b"), routes={"y.test": Direct()}), b"y.test smtp:\n", None),
        (host(relay("b")), b"x.test smtp:[human.test]\n", (LEFT, "edited since", None)),
        (
            host(relay("a"), routes={"x.test": Direct(), "n.test": Reject(text="no")}),
            b"x.test smtp:\n#\n",
            (LEFT, "edited since", "as the inventory says"),
        ),
    ],
)
def test_tables(wanted: Host, content: bytes | None, found: tuple[str | None, ...] | None) -> None:
    """A table of the generation in use that was edited, unless the wish agrees with it."""
    state = settled(WANTED)

    assert told(wanted, edited(state, {TRANSPORT: content})) == ([] if found is None else [(TRANSPORT, None, *found)])


def test_the_guard() -> None:
    """Is no lookup table of postmap's, and is compared as it stands."""
    state = settled(host(relay("a"))).applied(host(relay("b")))[-1]
    guard = in_use("status_filter")

    assert state.content(guard)
    assert told(host(relay("b")), edited(state, {})) == []
    assert told(host(relay("b")), edited(state, {guard: b"/x/ 4\n"})) == [(guard, None, LEFT, "edited since", None)]


@pytest.mark.parametrize("contents", [{MAIN_CF: b"broken\n"}, {TRANSPORT: b"\0"}, {RECORD: b"a\tb\tc\td\n"}])
def test_what_cannot_be_read(contents: dict[str, bytes | None]) -> None:
    """Is told as an error; here nothing follows."""
    found = facts(contents)

    assert told(WANTED, found) == []
    assert takes_over(WANTED, found, ()) == ()
    assert drift(WANTED, facts(), ()) == ()
    assert takes_over(WANTED, facts(), ()) == ()


IMPLICIT = host(relay("a", 465))
SETTING = replace(host(relay("a")), settings={"smtp_helo_name": "mail.test"})


@pytest.mark.parametrize(
    ("wanted", "main", "lost"),
    [
        (IMPLICIT, "default_transport = out", "default_transport = out"),
        (IMPLICIT, "relay_transport = lmtp:unix:/x", "relay_transport = lmtp:unix:/x"),
        (IMPLICIT, "default_transport = smtp\nrelay_transport = relay", None),
        (IMPLICIT, "default_transport =", None),
        (SETTING, "smtp_helo_name = human.test", "smtp_helo_name = human.test"),
        (SETTING, "smtp_helo_name =  mail.test", None),
        (SETTING, "smtp_helo_name =", None),
        (host(relay("a")), "default_transport = out", None),
        (host(relay("a")), "relayhost = [human.test]\ntransport_maps = hash:/t", None),
    ],
)
def test_taken_over(wanted: Host, main: str, lost: str | None) -> None:
    """A service of the admin's own that a relay with implicit TLS replaces; relayhost and tables are no loss."""
    found = facts({MAIN_CF: MAIN + f"{main}\n".encode()})
    expected = (f"main.cf: {lost}, which relayconf never set, would be replaced",)

    assert takes_over(wanted, found, desired(wanted, found, render(wanted, BUILT_IN, secret))) == (
        expected if lost else ()
    )


def test_our_own_services_are_not_taken_over() -> None:
    """They are relayconf's already."""
    found = settled(IMPLICIT).facts
    wanted = host(relay("a"))

    assert takes_over(wanted, found, desired(wanted, found, render(wanted, BUILT_IN, secret))) == ()
