"""smtproutes as the template makes it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.errors import RenderMismatch, SecretError, TemplateError
from relayconf.files import DesiredFile
from relayconf.model import (
    At,
    Credentials,
    Default,
    Direct,
    Endpoint,
    FlavourName,
    Host,
    Internal,
    Local,
    Mx,
    Nexthop,
    Reject,
    Relay,
    SecretRef,
    SenderRoute,
    Smarthost,
    Target,
    TlsLevel,
)
from relayconf.mta.qmail.decision import decide, read_directory
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS
from relayconf.mta.qmail.lines import rows
from relayconf.mta.qmail.refusals import is_refused, refusals
from relayconf.mta.qmail.rendering import render
from relayconf.mta.qmail.route import route
from relayconf.mta.qmail.smtproutes import parse
from relayconf.templating import Templates, default_directories
from tests.mta.qmail.relays import PEM, smarthost
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


SECRETS = {"PASSWORD": "s3|cr:et"}


def password(ref: SecretRef) -> str:
    """The one of `smarthost`."""
    return SECRETS[ref.value]


def as_flavour(name: str, host: Host) -> tuple[DesiredFile, ...]:
    """The files of *host* with its flavour named."""
    return render(replace(host, flavour=cast("FlavourName", name)), BUILT_IN, password)


@pytest.mark.parametrize(
    ("flavour", "target", "lines"),
    [
        ("netqmail-auth", smarthost(tls="may"), b":smtp.isp.example:587|user|s3|cr:et\n"),
        ("sagredo", smarthost(tls="may"), b":smtp.isp.example:587|user|s3|cr:et\n"),
        ("qmail-ldap", smarthost(tls="may"), b":smtp.isp.example:587 user s3|cr:et\n"),
        ("eqmail", smarthost(tls="may"), b":smtp.isp.example:587 user s3|cr:et\n"),
        ("indimail", smarthost(tls="may"), b":smtp.isp.example:587 user s3|cr:et\n"),
        ("netqmail-tls", smarthost(25, "may", auth=False), b":smtp.isp.example\n"),
        ("sqmail", Internal(nexthop=Nexthop(host="2001:db8::6", port=26)), b":[2001:db8::6];26\n"),
    ],
)
def test_flavours(flavour: str, target: Default, lines: bytes) -> None:
    """Each in its own syntax; with a password in it, it is a secret."""
    (file,) = as_flavour(flavour, qmail_host(domains={}, default=(target,)))

    assert (file.path, file.content, file.secret) == ("qmail:smtproutes", COMMENT + lines, b"cr:et" in lines)


def test_what_enforces_tls_comes_first() -> None:
    """A phase before the route with the password."""
    host = qmail_host(domains={}, default=(smarthost(),), routes={"a.test": smarthost(465, "encrypt", auth=False)})

    assert as_flavour("sagredo", qmail_host(domains={}, default=(smarthost(),))) == (
        DesiredFile(path="qmail:tlshosts/smtp.isp.example.pem", content=PEM.encode(), mode=0o644),
        DesiredFile(
            path="qmail:smtproutes",
            content=COMMENT + b":smtp.isp.example:587|user|s3|cr:et\n",
            secret=True,
            phase=1,
        ),
    )
    destinations, routes = as_flavour("sqmail", host)
    assert (destinations.path, destinations.phase, routes.phase) == ("qmail:tlsdestinations", 0, 1)
    assert destinations.content == COMMENT + b"smtp.isp.example:\n"
    assert routes.content == COMMENT + (b"a.test:smtp.isp.example;465\n:smtp.isp.example;587|user|s3|cr:et\n")


def test_an_address_in_tlsdestinations() -> None:
    """As smtproutes has it."""
    target = smarthost(auth=False, ca=None, host="2001:db8::6")

    files = as_flavour("aqmail", qmail_host(domains={}, default=(target,)))

    assert files[0].content == COMMENT + b"[2001:db8::6]:\n"


def test_before_the_flavour_is_known() -> None:
    """One folder for each that can; no more than one set of files when classic qmail can."""
    needy = render(qmail_host(domains={}, default=(smarthost(tls="may"),)), BUILT_IN, password)

    assert [file.path for file in needy] == [
        "qmail:netqmail-auth/smtproutes",
        "qmail:sagredo/smtproutes",
        "qmail:qmail-ldap/smtproutes",
    ]
    assert [file.path for file in render(qmail_host(), BUILT_IN, password)] == ["qmail:smtproutes"]


@pytest.mark.parametrize("secret", ["", "line\nend", "blank ", "nul\0", "cr\r"])
def test_a_password_that_no_line_can_hold(secret: str) -> None:
    """It is refused, and not repeated."""
    host = replace(qmail_host(default=(smarthost(tls="may"),)), flavour="sagredo")

    with pytest.raises(SecretError, match="edge: the password for isp cannot stand in a control file") as caught:
        render(host, BUILT_IN, lambda ref: secret + ref.value * 0)

    assert not secret or secret not in str(caught.value)


def test_senders() -> None:
    """Relays by sender, with their own credentials or the relay's; Direct has no line."""
    own = Credentials(username="shop", password=SecretRef(kind="env", value="PASSWORD"))
    senders = {
        "@shop.test": SenderRoute(target=smarthost(tls="may"), credentials=own),
        "anna@x.test": SenderRoute(target=smarthost(26, "may", auth=False)),
        "@mail.test": SenderRoute(target=smarthost(tls="may")),
        "@direct.test": SenderRoute(target=Direct()),
    }
    host = replace(qmail_host(domains={}, default=(Direct(),)), senders=senders)

    authsenders, routes = as_flavour("netqmail-auth", host)

    assert authsenders == DesiredFile(
        path="qmail:authsenders",
        content=COMMENT
        + b"@shop.test:smtp.isp.example:587|shop|s3|cr:et\nanna@x.test:smtp.isp.example:26\n"
        + b"@mail.test:smtp.isp.example:587|user|s3|cr:et\n",
        secret=True,
    )
    assert routes.content is None
    assert [file.path for file in as_flavour("classic", host)] == ["qmail:smtproutes"]
    enforced = replace(host, senders={"@shop.test": SenderRoute(target=smarthost(), credentials=own)})
    assert [(file.path, file.phase) for file in as_flavour("sagredo", enforced)] == [
        ("qmail:tlshosts/smtp.isp.example.pem", 0),
        ("qmail:authsenders", 1),
        ("qmail:smtproutes", 1),
    ]


