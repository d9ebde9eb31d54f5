"""The module as the MTA that the rest of relayconf sees."""

from __future__ import annotations

from dataclasses import replace

from relayconf.files import WatchedFile
from relayconf.model import Ssh
from relayconf.mta import postfix
from tests.mta.postfix.hosts import host


def test_watched_files() -> None:
    """Two files and the record are managed; of the generation in use, and of the admin's, the passwords are secret."""
    assert postfix.watched(host()) == (
        *(
            WatchedFile(path=path, managed=True, secret=False)
            for path in ("postfix:main.cf", "postfix:master.cf", "relayconf:postfix-parameters")
        ),
        WatchedFile(path="postfix:live/transport", managed=False, secret=False),
        WatchedFile(path="postfix:live/senders", managed=False, secret=False),
        WatchedFile(path="postfix:live/sasl_passwd", managed=False, secret=True),
        WatchedFile(path="postfix:live/tls_policy", managed=False, secret=False),
        WatchedFile(path="postfix:live/generic", managed=False, secret=False),
        WatchedFile(path="postfix:live/status_filter", managed=False, secret=False),
        WatchedFile(path="postfix:theirs/transport_maps", managed=False, secret=False),
        WatchedFile(path="postfix:theirs/smtp_sasl_password_maps", managed=False, secret=True),
        WatchedFile(path="postfix:theirs/smtp_tls_policy_maps", managed=False, secret=False),
        WatchedFile(path="postfix:theirs/smtp_generic_maps", managed=False, secret=False),
        WatchedFile(path="postfix:theirs/relay_domains", managed=False, secret=False),
    )


def test_parameters() -> None:
    """The configuration directory goes to the shell fragment when the inventory names it."""
    assert postfix.parameters(host()) == {}
    assert postfix.parameters(replace(host(), config_directory="/opt/x")) == {"config_directory": "/opt/x"}
    asking = replace(host(), settings={"smtp_helo_name": "x", "queue_run_delay": "1m"})
    assert postfix.parameters(asking) == {"settings": "smtp_helo_name queue_run_delay"}
    assert postfix.parameters(replace(asking, ssh=Ssh(become="helper"))) == {}


def test_the_shell_fragment_is_beside_the_module() -> None:
    """And ships with it."""
    assert postfix.SHELL.name == "postfix.sh"
    assert postfix.SHELL.is_file()
