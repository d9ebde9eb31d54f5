"""What classic qmail cannot do is said before the host is asked, with the ways out."""

from __future__ import annotations

import dataclasses

import pytest

from relayconf.facts import Finding, Severity
from relayconf.model import (
    At,
    Credentials,
    Default,
    Direct,
    Discard,
    Endpoint,
    Internal,
    Local,
    Nexthop,
    Reject,
    Relay,
    Retry,
    SecretRef,
    SenderRoute,
    Smarthost,
    Target,
    TlsLevel,
)
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS
from relayconf.mta.qmail.refusals import able, refusals, refusals_of
from tests.mta.qmail.relays import smarthost
from tests.support.hosts import STORE, qmail_host

PLAIN = Endpoint(port=25, tls=TlsLevel.NONE, auth=False)
ISP = Relay(
    name="isp",
    host="mail.asahi-net.or.jp",
    endpoints=(
        Endpoint(port=465, tls=TlsLevel.SECURE, auth=True),
        Endpoint(port=587, tls=TlsLevel.MAY, auth=True),
        PLAIN,
        Endpoint(port=26, tls=TlsLevel.MAY, auth=False),
    ),
    credentials=Credentials(username="user", password=SecretRef(kind="env", value="PASSWORD")),
)
ANY_MECHANISM = (
    "sagredo's qmail-remote loses mail when the relay isp offers none of CRAM-MD5, PLAIN, LOGIN, "
    "and logs it as delivered"
)
POSTFIX_ONLY = "say it for the Postfix hosts alone, in their group"


def through(endpoint: Endpoint) -> Smarthost:
    """The ISP by this endpoint."""
    return Smarthost(relay=ISP, endpoint=endpoint)


def refused(default: Default, routes: dict[str, Target] | None = None) -> tuple[Finding, ...]:
    """What is said of a host with this default."""
    return refusals_of(qmail_host(default=(default,), routes=routes), CLASSIC)


def error(code: str, text: str, *ways_out: str) -> Finding:
    """An error among the findings."""
    return Finding(code=code, severity=Severity.ERROR, text=text, ways_out=ways_out)


def test_nothing_to_refuse() -> None:
    """The story's host, by the endpoint without AUTH and TLS."""
    assert refused(through(PLAIN)) == ()


def test_auth() -> None:
    """Once for a relay, however many endpoints and routes want it; endpoints that would do are named."""
    text = "the relay isp needs AUTH, but classic qmail-remote has none"
    ways_out = (
        "`relay: isp:25`",
        "`relay: isp:26`",
        "a hop on 127.0.0.1 that logs in for qmail",
        "a qmail flavour with AUTH",
    )
    auth = through(Endpoint(port=2525, tls=TlsLevel.NONE, auth=True))
    other = through(Endpoint(port=2526, tls=TlsLevel.NONE, auth=True))

    assert refused(auth, {"a.test": other}) == (error("qmail-auth", text, *ways_out),)


def test_no_other_endpoint_to_name() -> None:
    """A relay with AUTH everywhere leaves two ways."""
    only = Endpoint(port=587, tls=TlsLevel.NONE, auth=True)
    relay = dataclasses.replace(ISP, endpoints=(only,))

    (finding,) = refused(Smarthost(relay=relay, endpoint=only))

    assert finding.ways_out == ("a hop on 127.0.0.1 that logs in for qmail", "a qmail flavour with AUTH")


@pytest.mark.parametrize("level", ["encrypt", "verify", "secure", "dane", "fingerprint"])
def test_mandatory_tls(level: str) -> None:
    """Every level above `may`."""
    endpoint = Endpoint(port=587, tls=TlsLevel(level), auth=False)
    text = f"the relay isp:587 wants `tls: {level}`, but classic qmail-remote has no TLS"
    ways_out = (
        "`relay: isp:25`",
        "`relay: isp:26`",
        "a hop on 127.0.0.1 that encrypts for qmail",
        "a qmail flavour with TLS",
    )

    assert refused(through(endpoint)) == (error("qmail-tls", text, *ways_out),)


@pytest.mark.parametrize(("port", "level"), [(465, "secure"), (465, "may"), (2465, "encrypt")])
def test_implicit_tls(port: int, level: str) -> None:
    """Also where it would be optional: the server says nothing before TLS, and qmail-remote would hang."""
    (finding,) = refused(through(Endpoint(port=port, tls=TlsLevel(level), auth=False)))

    assert finding.code == "qmail-tls"
    assert finding.text == f"the relay isp:{port} speaks TLS from the first byte, but classic qmail-remote has no TLS"


def test_auth_and_tls_are_two_errors() -> None:
    """Both reasons are named."""
    assert [finding.code for finding in refused(through(ISP.endpoints[0]))] == ["qmail-auth", "qmail-tls"]


