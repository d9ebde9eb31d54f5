"""The route model, against what real qmail-remote binaries did."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relayconf.mta.qmail.route import QmailRoute, direct, route
from relayconf.mta.qmail.smtproutes import parse
from tests.mta.qmail.oracle import oracle_route
from tests.mta.qmail.vectors import RouteVector, routes

# Pieces of which files go right and wrong; put together at random they collide in keys, separators and line ends.
_PIECES = st.sampled_from(
    [
        *(b" ", b"\t", b"\0", b"\n", b"\n", b"\r\n", b"\xc3\x84", b"\xc3\xa4", b"\xef\xbb\xbf"),
        *b": . # [ ] * | ; @ a A b com COM example a.example.com .example.com .com".split(),
        *b"25 587 65561 0 99999999999999999999999 192.0.2.5 448.0.02.5 1.2.3 relay.example".split(),
    ]
)
_CONTENTS = st.none() | st.lists(_PIECES, max_size=30).map(b"".join)
_HOSTS = st.lists(
    st.sampled_from(
        [b"a", b"A", b"b", b"com", b"example", b".", b"..", b"[192.0.2.1]", b"192.0.2.1", b"]", b"\xc3\x84"]
    ),
    max_size=6,
).map(b"".join)


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.id) for vector in routes()])
def test_measured_routes(vector: RouteVector) -> None:
    """What the binaries of the classic family did: `via`, `nexthop` and `port` are compared, and not the report.

    The report also depends on the laboratory's DNS. Of what was observed on the wire, the port connected to, the name
    looked up (but for its escapes and case) and a literal's address must follow from the route too.
    """
    got = route(parse(vector.smtproutes), vector.host)

    assert (got.via, got.host, got.port) == (vector.via, vector.nexthop, vector.port)
    if vector.observed_address is not None:
        assert got.port == vector.observed_address[1]
    if vector.observed_name is None:
        assert vector.observed_address == (got.host.decode(), got.port)
    else:
        shown = re.sub(rb"[^!-~]", lambda match: b"\\%03d" % match.group()[0], got.host)
        assert shown.decode() == vector.observed_name


@given(content=_CONTENTS, host=_HOSTS)
@example(content=b"a.:x\n.:y\n", host=b"b.")
@example(content=b":[1.2.3.4\n", host=b"a")
@example(content=b":" + b"9" * 5000 + b".0.0.1:" + b"7" * 5000, host=b"a")
def test_agrees_with_a_transcription(content: bytes | None, host: bytes) -> None:
    """The model and the byte-by-byte transcription say the same of any file and host."""
    got = route(parse(content), host)

    assert (got.via, got.host, got.port) == oracle_route(content, host)


def test_direct_to_a_literal() -> None:
    """A recipient at `[192.0.2.1]` needs no DNS when no relay takes it."""
    assert direct(b"[192.0.2.1]") == QmailRoute(via="literal", host=b"192.0.2.1", port=25)
    assert direct(b"example.com") == QmailRoute(via="mx", host=b"example.com", port=25)
