"""Faults of single parameters."""

from __future__ import annotations

import pytest

from tests.mta.postfix.lint.exhibits import MASTER, Exhibit, catalogue, told
from tests.support.golden import Golden

EXHIBITS = {
    "main-line": Exhibit(tail="relayhost [x]\n= y\na = 1\0\n"),
    "duplicate": Exhibit(tail="relayhost = [old.test]:25\nrelayhost = [relay.test]:587\n"),
    "misspelt": Exhibit(settings={"smtp_sasl_password_map": "x", "relay_host": "y"}),
    "boolean": Exhibit(settings={"smtp_sasl_auth_enable": "on", "smtp_sasl_password_maps": None}),
    "time": Exhibit(
        settings={"smtp_connect_timeout": "30 s", "minimal_backoff_time": "5min ", "bounce_queue_lifetime": "x"}
    ),
    "value": Exhibit(
        settings={
            "smtp_tls_security_level": "secured",
            "smtp_tls_mandatory_ciphers": "strong",
            "smtp_tls_ciphers": "High",
        }
    ),
    "value 2": Exhibit(settings={"smtp_sasl_security_options": "noplain, noanonymous", "smtp_host_lookup": "DNS"}),
    "value 3": Exhibit(settings={"inet_protocols": "ipv5"}),
    "expansion": Exhibit(settings={"myorigin": "${x", "smtp_helo_name": "$(myhostname"}),
    "time 2": Exhibit(master=MASTER + "slow unix - - y - - smtp -o smtp_connect_timeout=soon -o smtp_helo_name=${x\n"),
    "obsolete": Exhibit(settings={"smtp_use_tls": "yes", "smtpd_use_tls": "yes", "smtp_tls_per_site": ""}),
}
QUIET = (
    Exhibit(settings={"relay_hosts": "[relay.test]:587", "relayhost": "$relay_hosts"}),
    Exhibit(settings={"smtp_tls_security_level": "Secure", "smtp_connect_timeout": "30s", "queue_run_delay": "1h30m"}),
    Exhibit(settings={"smtp_sasl_security_options": "noplaintext noanonymous|noactive", "smtp_tls_ciphers": ""}),
    Exhibit(
        settings={"slow_destination_rate_delay": "1s", "relayconf_maps": "x", "mine": "y", "smtp_helo_name": "$mine"}
    ),
    Exhibit(settings={"forward_path": "$home/.forward${recipient_delimiter}${extension}"}),
    Exhibit(
        settings={"smtp_rely": "x"},
        master=MASTER + "odd unix - - y - - smtp -o smtp_bind_adress=$smtp_rely -o smtp_rely=2\n",
    ),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/parameters.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