def test_optional_tls_is_a_note() -> None:
    """`may` allows what happens, but it should be known."""
    assert refused(through(ISP.endpoints[3])) == (
        Finding(
            code="qmail-unencrypted",
            severity=Severity.NOTE,
            text="mail to the relay isp:26 leaves unencrypted, as `tls: may` allows: classic qmail-remote has no TLS",
        ),
    )


def test_failover() -> None:
    """A line of smtproutes holds one relay."""
    host = qmail_host(default=(through(PLAIN), Direct()))

    assert refusals(host) == (
        error(
            "qmail-failover",
            "`relay` lists 2 relays to fail over between, but qmail takes one",
            "one relay",
            "one name with several A records, which are tried in turn",
        ),
    )


@pytest.mark.parametrize(
    "target",
    [
        Internal(nexthop=Nexthop(host="2001:db8::6")),
        At(host="store", nexthop=Nexthop(host="2001:db8::6", port=26)),
        Smarthost(relay=dataclasses.replace(ISP, host="2001:db8::6"), endpoint=PLAIN),
    ],
)
def test_ipv6(target: Internal | At | Smarthost) -> None:
    """In a default and in a route alike."""
    expected = error(
        "qmail-ipv6",
        "2001:db8::6 is an IPv6 address, but classic qmail-remote speaks IPv4 alone",
        "its IPv4 address",
        "a name with an A record",
    )

    assert refused(target) == (expected,)
    assert refused(Direct(), {"a.test": target}) == (expected,)


def test_mx_lookup() -> None:
    """A relay is looked up by A, never by MX."""
    assert refused(Internal(nexthop=Nexthop(host="corp.test", mx_lookup=True))) == (
        error(
            "qmail-mx-lookup",
            "corp.test is to be looked up by MX, but qmail-remote looks a relay up by A alone",
            "the name of one of its mail servers",
        ),
    )


def test_reject_retry_discard() -> None:
    """One error names them all."""
    routes: dict[str, Target] = {
        "a.test": Reject(text="no"),
        "b.test": Retry(text="later"),
        ".c.test": Discard(text=""),
    }

    assert refused(Direct(), routes) == (
        error(
            "qmail-reject",
            "qmail can neither reject, retry nor discard by route: a.test, b.test, .c.test",
            POSTFIX_ONLY,
        ),
    )


def test_addresses() -> None:
    """An address that is to be rejected is one error, not two."""
    routes: dict[str, Target] = {"anna@corp.test": STORE, "x@spam.test": Reject(text="no")}

    assert refused(Direct(), routes) == (
        error(
            "qmail-address-route",
            "qmail routes by domain, not by address: anna@corp.test, x@spam.test",
            "a route for the whole domain",
            POSTFIX_ONLY,
        ),
    )


def test_senders_and_rewrite() -> None:
    """Tables that are Postfix's."""
    host = dataclasses.replace(
        qmail_host(default=(Direct(),)),
        senders={"@shop.test": SenderRoute(target=Direct())},
        rewrite={"root@vps.internal": "alerts@kamata-net.com"},
        settings={"smtp_helo_name": "x"},
    )

    assert refusals_of(host, CLASSIC) == (
        error(
            "qmail-senders",
            "classic qmail-remote chooses no relay by sender: @shop.test",
            POSTFIX_ONLY,
            "a qmail flavour with authsenders",
        ),
        error("qmail-rewrite", "qmail rewrites no addresses on their way out: root@vps.internal", POSTFIX_ONLY),
        error(
            "qmail-settings",
            "qmail has no parameters beside its control files: smtp_helo_name",
            "`settings` in a group of the Postfix hosts",
        ),
    )


def test_tls_options() -> None:
    """What Postfix alone can be told of a relay's TLS is refused by name."""
    told = dataclasses.replace(ISP, tls_minimum="TLSv1.2", fingerprints=("A",))
    plain = Endpoint(port=25, tls=TlsLevel.NONE, auth=False)

    assert refused(Smarthost(relay=told, endpoint=plain)) == (
        error(
            "qmail-tls-options",
            f"the relay {ISP.name} has fingerprints, tls_minimum, which no flavour of qmail can obey",
            POSTFIX_ONLY,
        ),
    )


@pytest.mark.parametrize(
    ("count", "severity", "text"),
    [
        (9_999, None, ""),
        (
            10_000,
            Severity.WARNING,
            "every remote delivery reads all 10,000 routes, at about 7 ms of CPU and 1 MB",
        ),
        (100_000, Severity.WARNING, "every remote delivery reads all 100,000 routes, at about 71 ms of CPU and 10 MB"),
        (
            100_001,
            Severity.ERROR,
            "every remote delivery reads all 100,001 routes, at about 71 ms of CPU and 10 MB; the limit is 100,000",
        ),
    ],
)
def test_size(count: int, severity: Severity | None, text: str) -> None:
    """A warning from 10,000 on, an error above 100,000; lines are counted, not keys."""
    domains: dict[str, Target] = {f"customer{number}.test": STORE for number in range(count)}

    found = refusals(qmail_host(domains=domains, default=(Direct(),)))

    assert [(finding.severity, finding.text) for finding in found] == ([] if severity is None else [(severity, text)])
    assert all(
        finding.ways_out == ("a `.suffix` route in place of many domains", "a Postfix host as the relay of this one")
        for finding in found
    )


