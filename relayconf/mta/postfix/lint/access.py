"""Who may use this host, and with it its relay."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from relayconf.mta.postfix.lint.codes import Fault, fault
from relayconf.mta.postfix.lint.configuration import Configuration
from relayconf.mta.postfix.lint.services import Service
from relayconf.text import printable

_RESTRICTIONS = ("smtpd_relay_restrictions", "smtpd_recipient_restrictions")
_DEEPEST = 8
_REFUSING = frozenset({"reject", "defer", "defer_if_permit", "reject_unauth_destination", "defer_unauth_destination"})


def _servers(config: Configuration) -> tuple[Service | None, ...]:
    """main.cf itself, and the servers that may say otherwise."""
    return (None, *(service for service in config.services if service.program == "smtpd"))


def _networks(
    config: Configuration, server: Service | None
) -> Iterator[tuple[str, ipaddress.IPv4Interface | ipaddress.IPv6Interface]]:
    """The networks of mynetworks that are written with a length; other words are tables, files and addresses."""
    for word in config.words("mynetworks", server):
        plain = re.sub(r"[\[\]!]", "", word)
        try:
            yield word, ipaddress.ip_interface(plain)
        except ValueError:
            continue


def mynetworks(config: Configuration) -> Iterator[Fault]:
    """Networks that are everybody, or none."""
    for server in _servers(config):
        place = config.place("mynetworks", server)
        for word, found in _networks(config, server):
            if found.ip != found.network.network_address:
                text = f"mynetworks: {printable(word)} has bits set behind its length: smtpd takes no mail with it"
                yield fault("mynetworks", place, text, str(found.network))
            elif found.network.prefixlen == 0 and not word.startswith("!"):
                text = f"mynetworks: {printable(word)} is everybody: an open relay, with the smarthost behind it"
                yield fault("open-relay", place, text, "the networks of your own hosts")


def _refuses(config: Configuration, words: tuple[str, ...], depth: int = 0) -> bool:
    """Whether a list gets to something that refuses mail, as smtpd(8) looks for it when it starts."""
    classes = config.words("smtpd_restriction_classes")
    rest = iter(words)
    for word in rest:
        if word.lower() == "warn_if_reject":
            next(rest, None)
        elif word.lower() == "permit":
            return False
        elif word.lower() in _REFUSING or (
            word in classes and depth < _DEEPEST and _refuses(config, config.words(word), depth + 1)
        ):
            return True
    return False


def restrictions(config: Configuration) -> Iterator[Fault]:
    """Lists that refuse nobody, with which smtpd(8) does not start: it would be an open relay."""
    relay = "smtpd_relay_restrictions"
    for server in _servers(config):
        if config.is_set(relay, server) and not any(
            _refuses(config, config.words(name, server)) for name in _RESTRICTIONS
        ):
            text = f"neither {relay} nor smtpd_recipient_restrictions refuse anybody: smtpd dies when it starts"
            yield fault("smtpd-restrictions", config.place(relay, server), text, "reject_unauth_destination at its end")
