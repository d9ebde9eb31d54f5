"""Dynamic updates against a real BIND, and against a server that only seems to take them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import dns.exception
import dns.name
import dns.tsig
import pytest

from relayconf.dns import Server
from relayconf.dnsupdate import TxtSet, _why, joined, read_txt, swap_txt
from relayconf.errors import DnsError, RecordChanged
from relayconf.spf.lookup import Outcome
from relayconf.tsigkey import TsigKey
from tests.support.bind import KEY, bind
from tests.support.dns_server import dns_server
from tests.support.ports import free_port
from tests.support.spf_zone import Zone

OLD, NEW = "v=spf1 mx -all", "v=spf1 mx include:spf-01.asahi-net.or.jp -all"
OTHER = "google-site-verification=x"
RECORDS = (
    *('{0} 900 IN TXT "v=spf1 mx" " -all"', '{0} 900 IN TXT "google-site-verification=x"', '{0} IN TXT "\\255"'),
    "{0} IN MX 10 mail.example.",
)
NAMES = ("@", "raced", "gone", "taken", "keys")
ZONE = [record.format(name) for name in NAMES for record in RECORDS]


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with bind(tmp_path_factory.mktemp("bind"), *ZONE, "alias IN CNAME mail.example.") as here:
        yield here.server


def text_of(found: TxtSet) -> list[str]:
    """The records but for the one of bytes."""
    return [text for text in found.texts if text != "\udcff"]


def test_exchange(here: Server) -> None:
    """One record goes and one comes; the others, the TTL and other types stay, however strings were cut."""
    before = read_txt(here, "kamata-net.com")
    swap_txt(here, before, before.with_spf(NEW), KEY)
    after = read_txt(here, "kamata-net.com")

    assert (text_of(before), before.ttl, before.zone) == ([OTHER, OLD], 900, "kamata-net.com.")
    assert {(b"v=spf1 mx", b" -all"), (b"\xff",)} < before.records
    assert (text_of(after), after.ttl) == ([OTHER, NEW], 900)


def test_a_first_record(here: Server) -> None:
    """Needs that there is none, and no name either; then it is no first record any more."""
    none = read_txt(here, "new.kamata-net.com")
    long = "v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(40)) + " ~all"
    swap_txt(here, none, none.with_spf(long), KEY)

    assert (none.records, none.ttl) == (frozenset(), 3600)
    assert read_txt(here, "new.kamata-net.com").texts == (long,)
    with pytest.raises(RecordChanged, match=r"of new.kamata-net.com were changed meanwhile \(YXRRSET\); nothing was"):
        swap_txt(here, none, none.with_spf(NEW), KEY)
    assert read_txt(here, "new.kamata-net.com").texts == (long,)


@pytest.mark.parametrize("name", ["taken.kamata-net.com", "gone.kamata-net.com"])
def test_a_change_meanwhile(here: Server, name: str) -> None:
    """Of any of the records, not only of that of SPF: nothing is changed then."""
    before = read_txt(here, name)
    records = before.records - {(b"\xff",)} if name.startswith("gone") else before.records | {(b"MS=1",)}
    theirs = replace(before, records=records)
    swap_txt(here, before, theirs, KEY)

    with pytest.raises(RecordChanged, match=r"\(NXRRSET\); nothing was changed$") as raised:
        swap_txt(here, before, before.with_spf(NEW), KEY)

    assert raised.value.hint == "run it again: the plan is made of what is there now"
    assert read_txt(here, name).records == theirs.records


def test_of_those_who_race_one_wins(here: Server) -> None:
    """And what it wanted is there, once."""
    before = read_txt(here, "raced.kamata-net.com")

    def tried(number: int) -> str:
        wanted = f"v=spf1 ip4:192.0.2.{number} -all"
        try:
            swap_txt(here, before, before.with_spf(wanted), KEY)
        except RecordChanged:
            return ""
        return wanted

    with ThreadPoolExecutor(8) as pool:
        won = [wanted for wanted in pool.map(tried, range(8)) if wanted]

    assert len(won) == 1
    assert text_of(read_txt(here, "raced.kamata-net.com")) == [OTHER, *won]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (replace(KEY, secret=b"another"), "do not have the same key (PeerBadSignature); nothing was changed"),
        (replace(KEY, name="nobody"), "do not have the same key (PeerBadKey); nothing was changed"),
        (replace(KEY, name="other"), "refused to change keys.kamata-net.com: REFUSED; nothing was changed"),
    ],
    ids=["secret", "name", "policy"],
)
def test_keys(here: Server, key: TsigKey, message: str) -> None:
    """The server has to know the key, and the key may have to be let."""
    before = read_txt(here, "keys.kamata-net.com")

    with pytest.raises(DnsError) as raised:
        swap_txt(here, before, before.with_spf(NEW), key)

    assert raised.value.message == f"{here} {'and relayconf ' * message.startswith('do')}{message}"
    assert raised.value.hint
    assert read_txt(here, "keys.kamata-net.com") == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alias.kamata-net.com", "alias.kamata-net.com is an alias (CNAME), which can have no TXT record"),
        ("elsewhere.example", "{here} has no authority over elsewhere.example"),
        (f"{'x' * 64}.example", f"{'x' * 64}.example is no name in the DNS"),
    ],
)
def test_what_cannot_be_read(here: Server, name: str, message: str) -> None:
    """Is said of the name or the server."""
    with pytest.raises(DnsError) as raised:
        read_txt(here, name)

    assert raised.value.message == message.format(here=here)


def test_a_zone_that_takes_no_updates(here: Server) -> None:
    """The hint says how BIND is told to."""
    before = read_txt(here, "fixed.example")

    with pytest.raises(DnsError, match=r"refused to change fixed.example: REFUSED") as raised:
        swap_txt(here, before, before.with_spf(NEW), KEY)

    assert raised.value.hint == "let the key update it: `update-policy { grant KEY name NAME TXT; };` in BIND"


def test_nobody_there() -> None:
    """Before the update nothing is changed; of the update itself nothing is known."""
    nobody = Server(address="127.0.0.1", port=free_port())
    before = TxtSet(name="a.example", zone="a.example.")

    with pytest.raises(DnsError, match=r"does not answer for a.example: Connection refused"):
        read_txt(nobody, "a.example")
    with pytest.raises(DnsError, match=r"did not say what became of the update: Connection refused"):
        swap_txt(nobody, before, before.with_spf(NEW), KEY)


def test_a_server_without_soa() -> None:
    """Does not say which zone to update; an answer that is none is told by its kind."""
    with dns_server(Zone(names={"a.example": {}, "silent.example": Outcome.TIMEOUT})) as here:
        with pytest.raises(DnsError, match=r"does not say in which zone a.example is"):
            read_txt(here, "a.example")
        with pytest.raises(DnsError, match=r"does not answer for silent.example: EOFError"):
            read_txt(here, "silent.example")


def test_a_server_that_only_says_so() -> None:
    """Is found out by looking; so is one whose answer nobody has signed."""
    ring = {dns.name.from_text(KEY.name): dns.tsig.Key(KEY.name, KEY.secret, KEY.algorithm)}
    names = {"a.example": {"TXT": [OLD], "SOA": ["ns.example. root.example. 1 1 1 1 300"]}}
    with dns_server(Zone(names=names), keyring=ring) as here:
        before = read_txt(here, "a.example")
        with pytest.raises(DnsError, match=r"but its TXT records are not what they were to be"):
            swap_txt(here, before, before.with_spf(NEW), KEY)
    with (
        dns_server(Zone(names=names), keyring=ring, signs=False) as here,
        pytest.raises(DnsError, match=r"the answer to the update is not signed, so it need not be 127.0.0.1"),
    ):
        swap_txt(here, before, before.with_spf(NEW), KEY)


def test_bytes_that_are_no_text() -> None:
    """Come back as they were."""
    assert joined((b"\xff", b"x")).encode("utf-8", "surrogateescape") == b"\xffx"


def test_silence_is_told_with_its_seconds() -> None:
    """As a refused connection is told in the system's words."""
    silence = dns.exception.Timeout()  # type: ignore[no-untyped-call]  # dnspython types no constructors of errors

    assert _why(silence) == "no answer in 5 s"
