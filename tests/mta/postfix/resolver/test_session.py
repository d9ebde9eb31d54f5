"""How a next hop is spoken to."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.session import Session, first_of, speaker
from relayconf.mta.postfix.resolver.settings import Service
from tests.mta.postfix.resolver.memory import Memory, settings_of

SASL = "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = texthash:/p\n"


def _session(
    main: str, nexthop: str = "[r.test]:587", sender: str = "a@b.test", *, service: str = "smtp", **tables: str
) -> Session:
    files = Memory(contents={f"/{name}": text.encode() for name, text in tables.items()})
    found = speaker(settings_of(main, files=files), Service(program=service, options={}), lambda _: False)
    assert found is not None
    return found.session(nexthop, sender)


@pytest.mark.parametrize(
    ("passwords", "nexthop", "user"),
    [
        ("[r.test]:587 u:p\n", "[r.test]:587", "u"),
        ("[r.test]:587 u:p\nr.test host:p\n", "[r.test]:587", "host"),
        ("r.test:587 u:p\n[r.test] u:p\n", "[r.test]:587", ""),
        ("r.test:587 u:p\n", "r.test:587", "u"),
        ("2001:db8::1 u:p\n", "[2001:db8::1]:587", "u"),
        ("[a.test]:587 a:p\n[b.test]:587 b:p\n", "[a.test]:587, [b.test]:587", "a"),
        ("@b.test s:p\n[r.test]:587 u:p\n", "[r.test]:587", "u"),
        ("[r.test]:587 only-a-user\n", "[r.test]:587", "only-a-user"),
    ],
)
def test_user(passwords: str, nexthop: str, user: str) -> None:
    """By the host's name, then by the next hop as it is written."""
    assert _session(SASL, nexthop, p=passwords).user == user


def test_user_by_sender() -> None:
    """Where it is asked for, and there is a sender."""
    main, table = f"{SASL}smtp_sender_dependent_authentication = yes\n", "a@b.test s:p\n[r.test]:587 u:p\n"

    assert _session(main, p=table).user == "s"
    assert _session(main, sender="", p=table).user == "u"
    assert _session(main, sender="c@b.test", p=table).user == "u"


def test_no_user() -> None:
    """AUTH is off, or there is no table, or nothing in it."""
    assert _session("smtp_sasl_password_maps = texthash:/p\n", p="[r.test]:587 u:p\n").user == ""
    assert _session("smtp_sasl_auth_enable = yes\n").why == ()
    assert _session(SASL, p="").why == ("nothing in smtp_sasl_password_maps: no AUTH",)
    why = "nothing in smtp_sasl_password_maps: no AUTH, unless for an MX host of foo.test"
    assert _session(SASL, "foo.test", p="").why == (why,)


def test_delimiter() -> None:
    """Postfix 3.9 and later know others."""
    assert _session(f"{SASL}smtp_sasl_password_result_delimiter = |\n", p="[r.test]:587 u:v|p\n").user == "u:v"
    assert _session(f"{SASL}smtp_sasl_password_result_delimiter =\n", p="[r.test]:587 u:v\n").user == "u:v"


def test_passwords_from_rules() -> None:
    """`$1` is allowed here; the password is nowhere."""
    main = "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = regexp:/p\n"

    found = _session(main, p="/^\\[(r)\\.test\\]/ $1:s3cret\n")

    assert found == Session(user="r", tls="none", why=("`[r.test]:587` in smtp_sasl_password_maps",))
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("main", "level"),
    [
        ("", "none"),
        ("smtp_tls_security_level = may\n", "may"),
        ("smtp_use_tls = yes\n", "may"),
        ("smtp_enforce_tls = yes\n", "verify"),
        ("smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\n", "encrypt"),
        ("smtp_tls_security_level = DANE\n", "dane"),
        ("compatibility_level = 3.11\n", "may"),
    ],
)
def test_usual_level(main: str, level: str) -> None:
    """Of the service as a whole."""
    assert _session(main).tls == level


@pytest.mark.parametrize(
    ("policies", "nexthop", "level"),
    [
        ("[r.test]:587 secure match=x\n", "[r.test]:587", "secure"),
        ("r.test secure\n[r.test] secure\n.test secure\n", "[r.test]:587", "may"),
        ("r.test secure\n", "r.test", "secure"),
        (".test encrypt\n", "a.r.test", "encrypt"),
        (".test encrypt\n", "a.r.test:25", "may"),
    ],
)
def test_policies(policies: str, nexthop: str, level: str) -> None:
    """By the next hop as it is written; a domain alone by its parents too."""
    main = "smtp_tls_security_level = may\nsmtp_tls_policy_maps = texthash:/t\n"

    assert _session(main, nexthop, t=policies).tls == level


def test_levels_that_stop_the_mail() -> None:
    """None of Postfix's, or too weak for TLS before the greeting."""
    assert _session("smtp_tls_security_level = high\n") == Session(why=("`high` is no TLS level: the mail waits",))
    wrapper = "smtp_tls_wrappermode = yes\n"
    weak = "TLS before the greeting needs `encrypt` at least: the mail waits"
    assert _session(wrapper) == Session(tls="none", why=(weak,))
    assert _session(f"{wrapper}smtp_tls_security_level = encrypt\n").why == ("TLS before the greeting",)


def test_unknown_and_broken_tables() -> None:
    """One does not hide what the other says."""
    main = "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = mysql:m\n"
    found = _session(f"{main}smtp_tls_policy_maps = texthash:/gone\n")
    assert found.unknown == "smtp_sasl_password_maps: mysql:m has to be asked (r.test)"
    assert found.why == ("a lookup fails, and the mail waits: smtp_tls_policy_maps: texthash:/gone is not there",)

    assert _session("smtp_tls_per_site = hash:/s\n").unknown == "smtp_tls_per_site, which is not read here"


def test_odd_files_are_told() -> None:
    """Once."""
    main = SASL.replace("texthash", "hash")

    assert (
        _session(main, p="[r.test]:587 u:p\n").why[-1]
        == "/p.db is not there: until postmap has made it, all mail waits"
    )


def test_lmtp_has_parameters_of_its_own() -> None:
    """And no users by sender."""
    main = "lmtp_sasl_auth_enable = yes\nlmtp_sasl_password_maps = static:l:p\nlmtp_tls_security_level = encrypt\n"

    assert _session(main, service="lmtp") == Session(
        user="l", tls="encrypt", why=("`r.test` in lmtp_sasl_password_maps",)
    )


def test_other_programs_do_not_speak() -> None:
    """To nobody."""
    assert speaker(settings_of(""), Service(program="local", options={}), lambda _: False) is None


def test_first_of_a_list() -> None:
    """Blanks and commas."""
    assert [first_of(text) for text in ("a, b", " a b", "a")] == ["a", "a", "a"]
