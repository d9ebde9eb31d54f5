"""The package itself: what it offers, and what importing it leaves behind."""

from __future__ import annotations

import logging
import subprocess
import sys

import relayconf.remote.ssh


def test_only_the_connector_is_public() -> None:
    """Everything else is a room of its own."""
    assert set(relayconf.remote.ssh.__all__) == {"Connector"}


def test_paramiko_says_nothing_by_itself() -> None:
    """Its log would reach stderr by Python's handler of last resort."""
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("paramiko").handlers)


def test_invoke_is_not_imported_and_can_be_afterwards() -> None:
    """Paramiko's optional dependency costs 70 ms that nobody needs, and is not hidden from others for good."""
    program = "import sys, relayconf.remote.ssh; print('invoke' in sys.modules); import invoke; print(invoke.__name__)"

    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert shown == "False\ninvoke\n"
