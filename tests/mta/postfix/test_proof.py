"""The proof of what was rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from relayconf.errors import RenderMismatch
from relayconf.model import Direct, Internal, Local, Nexthop, Reject, Target
from relayconf.mta.postfix.proof import prove
from relayconf.mta.postfix.rendering import wish
from tests.mta.postfix.hosts import host, relay, secret, sender

STORE = Internal(nexthop=Nexthop(host="store.test"))
WANTED = host(
    relay("a"),
    domains={".x.test": STORE, "here.x.test": Local(), "y.test": STORE},
    senders={"@s.test": sender(relay("a"), "shop"), "u@s.test": sender(relay("a"))},
    routes={"d.test": Direct(), "u@d.test": Reject(text="5.1.1 no"), "void.test": Reject(text="5.1.1 never")},
)
MAIN = "".join(f"{name} = {value}\n" for name, value in wish(WANTED, secret).parameters).encode()
TRANSPORT = (
    ".x.test smtp:[store.test]:25\nhere.x.test :\ny.test smtp:[store.test]:25\nd.test smtp:\nu@d.test error:5.1.1 no\n"
    "void.test error:5.1.1 never\n"
)
TABLES: Mapping[str, bytes | None] = {
    "transport": TRANSPORT.encode(),
    "senders": b"@s.test relayconf-senders:[a.test]:587\nu@s.test smtp:[a.test]:587\n",
    "sasl_passwd": b"[a.test]:587 a:pw\n@s.test shop:pw\n",
    "tls_policy": b"[a.test]:587 secure\n",
    "generic": None,
}


def refused(tables: Mapping[str, bytes | None], main: bytes = MAIN) -> str:
    """Why these files are refused."""
    with pytest.raises(RenderMismatch) as caught:
        prove(WANTED, wish(WANTED, secret), main, {**TABLES, **tables})
    return caught.value.message


def test_a_list() -> None:
    """All of it must be there, in its order; a row for its first alone is none for the list."""
    wanted = replace(WANTED, default=(relay("a"), relay("b")), routes={"d.test": relay("a")}, domains={}, senders={})
    first = replace(wanted, routes={"d.test": wanted.default[0]})
    rows: Mapping[str, bytes | None] = {
        "senders": None,
        "transport": b"d.test smtp:[a.test]:587\n",
        "sasl_passwd": b"[a.test]:587 a:pw\n[b.test]:587 b:pw\n",
        "tls_policy": b"[a.test]:587 secure\n[b.test]:587 secure\n",
    }
    main = "".join(f"{name} = {value}\n" for name, value in wish(wanted, secret).parameters).encode()
    for host_wanted in (wanted, first):
        prove(host_wanted, wish(host_wanted, secret), main, {**TABLES, **rows})
    with pytest.raises(RenderMismatch) as caught:
        prove(first, wish(first, secret), main, {**TABLES, **rows, "transport": b"x.test smtp:\n"})
    assert "mail for d.test to [a.test]:587, [b.test]:587, but" in caught.value.message


def test_right() -> None:
    """Comments, order and letters' case of keys do not matter."""
    lines = TRANSPORT.replace("y.test", "Y.test").splitlines(keepends=True)
    prove(WANTED, wish(WANTED, secret), b"# c\n" + MAIN, {**TABLES, "transport": "".join(reversed(lines)).encode()})


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            "y.test smtp:[store.test]:25\n",
            "",
            "mail for y.test to [a.test]:587, but the inventory says [store.test]:25 (y.test)",
        ),
        (
            ".x.test smtp:[store.test]:25\n",
            "",
            "mail for relayconf-probe.x.test to [a.test]:587, but the inventory says [store.test]:25 (.x.test)",
        ),
        (
            "here.x.test :\n",
            "",
            "mail for here.x.test to [store.test]:25, but the inventory says local (here.x.test)",
        ),
        (
            "d.test smtp:\n",
            "d.test :\n",
            "mail for d.test to [a.test]:587, but the inventory says direct (MX) of d.test (d.test)",
        ),
        (
            "u@d.test error:5.1.1 no\n",
            "",
            "mail for u@d.test to direct (MX) of d.test, but the inventory says reject: 5.1.1 no (u@d.test)",
        ),
        (
            "void.test",
            "extra.test smtp:\nvoid.test",
            (
                "mail for extra.test to direct (MX) of extra.test, but the inventory says [a.test]:587 "
                "(the rest of the world)"
            ),
        ),
        (
            "void.test",
            "* smtp:\nvoid.test",
            (
                "mail for relayconf-probe to direct (MX) of relayconf-probe, but the inventory says [a.test]:587 (the "
                "rest of the world)"
            ),
        ),
    ],
)
def test_wrong_routes(old: str, new: str, text: str) -> None:
    """A row too few, too many, or with another value: the recipient, where it would go, where it should."""
    table = TRANSPORT.replace(old, new).encode()

    assert refused({"transport": table}) == f"mail1: the rendered transport table sends {text}"


