"""What Postfix takes for a domain or an address literal (RFC 1123; RFC 5321 4.1.3; valid_hostname.c)."""

from __future__ import annotations

import re
import unicodedata

from relayconf.mta.postfix.resolver.outcomes import Unknowable

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST = 255
_LONGEST_LITERAL = 45
# Letters of Hangul and Khmer that are nothing to see, and disallowed.
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5")
_OCTET = re.compile("0*(?:[0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5])")
_HEX = re.compile("[0-9A-Fa-f]{1,4}")


def is_ipv4(text: str) -> bool:
    """Whether *text* is four numbers below 256 with dots between; 0.1.2.3 is none, 0.0.0.0 is one."""
    numbers = text.split(".")
    if len(numbers) != 4 or not all(_OCTET.fullmatch(number) for number in numbers):
        return False
    return bool(numbers[0].strip("0")) or not text.strip("0.")


def _fields(text: str) -> list[str] | None:
    """The fields of an IPv6 address, its last one perhaps an IPv4 address, which counts as two; None when malformed."""
    fields = text.split(":")
    if "." in fields[-1]:
        if not 3 <= len(fields) <= 7 or not is_ipv4(fields[-1]):
            return None
        fields[-1:] = ["0", "0"]
    return fields


def is_ipv6(text: str) -> bool:
    """Whether *text* looks like an IPv6 address (RFC 4291 2.2). Postfix insists on no more than three fields here."""
    fields = _fields(text)
    if fields is None or not 3 <= len(fields) <= 8 or ":::" in text or text.count("::") > 1:
        return False
    if (text.startswith(":") and not text.startswith("::")) or (text.endswith(":") and not text.endswith("::")):
        return False
    return all(not field or _HEX.fullmatch(field) for field in fields)


def is_literal(text: str) -> bool:
    """Whether *text*, which starts with `[`, is an address literal: `[192.0.2.1]`, `[IPv6:2001:db8::1]`."""
    return text.endswith("]") and text.count("]") == 1 and bare_address(text[1:-1]) is not None


def bare_address(text: str) -> str | None:
    """The IP address in the inside of a literal; None when there is none."""
    if len(text) > _LONGEST_LITERAL:
        return None
    if text[:5].lower() == "ipv6:":
        return text[5:] if is_ipv6(text[5:]) else None
    return text if is_ipv4(text) else None


def _in_ascii(name: str) -> str:
    """The A-labels of *name*, empty where it has none (UTS 46, as ICU does it without its stricter options)."""
    labels = unicodedata.normalize("NFKC", name.casefold()).split(".")
    for label in labels:
        letters = [unicodedata.category(char)[0] for char in label if not char.isascii()]
        if label.startswith("xn--") or set(letters) - set("LMN") or _FILLERS & set(label):
            raise Unknowable(f"whether {name} is a domain, which only the host's own library can judge")
        if "-" in {label[:1], label[-1:]} or label[2:4] == "--" or unicodedata.category(label[:1] or "a")[0] == "M":
            return ""
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def is_hostname(name: str, *, utf8: bool) -> bool:
    """Whether *name* is a domain: labels of letters, digits, `_`, and hyphens inside, not all of them numbers.

    With *utf8*, other letters are judged by their A-labels. Raises Unknowable for signs that are no letters.
    """
    if not name.isascii():
        if not utf8:
            return False
        name = _in_ascii(name)
    if len(name) > _LONGEST or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        return False
    return bool(re.search("[^0-9.]", name))
