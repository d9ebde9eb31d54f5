"""The way as files in phases."""

from __future__ import annotations

from relayconf.files import DesiredFile
from relayconf.model import Internal, Nexthop
from relayconf.mta.postfix import desired, render
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, RECORD
from tests.mta.postfix.hosts import BUILT_IN, MAIN, MASTER, State, facts, host, relay, secret, settled

HEAD = b"# Managed by relayconf. Change the inventory, not this file.\n"
SASL = HEAD + b"[isp.test]:587  isp:pw\n"
POLICY = HEAD + b"[isp.test]:587  secure\n"
SPEECH = (
    b"smtp_sasl_auth_enable = yes\n"
    b"smtp_sasl_password_maps = hash:${relayconf_maps}/sasl_passwd\n"
    b"smtp_sasl_tls_security_options = noanonymous\n"
    b"smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt\n"
    b"smtp_tls_policy_maps = hash:${relayconf_maps}/tls_policy\n"
)
EXPANDED = MAIN + b"relayconf_maps = /etc/postfix/relayconf/1\n" + SPEECH
SWITCHED = (
    MAIN.replace(b"relayhost =", b"relayhost = [isp.test]:587")
    + b"relayconf_maps = /etc/postfix/relayconf/2\n"
    + SPEECH
)
OWNED = (
    b"relayhost\t[isp.test]:587\t2026-11-24\trelayhost =\\n\n"
    b"smtp_sasl_auth_enable\tyes\t2026-11-24\n"
    b"smtp_sasl_password_maps\thash:${relayconf_maps}/sasl_passwd\t2026-11-24\n"
    b"smtp_sasl_tls_security_options\tnoanonymous\t2026-11-24\n"
    b"smtp_tls_CAfile\t/etc/ssl/certs/ca-certificates.crt\t2026-11-24\n"
    b"smtp_tls_policy_maps\thash:${relayconf_maps}/tls_policy\t2026-11-24\n"
)


def table(number: int, name: str, content: bytes, *, internal: bool) -> DesiredFile:
    """A table of a generation."""
    return DesiredFile(
        path=f"postfix:{number}/{name}",
        content=content,
        secret=name == "sasl_passwd",
        mode=0o600 if name == "sasl_passwd" else 0o644,
        owner="root",
        target=f"/etc/postfix/relayconf/{number}/{name}",
        replaces=f"postfix:live/{name}",
        internal=internal,
    )


def test_the_story() -> None:
    """A fresh host gets its first relay: tables first, then the relay made known, then the mail turned to it."""
    assert State(facts=facts()).desired(host(relay("isp"))) == (
        table(1, "sasl_passwd", SASL, internal=True),
        table(1, "tls_policy", POLICY, internal=True),
        table(2, "sasl_passwd", SASL, internal=False),
        table(2, "tls_policy", POLICY, internal=False),
        DesiredFile(path=MASTER_CF, content=MASTER, phase=1),
        DesiredFile(path=MAIN_CF, content=EXPANDED, phase=1),
        DesiredFile(path=MASTER_CF, content=MASTER, phase=2),
        DesiredFile(path=RECORD, content=OWNED, mode=0o600, owner="root", phase=2, internal=True),
        DesiredFile(path=MAIN_CF, content=SWITCHED, phase=2),
    )


def test_nothing_to_do() -> None:
    """The files are asked for as they are: one phase, no generation, equal bytes."""
    state = settled(host(relay("isp")))

    assert state.desired(host(relay("isp"))) == (
        DesiredFile(path=MASTER_CF, content=MASTER, phase=1),
        DesiredFile(path=RECORD, content=OWNED, mode=0o600, owner="root", phase=1, internal=True),
        DesiredFile(path=MAIN_CF, content=SWITCHED, phase=1),
    )


def test_a_host_that_nothing_is_wished_of() -> None:
    """No record, no generation, the admin's files."""
    assert State(facts=facts()).desired(host()) == (
        DesiredFile(path=MASTER_CF, content=MASTER, phase=1),
        DesiredFile(path=RECORD, content=None, mode=0o600, owner="root", phase=1, internal=True),
        DesiredFile(path=MAIN_CF, content=MAIN, phase=1),
    )


def test_a_broken_main_cf() -> None:
    """What Postfix cannot read is not edited."""
    state = facts({MAIN_CF: b"broken\n"})

    assert desired(host(relay("isp")), state, render(host(relay("isp")), BUILT_IN, secret)) == ()


def test_the_host_s_own_names_below_a_wildcard() -> None:
    """They stay with the host."""
    store = Internal(nexthop=Nexthop(host="store.test"))
    files = State(facts=facts()).desired(host(routes={".lab.test": store}))

    assert files[0].content == HEAD + (b".lab.test  smtp:[store.test]:25\nlocalhost.lab.test  :\nmail1.lab.test  :\n")
