"""Parameters of main.cf that the inventory sets freely: which it may, and whether the host's Postfix can use them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from relayconf.facts import Finding
from relayconf.model import Host
from relayconf.mta.postfix.admin import error
from relayconf.mta.postfix.names import MANAGED, PREFIX, SERVICES
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

DEFAULT = "postfix.default."
"""How facts begin that say which value a parameter has when main.cf does not set it (`-`: none)."""

_OTHERWISE = {
    "relayhost": "`relay`",
    "default_transport": "`relay`",
    "relay_transport": "`relay`",
    "transport_maps": "`routes` and `domains`",
    "smtp_generic_maps": "`rewrite`",
    "smtp_sasl_password_maps": "`auth` of the relay",
    "smtp_tls_policy_maps": "`tls` of the relay",
    "smtp_tls_cert_file": "`client_certificate` of the relay",
    "smtp_tls_key_file": "`client_certificate` of the relay",
    "smtp_tls_fingerprint_digest": "`fingerprints` of the relay",
}
_ROUTING = frozenset(
    {
        *("mydestination", "virtual_alias_domains", "virtual_alias_maps", "virtual_mailbox_domains"),
        *("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"),
        *("local_transport", "virtual_transport"),
        *("content_filter", "relocated_maps", "smtp_fallback_relay", "fallback_relay", "smtp_tls_wrappermode"),
    }
)
# Who may relay through the host (SMTPD_ACCESS_README), and with a smarthost whether strangers send through that.
_RELAYING = frozenset(
    {
        *("mynetworks", "mynetworks_style", "relay_domains", "inet_interfaces", "proxy_interfaces"),
        *("smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_client_restrictions"),
    }
)
_MACHINE = re.compile(r"(?:\w+_directory|mail_owner|setgid_group|default_privs|multi_instance_\w+|inet_protocols)")
_NUMBER = re.compile(r"-?[0-9]+")
_TIME = re.compile(r"[0-9]+[smhdw]")


def _reason(name: str) -> tuple[str, str] | None:
    """Why the inventory may not set *name*, and the way out."""
    if (name in MANAGED and name != "smtp_tls_CAfile") or name.startswith(
        (PREFIX, *(f"{service}_" for service in SERVICES))
    ):
        return "relayconf manages it itself", _OTHERWISE.get(name, "leave it to relayconf")
    if name in _ROUTING:
        return "it changes where mail goes behind relayconf's back", "`relay`, `routes` and `domains`"
    if name in _RELAYING:
        return "it decides who may send through this host, and so through its smarthost", "set it in main.cf by hand"
    if _MACHINE.fullmatch(name):
        return "it takes more than a reload, or moves what is running", "set it in main.cf by hand"
    return None


def refused(host: Host) -> Iterator[Finding]:
    """Settings that no Postfix host may get from the inventory, and those of a host whose helper knows none."""
    for name in host.settings:
        if reason := _reason(name):
            yield error("postfix-setting-managed", f"`settings` cannot set {name}: {reason[0]}", reason[1])
    if host.settings and host.ssh.become == "helper":
        text = f"the helper on this host writes no `settings`: {listing(host.settings)}"
        yield error("postfix-setting-helper", text, "set them in main.cf by hand", "`become: sudo`")


def _fault(value: str, default: str) -> str:
    """What a value must be that is of another kind than *default*; empty when it can be right."""
    if "$" in value:
        return ""
    if default in {"yes", "no"} and value not in {"yes", "no"}:
        return "`yes` or `no`"
    if _TIME.fullmatch(default) and not (_TIME.fullmatch(value) or value.isdecimal()):
        return "a time such as `90s`, `5m`, `2h` or `1d`"
    return "a number" if _NUMBER.fullmatch(default) and not _NUMBER.fullmatch(value) else ""


def unusable(host: Host, values: Mapping[str, str]) -> Iterator[Finding]:
    """Settings that this host's Postfix does not know, or has another kind of value for (`postconf -d`)."""
    unknown = [name for name in host.settings if f"{DEFAULT}{name}" not in values]
    if unknown:
        release = printable(values.get("postfix.version", "-"))
        text = f"`settings` has parameters that Postfix {release} on this host does not know: {listing(unknown)}"
        yield error("postfix-setting-unknown", text, "`postconf -d` on the host lists what it knows")
    for name, value in host.settings.items():
        if fault := _fault(value, values.get(f"{DEFAULT}{name}", "-")):
            yield error("postfix-setting-value", f"`settings`: {name} must be {fault}", "postconf(5)")
