"""The sources and parameters as the templates make them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import MapError, RenderMismatch
from relayconf.files import DesiredFile
from relayconf.model import (
    At,
    Credentials,
    Direct,
    Discard,
    Endpoint,
    Host,
    Internal,
    Local,
    Mx,
    Nexthop,
    Reject,
    Relay,
    Retry,
    SecretRef,
    Smarthost,
    TlsLevel,
)
from relayconf.mta.postfix.rendering import relays, render, wish
from relayconf.templating import Templates, default_directories
from tests.mta.postfix.hosts import BUILT_IN, host, relay, secret, sender

HEAD = "# Managed by relayconf. Change the inventory, not this file.\n"
STORE = Internal(nexthop=Nexthop(host="store.test"))


def texts(wanted: Host, templates: Templates = BUILT_IN) -> dict[str, str | None]:
    """The files' texts by name, without the line that says who manages them."""
    return {
        file.path.partition(":")[2]: None if file.content is None else file.content.decode().removeprefix(HEAD)
        for file in render(wanted, templates, secret)
    }


def test_the_story() -> None:
    """One relay on 587 with a password: what main.cf gets, and the two tables by next hop."""
    assert render(host(relay("isp")), BUILT_IN, secret) == (
        DesiredFile(
            path="postfix:main.cf",
            content=b"relayhost = [isp.test]:587\n"
            b"smtp_sasl_password_maps = $default_database_type:${relayconf_maps}/sasl_passwd\n"
            b"smtp_tls_policy_maps = $default_database_type:${relayconf_maps}/tls_policy\n"
            b"smtp_sasl_auth_enable = yes\n"
            b"smtp_sasl_tls_security_options = noanonymous\n",
        ),
        DesiredFile(path="postfix:transport", content=None),
        DesiredFile(path="postfix:senders", content=None),
        DesiredFile(path="postfix:sasl_passwd", content=f"{HEAD}[isp.test]:587  isp:pw\n".encode(), secret=True),
        DesiredFile(path="postfix:tls_policy", content=f"{HEAD}[isp.test]:587  secure\n".encode()),
        DesiredFile(path="postfix:generic", content=None),
    )


def test_everything_at_once() -> None:
    """Implicit TLS, every kind of route, rewriting: each file as it is."""
    wanted = host(
        relay("a", 465),
        domains={
            "x.test": Local(),
            ".x.test": STORE,
            "here.x.test": At(host="mail1", nexthop=Nexthop(host="192.0.2.10")),
            ".deep.x.test": Local(),
            "other.test": At(host="other", nexthop=Nexthop(host="192.0.2.9")),
            "mx.test": Mx(),
        },
        routes={
            "d.test": Direct(),
            "b.test": relay("b", 25, tls="none", password=None),
            "c.test": relay("c", 587, tls="may"),
            "u@x.test": relay("a", 465),
            "no.test": Reject(text="5.1.1 no such domain"),
            "slow.test": Retry(text="4.3.0 later"),
            "void.test": Discard(text="gone"),
        },
        rewrite={"root@vps.internal": "alerts@x.test", "@vps.internal": "@x.test"},
    )

    assert texts(wanted) == {
        "main.cf": "relayhost = [a.test]:465\n"
        "default_transport = relayconf-tls\n"
        "relay_transport = relayconf-tls\n"
        "transport_maps = $default_database_type:${relayconf_maps}/transport\n"
        "smtp_sasl_password_maps = $default_database_type:${relayconf_maps}/sasl_passwd\n"
        "smtp_tls_policy_maps = $default_database_type:${relayconf_maps}/tls_policy\n"
        "smtp_generic_maps = $default_database_type:${relayconf_maps}/generic\n"
        "smtp_sasl_auth_enable = yes\n"
        "smtp_sasl_tls_security_options = noanonymous\n"
        "smtp_sasl_security_options = noanonymous\n",
        "transport": ".x.test  smtp:[store.test]:25\n"
        "here.x.test  :\n"
        ".deep.x.test  :\n"
        "other.test  smtp:[192.0.2.9]:25\n"
        "mx.test  smtp:\n"
        "d.test  smtp:\n"
        "b.test  smtp:[b.test]:25\n"
        "c.test  smtp:[c.test]:587\n"
        "u@x.test  relayconf-tls:[a.test]:465\n"
        "no.test  error:5.1.1 no such domain\n"
        "slow.test  retry:4.3.0 later\n"
        "void.test  discard:gone\n",
        "senders": None,
        "sasl_passwd": "[a.test]:465  a:pw\n[c.test]:587  c:pw\n",
        "tls_policy": "[a.test]:465  secure\n[b.test]:25  none\n[c.test]:587  may\n",
        "generic": "root@vps.internal  alerts@x.test\n@vps.internal  @x.test\n",
    }


