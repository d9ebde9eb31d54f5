"""Random control directories of qmail: mostly sound, with whatever else stands in such files."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from relayconf.model import Nexthop
from relayconf.mta.qmail.flavours import FLAVOURS, Flavour
from relayconf.mta.qmail.lines import Login, write

LABELS = st.sampled_from(["a", "b", "mail", "relay", "x-1", "isp"])
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(".".join)
DOMAINS = st.builds("{}.test".format, NAMES)
_HOSTS = st.one_of(
    DOMAINS,
    DOMAINS.map(str.upper),
    st.sampled_from(
        ["192.0.2.7", "[192.0.2.7]", "192.000.2.7", "[2001:db8::7]", "127.0.0.1", "relay.test.", "", "a_b"]
    ),
)
_PORTS = st.sampled_from(["", ":25", ":587", ":2525", ":465", ":0", ":", ":25x", ";587", ":99999"])
_LOGINS = st.sampled_from(
    ["", "", "", "|user|s3cret:x", "|us er|s3 cret", "|user", " user s3cret", "|ü|pässwörd", "|u|\x01"]
)
_VALUES = st.one_of(st.just(""), st.builds("{}{}{}".format, _HOSTS, _PORTS, _LOGINS))
_KEYS = st.one_of(
    DOMAINS,
    DOMAINS.map(".{}".format),
    st.just(""),
    st.sampled_from(
        ["UPPER.test", "*.test", "a.test ", "[192.0.2.9]", "!@", "b.test.", ".", "bücher.test", "\x1b[31m"]
    ),
)
_LINES = st.one_of(
    st.builds("{}:{}".format, _KEYS, _VALUES), st.sampled_from(["# note", "no colon", "", "\r", "a\0b:c"])
)


def _content(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


_ROUTES = st.lists(_LINES, max_size=8).map(_content)
_LISTS = st.lists(st.one_of(DOMAINS, DOMAINS.map(".{}".format), st.just("Odd Name")), max_size=4).map(_content)
_VIRTUAL = st.lists(
    st.builds(
        "{}:{}".format,
        st.one_of(DOMAINS, DOMAINS.map(".{}".format), DOMAINS.map("u@{}".format)),
        st.sampled_from(["", "alias"]),
    ),
    max_size=3,
).map(_content)

FLAVOUR_NAMES = st.sampled_from(tuple(FLAVOURS))


@st.composite
def control_directories(draw: st.DrawFn) -> Mapping[str, bytes | None]:
    """Contents by name; None is an absent file. There is always a `me`."""
    maybe = st.one_of(st.none(), st.none(), _ROUTES)
    return {
        "me": draw(DOMAINS).encode() + b"\n",
        "locals": draw(st.one_of(st.none(), _LISTS)),
        "virtualdomains": draw(st.one_of(st.none(), _VIRTUAL)),
        "rcpthosts": draw(st.one_of(st.none(), _LISTS)),
        "smtproutes": draw(_ROUTES),
        "authsenders": draw(maybe),
        "tlsdestinations": draw(st.one_of(st.none(), st.just(b"isp.test:\n=relay.test:\n"))),
        "percenthack": None,
        "envnoathost": None,
        "qmtproutes": None,
    }


_NEXTHOPS = st.builds(
    Nexthop,
    host=st.one_of(DOMAINS, st.sampled_from(["192.0.2.7", "198.51.100.1"])),
    port=st.sampled_from([25, 25, 587, 2525]),
)
_SECRETS = st.sampled_from(["s3cret", "a:b|c", "x y z", "#1'\"\\"])


def _sound_value(flavour: Flavour) -> st.SearchStrategy[str]:
    logins = st.builds(Login, user=st.sampled_from(["user", "u@a.test"]), password=_SECRETS)
    login = st.one_of(st.none(), logins) if flavour.has_auth and not flavour.needs_variable else st.none()
    named = st.builds(lambda hop, login: write(flavour, hop, login) or "", _NEXTHOPS, login)
    return st.one_of(st.just(""), named, named)


@st.composite
def sound_directories(draw: st.DrawFn, flavour: Flavour) -> Mapping[str, bytes | None]:
    """Contents by name, of which an inventory can say all: as an admin writes them who knows the manual."""
    keys = st.one_of(DOMAINS, DOMAINS.map(".{}".format), st.just(""))
    routes = draw(st.dictionaries(keys, _sound_value(flavour), max_size=8))
    lines = draw(st.permutations([f"{key}:{value}" for key, value in routes.items()]))
    virtual = draw(st.lists(st.one_of(DOMAINS, DOMAINS.map(".{}".format)), max_size=3, unique=True))
    return {
        "me": b"edge.example\n",
        "locals": _content(draw(st.lists(DOMAINS, max_size=3))),
        "virtualdomains": _content([f"{key}:{draw(st.sampled_from(['alias', 'alias', '']))}" for key in virtual]),
        "rcpthosts": _content(draw(st.lists(st.one_of(DOMAINS, DOMAINS.map(".{}".format)), max_size=4))),
        "smtproutes": _content(["# by hand", *lines]),
    }


SOUND = FLAVOUR_NAMES.flatmap(lambda name: st.tuples(st.just(name), sound_directories(FLAVOURS[name])))
"""A flavour's name with a directory for it."""
