"""The whole answer."""

from __future__ import annotations

from relayconf.mta.postfix.resolver.model import Model
from tests.mta.postfix.resolver.memory import asked, settings_of

MASTER = (
    "smtp unix - - - - - smtp\n"
    "slow unix - - - - - smtp -o smtp_tls_security_level=encrypt\n"
    "local unix - - - - - local\n"
)


def test_services_have_parameters_of_their_own() -> None:
    """As master.cf says."""
    assert asked("default_transport = slow\n", master=MASTER).session.tls == "encrypt"
    assert asked("", master=MASTER).session.tls == "none"


def test_a_transport_without_a_service() -> None:
    """The mail waits."""
    found = asked("default_transport = fast\n", master=MASTER)

    assert found.why[-1] == "no service `fast` in master.cf: the mail waits"
    assert found.session.tls == ""


def test_who_does_not_speak() -> None:
    """Local delivery, refused addresses, failures, and what is unknown."""
    for main, recipient in (
        ("", "root"),
        ("", "u@x..test"),
        ("transport_maps = fail:x\n", "u@x"),
        ("transport_maps = nis:x\n", "u@x"),
    ):
        assert asked(main, recipient).session.tls == ""
    assert asked("transport_maps = nis:x\n").unknown == "transport_maps: nis:x has to be asked (u@foo.test)"


def test_what_decided_in_order() -> None:
    """The way first, then the line."""
    main = "relayhost = [r]:587\nsmtp_tls_policy_maps = inline:{ {[r]:587 = secure} }\n"

    assert asked(main).why == (
        "foo.test is in no list of domains",
        "relayhost -> [r]:587",
        "default_transport -> smtp",
        "`[r]:587` in smtp_tls_policy_maps -> secure",
    )


def test_unknown_twice() -> None:
    """Both are told."""
    main = "smtp_tls_policy_maps = nis:p\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = nis:s\n"

    assert asked(main).unknown == (
        "smtp_sasl_password_maps: nis:s has to be asked (foo.test); "
        "smtp_tls_policy_maps: nis:p has to be asked (foo.test)"
    )


def test_many_messages() -> None:
    """One model answers all."""
    model = Model(settings_of("relayhost = [r]\n"))

    answers = [model.ask("", recipient).decision.nexthop for recipient in ("u@a.test", "u@b.test", "root")]

    assert answers == ["[r]", "[r]", "host.example.org"]