@pytest.mark.parametrize(
    ("default", "relayhost"),
    [
        (Direct(), ""),
        (At(host="edge", nexthop=Nexthop(host="2001:db8::1")), "[2001:db8::1]:25"),
        (Internal(nexthop=Nexthop(host="192.0.2.9", port=2525)), "[192.0.2.9]:2525"),
    ],
)
def test_no_relay_of_a_provider(default: Direct | At | Internal, relayhost: str) -> None:
    """By MX, or to a host of ours: relayhost alone, no password and no policy."""
    wanted = replace(host(), default=(default,))

    assert texts(wanted) == {
        "main.cf": f"relayhost = {relayhost}\n",
        "transport": None,
        "senders": None,
        "sasl_passwd": None,
        "tls_policy": None,
        "generic": None,
    }


def test_senders() -> None:
    """Own relay, own password at another's or the default's, bounces; a password that nobody uses is not there."""
    senders = {
        "@shop.test": sender(relay("a"), "shop"),
        "anna@shop.test": sender(relay("b", 465), "anna"),
        "@c.test": sender(relay("c", 25, tls="may")),
        "<>": sender(relay("a")),
    }

    assert texts(host(relay("a"), senders=senders)) == {
        "main.cf": "relayhost = [a.test]:587\n"
        "empty_address_default_transport_maps_lookup_key = <>\n"
        "sender_dependent_default_transport_maps = $default_database_type:${relayconf_maps}/senders\n"
        "smtp_sasl_password_maps = $default_database_type:${relayconf_maps}/sasl_passwd\n"
        "smtp_tls_policy_maps = $default_database_type:${relayconf_maps}/tls_policy\n"
        "smtp_sasl_auth_enable = yes\n"
        "smtp_sasl_tls_security_options = noanonymous\n"
        "smtp_sasl_security_options = noanonymous\n",
        "transport": None,
        "senders": "@shop.test  relayconf-senders:[a.test]:587\n"
        "anna@shop.test  relayconf-senders-tls:[b.test]:465\n"
        "@c.test  smtp:[c.test]:25\n"
        "<>  smtp:[a.test]:587\n",
        "sasl_passwd": "[a.test]:587  a:pw\n[c.test]:25  c:pw\n@shop.test  shop:pw\nanna@shop.test  anna:pw\n",
        "tls_policy": "[a.test]:587  secure\n[b.test]:465  secure\n[c.test]:25  may\n",
        "generic": None,
    }


@pytest.mark.parametrize(("tls", "is_clear"), [("may", True), ("encrypt", False)])
def test_a_sender_s_password_in_clear(tls: str, *, is_clear: bool) -> None:
    """Only where TLS is not certain may PLAIN be used without."""
    wanted = host(senders={"@x.test": sender(relay("a", tls=tls, password=None), "shop")})

    assert ("smtp_sasl_security_options = noanonymous\n" in str(texts(wanted)["main.cf"])) is is_clear


def test_direct_by_default() -> None:
    """One sender has a relay; another one of its domain goes by MX like everybody."""
    wanted = host(senders={"@x.test": sender(relay("a")), "u@x.test": sender(Direct())})

    assert texts(wanted)["senders"] == "@x.test  smtp:[a.test]:587\nu@x.test  DUNNO\n"
    assert str(texts(wanted)["main.cf"]).startswith("relayhost = \n")


def test_a_local_wildcard_below_nothing() -> None:
    """What is local and below no wildcard needs no row: no table would take it away."""
    assert texts(host(domains={"x.test": Local(), ".y.test": Local()}))["transport"] is None


