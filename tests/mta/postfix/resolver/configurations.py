"""Random configurations of Postfix and random messages, small enough that they meet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from tests.mta.postfix.real import POSTMAP, run

DOMAINS = (
    *("foo.test", "sub.foo.test", "a.sub.foo.test", "relay.test", "in.relay.test", "box.test", "alias.test"),
    *("example.org", "host.example.org", "localhost", "localhost.example.org", "FOO.Test", "test", "b.test"),
)
ODD_DOMAINS = (
    *(
        "foo.test.",
        "foo..test",
        ".foo.test",
        "-x.test",
        "x-.test",
        "x_y.test",
        "host",
        "FOO",
        "192.0.2.9",
        "1.2",
        "::1",
    ),
    *("[127.0.0.1]", "[192.0.2.9]", "[IPv6:::1]", "[ipv6:2001:db8::1]", "[::1]", "[127.0.0.1", "[foo]", "bücher.test"),
    *(
        "BÜCHER.test",
        "foo.test(c)",
        "foo.test,b.test",
        "a b.test",
        "foo.test]",
        "x" * 64 + ".test",
        "",
        ".",
    ),
)
LOCALS = ("user", "user+ext", "root", "u", "User")
ODD_LOCALS = (
    *("", "postmaster", "postmaster+x", "MAILER-DAEMON", "double-bounce-x", "owner-list", "list-request", "-dash"),
    *("u%foo.test", "u%relay.test%foo.test", "u%host", "foo.test!u", "foo.test!b.test!u", "!u", "u!", "%", "u%", "@"),
    *("@relay.test:u", "@relay.test,@foo.test:u", "a b", '"a b"', '"u@foo.test"', "u@foo.test", "u@localhost", "u."),
    *(
        ".u",
        "u..v",
        "a(b)c",
        "a\\b",
        '"u%foo.test"',
        "u|v",
        "<u>",
        "a:b",
        "a;b",
        "ü",
        "+ext",
        "user+",
        "user-ext",
        "a]",
    ),
)
_SOUP = 'uv1.@%!:"\\ ()<>,;[]|+-é\t'
_HOPS = ("[a.test]", "[a.test]:587", "b.test:26", "b.test", "[a.test], [b.test]:25", "[2001:db8::1]:587", "$mydomain")
_TRANSPORTS = ("smtp", "slow", "local", "virtual", "relay", "error", "retry", "discard", "")
_BOOLEANS = (
    *("swap_bangpath", "allow_percent_hack", "append_at_myorigin", "append_dot_mydomain", "resolve_dequoted_address"),
    *("resolve_null_domain", "resolve_numeric_domain", "allow_min_user", "smtputf8_enable", "owner_request_special"),
    "show_user_unknown_table_name",
)
_REGEXPS = (
    *("/@foo\\.test$/", "/^user@/", "/./", "!/@(foo|b)\\.test$/", "/^([a-z]+)@.*\\.test$/i", "/\\+ext@/"),
    *(
        "/[[:digit:]]/",
        "/^[^@]{1,2}@/",
        "/foo/!/user/",
        "if /foo\\.test/",
        "if !/user/",
        "endif",
        "/^\\*$/",
        "/a{2}|\\.relay/",
    ),
    *("|^u|", "/(un|closed/", "/ext\\>/", "/[]a-c]/", "/x", "nonsense"),
)
_COMPILED = ".compiled"
_DELIMITERS = ("", "+", "+-", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """main.cf's parameters and the tables beside it; `CONFDIR` in a value stands for their folder."""

    parameters: Mapping[str, str]
    tables: Mapping[str, bytes]

    def main_cf(self, folder: Path) -> bytes:
        """main.cf in *folder*."""
        base = {"queue_directory": f"{folder}/queue", "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8"}
        values = {**base, **self.parameters}
        return "".join(f"{name} = {value}\n" for name, value in values.items()).replace("CONFDIR", str(folder)).encode()

    def write(self, folder: Path) -> None:
        """Write it into *folder*; the files are old, since Postfix waits for fresh ones to settle."""
        (folder / "queue").mkdir(exist_ok=True)
        for name, content in {"main.cf": self.main_cf(folder), **self.tables}.items():
            (folder / name).write_bytes(content)
            os.utime(folder / name, (1_000_000_000, 1_000_000_000))
        compiled = [f"hash:{folder}/{name}" for name in self.tables if name.endswith(_COMPILED)]
        if compiled:
            run(POSTMAP or "postmap", "-c", str(folder), *compiled)


