"""Names as mail knows them: domains, hosts, addresses, and ranges of hosts. All raise `Fault`, none repeats a value.

Labels follow RFC 1123 2.1 with the underscore that real zones have; lengths RFC 1035 2.3.4; addresses RFC 5321 4.1.2
without quoted local parts; internationalised names UTS 46, non-transitional.
"""

from __future__ import annotations

import ipaddress
import re

from relayconf.inventory.problems import Fault, character

MAX_RANGE = 10_000

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,62}+(?<!-))?+"
DOMAIN = rf"\.?+(?=[^\n]{{1,253}}$)(?:{_LABEL}\.)*+(?![0-9]+$){_LABEL}"
"""One lower-case A-label domain or `.domain`, for re.MULTILINE; what `domain_key` lets through."""

_NAME = re.compile(DOMAIN)
_ODD_IN_NAME = re.compile(r"[^a-z0-9_.-]")
_ODD_IN_LOCAL_PART = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")
_RANGE = re.compile(r"([^\[\]]*)\[([0-9]{1,9})-([0-9]{1,9})\]([^\[\]]*)")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _ascii(text: str, kind: str) -> str:
    if text.isascii():
        return text.lower()
    if odd := CONTROL.search(text):
        raise Fault("name_character", kind=kind, character=character(odd[0]), suggestion="")
    import idna  # noqa: PLC0415  most inventories are ASCII and need not wait for its tables

    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Fault("name_idna") from error


def _explain(text: str, kind: str) -> Fault:
    if odd := _ODD_IN_NAME.search(text):
        hint = "the port has a key of its own: `port`" if odd[0] == ":" else ""
        return Fault("name_character", kind=kind, character=character(odd[0]), suggestion=hint)
    if len(text) > 253:
        return Fault("name_length", kind=kind, limit="253")
    labels = text.split(".")
    if "" in labels:
        return Fault("name_trailing_dot" if text.endswith(".") and "" not in labels[:-1] else "name_empty", kind=kind)
    if any(len(label) > 63 for label in labels):
        return Fault("name_label", kind=kind)
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        return Fault("name_hyphen", kind=kind)
    hint = "it looks like an IP address" if kind == "a domain" else "it looks like an IP address, but is none"
    return Fault("name_numeric", kind=kind, suggestion=hint)


def domain(text: str, kind: str = "a domain") -> str:
    """*text* as a lower-case A-label name without dots at its ends."""
    name = _ascii(text, kind)
    if name.startswith(".") or not _NAME.fullmatch(name):
        raise _explain(name, kind)
    return name


def host(text: str) -> str:
    """*text* as a host: a name as `domain` gives it, or an IP address in its shortest form, without brackets."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        if "%" not in bare:
            return ipaddress.ip_address(bare).compressed
    except ValueError:
        pass
    return domain(text, "a host name")


def ip_address(text: str) -> str:
    """*text* as an IP address in its shortest form."""
    try:
        return ipaddress.ip_address(text).compressed
    except ValueError:
        raise Fault("not_ip") from None


def address(text: str) -> str:
    """*text* as `local-part@domain`, the domain in lower case."""
    local, at, name = text.rpartition("@")
    if not at or not local:
        raise Fault("not_address")
    if odd := _ODD_IN_LOCAL_PART.search(local):
        raise Fault("name_character", kind="the part before `@`", character=character(odd[0]), suggestion="")
    if len(local) > 64:
        raise Fault("name_length", kind="the part before `@`", limit="64")
    return f"{local}@{domain(name)}"


def sender(text: str) -> str:
    """*text* as an address or as `@domain`."""
    if text.startswith("@"):
        return f"@{domain(text[1:])}"
    if "@" not in text:
        raise Fault("not_sender")
    return address(text)


def domain_key(text: str) -> str:
    """A key of `domains`: a domain, or `.domain` for its subdomains."""
    if text == ".":
        raise Fault("name_dot")
    if "*" in text:
        raise Fault("name_star")
    if "@" in text:
        raise Fault("name_address")
    return f".{domain(text[1:])}" if text.startswith(".") else domain(text)


def route_key(text: str) -> str:
    """A key of `routes`: as `domain_key`, or an address, which is folded to lower case as both MTAs look it up."""
    return address(text).lower() if "@" in text.strip("@") else domain_key(text)


def virtual_key(text: str) -> str:
    """A key of `manage.virtualdomains`: as `route_key`, but for what qmail would take for a comment."""
    if text.startswith("#"):
        raise Fault("name_character", kind="a line of virtualdomains", character="`#` in front", suggestion="")
    return route_key(text)


def sender_key(text: str) -> str:
    """A key of `senders`: an address or `@domain`, folded to lower case as it is looked up, or `<>` for bounces."""
    if text != "<>" and "@" not in text:
        raise Fault("sender_key")
    return text if text == "<>" else sender(text).lower()


def rewrite_key(text: str) -> str:
    """A key of `rewrite`: an address or `@domain`, folded to lower case as it is looked up."""
    return sender(text).lower()


def parameter(text: str) -> str:
    """A key of `settings`, as postconf(5) has them."""
    if not _PARAMETER.fullmatch(text):
        raise Fault("parameter_name")
    return text


def identifier(text: str) -> str:
    """The name of a group or a relay."""
    if not _IDENTIFIER.fullmatch(text):
        raise Fault("identifier")
    return text


def host_name(text: str) -> str:
    """The name of one host of the inventory, as every reference to it is written too."""
    name = host(text)
    if ":" in name:
        raise Fault("name_character", kind="a host's name", character="`:`", suggestion="it goes into `address`")
    return name


def host_names(text: str) -> tuple[str, ...]:
    """The hosts that a key of `hosts` or a word of the command line names: itself, or `node[001-300]` written out.

    Zeros in front of the first number are kept; one range has at most `MAX_RANGE` hosts.
    """
    if "[" not in text and "]" not in text:
        return (host_name(text),)
    if not (match := _RANGE.fullmatch(text)):
        raise Fault("range_shape")
    head, first, last, tail = match.groups()
    low, high = int(first), int(last)
    width = len(first) if first.startswith("0") else 0
    if high < low:
        raise Fault("range_order")
    if high - low >= MAX_RANGE:
        raise Fault("range_size")
    return tuple(host_name(f"{head}{number:0{width}d}{tail}") for number in range(low, high + 1))
