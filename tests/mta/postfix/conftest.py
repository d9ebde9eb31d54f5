"""A real Postfix host of the lab that is put back after every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab import Lab
from tests.mta.postfix.host_session import SHIMS
from tests.mta.postfix.lab_host import CONFIG, SPEC, STATE, PostfixHost


@pytest.fixture(scope="module", name="lab")
def _lab() -> Iterator[Lab]:
    with Lab.up(SPEC) as lab:
        yield lab


@pytest.fixture(name="host")
def _host(lab: Lab) -> Iterator[PostfixHost]:
    """A host that is put back afterwards."""
    host = PostfixHost(lab=lab, machine=lab.host("mail1"))
    files = {name: host.machine.read(f"{CONFIG}/{name}") for name in ("main.cf", "master.cf")}
    yield host
    host.machine.run(["rm", "-rf", f"{CONFIG}/relayconf", STATE, SHIMS])
    for name, content in files.items():
        host.machine.write(f"{CONFIG}/{name}", content)
    host.machine.run(["touch", "-d", "1 minute ago", f"{CONFIG}/main.cf"])
    host.machine.run(["sh", "-c", "postfix reload || postfix start"])