def _often(usual: tuple[str, ...], odd: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.integers(0, 3).flatmap(lambda dice: st.sampled_from(odd if dice == 0 else usual))


_domains = _often(DOMAINS, ODD_DOMAINS)
_locals = _often(LOCALS, ODD_LOCALS)
_addresses = st.tuples(_locals, _domains).map("@".join)
recipients = st.one_of(
    *[_addresses] * 6,
    _locals,
    st.tuples(_addresses, _domains).map("@".join),
    st.text(_SOUP, max_size=12),
    st.tuples(st.text(_SOUP, max_size=6), _domains).map("@".join),
)
senders = st.one_of(*[_addresses] * 6, st.just(""), _locals)

_hops = st.sampled_from(_HOPS)
_ways = st.one_of(
    st.tuples(st.sampled_from(_TRANSPORTS), _hops).map(":".join),
    st.sampled_from([*(f"{name}:" for name in _TRANSPORTS), *filter(None, _TRANSPORTS)]),
    st.sampled_from(["error:5.7.1 no, never", "retry:4.3.2 later", "lmtp:unix:/run/lmtp", "DUNNO", "dunno"]),
)
_plain_keys = st.one_of(
    st.sampled_from(
        [*DOMAINS, ".foo.test", ".test", ".relay.test", "*", "[192.0.2.9]", ".sub.foo.test", "bücher.test"]
    ),
    st.tuples(st.sampled_from(LOCALS), st.sampled_from(DOMAINS)).map("@".join),
    st.sampled_from(['"a b"@foo.test', '""@foo.test', "ü@foo.test", "u%foo.test@b.test"]),
)
_sender_keys = st.one_of(
    _plain_keys,
    st.sampled_from(DOMAINS).map(lambda domain: f"@{domain}"),
    st.sampled_from([*LOCALS, "<>", '"<>"', "n"]),
)


def _rows(keys: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Mapping[str, str]]:
    return st.dictionaries(keys, values, max_size=6)


def _source(rows: Mapping[str, str]) -> bytes:
    return "".join(f"{key}  {value}\n" for key, value in rows.items()).encode()


def _inline(rows: Mapping[str, str]) -> str:
    return "inline:{" + ", ".join(f"{{{key} = {value}}}" for key, value in rows.items()) + "}"


def _rules(values: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    fence = ("if", "endif", "nonsense")
    row = st.tuples(st.sampled_from(_REGEXPS), values).map(
        lambda pair: pair[0] if pair[0].startswith(fence) else " ".join(pair)
    )
    return st.lists(row, max_size=5).map(lambda rows: "".join(f"{line}\n" for line in rows).encode())


def _texthash(rows: Mapping[str, str]) -> bytes:
    """Without keys that differ in case alone, of which Postfix takes no row."""
    folded: dict[str, tuple[str, str]] = {}
    for key, value in rows.items():
        folded.setdefault(key.casefold(), (key, value))
    return _source(dict(folded.values()))


def _safe(rows: Mapping[str, str]) -> dict[str, str]:
    """What can stand in an inline table."""
    return {key: value for key, value in rows.items() if "$" not in value and not set(key) & set('{}="')}


def _table(
    name: str, keys: st.SearchStrategy[str], values: st.SearchStrategy[str]
) -> st.SearchStrategy[tuple[str, bytes]]:
    """A table as main.cf names it, and its file, empty where it needs none."""
    rows, path = _rows(keys, values), f"CONFDIR/{name}"
    sources = rows.map(_texthash)
    plain = sources.map(lambda source: (f"texthash:{path}", source))
    return st.one_of(
        *[plain] * 6,
        rows.map(_safe).filter(bool).map(lambda safe: (_inline(safe), b"")),
        *([rows.map(lambda found: (f"hash:{path}{_COMPILED}", _source(found)))] if POSTMAP else []),
        *[_rules(values).map(lambda source: (f"regexp:{path}", source))] * 2,
        values.map(lambda value: (f"static:{{{value}}}", b"")),
        sources.map(lambda source: (f"unionmap:{{texthash:{path}, static:{{smtp:[u.test]}}}}", source)),
        sources.map(lambda source: (f"pipemap:{{texthash:{path}, inline:{{slow:=smtp:[p.test]}}}}", source)),
        st.just((f"cidr:{path}", b"0.0.0.0/0 smtp:[c.test]\n")),
        st.just((f"texthash:{path}-gone", b"")),
    )


@st.composite
def _maps(
    draw: st.DrawFn, name: str, keys: st.SearchStrategy[str], values: st.SearchStrategy[str]
) -> tuple[str, dict[str, bytes]]:
    """The value of a map parameter, and its files."""
    found = [draw(_table(f"{name}{number}", keys, values)) for number in range(draw(st.integers(0, 2)))]
    files = {text.rpartition("/")[2]: content for text, content in found if text.startswith(("hash:", "texthash:"))}
    files |= {f"{name}{number}": content for number, (_, content) in enumerate(found)}
    return ", ".join(text for text, _ in found), files


@st.composite
def _domain_list(draw: st.DrawFn, name: str) -> tuple[str, dict[str, bytes]]:
    words = draw(
        st.lists(
            st.sampled_from([*DOMAINS, "$mydomain", "!sub.foo.test", ".relay.test", ".foo.test", "bücher.test"]),
            min_size=1,
            max_size=4,
        )
    )
    kind = draw(st.sampled_from(["plain", "plain", "plain", "table", "file", "regexp"]))
    if kind == "table":
        rows = dict.fromkeys(
            draw(st.lists(st.sampled_from([*DOMAINS, ".relay.test"]), max_size=3, unique_by=str.casefold)), "x"
        )
        return ", ".join([*words, f"texthash:CONFDIR/{name}"]), {name: _source(rows)}
    if kind == "file":
        return " ".join(["!CONFDIR/" + name if draw(st.booleans()) else "CONFDIR/" + name, *words]), {
            name: b"# comment\nbox.test, b.test\n!alias.test\n"
        }
    if kind == "regexp":
        return f"regexp:CONFDIR/{name} " + " ".join(words), {name: b"/^b.*\\.test$/ x\n/^FOO/ x\n"}
    return " ".join(words), {}


_VALUES: Mapping[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(
        ("default_transport", "relay_transport", "virtual_transport", "local_transport"),
        st.one_of(_ways.filter(lambda way: not way.startswith(":")), st.just(":[x.test]")),
    ),
    **dict.fromkeys(_BOOLEANS, st.sampled_from(["yes", "no"])),
    "relayhost": st.one_of(st.just(""), _hops),
    "recipient_delimiter": st.sampled_from(_DELIMITERS),
    "myorigin": st.sampled_from(["$mydomain", "b.test", "foo.test", "origin"]),
    "mydomain": st.sampled_from(["b.test", "foo.test"]),
    "proxy_interfaces": st.just("192.0.2.9"),
    "parent_domain_matches_subdomains": st.sampled_from(["", "transport_maps", "transport_maps, relay_domains"]),
    "empty_address_relayhost_maps_lookup_key": st.just("n"),
    "empty_address_recipient": st.sampled_from(["root", "daemon@foo.test"]),
    "double_bounce_sender": st.just("user+ext"),
}
_TABLES = {
    "transport_maps": (_plain_keys, _ways),
    "sender_dependent_default_transport_maps": (_sender_keys, _ways.filter(lambda way: not way.startswith(":"))),
    "sender_dependent_relayhost_maps": (_sender_keys, st.one_of(_hops, st.sampled_from(["DUNNO", "dunno"]))),
    "relocated_maps": (_sender_keys, st.just("new@b.test")),
}
_LISTS = ("virtual_alias_domains", "virtual_mailbox_domains", "relay_domains", "mydestination")


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """A whole configuration."""
    parameters = {
        "compatibility_level": draw(st.sampled_from(["0", "2", "3.6"])),
        "myhostname": draw(st.sampled_from(["host.example.org", "host.example.org", "host"])),
        "inet_interfaces": "127.0.0.1",
    }
    tables: dict[str, bytes] = {}
    for name, (keys, values) in _TABLES.items():
        if draw(st.integers(0, 9)) < {"transport_maps": 7, "relocated_maps": 1}.get(name, 4):
            parameters[name], files = draw(_maps(name, keys, values))
            tables |= files
    for name in _LISTS:
        if draw(st.integers(0, 3)):
            parameters[name], files = draw(_domain_list(name))
            tables |= files
    for name, value in _VALUES.items():
        if draw(st.integers(0, 3)) == 0:
            parameters[name] = draw(value)
    return Configuration(parameters=parameters, tables=tables)