def test_the_nearest_wildcard_decides() -> None:
    """Below a local wildcard a local domain needs no row: the wildcard has one."""
    wanted = host(domains={".test": STORE, ".x.test": Local(), "a.x.test": Local()})

    assert texts(wanted)["transport"] == ".test  smtp:[store.test]:25\n.x.test  :\n"


def test_dane_needs_dnssec() -> None:
    """DANE is no use without DNSSEC look-ups, which Postfix does not do of itself."""
    assert "smtp_dns_support_level = dnssec\n" in str(texts(host(relay("a", tls="dane")))["main.cf"])


def test_relays() -> None:
    """Each endpoint in use once, the default first; the endpoints that nobody uses are not there."""
    wanted = host(relay("a"), routes={"x.test": relay("b"), "y.test": relay("a"), "z.test": Direct()})

    assert list(relays(wanted)) == ["[a.test]:587", "[b.test]:587"]


def test_an_endpoint_without_auth() -> None:
    """`auth: none` at a port keeps the relay's password out."""
    endpoint = Endpoint(port=25, tls=TlsLevel.NONE, auth=False)
    with_password = relay("a").relay
    wanted = host(Smarthost(relay=with_password, endpoint=endpoint))

    assert wish(wanted, secret).sasl_passwd == ()


@pytest.mark.parametrize("password", ["ends in a blank ", "\ttab"])
def test_a_password_that_no_table_can_hold(password: str) -> None:
    """Blanks at the end would be lost: said, without the password."""
    reference = SecretRef(kind="env", value="A")
    one = relay("a")
    wanted = host(
        Smarthost(
            relay=Relay(
                name="a",
                host="a.test",
                endpoints=(one.endpoint,),
                credentials=Credentials(username="", password=reference),
            ),
            endpoint=one.endpoint,
        )
    )
    if password.startswith("\t"):
        assert wish(wanted, lambda _: password).sasl_passwd == (("[a.test]:587", f":{password}"),)
        return
    with pytest.raises(MapError, match="start or end with white space") as caught:
        render(wanted, BUILT_IN, lambda _: password)

    assert "blank" not in str(caught.value)


def own(tmp_path: Path, name: str, text: str) -> Templates:
    """The built-in templates behind an admin's own one."""
    (tmp_path / "postfix").mkdir()
    (tmp_path / "postfix" / f"{name}.j2").write_text(text, encoding="utf-8")
    return Templates(default_directories(tmp_path))


def test_own_parameters(tmp_path: Path) -> None:
    """A template of the admin's may set more."""
    more = (
        "{% for name, value in parameters %}\n{{ name }}={{ value }}\n{% endfor %}\nsmtp_helo_name = {{ host }}.test\n"
    )

    assert "smtp_helo_name = mail1.test\n" in str(texts(host(relay("a")), own(tmp_path, "main.cf", more))["main.cf"])


@pytest.mark.parametrize("table", ["transport", "senders", "sasl_passwd", "tls_policy", "generic", "main.cf"])
def test_a_template_that_says_something_else(table: str, tmp_path: Path) -> None:
    """A template that leaves something out is refused with its name, and no password is told."""
    wanted = host(
        relay("a"),
        routes={"d.test": Direct()},
        senders={"@x.test": sender(relay("a"), "shop")},
        rewrite={"a@b.test": "c@d.test"},
    )

    with pytest.raises(RenderMismatch) as caught:
        render(wanted, own(tmp_path, table, "# nothing\n"), secret)

    assert str(caught.value.hint).startswith(f"the template `postfix/{table}.j2` must write every ")
    assert "pw" not in str(caught.value)


def test_a_hundred_thousand_domains() -> None:
    """Large tables are a matter of seconds, not minutes."""
    store = At(host="other", nexthop=Nexthop(host="192.0.2.9"))
    wanted = host(relay("a"), domains={f"d{number}.test": store for number in range(100_000)})
    started = time.process_time()

    rendered = texts(wanted)

    assert str(rendered["transport"]).count("\n") == 100_000
    assert time.process_time() - started < 10
