"""Services of master.cf."""

from __future__ import annotations

from relayconf.mta.postfix.lint.services import services


def test_options() -> None:
    """Every way to write an option; a comma is no separator."""
    (service,) = services(
        b"x unix - - - - - smtp -v -o a=1,2 -ob=3 -o { c = d e }\n  -o\n  f=\n  -o g -o\n", chroot_by_default=True
    )

    assert dict(service.options) == {"a": "1,2", "b": "3", "c": "d e", "f": ""}
    assert service.torn == ("g",)
    assert (service.chroot, service.is_unix, service.program, service.line, service.fault) == (
        True,
        True,
        "smtp",
        1,
        None,
    )


def test_faults() -> None:
    """What master(8) dies of."""
    text = b"a\nb udp - - - - - smtp\nc unix x - - - - smtp\nd unix - - - x - smtp\ne unix - - - 60? 10 smtp\n"

    assert [service.fault for service in services(text, chroot_by_default=False)] == [
        "1 columns where there must be 8",
        "no type of service: udp",
        "neither y, n nor `-`: x",
        "no number: x",
        None,
    ]