def test_names_beyond_ascii() -> None:
    """A second line in letters, where a client may ask in them."""
    host = qmail_host(domains={"xn--mnchen-3ya.example": STORE, ".xn--!.example": STORE}, default=(Direct(),))

    letters = COMMENT + "xn--mnchen-3ya.example:192.168.0.100\nmünchen.example:192.168.0.100\n".encode()
    assert as_flavour("sagredo", host)[0].content == letters + b".xn--!.example:192.168.0.100\n"
    assert as_flavour("classic", host)[0].content == COMMENT + (
        b"xn--mnchen-3ya.example:192.168.0.100\n.xn--!.example:192.168.0.100\n"
    )


_ENDPOINTS = st.sampled_from(
    [smarthost(port, tls, auth=auth) for port in (25, 465, 587) for tls in ("may", "encrypt") for auth in (True, False)]
)
_PASSWORDS = st.text(alphabet="ab|:; \t\r\n#@/", max_size=8)


@given(
    flavour=st.sampled_from(sorted(FLAVOURS)),
    default=st.one_of(_DEFAULTS, _ENDPOINTS),
    routes=st.dictionaries(_KEYS, st.one_of(_TARGETS, _ENDPOINTS), max_size=6),
    names=st.lists(_DOMAINS, min_size=1, max_size=6),
    secret=_PASSWORDS,
)
def test_any_inventory_on_any_flavour(
    flavour: str, default: Default, routes: Mapping[str, Target], names: list[str], secret: str
) -> None:
    """What is not refused is read back: the relay's name alone goes to DNS, the password alone to the relay."""
    host = replace(qmail_host(domains={}, routes=routes, default=(default,)), flavour=cast("FlavourName", flavour))
    if is_refused(refusals(host)):
        return
    try:
        files = render(host, BUILT_IN, lambda ref: secret + ref.value * 0)
    except SecretError:
        return
    there = {file.path.removeprefix("qmail:"): file.content for file in files}
    directory = read_directory(FLAVOURS[flavour], {"me": b"me.invalid\n", **there}, frozenset({"AUTH_SMTP"}))
    for name in names:
        _, target = host.intended(name)
        got = decide(directory, b"a@b.test", f"u@{name}".encode())
        if isinstance(target, Direct | Mx):
            assert (got.via, got.user) == ("mx", b"")
        elif isinstance(target, Smarthost | At | Internal):
            assert (got.via, got.nexthop.decode(), got.port) == ("relay", target.nexthop.host, target.nexthop.port)
            is_known = isinstance(target, Smarthost) and target.endpoint.auth
            assert got.user == (b"user" if is_known else b"")
            if isinstance(target, Smarthost) and target.endpoint.tls is TlsLevel.ENCRYPT:
                assert got.tls in {TlsLevel.ENCRYPT, TlsLevel.SECURE}
