"""What contents mean: routes in words, likeness, and where secrets stand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from relayconf.mta.postfix import routes, same_meaning, secret_spans
from tests.mta.postfix.hosts import MAIN

MANAGED = MAIN.replace(b"relayhost =", b"relayhost = [a.test]:587") + (
    b"relayconf_maps = /etc/postfix/relayconf/1\n"
    b"transport_maps = hash:${relayconf_maps}/transport\n"
    b"sender_dependent_default_transport_maps = hash:${relayconf_maps}/senders\n"
    b"smtp_sasl_password_maps = hash:${relayconf_maps}/sasl_passwd\n"
    b"smtp_tls_policy_maps = hash:${relayconf_maps}/tls_policy\n"
)
TABLES: Mapping[str, bytes | None] = {
    "postfix:live/transport": b"x.test :\nd.test smtp:\n.b.test relayconf-tls:[b.test]:465\no.test smtp:[o.test]:25\n"
    b"no.test error:5.1.1 no\n",
    "postfix:live/senders": b"@s.test relayconf-a-senders:[a.test]:587\nu@s.test smtp:[a.test]:587\n@d.test DUNNO\n"
    b"<> smtp:[o.test]:25\n@l.test relayconf-senders:[a.test]:587\n",
    "postfix:live/sasl_passwd": b"[a.test]:587 u:p\n@s.test shop:p\nu@s.test left:p\n",
    "postfix:live/tls_policy": b"[a.test]:587 secure\n[b.test]:465 none\n",
}


def test_routes() -> None:
    """The user and the level beside the relay, by MX, rejected, or kept here."""
    assert routes({"postfix:main.cf": MANAGED, **TABLES}) == {
        "the rest of the world": "[a.test]:587 u, secure",
        "x.test": "local",
        "d.test": "direct (MX)",
        ".b.test": "[b.test]:465 none",
        "o.test": "[o.test]:25",
        "no.test": "reject: 5.1.1 no",
        "from @s.test": "[a.test]:587 shop, secure",
        "from u@s.test": "[a.test]:587 u, secure",
        "from @d.test": "[a.test]:587 u, secure",
        "from <>": "[o.test]:25",
        "from @l.test": "[a.test]:587 u, secure",
    }


def test_a_list() -> None:
    """Each of a failover list with its own user and level; a server of the admin's has neither."""
    main = MANAGED.replace(b"relayhost = [a.test]:587", b"relayhost = [a.test]:587, [b.test]:465 [c.test]")
    told = routes({"postfix:main.cf": main, **TABLES})
    assert told["the rest of the world"] == "[a.test]:587 u, secure, else [b.test]:465 none, else [c.test]"


@pytest.mark.parametrize(
    ("main", "rest"),
    [
        (None, "direct (MX)"),
        (MAIN, "direct (MX)"),
        (b"relayhost = [o.test]:25\n", "[o.test]:25"),
        (b"relayhost = o.test\n", "direct (MX) of o.test"),
        (b"relayhost = [o.test]:25\ndefault_transport = smtp:[d.test]:26\n", "[d.test]:26"),
        (b"broken\n", "unknown: main.cf cannot be read"),
    ],
)
def test_tables_that_main_cf_does_not_name(main: bytes | None, rest: str) -> None:
    """Then they route nothing, whatever is in them."""
    assert routes({"postfix:main.cf": main, **TABLES}) == {"the rest of the world": rest}


@pytest.mark.parametrize(
    ("path", "one", "other", "same"),
    [
        ("postfix:main.cf", b"a = 1\n  2\n", b"# c\na=1 2\n", True),
        ("postfix:main.cf", b"a = 1\n", b"a = 2\n", False),
        ("postfix:main.cf", b"a = 1\n", b"a = 1\nb = 2\n", False),
        ("postfix:main.cf", b"broken\n", b"a = 1\n", False),
        ("postfix:master.cf", b"a\n", b"a \n", False),
        ("postfix:master.cf", b"a\n", b"a\n", True),
    ],
)
def test_same_meaning(path: str, one: bytes, other: bytes, *, same: bool) -> None:
    """main.cf's layout does not matter, in all other files every byte does."""
    assert same_meaning(path, one, other) is same


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (b"[a.test]:587  user:secret\n", [b"secret"]),
        (b"[a.test]:587 user:se:cret x \t\n", [b"se:cret x"]),
        (b"[a.test]:587 user:\n", []),
        (b"[a.test]:587 no-colon\n", [b"no-colon"]),
        (b"[a.test]:587\n", []),
        (b"a\n  user:secret\n\tmore", [b"user:secret", b"more"]),
        (b"# Managed by relayconf. Change the inventory, not this file.\n", []),
        (b"#[a.test]:587 user:secret\n## [a.test]:587 user:secret\n", [b"secret", b"secret"]),
        (b"\n \n#\n", []),
    ],
)
def test_secrets(text: bytes, hidden: list[bytes]) -> None:
    """Behind the user's colon, in comments too; a line that continues another, or has no user, is hidden whole."""
    for path in ("postfix:sasl_passwd", "postfix:live/sasl_passwd", "postfix:12/sasl_passwd"):
        assert [text[start:end] for start, end in secret_spans(path, text)] == hidden
    assert secret_spans("postfix:live/transport", text) == ()
