"""The host's answer to `observe`, read strictly: what comes back may be anything."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf import observe as module
from relayconf.errors import HostError, ObserveError
from relayconf.facts import Facts
from relayconf.mta import qmail
from relayconf.observe import observe
from tests.shell.answers import Answers
from tests.support.hosts import qmail_host

HOST = qmail_host()
pack = partial(gzip.compress, mtime=0)
ME = b"edge.example\n"
NAMES = tuple(file.path.removeprefix("qmail:") for file in qmail.watched(qmail_host()))
ABSENT = b"".join(f"absent qmail:{name} /c/{name}\n".encode() for name in NAMES if name != "me")
FIRST_ABSENT = next(name for name in NAMES if name != "me")
BROKEN = "the host's answer cannot be used: "
OTHER = f"{BROKEN}it holds other contents than were asked for"


def present(name: str = "qmail:me", content: bytes = ME, **other: str) -> bytes:
    """The line for a file with *content*."""
    fields = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": str(len(content)),
        "mode": "644",
        "owner": "root",
        "group": "qmail",
        "frozen": "free",
        "target": "/c/" + name.partition(":")[2],
    } | other
    return f"present {name} ".encode() + "\t".join(fields.values()).encode() + b"\n"


GOOD = present() + ABSENT + b"contents qmail:me\n" + pack(ME) + b"end 0\n"


def read(*answers: bytes) -> Facts:
    """The facts of a host that answers so."""
    return observe(Answers(*answers), HOST, qmail)


def test_good_answer() -> None:
    """The answer that all the others below deviate from."""
    facts = read(b"fact state.unfinished 20261124T101500Z-3fa2c1\nfact qmail.home /a b\n" + GOOD)

    assert facts.files["qmail:me"].content == ME
    assert (facts.files["qmail:me"].mode, facts.files["qmail:me"].group) == (0o644, "qmail")
    assert facts.values["qmail.home"] == "/a b"
    assert facts.unfinished == "20261124T101500Z-3fa2c1"
    assert read(b"".join([ABSENT, b"absent qmail:me /c/me\nend 0\n"])).unfinished is None


def test_request() -> None:
    """The request names the state directory, the parameters and the files, with the hashes that are known."""
    session = Answers(GOOD)

    observe(session, qmail_host(home=Path("/q"), state=Path("/s")), qmail, {"qmail:locals": "0" * 64})

    watched = "".join(f"watch qmail:{name} {'0' * 64 if name == 'locals' else '-'}\n" for name in NAMES)
    assert session.requests == [f"state /s\nparameter qmail_home /q\n{watched}end\n".encode()]


def test_value_that_no_line_holds() -> None:
    """A parameter with a line end never reaches the host."""
    with pytest.raises(HostError) as caught:
        observe(Answers(), replace(HOST, qmail_home="/q\nstate /etc"), qmail)

    assert caught.value.message == (
        r"a parameter holds characters that no path of relayconf may hold: parameter qmail_home /q\nstate /etc"
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "the host's answer broke off; what is on the host is unknown"),
        (GOOD[:-7], "the host's answer broke off; what is on the host is unknown"),
        (b"end 0\n", f"{BROKEN}it is too long or has no lines"),
        (b"fact a.b " + b"x" * module.MAX_HEAD + b"\nend 0\n", f"{BROKEN}it is too long or has no lines"),
        (b"fact a.b \xff\nend 0\n", rf"{BROKEN}it is no UTF-8: fact a.b \xff"),
        (b"fact a.b 1\nfact a.b 2\nend 0\n", f"{BROKEN}the fact: a.b"),
        (b"fact \x1b[2J x\nend 0\n", rf"{BROKEN}the fact: \x1b[2J"),
        (b"hello\nend 0\n", f"{BROKEN}an unexpected line: hello"),
        (b"absent qmail:other /x\nend 0\n", f"{BROKEN}an unexpected line: absent qmail:other /x"),
        (ABSENT + ABSENT + b"end 0\n", f"{BROKEN}an unexpected line: absent qmail:{FIRST_ABSENT} /c/{FIRST_ABSENT}"),
        (b"absent qmail:me me\nend 0\n", f"{BROKEN}the line for qmail:me: me"),
        (present(mode="999") + b"end 0\n", f"{BROKEN}the line for qmail:me: "),
        (present(size="-1") + b"end 0\n", f"{BROKEN}the line for qmail:me: "),
        (ABSENT + b"end 0\n", f"{BROKEN}nothing is said about: qmail:me"),
        (ABSENT + b"bad qmail:me it \x1b[1m is odd\nend 0\n", r"qmail:me: it \x1b[1m is odd"),
        (b"error no \x07qmail\nend 10\n", r"no \x07qmail"),
        (ABSENT + b"end 9\n", "the script ended with status 9"),
        (GOOD.replace(b"contents qmail:me", b"contents qmail:locals"), OTHER),
        (GOOD.replace(b"contents qmail:me", b"contents qmail:me qmail:me"), OTHER),
        (present() + ABSENT + b"contents qmail:me\nend 0\n", OTHER),
        (present() + ABSENT + b"contents qmail:me\nnonsense" + b"end 0\n", f"{BROKEN}the contents do not unpack"),
        (b"fact state.unfinished ../x\n" + GOOD, f"{BROKEN}the name of a transaction: ../x"),
        (
            present(size=str(module.MAX_CONTENTS + 1)) + ABSENT + b"contents qmail:me\nx" + b"end 0\n",
            "the files hold 268435457 bytes; relayconf reads at most 268435456",
        ),
    ],
)  # fmt: skip
def test_unusable_answer(answer: bytes, message: str) -> None:
    """Every deviation is one error that says what is wrong, safe to print."""
    with pytest.raises(ObserveError) as caught:
        read(answer)

    assert caught.value.message.startswith(message)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "packed",
    [
        pack(b"edge.exampl3\n"),
        pack(ME + b"x"),
        pack(ME[1:]),
        pack(ME) + b"x",
        pack(ME)[:-3],
    ],
)
def test_other_contents_are_read_again(packed: bytes) -> None:
    """Contents that are not those described changed meanwhile: the second look counts."""
    odd = present() + ABSENT + b"contents qmail:me\n" + packed + b"end 0\n"

    assert read(odd, GOOD).files["qmail:me"].content == ME
    assert read(b"error vanished\nend 11\n", GOOD).files["qmail:me"].content == ME
    with pytest.raises(ObserveError, match="the host changed while it was read, 3 times"):
        read(odd, odd, odd)


def test_bomb() -> None:
    """A member that unpacks to far more than was said is not unpacked."""
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(64)), packer.flush()])
    odd = present() + ABSENT + b"contents qmail:me\n" + bomb + b"end 0\n"

    with pytest.raises(ObserveError, match="the host changed while it was read, 3 times"):
        read(odd, odd, odd)


@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 40))
def test_any_bytes(noise: bytes, start: int, length: int) -> None:
    """Whatever comes back is facts or one of our errors."""
    answer = GOOD[:start] + noise + GOOD[start + length :]
    try:
        read(answer, answer, answer)
    except ObserveError as error:
        text = error.message
    else:
        text = ""
    assert not text or text.isprintable()


def test_a_line_that_drops_is_told_as_what_it_was() -> None:
    """A look changes nothing: the hint does not send anybody to a journal."""
    session = Answers(GOOD)

    observe(session, qmail_host(home=Path("/q"), state=Path("/s")), qmail)

    assert session.hints == ["nothing was changed: run the command again"]
