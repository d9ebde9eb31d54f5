"""Both files as values."""

from __future__ import annotations

from relayconf.mta.postfix.lint.codes import Place
from relayconf.mta.postfix.lint.configuration import Around, Seen, Table, configuration
from tests.mta.postfix.lint.exhibits import MASTER, Exhibit, seen

MAIN = b"""\
# a comment
myhostname = mail1.lab.test
relayhost = [old.test]
broken
relayhost =
  [$mydomain]:587
transport_maps = proxy:hash:$config_directory/t, inline:{ a = b }, /plain
bad = ${x
"""


def test_settings() -> None:
    """The last entry counts, a broken line hides nothing, and what a service says counts for it."""
    config = configuration(MAIN, MASTER.encode() + b"x unix - - y - - smtp -o relayhost=[x]\n", Around())
    service = config.service("x")

    assert config.broken == (4,)
    assert config.settings["relayhost"].earlier == (3,)
    assert (config.value("relayhost"), config.value("relayhost", service)) == ("[lab.test]:587", "[x]")
    assert (config.place("relayhost"), config.place("relayhost", service)) == (
        Place(file="main.cf", line=5),
        Place(file="master.cf", line=6),
    )
    assert (config.place("mydestination"), config.is_set("mydestination")) == (Place(file="main.cf"), False)
    assert config.is_set("relayhost", service)
    assert config.value("bad") == ""
    assert config.words("mydestination") == ("mail1.lab.test", "localhost.lab.test", "localhost")


def test_tables() -> None:
    """Type and path, past `proxy:`."""
    config = configuration(MAIN, None, Around(defaults={"config_directory": "/usr/local/etc/postfix"}))
    place = Place(file="main.cf", line=7)

    assert config.tables("transport_maps") == (
        Table(
            kind="hash",
            path="/usr/local/etc/postfix/t",
            word="proxy:hash:/usr/local/etc/postfix/t",
            parameter="transport_maps",
            place=place,
        ),
        Table(kind="inline", path="{ a = b }", word="inline:{ a = b }", parameter="transport_maps", place=place),
        Table(kind="", path="/plain", word="/plain", parameter="transport_maps", place=place),
    )


def test_rows() -> None:
    """Of all tables the first of each key; whole only where each table is known."""
    exhibit = Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/a hash:/etc/postfix/b"},
        tables={"a": "X.test :\n", "b": "x.test smtp:\ny.test smtp:\n"},
    )
    rows, is_whole = exhibit.configuration.rows("transport_maps")

    assert [(row.key, row.value, str(row.place)) for row in rows] == [
        ("X.test", ":", "a:1"),
        ("y.test", "smtp:", "b:2"),
    ]
    assert is_whole
    for table in ("hash:/etc/postfix/c", "regexp:/etc/postfix/a", "hash:/etc/postfix/nul"):
        unknown = Exhibit(
            settings={"transport_maps": table}, tables={"a": "x y\n"}, files={"/etc/postfix/nul": seen("\0")}
        )
        assert unknown.configuration.rows("transport_maps") == ((), False)


def test_services() -> None:
    """Clients are what speaks SMTP; without a master.cf there are Postfix's own two."""
    config = configuration(b"", MASTER.encode(), Around())
    alone = configuration(b"", None, Around())

    assert [service.name for service in config.clients()] == ["smtp", "relay"]
    assert [service.name for service in alone.clients()] == ["smtp", "relay"]
    assert (config.has_master, alone.has_master) == (True, False)
    assert config.service("none") is None


def test_chroot_by_default() -> None:
    """`-` in the column means yes below level 1, which is also the level where none is set."""
    master = b"smtp unix - - - - - smtp\n"
    levels = {
        text: configuration(text, master, Around())
        for text in (b"", b"compatibility_level = 0\n", b"compatibility_level=2\n")
    }

    assert [config.services[0].chroot for config in levels.values()] == [True, True, False]


def test_names() -> None:
    """A file in the directory by what is behind it; others by their path."""
    config = configuration(b"", None, Around(files={"/x": Seen(present=False)}))

    assert (config.named("/etc/postfix/sub/t"), config.named("/etc/aliases")) == ("sub/t", "/etc/aliases")
    assert (config.seen("/x"), config.seen("/y")) == (Seen(present=False), None)


def test_no_password_in_a_repr() -> None:
    """Neither of rows nor of files."""
    config = Exhibit().configuration

    assert "geheim" not in f"{config!r}{config.around!r}{config.rows('smtp_sasl_password_maps')!r}"
