"""What qmail-send logs after a change decides about it: by position, in the words of its log, whoever writes that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relayconf.deploy import Deployed
from relayconf.errors import DeployError
from relayconf.files import DesiredFile
from tests.shell.sandbox import LOCAL, ROUTES, Sandbox, running

OLD = b"kamata-net.com:192.168.0.100\n"
NEW = OLD + b":[192.0.2.5]:587\n"
TO_NEW = DesiredFile(path=ROUTES, content=NEW)

NOTHING = "unknown no mail left meanwhile"
BUSY = "status: local 0/10 remote 1/20"
BEGUN = "starting delivery 7: msg 12 to remote someone@icloud.com"
LEFT = "delivery 7: success: 192.0.2.5_accepted_message./Remote_host_said:_250_ok/"
UNTIL_LIVE = "while :; do case $(cat {control}/smtproutes) in *192.0.2.5*) break ;; esac; sleep 0.05; done"
STAMPS = {
    "none": "",
    "multilog": "@4000000069243f0c1d2e3f40 ",
    "svlogd": "2026-11-24_16:02:56.12345 ",
    "s6-log": "2026-11-24 16:02:56.123456789  ",
    "syslog": "Nov 24 16:02:56 edge qmail: 1795489088.698558 ",
    "syslog, cut": "Nov 24 16:02:56 edge qmail: 1795489088.698558+ ",
    "journal": "Nov 24 16:02:56 edge qmail-send[812]: ",
}


@contextmanager
def delivering(host: Sandbox, *lines: str, before: tuple[str, ...] = (BUSY,), stamp: str = "") -> Iterator[Path]:
    """A stand-in for qmail-send that logs *lines* as soon as the new routes are live."""
    log, words = host.root / "current", host.root / "words"
    log.write_text("".join(f"{stamp}{line}\n" for line in before))
    words.write_text("".join(f"{stamp}{line}\n" for line in lines))
    script = f"""exec >>{log}
{UNTIL_LIVE.format(control=host.control)}
sleep 0.3
cat {words}
read x"""
    with running(host.home, "qmail-send", script):
        yield log


def apply(host: Sandbox, *lines: str, before: tuple[str, ...] = (BUSY,), stamp: str = "") -> Deployed:
    """Deploy the new routes while that is logged."""
    with delivering(host, *lines, before=before, stamp=stamp):
        return host.deploy(host.changes(TO_NEW))


@pytest.mark.parametrize("stamp", STAMPS.values(), ids=STAMPS.keys())
def test_mail_left_by_the_relay(dash: Sandbox, stamp: str) -> None:
    """A delivery that began since, and that the relay took; each logger's lines are understood."""
    assert apply(dash, BEGUN, LEFT, stamp=stamp).verified == "pass mail left by 192.0.2.5"


def test_every_shell_reads_the_log(host: Sandbox) -> None:
    """And the failure in it."""
    bad = "delivery 7: deferral: Unable_to_read_control_files._(#4.3.0)/"
    with pytest.raises(DeployError) as caught:
        apply(host, BEGUN, bad, stamp=STAMPS["multilog"])

    reason = "verify: a delivery ended so: deferral: Unable_to_read_control_files._(#4.3.0)/"
    assert caught.value.message == f"{reason}; the host is as it was before"
    assert (host.control / "smtproutes").read_bytes() == OLD


@pytest.mark.parametrize(
    "lines",
    [
        (LEFT,),
        (BEGUN, LEFT.replace("192.0.2.5", "198.51.100.9")),
        (BEGUN.replace("remote", "local"), "delivery 7: success: did_0+0+1/"),
        (BEGUN, "delivery 7: failure: Sorry,_I_couldn't_find_any_host_named_elsewhere.example._(#5.1.2)/"),
        (BEGUN, "delivery 7: deferral: 192.0.2.5_does_not_like_recipient./Remote_host_said:_450_later/"),
    ],
    ids=["began before", "by another", "local", "another's name", "deferred"],
)
def test_what_says_nothing_of_the_routes(dash: Sandbox, lines: tuple[str, ...]) -> None:
    """It is neither a proof nor a failure."""
    assert apply(dash, *lines).verified == NOTHING


@pytest.mark.parametrize(
    "line",
    [
        "delivery 7: success: no_supported_AUTH_method_found,_continuing_without_authentication./",
        "delivery 7: success: Connected_to_192.0.2.5_but_sender_was_rejected./",
        "delivery 7: success: whatever/",
        "delivery 7: failure: Sorry,_I_couldn't_find_any_host_named_192.0.2.5._(#5.1.2)/",
        "alert: cannot start: unable to read controls",
    ],
    ids=["AUTH lost", "rejected", "not accepted", "relay unknown", "alert"],
)
def test_alarms(dash: Sandbox, line: str) -> None:
    """Mail that is lost, bounced for the relay's name, or not sent at all brings the old routes back."""
    with pytest.raises(DeployError, match=r"verify: (a delivery ended so|qmail-send says): "):
        apply(dash, BEGUN, line)

    assert (dash.control / "smtproutes").read_bytes() == OLD


def test_an_alarm_of_before_is_not_the_change_s(dash: Sandbox) -> None:
    """The same words stood there already."""
    alert = "alert: unable to append to bounce message; HELP! sleeping..."

    assert apply(dash, alert, before=(alert, BUSY)).verified == NOTHING


def test_only_what_is_on_its_way_is_waited_for(dash: Sandbox) -> None:
    """With nothing on its way to a relay one look is enough."""
    assert apply(dash, BEGUN, LEFT, before=("status: local 1/10 remote 0/20",)).verified == NOTHING


def test_a_log_that_is_changed_for_a_new_one(dash: Sandbox) -> None:
    """What the logger renamed is of before; all of the new file is new."""
    with delivering(dash, before=(BUSY, *["x" * 70] * 50)) as log:
        (dash.root / "words").write_text(f"{BEGUN}\n{LEFT}\n")
        script = f"""{UNTIL_LIVE.format(control=dash.control)}
sleep 0.2; mv {log} {log}.old; exec cp {dash.root}/words {log}"""
        with running(dash.home, "helper", script):
            done = dash.deploy(dash.changes(TO_NEW))

    assert done.verified == "pass mail left by 192.0.2.5"


def test_a_reread_that_failed(dash: Sandbox) -> None:
    """qmail-send says so after HUP, and goes on with what it had: the old file comes back."""
    log = dash.root / "current"
    alert = "alert: unable to reread control/locals: file does not exist"
    log.write_text(f"{alert}\n")
    script = f"""exec >>{log}
trap "echo {alert}" HUP
while :; do sleep 0.05; done"""
    with running(dash.home, "qmail-send", script), pytest.raises(DeployError) as caught:
        dash.deploy(dash.changes(DesiredFile(path=LOCAL, content=b"a.example\n")))

    assert caught.value.message == f"verify: qmail-send says: {alert}; the host is as it was before"
    assert (dash.control / "locals").read_bytes() == b"edge.kamata-net.com\n"


def test_without_a_log(dash: Sandbox) -> None:
    """A qmail-send that writes where nobody finds it proves nothing."""
    with running(dash.home, "qmail-send", "exec >/dev/null; read x"):
        verified = dash.deploy(dash.changes(TO_NEW)).verified

    assert verified in {"unknown the log of qmail-send was not found", NOTHING}
