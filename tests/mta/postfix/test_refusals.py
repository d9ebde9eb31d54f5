"""What an inventory can wish that cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.certificates import ClientCertificate
from relayconf.connection import Ssh
from relayconf.facts import Severity
from relayconf.manage import Manage
from relayconf.model import Credentials, Direct, Discard, Host, Internal, Nexthop, Reject, SecretRef, Smarthost, Target
from relayconf.mta.postfix import refusals
from tests.mta.postfix.hosts import host, relay, sender, tls_of

A, B = relay("a"), relay("b")
STORE = Internal(nexthop=Nexthop(host="store.test"))
OTHER_PASSWORD = Smarthost(
    relay=replace(
        A.relay, name="a2", credentials=Credentials(username="a2", password=SecretRef(kind="env", value="X"))
    ),
    endpoint=A.endpoint,
)
SHOWN = ClientCertificate(certificate="/etc/ssl/a.pem", key="/etc/ssl/a.key")
COLON = Smarthost(
    relay=replace(A.relay, credentials=Credentials(username="a:b", password=SecretRef(kind="env", value="X"))),
    endpoint=A.endpoint,
)


@pytest.mark.parametrize(
    ("wanted", "code", "text"),
    [
        (
            replace(host(), default=(A, Direct())),
            "postfix-failover-direct",
            "`relay` lists `direct` beside relays, but Postfix fails over between servers that are named, not to MX",
        ),
        (
            host((relay("a", 465), B, STORE)),
            "postfix-failover-mixed",
            (
                "`relay` lists a:465, where TLS starts before the greeting, and b:587, [store.test]:25, where it does "
                "not: Postfix does either for a whole list"
            ),
        ),
        (
            host(A, senders={"@x.test": sender(Direct()), "u@x.test": sender(B)}),
            "postfix-sender-direct",
            (
                "`direct` for a sender, where all other mail takes a relay: @x.test; Postfix uses relayhost whenever a "
                "sender's entry names no next hop, and by MX there is none to name"
            ),
        ),
        (
            host(A, senders={"<>": sender(A, "bounces")}),
            "postfix-null-sender-login",
            "bounces (`<>`) cannot have credentials of their own: Postfix looks up no password for the null sender",
        ),
        (
            host(A, senders={"@x.test": sender(A, "a:b")}),
            "postfix-user-colon",
            "the user name of the sender @x.test holds a colon, where Postfix lets the password begin",
        ),
        (
            host(A, senders={"@x.test": sender(OTHER_PASSWORD)}),
            "postfix-same-server",
            (
                "the relays a:587 and a2:587 are the same server and port, but differ in credentials or TLS, and "
                "Postfix knows them by server and port alone"
            ),
        ),
        (
            host(A, senders={"@x.test": sender(relay("a", tls="encrypt"), "shop")}),
            "postfix-same-server",
            (
                "the relays a:587 and a:587 are the same server and port, but differ in credentials or TLS, and "
                "Postfix knows them by server and port alone"
            ),
        ),
        (
            host(routes={"#a@x.test": A}, senders={"#s@x.test": sender(A)}, rewrite={"#b@x.test": "c@x.test"}),
            "postfix-comment-key",
            "a table of Postfix takes what begins with `#` for a comment: #a@x.test, #s@x.test, #b@x.test",
        ),
        (
            host(relay("a", tls="fingerprint")),
            "postfix-fingerprint",
            "the relay a:587 wants `tls: fingerprint`, but says no `fingerprints`",
        ),
        (
            host(tls_of("a", "none", tls_minimum="TLSv1.2")),
            "postfix-tls-minimum",
            "the relay a:587 wants `tls_minimum`, but has no TLS at this port",
        ),
        (
            host((tls_of("a", client_certificate=SHOWN), tls_of("b", client_certificate=replace(SHOWN, key="/k")))),
            "postfix-client-certificates",
            "Postfix shows all relays the same certificate, but here are several: /etc/ssl/a.pem, /etc/ssl/a.pem",
        ),
        (
            replace(host(tls_of("a", client_certificate=SHOWN)), ssh=Ssh(become="helper")),
            "postfix-certificate-helper",
            "the helper on this host names no certificate of ours: /etc/ssl/a.pem",
        ),
        (
            host(A, routes={"x.test": tls_of("a", tls_minimum="TLSv1.3")}),
            "postfix-same-server",
            (
                "the relays a:587 and a:587 are the same server and port, but differ in credentials or TLS, and "
                "Postfix knows them by server and port alone"
            ),
        ),
        (
            replace(host(A), manage=Manage(locals=True, me="mx.test", virtualdomains={})),
            "postfix-manage",
            (
                "`manage` names control files of qmail: me, virtualdomains, locals; which domains Postfix delivers and "
                "takes mail for is in main.cf (mydestination, relay_domains, virtual_alias_domains, myhostname), which "
                "is the admin's"
            ),
        ),
        (
            host(COLON),
            "postfix-user-colon",
            "the user name at the relay a:587 holds a colon, where Postfix lets the password begin",
        ),
        (
            host(A, routes={"x.test": OTHER_PASSWORD}),
            "postfix-same-server",
            (
                "the relays a:587 and a2:587 are the same server and port, but differ in credentials or TLS, and "
                "Postfix knows them by server and port alone"
            ),
        ),
        (
            host(A, routes={"x.test": relay("a", tls="encrypt")}),
            "postfix-same-server",
            (
                "the relays a:587 and a:587 are the same server and port, but differ in credentials or TLS, and "
                "Postfix knows them by server and port alone"
            ),
        ),
    ],
)
def test_refused(wanted: Host, code: str, text: str) -> None:
    """Each with its reason and at least one way out."""
    (finding,) = refusals(wanted)

    assert (finding.code, finding.severity, finding.text) == (code, Severity.ERROR, text)
    assert finding.ways_out


def test_fine() -> None:
    """Two ports of a relay, two relays, rejections, DANE, an IPv6 address: no word."""
    six = Smarthost(relay=replace(B.relay, host="2001:db8::1"), endpoint=B.endpoint)
    routes: dict[str, Target] = {
        "a.test": relay("a", 465),
        "b.test": six,
        "c.test": Reject(text="5.1.1 x"),
        "d.test": relay("a"),
        "e.test": Discard(text="x"),
    }
    senders = {"@a.test": sender(A, "shop"), "@b.test": sender(OTHER_PASSWORD, "other"), "<>": sender(B)}

    assert refusals(host(relay("a"), routes=routes)) == ()
    assert refusals(host(relay("a", tls="dane"))) == ()
    assert refusals(host(A, senders=senders)) == ()
    assert refusals(host(senders={"@a.test": sender(A), "u@a.test": sender(Direct())})) == ()
