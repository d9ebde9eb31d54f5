"""What a deploy sends, and how its report is read."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.deploy import Deployed, deploy, undo_script
from relayconf.errors import ConnectionLost, DeployError, RelayconfError, RollbackFailed, StalePlan
from relayconf.files import ActualFile, Change, DesiredFile
from relayconf.mta import qmail
from tests.shell.answers import Answers
from tests.support.hosts import qmail_host

HOST = qmail_host(home=Path("/q"), state=Path("/s"))
TRANSACTION = "20261124T101500Z-3fa2c1"
ROUTES_SHA256 = hashlib.sha256(b":r\n").hexdigest()


def run(report: bytes) -> Deployed:
    """A deploy of nothing on a host that reports so."""
    return deploy(Answers(report), HOST, qmail, [], TRANSACTION)


def test_what_is_sent() -> None:
    """The head tells size and SHA-256 of the payload; the payload holds the changes in order, then the contents."""
    base = ActualFile(
        path="qmail:smtproutes",
        target="/c/a b",
        present=True,
        sha256="a" * 64,
        mode=0o4640,
        owner="root",
        group="qmail",
    )
    changes = [
        Change(before=base, after=DesiredFile(path="qmail:smtproutes", content=b":r\n", mode=0o640, group="sqmail")),
        Change(before=base, after=DesiredFile(path="qmail:locals", content=None, phase=2)),
        Change(
            before=ActualFile(path="qmail:me", target="/c/me", present=False),
            after=DesiredFile(path="qmail:me", content=b"m", owner="root"),
        ),
    ]
    session = Answers(b"end 0\n")

    deploy(session, HOST, qmail, changes, TRANSACTION)

    head, _, payload = session.requests[0].partition(b"\nend\n")
    base_fields = "a" * 64 + "\t4640\troot\tqmail"
    request = (
        f"1\t0\tqmail:smtproutes\t{base_fields}\t0\t3\t{ROUTES_SHA256}\t640\t-\tsqmail\t/c/a b\n"
        f"2\t2\tqmail:locals\t{base_fields}\t3\t-\t-\t-\t-\t-\t/c/a b\n"
        f"3\t0\tqmail:me\t-\t-\t-\t-\t3\t1\t{hashlib.sha256(b'm').hexdigest()}\t-\troot\t-\t/c/me\n"
        "end\n"
    )
    undo = undo_script(HOST, qmail)
    assert gzip.decompress(payload) == f"{request}:r\nm".encode() + undo
    assert head.decode().splitlines() == [
        "state /s",
        "parameter qmail_home /q",
        f"transaction {TRANSACTION}",
        "patience 60",
        f"request {len(request)}",
        f"undo 4 {len(undo)}",
        f"payload {len(payload)} {hashlib.sha256(payload).hexdigest()}",
    ]


def test_applied() -> None:
    """Steps and warnings of a deploy that went well; unknown lines of a later script are passed over."""
    report = (
        b"recovered 20261124T101400Z-000000 restored\nleft 20261124T101400Z-000000 qmail:smtproutes\n"
        b"recovered 1 finished\nrecovered 2 unchanged\nrecovered 3 \x1b]0;x\nstep receive\nwarning sync: odd\n"
        b"other line\n\nstep lock\nverified pass mail left\nend 0\n"
    )

    assert run(report) == Deployed(
        transaction=TRANSACTION,
        steps=("receive", "lock"),
        verified="pass mail left",
        warnings=(
            "transaction 20261124T101400Z-000000, which had been cut short, was rolled back",
            "changed by somebody since transaction 20261124T101400Z-000000, so left as it is: qmail:smtproutes",
            "transaction 1, which had been cut short, was finished",
            "transaction 2, which had been cut short, had changed nothing",
            r"transaction 3, which had been cut short, \x1b]0;x",
            "sync: odd",
        ),
    )


@pytest.mark.parametrize(
    ("report", "kind", "message"),
    [
        (
            b"step check\nstale qmail:smtproutes its mode is 600, not 644\nstale qmail:me it is gone\nend 11\n",
            StalePlan,
            (
                "the host changed since the plan, nothing of it was written: "
                "qmail:smtproutes: its mode is 600, not 644; qmail:me: it is gone"
            ),
        ),
        (
            b"recovering 1\nrecovered 1 restored\nstep check\nstale qmail:me it is gone\nend 11\n",
            StalePlan,
            (
                "the host changed since the plan, nothing of it was written: qmail:me: it is gone; "
                "before that, transaction 1, which had been cut short, was rolled back"
            ),
        ),
        (b"failed lock held \x07\nend 10\n", DeployError, r"lock: held \x07; the host is as it was before"),
        (b"failed swap mv: no\nrestored\nend 12\n", DeployError, "swap: mv: no; the host is as it was before"),
        (
            b"failed verify odd\nrollback-failed qmail:me disk full\nend 13\n",
            RollbackFailed,
            "verify: odd; not put back: qmail:me: disk full",
        ),
        (b"end 10\n", DeployError, "deploy: the host gave no reason; the host is as it was before"),
        (b"step receive\n", ConnectionLost, "the host's report broke off; what it did is unknown here"),
        (b"", ConnectionLost, "the host's report broke off; what it did is unknown here"),
        (b"xend 0\n", ConnectionLost, "the host's report broke off; what it did is unknown here"),
        (b"end 2\n", ConnectionLost, "the host's report ends with the status 2, which means nothing here"),
    ],
)
def test_failures(report: bytes, kind: type[RelayconfError], message: str) -> None:
    """Each end of the script is its own error; without an end nothing is known."""
    with pytest.raises(kind) as caught:
        run(report)

    assert type(caught.value) is kind
    assert caught.value.message == message


def test_hint_of_a_failed_rollback() -> None:
    """The human who has to help is told where the old files are."""
    with pytest.raises(RollbackFailed) as caught:
        run(b"failed swap x\nend 13\n")

    saved = f"/s/txn/{TRANSACTION}/saved"
    hint = f"the next apply tries again; the old files are on the host in {saved}, named in the manifest"
    assert caught.value.hint == hint

    with pytest.raises(RollbackFailed) as recovery:
        run(b"recovering 20261124T101400Z-000000\nfailed lock x\nend 13\n")

    assert "/s/txn/20261124T101400Z-000000/saved" in str(recovery.value.hint)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\nend 0\n", b"\nend 10\n", b"\nend 11\n", b"\nend 13\n"]))
def test_any_report(noise: bytes, end: bytes) -> None:
    """Whatever comes back is a result or one of our errors, safe to print."""
    try:
        done = run(noise + end)
    except RelayconfError as error:
        texts = [error.message]
    else:
        texts = [*done.warnings, *done.steps]
    assert all(text.isprintable() for text in texts)