@pytest.mark.parametrize("port", [465, 2465])
def test_a_port_for_tls_from_the_first_byte(port: int) -> None:
    """However the inventory came to name it: qmail-remote would wait there for a greeting until its time-out."""
    plain = Relay(name="isp", host="relay.example", endpoints=(Endpoint(port=port, tls=TlsLevel.NONE, auth=False),))
    target = Internal(nexthop=Nexthop(host="relay.example", port=port))
    error = Finding(
        code="qmail-tls",
        severity=Severity.ERROR,
        text=f"relay.example port {port} speaks TLS from the first byte, and classic qmail-remote would hang",
        ways_out=("a port without TLS, such as 25", "a hop on 127.0.0.1 that encrypts for qmail"),
    )

    assert error in refused(target)
    assert error in refusals_of(qmail_host(domains={"a.example": target}), CLASSIC)
    assert error in refused(Smarthost(relay=plain, endpoint=plain.endpoints[0]))


def test_without_a_flavour() -> None:
    """What classic qmail cannot do is refused, unless another could; remarks wait for the host."""
    needy = qmail_host(default=(smarthost(),))

    assert refusals(needy) == (
        Finding(
            code="qmail-flavour",
            severity=Severity.NOTE,
            text="only some flavours of qmail can do what is wished: sagredo",
            ways_out=("`flavour:` says which the host has; else it is found there",),
        ),
    )
    assert [item.code for item in refusals(qmail_host(default=(smarthost(tls="dane"),)))] == ["qmail-auth", "qmail-tls"]
    assert refusals(qmail_host()) == ()


def test_with_a_flavour() -> None:
    """It is taken at its word; what was never run has a warning."""
    needy = qmail_host(default=(smarthost(tls="may"),))

    assert [item.code for item in refusals(dataclasses.replace(needy, flavour="qmail-ldap"))] == [
        "qmail-mechanism",
        "qmail-unencrypted",
    ]
    assert [item.code for item in refusals(dataclasses.replace(needy, flavour="netqmail-tls"))] == ["qmail-auth"]
    (unproved, *_) = refusals(dataclasses.replace(needy, flavour="eqmail"))
    assert (unproved.severity, unproved.text) == (
        Severity.WARNING,
        "what relayconf writes for eqmail is proved from its sources, not from running it",
    )


def test_able() -> None:
    """The flavours that were run, or the one that is named."""
    assert [flavour.name for flavour in able(qmail_host(default=(smarthost(tls="may"),)))] == [
        "netqmail-auth",
        "sagredo",
        "qmail-ldap",
    ]
    assert able(dataclasses.replace(qmail_host(), flavour="aqmail")) == (FLAVOURS["aqmail"],)


def test_senders_of_a_flavour_that_has_them() -> None:
    """Directly, and for bounces alone, nobody can; what a relay needs is asked for too."""
    host = dataclasses.replace(
        qmail_host(default=(Direct(),)),
        senders={
            "@shop.test": SenderRoute(target=Direct()),
            "<>": SenderRoute(target=through(PLAIN)),
            "@x.test": SenderRoute(target=smarthost(465, "secure")),
        },
    )

    assert [(item.code, item.text) for item in refusals_of(host, FLAVOURS["sagredo"]) if item.ways_out] == [
        ("qmail-mechanism", ANY_MECHANISM),
        (
            "qmail-tls",
            (
                "the relay isp:465 speaks TLS from the first byte, but sagredo's qmail-remote reads a reply code that "
                "it never got"
            ),
        ),
        (
            "qmail-senders",
            (
                "authsenders beats every route: mail of @shop.test, <>, @x.test would take the sender's relay to "
                "kamata-net.com too"
            ),
        ),
        ("qmail-senders", "authsenders can neither send directly nor speak of bounces alone: @shop.test, <>"),
    ]


def test_a_sender_s_own_credentials() -> None:
    """They ask of the flavour what the relay's own would; local domains need no route that could be beaten."""
    own = Credentials(username="a|b", password=SecretRef(kind="env", value="PASSWORD"))
    host = dataclasses.replace(
        qmail_host(domains={"here.test": Local()}, default=(Direct(),)),
        senders={"@x.test": SenderRoute(target=smarthost(26, "may", auth=False), credentials=own)},
    )

    assert [item.code for item in refusals_of(host, FLAVOURS["netqmail-auth"]) if item.severity is Severity.ERROR] == [
        "qmail-user"
    ]


def test_what_no_flavour_can_is_refused_beside_the_note() -> None:
    """A list of relays stays a mistake, whatever the host has."""
    host = qmail_host(default=(smarthost(), Direct()))

    assert [item.code for item in refusals(host)] == ["qmail-flavour", "qmail-failover"]
