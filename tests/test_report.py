"""The report of a script: its lines, its end, and what the end means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.errors import ConnectionLost, DeployError, RelayconfError, RollbackFailed
from relayconf.report import End, Report, failure_of, read_report, split_end

LEFT = "changed by somebody since transaction 1, so left as it is: qmail:me"
PUT_RIGHT = "transaction 1, which had been cut short, was rolled back"


def test_lines_and_status() -> None:
    """Pairs of a kind and the rest, safe to print and not endless; empty and unknown lines are kept."""
    report = read_report(b"step lock\n\nodd \x1b[1m\xff\nwarning " + b"w" * 5000 + b"\nend 12\n")

    assert report == Report(
        lines=(("step", "lock"), ("", ""), ("odd", r"\x1b[1m\xff"), ("warning", "w" * 3992)), status=12
    )
    assert report.all("step") == ("lock",)


def test_a_report_without_end_is_none() -> None:
    """Cut anywhere, it says nothing."""
    whole = b"step lock\nend 10\n"

    assert split_end(whole) == ((b"step lock",), 10)
    assert split_end(b"end 0\n") == ((b"",), 0)
    assert all(split_end(whole[:cut]) is None for cut in range(len(whole)))
    with pytest.raises(ConnectionLost, match="broke off"):
        read_report(whole[:-1])


def test_words() -> None:
    """What a human should know, all of it or by kind, in the order of the report."""
    report = read_report(b"recovered 1 restored\nwarning odd\nleft 1 qmail:me\nstep lock\nend 0\n")

    assert report.warnings == (PUT_RIGHT, "odd", LEFT)
    assert report.words("left", "recovered") == (PUT_RIGHT, LEFT)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("finished", "had been cut short, was finished"),
        ("restored", "had been cut short, was rolled back"),
        ("rolled-back", "had been cut short while it was rolled back, is rolled back now"),
        ("unchanged", "had been cut short, had changed nothing"),
        ("overdue", "nobody had confirmed in time, was rolled back"),
        ("rebooted", "nobody had confirmed before the host was booted anew, was rolled back"),
        ("odd", "had been cut short, odd"),
    ],
)
def test_what_was_put_right(how: str, words: str) -> None:
    """A sentence for each way in which a transaction comes to its end later."""
    report = read_report(f"recovered 1 {how}\nend 0\n".encode())

    assert report.words("recovered") == (f"transaction 1, which {words}",)


@pytest.mark.parametrize(
    ("lines", "status", "kind", "message"),
    [
        (b"failed swap no\nfailed lock no", End.RESTORED, DeployError, "swap: no; the host is as it was before"),
        (b"", End.REFUSED, DeployError, "rollback: the host gave no reason; the host is as it was before"),
        (
            b"failed lock x\nrollback-failed a b c\nrollback-failed d e",
            End.ROLLBACK_FAILED,
            RollbackFailed,
            "lock: x; not put back: a: b c; d: e",
        ),
        (b"", End.STALE, ConnectionLost, "the host's report ends with the status 11, which means nothing here"),
        (b"", 99, ConnectionLost, "the host's report ends with the status 99, which means nothing here"),
    ],
)
def test_failures(lines: bytes, status: int, kind: type[RelayconfError], message: str) -> None:
    """Each status is an error of its own."""
    error = failure_of(read_report(lines + b"\nend %d\n" % status), action="rollback", folder="/s/txn/1")

    assert type(error) is kind
    assert error.message == message
    assert not getattr(error, "partly", False)


def test_what_was_done_before_a_failure_is_told() -> None:
    """Then the host is not simply as it was."""
    done = b"recovered 1 restored\nleft 1 qmail:me\nrolled-back 2\nend %d\n"
    words = f"before that, {PUT_RIGHT}; {LEFT}; transaction 2 was rolled back"
    refused, broken = (
        failure_of(read_report(done % status), action="a", folder="/f") for status in (End.REFUSED, End.ROLLBACK_FAILED)
    )

    assert refused.message == f"a: the host gave no reason; {words}"
    assert isinstance(refused, DeployError)
    assert refused.partly
    assert broken.message == f"a: the host gave no reason; not put back: ; {words}"
    assert broken.hint == "the next apply tries again; the old files are on the host in /f/saved, named in the manifest"


@given(st.binary(max_size=200), st.integers(0, 999))
def test_any_lines(noise: bytes, status: int) -> None:
    """Whatever stands before the end, every word is safe to print."""
    report = read_report(noise + b"\nend %d\n" % status)

    assert report.status == status
    assert all(text.isprintable() for pair in report.lines for text in pair)
