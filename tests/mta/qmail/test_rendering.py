"""smtproutes as the template makes it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.errors import RenderMismatch, TemplateError
from relayconf.files import DesiredFile
from relayconf.model import (
    At,
    Default,
    Direct,
    Endpoint,
    Host,
    Internal,
    Local,
    Mx,
    Nexthop,
    Reject,
    Relay,
    Smarthost,
    Target,
    TlsLevel,
)
from relayconf.mta.qmail.flavours import CLASSIC
from relayconf.mta.qmail.lines import rows
from relayconf.mta.qmail.rendering import render
from relayconf.mta.qmail.route import route
from relayconf.mta.qmail.smtproutes import parse
from relayconf.templating import Templates, default_directories
from tests.support.hosts import ISP, STORE, TO_ISP, qmail_host

BUILT_IN = Templates(default_directories(None))
COMMENT = b"# Managed by relayconf. Change the inventory, not this file.\n"
MAILSTORE = Internal(nexthop=Nexthop(host="mailstore.kamata-net.com", port=2525))


def content(host: Host, templates: Templates = BUILT_IN) -> bytes | None:
    """The only file's content."""
    (file,) = render(host, templates, str)
    return file.content


def own(tmp_path: Path, template: str) -> Templates:
    """The built-in templates behind an admin's own smtproutes."""
    (tmp_path / "qmail").mkdir()
    (tmp_path / "qmail" / "smtproutes.j2").write_text(template, encoding="utf-8")
    return Templates(default_directories(tmp_path))


def test_the_story() -> None:
    """The user's own file, with the line that says who manages it; mode and owner stay what they are on the host."""
    assert render(qmail_host(), BUILT_IN, str) == (
        DesiredFile(
            path="qmail:smtproutes", content=COMMENT + b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n"
        ),
    )


def test_every_kind_of_line_in_the_inventory_s_order() -> None:
    """Domains, then routes, the default last; what is local here has no line; ports other than 25 are written."""
    host = qmail_host(
        domains={
            "kamata-net.com": STORE,
            ".kamata-net.com": MAILSTORE,
            "edge.kamata-net.com": Local(),
            ".local.kamata-net.com": Local(),
            "here.kamata-net.com": At(host="edge", nexthop=Nexthop(host="192.0.2.2")),
            "cs.uni.example": Mx(),
        },
        routes={"partner.example": Direct(), ".lab.example": TO_ISP},
        default=(Smarthost(relay=ISP, endpoint=Endpoint(port=587, tls=TlsLevel.NONE, auth=False)),),
    )

    assert content(host) == COMMENT + (
        b"kamata-net.com:192.168.0.100\n"
        b".kamata-net.com:mailstore.kamata-net.com:2525\n"
        b"cs.uni.example:\n"
        b"partner.example:\n"
        b".lab.example:mail.asahi-net.or.jp\n"
        b":mail.asahi-net.or.jp:587\n"
    )


def test_a_route_hides_a_domain_with_its_key() -> None:
    """As `Host.intended` has it; also when the route itself has no line."""
    domains: Mapping[str, Target] = {"a.test": STORE, "b.test": STORE}

    assert rows(qmail_host(domains=domains, routes={"a.test": MAILSTORE, "b.test": Local()}), CLASSIC) == (
        ("a.test", "mailstore.kamata-net.com:2525"),
    )


def test_direct_has_no_default_line() -> None:
    """Going by MX is what qmail does anyway."""
    assert content(qmail_host(default=(Direct(),))) == COMMENT + b"kamata-net.com:192.168.0.100\n"


def test_nothing_to_say_is_no_file() -> None:
    """Everything by MX and nothing but local domains: the file must not exist."""
    assert content(qmail_host(domains={"kamata-net.com": Local()}, default=(Direct(),))) is None


def test_a_host_of_ours_as_the_relay() -> None:
    """`relay: {via: HOST}`."""
    via: Default = At(host="edge2", nexthop=Nexthop(host="192.0.2.3"))

    assert content(qmail_host(domains={}, default=(via,))) == COMMENT + b":192.0.2.3\n"