def test_probes_are_nobody_s() -> None:
    """Names that are tried are none of the inventory's, whatever its names are."""
    names: dict[str, Target] = {"relayconf-probe": STORE, "relayconf-probe.x.test": STORE, ".x.test": Direct()}
    wanted = replace(WANTED, domains={}, routes=names)
    rows = "relayconf-probe smtp:[store.test]:25\nrelayconf-probe.x.test smtp:[store.test]:25\n"
    main = b"".join(f"{name} = {value}\n".encode() for name, value in wish(wanted, secret).parameters)

    prove(wanted, wish(wanted, secret), main, {**TABLES, "transport": f"{rows}.x.test smtp:\n".encode()})
    with pytest.raises(RenderMismatch, match=r"relayconf-probex\.x\.test"):
        prove(wanted, wish(wanted, secret), main, {**TABLES, "transport": rows.encode()})
    below = {name: target for name, target in names.items() if name != "relayconf-probe"}
    with pytest.raises(RenderMismatch, match=r"relayconf-probex\.x\.test"):
        prove(
            replace(wanted, routes=below),
            wish(wanted, secret),
            main,
            {**TABLES, "transport": b"relayconf-probe.x.test smtp:[store.test]:25\n"},
        )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            b"u@s.test smtp:[a.test]:587\n",
            "relayconf-probe@s.test to [a.test]:587 (smtp), but the inventory says [a.test]:587 (relayconf-senders)",
        ),
        (
            b"@s.test relayconf-senders:[a.test]:587\n",
            "u@s.test to [a.test]:587 (relayconf-senders), but the inventory says [a.test]:587 (smtp)",
        ),
        (
            b"@s.test relayconf-senders:[a.test]:587\nu@s.test smtp:[a.test]:587\n<> smtp:[b.test]:25\n",
            "<> to [b.test]:25 (smtp), but the inventory says [a.test]:587 (smtp)",
        ),
        (
            b"@s.test relayconf-senders:[a.test]:587\nu@s.test DUNNO\n@relayconf-probe smtp:[b.test]:25\n",
            "relayconf-probex@relayconf-probe to [b.test]:25 (smtp), but the inventory says [a.test]:587 (smtp)",
        ),
    ],
)
def test_wrong_senders(content: bytes, text: str) -> None:
    """A row too few, too many, or another service: whose mail it is, where it would go, where it should."""
    assert refused({"senders": content}) == f"mail1: the rendered table of senders sends mail from {text}"


def test_senders_that_are_tried_are_nobody_s() -> None:
    """Whatever the inventory's names are, somebody is asked for whom it has no row."""
    named = {"relayconf-probe@x.test": sender(relay("b")), "@relayconf-probex": sender(relay("b"))}
    wanted = replace(WANTED, domains={}, routes={}, senders=named)
    rows = wish(wanted, secret)
    main = b"".join(f"{name} = {value}\n".encode() for name, value in rows.parameters)
    tables = {name: "".join(f"{key} {value}\n" for key, value in table).encode() for name, table in rows.tables.items()}

    prove(wanted, rows, main, tables)
    more = tables["senders"] + b"@relayconf-probexx smtp:[b.test]:587\n"
    with pytest.raises(RenderMismatch, match="from relayconf-probexxx@relayconf-probexx to"):
        prove(wanted, rows, main, {**tables, "senders": more})


@pytest.mark.parametrize(
    ("table", "content"),
    [
        ("sasl_passwd", b"[a.test]:587 a:other\n"),
        ("sasl_passwd", b"[a.test]:587 a:pw\na.test x:y\n"),
        ("sasl_passwd", b"[a.test]:587 a:pw\n@s.test shop:pw\n@s.test shop:pw\n"),
        ("tls_policy", None),
        ("generic", b"a b\n"),
    ],
)
def test_wrong_rows(table: str, content: bytes | None) -> None:
    """Another value, a row too many, the same row twice, none at all."""
    assert refused({table: content}) == (
        f"mail1: the rendered {table} does not hold the rows that the inventory asks for"
    )


def test_wrong_parameters() -> None:
    """The names of what is missing or other."""
    main = MAIN.replace(b"relayhost = [a.test]:587", b"relayhost = [b.test]:587").replace(
        b"smtp_sasl_auth_enable = yes\n", b""
    )

    assert refused({}, main) == (
        "mail1: the rendered main.cf does not say what the inventory says of relayhost, smtp_sasl_auth_enable"
    )
