"""Local, virtual or remote, against what a live qmail-send decided."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.locality import Controls, Locality, domain_channel, locality, read_controls, virtual_key
from tests.mta.qmail.vectors import LocalityVector, localities


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.id) for vector in localities()])
def test_measured_decisions(vector: LocalityVector) -> None:
    """`channel` and `address` are compared; qmail-send gives virtual recipients to the local channel."""
    controls = read_controls(me=vector.me, locals_=vector.locals_, virtualdomains=vector.virtualdomains)

    got = locality(controls, vector.recipient)

    assert ("remote" if got.channel == "remote" else "local", got.address) == (vector.channel, vector.address)


@pytest.mark.parametrize(
    ("recipient", "channel", "address"),
    [
        (b"a%b.test@hack.test", "remote", b"a@b.test"),
        (b"a%local.test@HACK.test", "local", b"a@local.test"),
        (b"a%c.test%hack.test@hack.test", "remote", b"a@c.test"),
        (b"a@hack.test", "remote", b"a@hack.test"),
        (b"a%b@elsewhere.test", "remote", b"a%b@elsewhere.test"),
        (b"x@y@local.test", "local", b"x@y@local.test"),
        (b"alone", "remote", b"alone@no.test"),
        (b"a@", "remote", b"a@"),
    ],
)
def test_percenthack_and_envnoathost(recipient: bytes, channel: str, address: bytes) -> None:
    """`percenthack` is undone as often as it applies, the last `@` counts, and no `@` gets `envnoathost`."""
    controls = read_controls(
        me=b"me.test\n", locals_=b"local.test\n", percenthack=b"hack.test\n", envnoathost=b"no.test\n"
    )

    got = locality(controls, recipient)

    assert (got.channel, got.address) == (channel, address)


def test_absent_and_empty_locals_differ() -> None:
    """An absent file is the name in `me`, an empty one is nothing."""
    assert read_controls(me=b"Me.Test\n").locals == {b"me.test"}
    assert read_controls(me=b"me.test\n", locals_=b"").locals == frozenset()
    assert read_controls(me=None).locals == frozenset()


def test_envnoathost_falls_back_to_me_and_then_to_its_own_name() -> None:
    """As `control_rldef` does."""
    assert read_controls(me=b"me.test\n").envnoathost == b"me.test"
    assert read_controls(me=None).envnoathost == b"envnoathost"


def test_carriage_returns_make_locals_remote() -> None:
    """A file that was edited on Windows has no local domain left."""
    assert domain_channel(read_controls(me=b"me.test\n", locals_=b"a.test\r\n"), b"a.test") == "remote"


def test_a_line_for_every_domain() -> None:
    """The empty key catches all that is not in locals."""
    controls = Controls(locals=frozenset({b"a.test"}), virtualdomains={b"": b"all"})

    assert virtual_key(controls, b"b.test") == b""
    assert domain_channel(controls, b"b.test") == "virtual"
    assert domain_channel(controls, b"a.test") == "local"
    assert locality(controls, b"u@b.test") == Locality(channel="virtual", address=b"all-u@b.test")


def test_exemptions_end_the_search() -> None:
    """An empty value is remote, for a domain as for a single address."""
    controls = Controls(locals=frozenset(), virtualdomains={b".w.test": b"w", b"ok.w.test": b"", b"u@v.w.test": b""})

    assert virtual_key(controls, b"ok.w.test") is None
    assert virtual_key(controls, b"no.w.test") == b".w.test"
    assert locality(controls, b"U@V.w.test").channel == "remote"
    assert locality(controls, b"x@v.w.test").channel == "virtual"