def test_what_qmail_cannot_do_is_left_out() -> None:
    """It is refused before; rendering goes on with the rest, so that all problems are told at once."""
    host = qmail_host(
        routes={"spam.test": Reject(text="no"), "anna@corp.test": MAILSTORE},
        default=(Internal(nexthop=Nexthop(host="2001:db8::6")),),
    )

    assert content(host) == COMMENT + b"kamata-net.com:192.168.0.100\n"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "{% for key, value in routes %}{{ key }}:{{ value }}\n{% endfor %}",
            (
                "edge: the rendered smtproutes sends mail for relayconf-probe to direct (MX), "
                "but the inventory says mail.asahi-net.or.jp:25 (the rest of the world)"
            ),
        ),
        (
            ":{{ default }}\n",
            (
                "edge: the rendered smtproutes sends mail for kamata-net.com to mail.asahi-net.or.jp:25, "
                "but the inventory says 192.168.0.100:25 (kamata-net.com)"
            ),
        ),
        (
            "{% for key, value in routes %}{{ key }}:{{ value }}:26\n{% endfor %}\n:{{ default }}\n",
            (
                "edge: the rendered smtproutes sends mail for kamata-net.com to 192.168.0.100:26, "
                "but the inventory says 192.168.0.100:25 (kamata-net.com)"
            ),
        ),
        (
            "{% for key, value in routes %}{{ key }}:{{ value }}\n{% endfor %}:{{ default }}\n.org:other|u|s3cret\n",
            (
                "edge: the rendered smtproutes sends mail for relayconf-probe.org to other:25 and hidden text, "
                "but the inventory says mail.asahi-net.or.jp:25 (the rest of the world)"
            ),
        ),
    ],
)
def test_an_own_template_cannot_route_otherwise(tmp_path: Path, template: str, message: str) -> None:
    """A line dropped, garbled or added is an error that names the domain, what is wanted and what is."""
    with pytest.raises(RenderMismatch) as caught:
        render(qmail_host(), own(tmp_path, template), str)

    assert caught.value.message == message
    assert caught.value.hint == "the template `qmail/smtproutes.j2` must write every route and nothing else that routes"


def test_an_own_template_may_look_otherwise(tmp_path: Path) -> None:
    """Order, comments and `:25` are the admin's."""
    template = (
        "# {{ host }}\n:{{ default }}:25\n{% for key, value in routes %}{{ key | upper }}:[{{ value }}]\n{% endfor %}"
    )

    expected = b"# edge\n:mail.asahi-net.or.jp:25\nKAMATA-NET.COM:[192.168.0.100]\n"
    assert content(qmail_host(), own(tmp_path, template)) == expected


def test_an_own_template_that_uses_unknown_names(tmp_path: Path) -> None:
    """The error comes out as it is."""
    with pytest.raises(TemplateError, match="'relayhost' is undefined"):
        render(qmail_host(), own(tmp_path, "{{ relayhost }}"), str)


def test_values_are_no_templates() -> None:
    """Braces in the inventory come out as braces."""
    odd: Default = Internal(nexthop=Nexthop(host="{{ host }}.test"))

    assert content(qmail_host(domains={}, default=(odd,))) == COMMENT + b":{{ host }}.test\n"


_TARGETS = st.sampled_from(
    (Local(), Direct(), Mx(), STORE, MAILSTORE, TO_ISP, Internal(nexthop=Nexthop(host="10.0.0.1", port=26)))
)
_LABELS = st.sampled_from(("a", "b", "com", "example", "relayconf-probe"))
_DOMAINS = st.lists(_LABELS, min_size=1, max_size=4).map(".".join)
_KEYS = st.tuples(st.sampled_from(("", ".")), _DOMAINS).map("".join)
_RELAYS = tuple(
    Relay(name=name, host=f"{name}.test", endpoints=(Endpoint(port=port, tls=TlsLevel.NONE, auth=False),))
    for name, port in (("one", 25), ("two", 587))
)
_DEFAULTS = st.sampled_from((Direct(), STORE, *(Smarthost(relay=item, endpoint=item.endpoints[0]) for item in _RELAYS)))


@given(
    domains=st.dictionaries(_KEYS, _TARGETS, max_size=8),
    routes=st.dictionaries(_KEYS, _TARGETS, max_size=8),
    default=_DEFAULTS,
    names=st.lists(_DOMAINS, max_size=8),
)
def test_any_inventory_routes_as_it_says(
    domains: Mapping[str, Target], routes: Mapping[str, Target], default: Default, names: list[str]
) -> None:
    """Random inventories, random recipients: the model reads from the file what the inventory means."""
    host = qmail_host(domains=domains, routes=routes, default=(default,))
    table = parse(content(host))

    for name in names:
        _, target = host.intended(name)
        got = route(table, name.encode())
        if isinstance(target, Direct | Mx):
            assert got.via == "mx"
        elif isinstance(target, Smarthost | At | Internal):
            assert (got.via, got.host.decode(), got.port) == ("relay", target.nexthop.host, target.nexthop.port)


def test_many_routes_are_rendered_fast() -> None:
    """100,000 routes, proof included, take 0.4 s of CPU where this was written."""
    host = qmail_host(domains={f"customer{number}.example.com": STORE for number in range(100_000)})
    began = time.process_time()

    made = content(host)

    assert time.process_time() - began < 2
    assert made is not None
    assert made.count(b"\n") == 100_002
