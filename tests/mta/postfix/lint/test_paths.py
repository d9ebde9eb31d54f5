"""What is looked at beside the two files."""

from __future__ import annotations

from relayconf.mta.postfix.lint.paths import wanted
from tests.mta.postfix.lint.exhibits import Exhibit


def test_paths() -> None:
    """Sources with their content, compiled tables and keys without."""
    exhibit = Exhibit(
        settings={
            "transport_maps": "hash:/etc/postfix/t texthash:/etc/postfix/x regexp:/etc/postfix/r inline:{a=b}",
            "smtp_tls_CApath": "/etc/ssl/certs",
            "smtp_tls_key_file": "/etc/key.pem",
        }
    )

    assert [f"{one.path}{' +' if one.content else ''}" for one in wanted(exhibit.configuration)] == [
        "/etc/postfix/sasl_passwd +",
        "/etc/postfix/sasl_passwd.db",
        "/etc/postfix/t +",
        "/etc/postfix/t.db",
        "/etc/postfix/x +",
        "/etc/postfix/r",
        "/etc/resolv.conf +",
        "/var/spool/postfix/etc/resolv.conf +",
        "/etc/services +",
        "/var/spool/postfix/etc/services +",
        "/etc/ssl/certs/ca-certificates.crt +",
        "/etc/key.pem",
        "/etc/ssl/certs",
        "/var/spool/postfix/etc/ssl/certs",
    ]
