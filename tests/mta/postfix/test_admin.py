"""The admin's own settings against the wish."""

from __future__ import annotations

import pytest

from relayconf.model import Host, Internal, Nexthop
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF
from tests.mta.postfix.hosts import MAIN, MASTER, State, facts, host, relay, sender, settled
from tests.mta.postfix.test_checks import told, values

STORE = Internal(nexthop=Nexthop(host="store.test"))


@pytest.mark.parametrize(
    ("owner", "who"),
    [
        ("pmg", "Proxmox Mail Gateway"),
        ("nixos", "NixOS"),
        ("# Managed by \x1b[31mAnsible", r"something that says of itself: # Managed by \x1b[31mAnsible"),
    ],
)
def test_other_owners(owner: str, who: str) -> None:
    """A known product by its name, everything else in its own words made safe."""
    assert told(host(relay("a")), values(managed_by=owner)) == [
        (
            f"error postfix-managed: Postfix's configuration here is written by {who}; what relayconf changes would be "
            "lost or do harm"
        )
    ]


def test_other_instances() -> None:
    """They are named and left alone."""
    assert told(host(relay("a")), values(multi_instance="/etc/postfix-out")) == [
        "note postfix-instances: there are other instances of Postfix, which are left alone: /etc/postfix-out"
    ]


@pytest.mark.parametrize(
    ("wanted", "main", "text"),
    [
        (
            host(relay("a")),
            "default_transport = smtp:[old.test]",
            (
                "error postfix-default-transport: main.cf: default_transport names a next hop itself, [old.test], "
                "which beats relayhost"
            ),
        ),
        (
            host(relay("a", 465)),
            "sender_dependent_relayhost_maps = hash:/a",
            (
                "error postfix-sender-dependent: relays with implicit TLS do not go together with the host's own "
                "sender_dependent_relayhost_maps"
            ),
        ),
        (
            host(relay("a")),
            "sender_dependent_default_transport_maps = hash:/a",
            (
                "warning postfix-sender-dependent: main.cf: mail of some senders goes another way than the inventory "
                "says: sender_dependent_default_transport_maps"
            ),
        ),
        (
            host(relay("a"), routes={".x.test": STORE}),
            "parent_domain_matches_subdomains = x, transport_maps",
            (
                "error postfix-wildcards: parent_domain_matches_subdomains names transport_maps, so these routes do "
                "not count: .x.test"
            ),
        ),
        (
            host(relay("a", 465), routes={"x.test": relay("b")}),
            "smtp_tls_wrappermode = yes",
            (
                "error postfix-wrappermode: main.cf: smtp_tls_wrappermode = yes speaks TLS from the first byte, also "
                "to [b.test]:587"
            ),
        ),
    ],
)
def test_main_cf(wanted: Host, main: str, text: str) -> None:
    """Each setting that beats the wish is named."""
    assert told(wanted, facts({MAIN_CF: MAIN + f"{main}\n".encode()})) == [text]


def test_duplicates() -> None:
    """What is set twice is named, beside what is replaced."""
    assert told(host(relay("a")), facts({MAIN_CF: MAIN + b"relayhost = [old.test]\n"})) == [
        "note postfix-duplicates: main.cf sets these more than once, of which the last counts: relayhost",
        (
            "note postfix-relayhost-replaced: main.cf: relayhost = [old.test] is replaced by [a.test]:587; "
            "`relayconf rollback` brings it back"
        ),
    ]


@pytest.mark.parametrize(
    ("wanted", "main"),
    [
        (host(), "default_transport = smtp:[old.test]"),
        (host(relay("a")), "default_transport = smtp"),
        (host(relay("a"), routes={"x.test": STORE}), "parent_domain_matches_subdomains = transport_maps"),
        (host(relay("a"), routes={".x.test": STORE}), "parent_domain_matches_subdomains = relay_domains"),
        (host(relay("a", 465)), "smtp_tls_wrappermode = yes"),
        (host(relay("a")), "sender_dependent_relayhost_maps ="),
    ],
)
def test_harmless(wanted: Host, main: str) -> None:
    """What does not touch the wish is not told."""
    assert told(wanted, facts({MAIN_CF: MAIN + f"{main}\n".encode()})) == []


