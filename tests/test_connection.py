"""How a host is reached."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from relayconf.connection import Ssh


def test_what_is_not_said_is_left_to_ssh() -> None:
    """The user's own configuration decides, and nobody changes a value later."""
    ssh = Ssh()

    assert {getattr(ssh, field.name) for field in fields(ssh)} == {None}
    with pytest.raises(FrozenInstanceError):
        ssh.port = 22  # type: ignore[misc]
