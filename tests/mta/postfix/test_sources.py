"""Tables by their texts."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix import main_cf
from relayconf.mta.postfix.sources import Settings


def settings(main: str, **files: bytes) -> Settings:
    """A configuration with files in /etc/postfix; an underline in a name is a dot."""
    there = {f"/etc/postfix/{name}": content for name, content in files.items()}
    return Settings(parameters=main_cf.parse(main.encode()), facts={"postfix.myhostname": "mx.a.test"}, files=there)


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("hash:/etc/postfix/t", "/etc/postfix/t"),
        ("proxy:btree:${config_directory}/t", "/etc/postfix/t"),
        ("texthash:$config_directory//t", "/etc/postfix/t"),
        ("$default_database_type:/etc/postfix/x/../t", "/etc/postfix/t"),
        ("/etc/postfix/t", "/etc/postfix/t"),
    ],
)
def test_texts_are_found(word: str, path: str) -> None:
    """Whatever the type of the compiled table."""
    found = settings(f"transport_maps = {word}", t=b"A.test smtp:\n# c\nb.test  smtp:x\n")

    assert list(found.paths()) == [path]
    assert found.lookup("transport_maps").rows == {"a.test": "smtp:", "b.test": "smtp:x"}
    assert found.unsaid == []


def test_the_first_table_counts() -> None:
    """For each key."""
    found = settings("transport_maps = hash:/etc/postfix/t, inline:{a.test=1, b.test=2}", t=b"a.test 3\n")

    assert found.lookup("transport_maps").rows == {"a.test": "3", "b.test": "2"}


def test_tables_in_main_cf() -> None:
    """With blanks, with braces, and one value for all."""
    inline = settings("transport_maps = inline:{ A = 1, { b = smtp:[x]:25, smtp:y }, {c=2} }").lookup("transport_maps")
    static = settings("transport_maps = inline:{{a=1}} static:{may x} hash:/etc/postfix/t").lookup("transport_maps")

    assert inline.rows == {"a": "1", "b": "smtp:[x]:25, smtp:y", "c": "2"}
    assert (inline.get("z", "B"), inline.get("z")) == ("smtp:[x]:25, smtp:y", None)
    assert (static.get("z"), static.get("A")) == ("may x", "1")
    assert "may" not in repr(static)


def test_what_cannot_be_read() -> None:
    """Is told by parameter and type, never by content."""
    found = settings(
        "transport_maps = regexp:/x, mysql:/y, word\nsmtp_generic_maps = hash:/etc/postfix/none\n"
        "relay_domains = ${x\nsmtp_tls_policy_maps = hash:/etc/postfix/nul\n",
        nul=b"a s3cret\0",
    )

    for name in ("transport_maps", "smtp_generic_maps", "smtp_tls_policy_maps"):
        assert found.lookup(name).rows == {}
    assert list(found.domains("relay_domains")) == []
    assert found.unsaid == [
        "main.cf, transport_maps: a table of type regexp holds no rows that can be read",
        "main.cf, transport_maps: a table of type mysql holds no rows that can be read",
        "main.cf, transport_maps: a table of type word holds no rows that can be read",
        "main.cf, smtp_generic_maps: the text of the table /etc/postfix/none is not there",
        "/etc/postfix/nul: a lookup table's source holds a NUL in line 1",
        "main.cf: the value of relay_domains cannot be read",
    ]


def test_domains() -> None:
    """Named, in a file, as the keys of a table, and by default."""
    found = settings(
        "relay_domains = A.test, /etc/postfix/list hash:/etc/postfix/t !b.test\n"
        "virtual_alias_maps = hash:/etc/postfix/v\n",
        list=b"# c\nc.test d.test\n",
        t=b"e.test x\n",
        v=b"f.test x\nroot y\nu@g.test z\n",
    )

    assert list(found.domains("relay_domains")) == ["a.test", "c.test", "d.test", "e.test"]
    assert list(found.domains("virtual_alias_domains")) == ["f.test"]
    assert list(found.domains("mydestination")) == ["mx.a.test", "localhost.a.test", "localhost"]
    assert found.unsaid == ["main.cf, relay_domains: !b.test takes something out of the list"]


def test_the_name_of_the_host() -> None:
    """As main.cf has it, and one without a dot."""
    assert settings("myhostname = m.b.test").value("mydomain") == "b.test"
    assert settings("myhostname = m").value("mydomain") == "m"
    assert settings("x = YES").is_on("x")
