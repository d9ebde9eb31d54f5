"""Every wording in which the inventory is refused, in one table, and the helpers that fill it in.

A wording never repeats a value that could be a password put in the wrong place: names are repeated only where they
look like names, and nothing at all from below an `auth`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from itertools import islice

from relayconf.errors import Problem
from relayconf.model import Origin

_FIELD = re.compile(r"\{([a-z]+)\}")
_WAYS_OUT = "write {env: NAME}, {file: PATH}, {command: LINE} or {keyring: SERVICE/USER}"

WORDINGS: Mapping[str, tuple[str, str]] = {
    # The file
    "encoding": ("the file is not UTF-8 text", "save it as UTF-8"),
    "control_in_file": ("the file holds the control character {character}", ""),
    "syntax": ("this is not YAML: {reason}", "{context}"),
    "tab": ("a tab cannot stand here", "YAML is indented with blanks"),
    "several_documents": ("a second YAML document begins here", "an inventory is one document: take the `---` out"),
    "empty_file": ("the file is empty", "start with `version: 1`"),
    "too_deep": ("nested too deep", "an inventory needs fewer than 50 levels"),
    "too_many_aliases": ("the aliases of this file stand for too many values", "write them out, or use `groups`"),
    "endless_alias": ("this alias contains itself", ""),
    "tag": ("YAML tags are not supported", "take out the word that begins with `!`"),
    "merge_key": ("the YAML merge key `<<` is not supported", "put what hosts share into a group"),
    "key_shape": ("a key must be a single word or name", ""),
    "duplicate_key": ("the key stands here twice", "first in line {line}"),
    "unreadable": ("cannot read {file}: {reason}", ""),
    "include_cycle": ("{file} includes itself", ""),
    "defined_twice": ("already defined in {first}", "one of the two must go"),
    # Keys and shapes
    "unknown_key": ("unknown key", "{suggestion}"),
    "missing_key": ("`{name}` is missing", ""),
    "wanted_text": ("expected text", ""),
    "wanted_map": ("expected a map (`key: value`)", ""),
    "wanted_list": ("expected a list", "write it as `[first, second]`"),
    "wanted_word": ("expected {expected}", "{suggestion}"),
    "wanted_relay": ("expected a relay", "write NAME, NAME:PORT, `direct`, {via: HOST} or {host: NAME, port: 25}"),
    "wanted_domain": ("expected a target", "write `local`, `mx`, {at: HOST} or {host: NAME, port: 25}"),
    "wanted_route": ("expected a target", "write `direct`, {relay: NAME}, {via: HOST}, {reject: TEXT} or another map"),
    "wanted_flat_file": ("expected a path", "or write {file: PATH, at: HOST}"),
    "wanted_true": ("expected true or false", ""),
    "wanted_version": ("expected 1, the only version there is", ""),
    "wanted_sender": (
        "expected a relay for this sender",
        "write {relay: NAME}, with `auth: {…}` or without, or `direct`",
    ),
    "empty_text": ("must not be empty", ""),
    "empty_list": ("the list is empty", ""),
    "control_character": ("holds the control character {character}", "write it on one line"),
    "port": ("not a port", "a number from 1 to 65535"),
    "absolute_path": ("not an absolute path", "it must begin with `/` and hold no `..`"),
    "ssh_word": ("cannot begin with `-` or hold blanks", ""),
    # Names
    "name_empty": ("{kind} cannot have an empty part", ""),
    "name_character": ("{kind} cannot hold {character}", "{suggestion}"),
    "name_hyphen": ("no part of {kind} can begin or end with `-`", ""),
    "name_label": ("a part of {kind} is longer than 63 characters", ""),
    "name_length": ("longer than {limit} characters, which is the most for {kind}", ""),
    "name_trailing_dot": ("write it without the dot at the end", ""),
    "name_numeric": ("{kind} cannot end in a number", "{suggestion}"),
    "name_idna": ("cannot be written as an internationalised domain name", ""),
    "name_star": ("`*` means nothing here", "`relay:` is where everything else goes; subdomains are `.example.com`"),
    "name_dot": ("a dot alone names no domain", "`relay:` is where everything else goes"),
    "name_address": ("an address cannot stand here, only a domain", "a single address goes into `routes`"),
    "not_address": ("not an address", "write `user@example.com`"),
    "not_sender": ("neither an address nor a domain", "write `user@example.com` or `@example.com`"),
    "sender_key": (
        "neither an address nor an @domain, nor `<>`",
        "write `user@example.com`, `@example.com` (subdomains one by one), or `<>` for bounces",
    ),
    "not_ip": ("not an IP address", ""),
    "virtual_prefix": (
        "not a prefix of virtualdomains",
        'a user, perhaps with an extension: `alice-shop`; "" takes a domain out of a wildcard',
    ),
    "parameter_name": ("not the name of a parameter", "such as `smtp_helo_name`, see postconf(5)"),
    "identifier": ("not a usable name", "letters, digits, `.`, `-` and `_`, beginning with a letter or digit"),
    "reserved_name": ("`{name}` cannot name a relay: it is a word of `relay:`", ""),
    "range_shape": ("not a range of hosts", "write `node[001-300]`: one pair of whole numbers"),
    "range_order": ("the range ends before it begins", ""),
    "range_size": ("the range names more than 10,000 hosts", ""),
    "range_address": ("one address cannot belong to a range of hosts", "leave `address` out: the name is the address"),
    "host_twice": ("host `{name}` is already named in {first}", ""),
    "host_and_group": ("`{name}` is a host and a group", "the command line could not tell them apart"),
    # Relays
    "port_and_endpoints": ("`{name}` and `endpoints` exclude each other", "put it into the endpoint"),
    "endpoint_twice": ("port {port} stands here twice", ""),
    "fingerprint": (
        "not a SHA-256 fingerprint",
        "64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` prints them",
    ),
    "literal_password": ("a literal password is refused", _WAYS_OUT),
    "one_secret": ("expected exactly one way to the secret", _WAYS_OUT),
    "env_name": ("not the name of an environment variable", "letters, digits and `_`"),
    "keyring_name": ("not a keyring entry", "write `SERVICE/USER`"),
    "not_certificate": ("{file} holds no certificate in PEM", "it begins with `-----BEGIN CERTIFICATE-----`"),
    "plaintext_auth": (
        "with TLS `{tls}` the password could cross the network in clear, at port {port}",
        "set `tls: encrypt` or stronger, or `allow_plaintext_auth: true`",
    ),
    "sender_auth_none": (
        "relay `{name}` takes no credentials at port {port}: it says `auth: none`",
        "name another port of it",
    ),
    # Providers
    "unknown_provider": ("no provider is named `{name}`", "{suggestion}"),
    "provider_shape": ("not the name of a provider", "`relayconf providers` lists them"),
    "lone_region": ("`region` goes with `provider`", ""),
    "no_regions": ("provider `{provider}` has no regions", ""),
    "unknown_region": ("provider `{provider}` has no region `{name}`", "{suggestion}"),
    "region_shape": ("not the name of a region", ""),
    "region_missing": ("provider `{provider}` has servers in each region: `region` is missing", "{suggestion}"),
    "provider_host": ("provider `{provider}` has another server for each customer: {host}", "write it as `host`"),
    "auth_missing": ("provider `{provider}` wants credentials: {username}; {password}", "write them as `auth`"),
    "auth_unwanted": ("provider `{provider}` takes no password", "it goes by: {ways}"),
    "xoauth2_only": (
        "provider `{provider}` takes no passwords, only OAuth2 tokens (XOAUTH2), which are not supported yet",
        "a program on the host that fetches tokens is a relay too: 127.0.0.1 with a port other than 25",
    ),
    "implicit_port": (
        "port {port} of provider `{provider}` speaks TLS from the first byte, which is known on 465 and 2465 alone",
        "it has: {ports}",
    ),
    "no_tls": (
        "provider `{provider}` has no TLS at port {port}: the password would cross the network in clear",
        "left to itself the relay has {ports}; to do it all the same: `allow_plaintext_auth: true`",
    ),
    "spf_term": ("not an SPF term of a sender", "write `include:NAME`, an address, or a network as 192.0.2.0/24"),
    # What a target says
    "one_target": ("expected exactly one of {expected}", ""),
    "lone_port": ("`port` goes with `host`", ""),
    "unknown_relay": ("no relay is named `{name}`", "{suggestion}"),
    "relay_shape": ("not the name of a relay", "write NAME, NAME:PORT or `direct`"),
    "unknown_endpoint": ("relay `{name}` has no endpoint at port {port}", "it has: {ports}"),
    "unknown_host": ("no host is named `{name}`", "{suggestion}"),
    "host_shape": ("not the name of a host", ""),
    "unknown_group": ("no group is named `{name}`", "{suggestion}"),
    "group_shape": ("not the name of a group", ""),
    "group_twice": ("group `{name}` stands here twice", ""),
    "domain_word": ("expected `local` or `mx`, or a map", "{suggestion}"),
    "route_word": ("expected `direct`, or a map", "{suggestion}"),
    "reject_code": ("the text must begin with a code 5.x.x", 'such as "5.1.1 no such domain"'),
    "retry_code": ("the text must begin with a code 4.x.x", 'such as "4.3.0 try again later"'),
    "ambiguous_key": ("`{name}` is already here, written otherwise, in line {line}", ""),
    # Hosts
    "no_value": ("host `{host}` has no `{name}`", "set `{name}` on the host, in one of its groups, or at the top"),
    "relay_self": (
        "`{host}` would relay to itself",
        "name another relay; a program on the host itself is 127.0.0.1 with a port other than 25",
    ),
    "via_self": ("`{host}` would relay via itself", "give it a `{table}` entry of its own"),
    "target_self": ("`{host}` would send this to itself", "for mail that it delivers: `local` or {at: {host}}"),
    "circle": ("mail would go round in a circle: {circle}", ""),
    "local_and_routed": (
        "`{name}` is a domain of ours and routed at once on `{host}`",
        "take it out of `domains` or `routes`; null deletes an inherited key",
    ),
    # Flat files
    "flat_duplicate": ("`{name}` is already in line {line}", ""),
    "flat_and_yaml": ("`{name}` is also in {first}", "one of the two must go"),
    "flat_more": ("… and {count} more in this file", ""),
}


class Fault(ValueError):
    """A value is refused: a code of `WORDINGS` and what fills it in. Becomes a Problem where the place is known."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def shown(text: str) -> str:
    """*text* with every character that is not printable as its code in hexadecimal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def character(char: str) -> str:
    """One character as an admin recognises it: itself, or its code point."""
    if char == " ":
        return "a blank"
    return f"`{char}`" if char.isascii() and char.isprintable() and char != "`" else f"U+{ord(char):04X}"


def suggestion(word: str, names: Iterable[str]) -> str:
    """The name nearest to *word*, else the names there are; empty when there are none."""
    pool = list(islice((name for name in names if name), 1000))
    if near := difflib.get_close_matches(word, pool, n=1):
        return f"did you mean `{near[0]}`?"
    if not pool:
        return ""
    more = ", …" if len(pool) > 12 else ""
    return f"there is: {', '.join(pool[:12])}{more}"


def is_name(word: str) -> bool:
    """Whether *word* looks like a name, so that a message may repeat it."""
    return re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}", word) is not None


def problem(origin: Origin, place: str, code: str, params: Mapping[str, str]) -> Problem:
    """The problem *code* at *origin*, worded."""
    text, hint = (_FIELD.sub(lambda field: params[field[1]], part) for part in WORDINGS[code])
    return Problem(
        file=origin.file,
        line=origin.line,
        column=origin.column,
        place=shown(place),
        text=shown(text),
        hint=shown(hint) or None,
    )
