"""qmail-remote's choice of route once more, transcribed byte by byte and in C's manner, to compare the model with.

Nothing is shared with the package, and nothing is done the same way: no split, no dictionary, no regular expression.
"""

from __future__ import annotations

LF, BLANK, TAB, HASH, COLON, DOT = 10, 32, 9, 35, 58, 46


def _read_lines(content: bytes) -> bytearray:
    """`control_readfile`: a memory of lines, each with a NUL behind it."""
    memory = bytearray()
    line = bytearray()
    for position, byte in enumerate(content):
        line.append(byte)
        if byte != LF and position + 1 < len(content):
            continue
        while line and line[len(line) - 1] in (LF, BLANK, TAB):
            del line[len(line) - 1]
        line.append(0)
        if line[0] not in (0, HASH):
            memory += line
        line = bytearray()
    return memory


def _equal(one: bytes, other: bytes) -> bool:
    """`case_diffb`, turned around."""
    if len(one) != len(other):
        return False
    for a, b in zip(one, other, strict=True):
        first = a + 32 if 65 <= a <= 90 else a
        second = b + 32 if 65 <= b <= 90 else b
        if first != second:
            return False
    return True


def _constmap(memory: bytearray, wanted: bytes) -> bytes | None:
    """The value of the entry that was put at the head of its chain last."""
    found = None
    start = 0
    for position, byte in enumerate(memory):
        if byte != 0:
            continue
        colon = start
        while colon < position and memory[colon] != COLON:
            colon += 1
        if colon < position and _equal(bytes(memory[start:colon]), wanted):
            found = bytes(memory[colon + 1 : position])
        start = position + 1
    return found


def _scan_ulong(text: bytes, position: int) -> tuple[int, int]:
    """Value modulo 2^64, and how many digits there were."""
    value = count = 0
    while position + count < len(text) and 48 <= text[position + count] <= 57:
        value = (value * 10 + text[position + count] - 48) % 2**64
        count += 1
    return value, count


def _ip_scan(text: bytes, position: int) -> tuple[list[int], int]:
    """Four octets and the position behind them, or the position -1."""
    octets: list[int] = []
    while True:
        value, count = _scan_ulong(text, position)
        if count == 0:
            return [], -1
        octets.append(value % 256)
        position += count
        if len(octets) == 4:
            return octets, position
        if position >= len(text) or text[position] != DOT:
            return [], -1
        position += 1


def _literal(host: bytes) -> bytes | None:
    octets, end = _ip_scan(host, 0)
    if end != len(host):
        if not host or host[0] != ord("["):
            return None
        octets, end = _ip_scan(host, 1)
        if end < 0 or end >= len(host) or host[end] != ord("]") or end + 1 != len(host):
            return None
    return ".".join(str(octet) for octet in octets).encode()


def oracle_route(content: bytes | None, host: bytes) -> tuple[str, bytes, int]:
    """via, host, port."""
    memory = _read_lines(content) if content is not None else bytearray()
    value = None
    for position in range(len(host) + 1):
        if position in (0, len(host)) or host[position] == DOT:
            value = _constmap(memory, host[position:])
            if value is not None:
                break
    if value is None or len(value) == 0:
        address = _literal(host)
        return ("mx", host, 25) if address is None else ("literal", address, 25)
    name, port = bytearray(), 25
    for position, byte in enumerate(value):
        if byte == COLON:
            port = _scan_ulong(value, position + 1)[0] % 65536
            break
        name.append(byte)
    return "relay", _literal(bytes(name)) or bytes(name), port