def test_master_cf() -> None:
    """A service with its own value of something managed; ours have theirs on purpose."""
    master = MASTER + b"out unix - - y - - smtp\n  -o relayhost= -o { smtp_tls_policy_maps = hash:/x }\n  -o x=y\n"

    assert told(host(relay("a")), facts({MASTER_CF: master})) == [
        (
            "warning postfix-overridden: master.cf: the service out has its own relayhost, smtp_tls_policy_maps, which "
            "beats main.cf"
        )
    ]
    assert told(host(relay("a", 465)), settled(host(relay("a", 465))).facts) == []


_OWN = host(relay("a"), senders={"@x.test": sender(relay("a"), "shop"), "@y.test": sender(relay("a"))})


@pytest.mark.parametrize(
    ("main", "master"),
    [
        (b"", b""),
        (b"smtpd_sender_restrictions = reject_unknown_sender_domain\n", b""),
        (b"# reject_sender_login_mismatch\nx = reject_sender_login_mismatch\n", b""),
        (b"smtpd_sender_restrictions = not_reject_sender_login_mismatched\n", b""),
    ],
)
def test_whoever_may_send_can_use_them(main: bytes, master: bytes) -> None:
    """Credentials of one sender, where nothing holds a user to addresses of its own."""
    assert told(_OWN, facts({MAIN_CF: MAIN + main, MASTER_CF: MASTER + master})) == [
        (
            "warning postfix-sender-login: these senders have credentials of their own: @x.test; but nothing in main.cf"
            " keeps one user from sending as another, and so with the other's credentials"
        )
    ]


@pytest.mark.parametrize(
    ("main", "master"),
    [
        (b"smtpd_sender_restrictions = reject_sender_login_mismatch\n", b""),
        (b"smtpd_recipient_restrictions = permit_mynetworks, reject_authenticated_sender_login_mismatch\n", b""),
        (b"smtpd_relay_restrictions = reject_known_sender_login_mismatch reject_unauth_destination\n", b""),
        (b"smtpd_data_restrictions = ${mine}\nmine = reject_sender_login_mismatch\n", b""),
        (b"smtpd_restriction_classes = mine\nmine = reject_sender_login_mismatch\n", b""),
        (b"", b"x unix - - n - - smtpd\n  -o smtpd_sender_restrictions=reject_sender_login_mismatch\n"),
    ],
)
def test_senders_that_are_held_to_their_addresses(main: bytes, master: bytes) -> None:
    """In any list of restrictions, in one that it names, or in a service."""
    assert told(_OWN, facts({MAIN_CF: MAIN + main, MASTER_CF: MASTER + master})) == []
    assert told(host(senders={"@y.test": sender(relay("a"))}), facts()) == []


def test_own_tables_of_senders_are_no_surprise() -> None:
    """Only somebody else's send mail elsewhere than the inventory says."""
    wanted = host(relay("a", 465), senders={"@y.test": sender(relay("a", 465))})

    assert told(wanted, settled(wanted).facts) == []


def test_a_relay_of_one_sender_alone() -> None:
    """No password by next hop is needed there, before and after."""
    checked = State(facts=facts({MAIN_CF: MAIN + b"smtpd_sender_restrictions = reject_sender_login_mismatch\n"}))
    wanted = host(relay("a"), senders={"@x.test": sender(relay("b"), "shop")})
    after = settled(wanted, checked)

    assert told(wanted, checked.facts) == told(wanted, after.facts) == []
    slot = host(relay("a"), senders={"@x.test": sender(relay("b"), "shop", "new")})
    assert told(slot, settled(slot, after).facts) == []


_CHECKED = MAIN + b"smtpd_sender_restrictions = reject_sender_login_mismatch\n"


def test_passwords_of_senders_for_all_mail() -> None:
    """Switched on in main.cf they would go to every server; where no sender has one it is the admin's business."""
    everywhere = facts({MAIN_CF: _CHECKED + b"smtp_sender_dependent_authentication = yes\n"})

    assert told(_OWN, everywhere) == [
        (
            "error postfix-sender-authentication: main.cf: smtp_sender_dependent_authentication = yes would show the "
            "passwords of @x.test to whatever server the mail goes to"
        )
    ]
    assert told(_OWN, facts({MAIN_CF: _CHECKED + b"smtp_sender_dependent_authentication = no\n"})) == []
    assert told(host(relay("a")), everywhere) == []
