"""What Postfix knows by name: its parameters (3.7 to 3.11), and the words that some of them take (postconf(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from relayconf.mta.postfix.names import PREFIX

LEVELS = ("none", "may", "encrypt", "fingerprint", "dane", "dane-only", "verify", "secure")
"""The TLS security levels, of which `encrypt` and all behind it demand TLS."""

_GRADES = ("null", "export", "low", "medium", "high")
_SASL_OPTIONS = ("noplaintext", "noactive", "nodictionary", "noanonymous", "mutual_auth", "forward_secrecy")

ONE_OF: Mapping[str, tuple[str, ...]] = {
    "smtp_tls_security_level": LEVELS,
    "lmtp_tls_security_level": LEVELS,
    "smtpd_tls_security_level": ("none", "may", "encrypt"),
    "smtp_tls_ciphers": _GRADES,
    "smtp_tls_mandatory_ciphers": _GRADES,
    "smtp_dns_support_level": ("disabled", "enabled", "dnssec"),
    "smtp_address_preference": ("ipv6", "ipv4", "any"),
}
"""Parameters that are one word or empty."""

SOME_OF: Mapping[str, tuple[str, ...]] = {
    "smtp_sasl_security_options": _SASL_OPTIONS,
    "smtp_sasl_tls_security_options": _SASL_OPTIONS,
    "smtp_host_lookup": ("dns", "native"),
    "inet_protocols": ("ipv4", "ipv6", "all"),
}
"""Parameters that are a list of words."""

ANY_CASE = frozenset(name for name in ONE_OF if "_tls_" in name)
"""Parameters whose words may have capital letters."""

OBSOLETE: Mapping[str, str] = {
    "smtp_use_tls": "smtp_tls_security_level = may",
    "smtp_enforce_tls": "smtp_tls_security_level = encrypt",
    "smtp_tls_enforce_peername": "smtp_tls_security_level = verify",
    "smtp_tls_per_site": "smtp_tls_policy_maps",
    "smtp_tls_cipherlist": "smtp_tls_ciphers",
    "smtpd_use_tls": "smtpd_tls_security_level = may",
    "smtpd_enforce_tls": "smtpd_tls_security_level = encrypt",
    "fallback_relay": "smtp_fallback_relay",
    "disable_dns_lookups": "smtp_dns_support_level = disabled",
}
"""Parameters that newer releases drop, and what stands in their place (DEPRECATION_README)."""

TYPES = frozenset(
    [
        "btree",
        "cdb",
        "cidr",
        "dbm",
        "environ",
        "fail",
        "hash",
        "inline",
        "internal",
        "ldap",
        "lmdb",
        "memcache",
        "mongodb",
        "mysql",
        "netinfo",
        "nis",
        "nisplus",
        "pcre",
        "pgsql",
        "pipemap",
        "proxy",
        "randmap",
        "regexp",
        "sdbm",
        "socketmap",
        "sqlite",
        "static",
        "tcp",
        "texthash",
        "unionmap",
        "unix",
        "debug",
    ]
)
"""Every type of table that some Postfix has (DATABASE_README)."""

# Parameters that each transport of master.cf has for itself.
_OF_TRANSPORTS = re.compile(
    r".+_(destination_(concurrency_\w+|rate_delay|recipient_limit)|initial_destination_concurrency|recipient_(limit|refill_\w+)"
    r"|extra_recipient_limit|minimum_delivery_slots|delivery_slot_\w+|transport_rate_delay|time_limit|maxproc)"
)


@cache
def kinds() -> Mapping[str, str]:
    """Every parameter of Postfix: `boolean`, `time` or `other`."""
    text = Path(__file__).with_name("parameters.txt").read_text(encoding="ascii")
    return dict(line.split() for line in text.splitlines())


def is_known(name: str) -> bool:
    """Whether Postfix, or relayconf, has a parameter of this name."""
    return name in kinds() or name.startswith(PREFIX) or _OF_TRANSPORTS.fullmatch(name) is not None
