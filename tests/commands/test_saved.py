"""`plan --out` and `apply --plan`, on hosts of this machine: the plan that was reviewed, or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.commands.options import ApplyOptions
from relayconf.commands.plan import plan
from relayconf.commands.saved import judge, save
from relayconf.commands.wiring import Wiring
from relayconf.errors import PlanFileError, StalePlan, Unreachable, UsageError
from relayconf.exits import ExitCode
from relayconf.plankey import load_key
from relayconf.result import FleetResult, failed, planned, skipped
from tests.mta.postfix.hosts import MASTER
from tests.output.test_text import plan as host_plan
from tests.support.local_host import INVENTORY, LocalHost, local_host, said
from tests.support.qmail_tree import make_qmail, snapshot
from tests.test_savedplan import KEY
from tests.test_savedplan import save as saved_results

SECOND = "  second: {{mta: qmail, connection: local, relay: isp, qmail_home: {home}2, state_directory: {state}2}}\n"
TWO = INVENTORY.replace("domains:\n", f"{SECOND}domains:\n")
POSTFIX = """\
version: 1
mta: postfix
relays:
  isp: {{host: isp.test, port: 587, auth: {{username: u, password: {{env: PASSWORD}}}}}}
relay: isp
hosts:
  edge: {{connection: local, config_directory: {home}/postfix, state_directory: {state}}}
"""
_MANAGED = "# Managed by relayconf. Change the inventory, not this file.\n"
OTHER_PLAN = "error: not every host is as the saved plan says: nothing was changed on any host\n"
HINT = "plan again, or name the hosts that are meant: `relayconf apply --plan FILE HOSTS`"


def two_hosts(folder: Path) -> LocalHost:
    """`edge`, and beside it `second`, which is like it."""
    make_qmail(folder / "qmail2")
    return local_host(folder, inventory=TWO)


def save_plan(host: LocalHost, *hosts: str) -> Path:
    """Plan these hosts, or all, and save it."""
    path = host.folder / "plan.json"
    assert plan(said().console, host.options(*hosts), out=path) is ExitCode.OK
    return path


def controls(host: LocalHost) -> list[object]:
    """What is on the hosts."""
    return [snapshot(path) for path in sorted(host.folder.glob("qmail*/control"))]


def refuses(host: LocalHost, path: Path, kind: type[Exception], told: str) -> None:
    """`apply --plan` is refused before a host is asked."""
    before = controls(host)
    heard = said()
    with pytest.raises(kind, match=told):
        apply(heard.console, host.options(), ApplyOptions(yes=True, saved=path))
    assert (heard.out.getvalue(), heard.err.getvalue()) == ("", "")
    assert controls(host) == before


def is_stale(host: LocalHost, path: Path, *told: str) -> None:
    """`apply --plan` fails with these lines, and changes nothing on any host."""
    before = controls(host)
    heard = said()
    assert apply(heard.console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.HOST_FAILED
    for line in told:
        assert f"\n{line}\n  hint: {HINT}\n" in heard.out.getvalue()
    assert heard.err.getvalue().endswith(OTHER_PLAN)
    assert "Apply: " not in heard.out.getvalue()
    assert controls(host) == before
    assert not list(host.folder.glob("state*"))


def test_the_saved_plan_is_applied(tmp_path: Path) -> None:
    """To the hosts that it is of, whoever else is in the inventory; and once more, which changes nothing."""
    host = two_hosts(tmp_path)
    heard = said()
    path = tmp_path / "plan.json"
    plan(heard.console, host.options("second"), out=path)

    assert heard.err.getvalue().endswith(f"the plan is saved in {path}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert apply(said().console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.OK
    assert (tmp_path / "qmail2/control/smtproutes").exists()
    assert not (host.control / "smtproutes").exists()
    again = said()
    assert apply(again.console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.OK
    assert again.out.getvalue() == "Plan: no changes (1 host)\n"


def test_it_is_shown_and_asked_about(tmp_path: Path) -> None:
    """As any other plan."""
    host = local_host(tmp_path)
    path = save_plan(host)
    no, yes = said("no\n", terminal=True), said("yes\n", terminal=True)

    assert apply(no.console, host.options(), ApplyOptions(saved=path)) is ExitCode.ERROR
    assert not (host.control / "smtproutes").exists()
    assert apply(yes.console, host.options(), ApplyOptions(saved=path)) is ExitCode.OK
    assert yes.out.getvalue().index("Plan: 1 host changes") < yes.out.getvalue().index("Apply: 1 changed")


def test_one_document_with_json(tmp_path: Path) -> None:
    """The file embeds what `plan --json` prints; a stale plan is told per host."""
    host = two_hosts(tmp_path)
    printed = said()
    plan(printed.console, host.options(json=True), out=tmp_path / "plan.json")

    assert json.loads((tmp_path / "plan.json").read_text())["shown"] == json.loads(printed.out.getvalue())
    (host.control / "smtproutes").write_bytes(b":by.hand\n")
    heard = said()
    apply(heard.console, host.options(json=True), ApplyOptions(yes=True, saved=tmp_path / "plan.json"))
    value = json.loads(heard.out.getvalue())
    assert (value["kind"], value["exit_code"]) == ("plan", 5)
    assert [item["status"] for item in value["hosts"]] == ["failed", "planned"]
    assert value["hosts"][0]["error"] == {
        "kind": "StalePlan",
        "message": "not as planned: the base moved, the host was changed: qmail:smtproutes",
        "hint": HINT,
    }


def test_one_stale_host_keeps_all_from_being_changed(tmp_path: Path) -> None:
    """What was reviewed is one plan. The hosts that are meant can be named, and then that is the plan."""
    host = two_hosts(tmp_path)
    path = save_plan(host)
    (host.control / "smtproutes").write_bytes(b":by.hand\n")
    stale = "edge   failed, nothing changed: not as planned: the base moved, the host was changed: qmail:smtproutes"

    is_stale(host, path, stale)
    assert apply(said().console, host.options("second"), ApplyOptions(yes=True, saved=path)) is ExitCode.OK
    assert (tmp_path / "qmail2/control/smtproutes").exists()
    assert (host.control / "smtproutes").read_bytes() == b":by.hand\n"


def test_a_host_that_has_it_already_is_another_plan(tmp_path: Path) -> None:
    """While others have not: what an apply left undone is applied by naming those hosts."""
    host = two_hosts(tmp_path)
    path = save_plan(host)
    apply(said().console, host.options("edge"), ApplyOptions(yes=True, saved=path))
    heard = said()

    assert apply(heard.console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.HOST_FAILED
    assert "edge   failed, nothing changed: not as planned: a change less: qmail:smtproutes\n" in heard.out.getvalue()
    assert apply(said().console, host.options("second"), ApplyOptions(yes=True, saved=path)) is ExitCode.OK


def test_another_template_is_another_plan(tmp_path: Path) -> None:
    """The inventory says the same, the file would not be."""
    host = local_host(tmp_path)
    path = save_plan(host)
    (tmp_path / "templates/qmail").mkdir(parents=True)
    built_in = Path(__file__).parents[2] / "templates/qmail/smtproutes.j2"
    (tmp_path / "templates/qmail/smtproutes.j2").write_text("# another\n" + built_in.read_text())
    options = replace(host.options(), templates=tmp_path / "templates")
    heard = said()

    assert apply(heard.console, options, ApplyOptions(yes=True, saved=path)) is ExitCode.HOST_FAILED
    assert "edge   failed, nothing changed: not as planned: the wish moved, by a template," in heard.out.getvalue()
    assert not (host.control / "smtproutes").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("192.168.0.100", "192.168.0.101", r"edge \(domains\)$"),
        ("mail.asahi-net.or.jp", "other.test", r"edge \(default\)$"),
        ("  edge:", "  other:", r"edge \(gone\)$"),
        ("hosts:\n", "  unused: {host: u.test, tls: none}\nhosts:\n", "something that is not said of these hosts$"),
    ],
)
def test_another_inventory_is_told_before_any_host_is_asked(tmp_path: Path, old: str, new: str, told: str) -> None:
    """With the hosts and the settings of which it says something else."""
    host = local_host(tmp_path)
    path = save_plan(host)
    text = host.inventory.read_text()
    host.inventory.write_text(text.replace(old, new))

    refuses(host, path, PlanFileError, f"was planned from another inventory, on 2.* by relayconf .*: {told}")
    host.inventory.write_text(f"# a comment\n\n{text}")
    assert apply(said().console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.OK


def test_hosts_that_are_not_in_it(tmp_path: Path) -> None:
    """Are not applied, and neither are the others then."""
    host = two_hosts(tmp_path)
    path = save_plan(host, "edge")

    with pytest.raises(UsageError, match=r"^not in .*plan.json: second$"):
        apply(said().console, host.options("edge", "second"), ApplyOptions(yes=True, saved=path))
    assert not (host.control / "smtproutes").exists()


def test_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague's; with the same key, wherever it is, the plan is good."""
    host = local_host(tmp_path)
    key = tmp_path / "plan.key"
    monkeypatch.setenv("RELAYCONF_KEY_FILE", str(key))
    path = save_plan(host)
    monkeypatch.setenv("RELAYCONF_KEY_FILE", str(tmp_path / "other.key"))

    refuses(host, path, PlanFileError, r"was saved with the key \w{8}, the key here is \w{8}$")
    key.rename(tmp_path / "ci.key")
    monkeypatch.setenv("RELAYCONF_KEY_FILE", str(tmp_path / "ci.key"))
    assert apply(said().console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.OK


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b'"planned"', b'"refused"', 1),
        lambda data: data.replace(b'"phase": 0', b'"phase": 1', 1),
        lambda data: data.replace(b"192.168.0.100", b"192.168.0.101"),
        lambda _: b"",
    ],
)
def test_a_file_that_was_changed_is_never_applied(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """Not even where only what is shown was."""
    host = local_host(tmp_path)
    path = save_plan(host)
    path.write_bytes(damage(path.read_bytes()))

    refuses(
        host, path, PlanFileError, "plan.json (was changed or cut short after it was|is no plan that relayconf) saved"
    )


def test_no_byte_can_be_another(tmp_path: Path) -> None:
    """Whichever of a real plan's; none is applied."""
    host = local_host(tmp_path)
    path = save_plan(host)
    data = path.read_bytes()
    for place in range(0, len(data), 13):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :])
        refuses(host, path, PlanFileError, "plan.json")


def test_no_secret_and_no_hash_of_one_is_in_it(tmp_path: Path) -> None:
    """The file that is replaced is full of them."""
    passwords = (b"hunter2-one", b"hunter2-two")
    old = b":relay.example:587|user|%s\na.example:relay.example:587|user|%s\n" % passwords
    host = local_host(tmp_path, smtproutes=old)
    text = save_plan(host).read_bytes()

    assert b"secret " in text
    for secret in (*passwords, old, (host.control / "me").read_bytes()):
        assert hashlib.sha256(secret).hexdigest().encode() not in text
    assert b"hunter2" not in text
    assert load_key().hex().encode() not in text


@pytest.mark.root
@pytest.mark.skipif(shutil.which("postconf") is None, reason="postconf is not installed: apt-get install postfix")
def test_a_new_secret_is_another_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Postfix that does not run. The file says neither what the secret was nor what it is."""
    host = local_host(tmp_path, inventory=POSTFIX)
    folder = tmp_path / "qmail" / "postfix"
    folder.mkdir()
    (folder / "main.cf").write_text("compatibility_level = 3.6\nmyhostname = m.test\nmydestination = m.test\n")
    (folder / "master.cf").write_bytes(MASTER)
    monkeypatch.setenv("PASSWORD", "hunter2-one")
    text = save_plan(host).read_text()
    monkeypatch.setenv("PASSWORD", "hunter2-two")
    heard = said()

    assert "secret " in text
    contents = [f"{start}[isp.test]:587  u:hunter2-one\n" for start in ("", _MANAGED)]
    for secret in ("hunter2-one", *contents):
        assert secret not in text
        assert hashlib.sha256(secret.encode()).hexdigest() not in text
    meant = ApplyOptions(yes=True, saved=tmp_path / "plan.json")
    assert apply(heard.console, host.options(), meant) is ExitCode.HOST_FAILED
    assert re.search(
        r"not as planned: the wish moved, .*: postfix:\d/sasl_passwd, \S+/sasl_passwd\n", heard.out.getvalue()
    )
    assert "hunter2" not in heard.out.getvalue() + heard.err.getvalue()
    assert sorted(path.name for path in folder.iterdir()) == ["main.cf", "master.cf"]


def test_what_cannot_be_written_is_told_before_any_host_is_asked(tmp_path: Path) -> None:
    """A plan of many hosts takes minutes."""
    host = local_host(tmp_path)
    heard = said()

    with pytest.raises(PlanFileError, match="that is no plan"):
        plan(heard.console, host.options(), out=host.inventory)
    assert (heard.out.getvalue(), heard.err.getvalue()) == ("", "")


def test_it_is_saved_though_nobody_reads_the_output(tmp_path: Path) -> None:
    """`relayconf plan --out FILE | less`, left early."""
    host = local_host(tmp_path)
    reader, writer = os.pipe()
    os.close(reader)
    stdout = os.fdopen(writer, "w")

    with pytest.raises(BrokenPipeError):
        plan(replace(said().console, stdout=stdout), host.options(), out=tmp_path / "plan.json")
    with suppress(BrokenPipeError):
        stdout.close()
    assert apply(said().console, host.options(), ApplyOptions(yes=True, saved=tmp_path / "plan.json")) is ExitCode.OK


def test_it_is_shown_though_it_cannot_be_saved(tmp_path: Path) -> None:
    """On a full disk, say."""
    host = local_host(tmp_path)
    heard = said()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(PlanFileError, match="cannot be written"):
            plan(heard.console, host.options(), out=tmp_path / "plan.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "Plan: 1 host changes" in heard.out.getvalue()
    assert not list(tmp_path.glob("*plan.json*"))


def test_a_host_that_is_down_is_saved_as_such(tmp_path: Path) -> None:
    """And the others' plans with it; when it is up by then, nobody has reviewed its plan."""
    host = two_hosts(tmp_path)
    (tmp_path / "qmail2").rename(tmp_path / "away")
    path = tmp_path / "plan.json"
    assert plan(said().console, host.options(), out=path) is ExitCode.HOST_FAILED

    (tmp_path / "away").rename(tmp_path / "qmail2")
    is_stale(host, path, "second   failed, nothing changed: not as planned: it is planned, then it was failed")
    (tmp_path / "qmail2").rename(tmp_path / "away")
    assert apply(said().console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.HOST_FAILED
    assert (host.control / "smtproutes").exists()


def test_nothing_is_put_right_before(tmp_path: Path) -> None:
    """The plan was made of the hosts as they were: an earlier apply that was cut short stays what it is."""
    host = two_hosts(tmp_path)
    apply(said().console, host.options("edge"), ApplyOptions(yes=True))
    path = save_plan(host)
    state = tmp_path / "state"
    (transaction,) = (state / "txn").iterdir()
    (state / "lock").symlink_to(f"1.1:another-boot:{transaction.name}")
    (tmp_path / "qmail2/control/smtproutes").write_bytes(b":by.hand\n")

    assert apply(said().console, host.options(), ApplyOptions(yes=True, saved=path)) is ExitCode.HOST_FAILED
    assert (state / "lock").is_symlink()


def test_half_a_plan_is_not_saved(tmp_path: Path) -> None:
    """After ^C."""
    heard = said()
    wiring = Wiring(options=local_host(tmp_path).options(), console=heard.console)

    save(wiring, FleetResult(results=(skipped("edge"),), interrupted=True), tmp_path / "plan.json")
    assert heard.err.getvalue() == "interrupted: the plan was not saved\n"
    assert not (tmp_path / "plan.json").exists()


def test_a_host_that_fails_by_now_keeps_its_own_error() -> None:
    """It says more than that the plan is another; and nothing is applied."""
    a, b = planned(host_plan("a")), planned(host_plan("b"))
    down = failed("b", Unreachable("down"))

    judged, is_meant = judge(saved_results(a, b), FleetResult(results=(a, down)), KEY)
    assert judged.results == (a, down)
    assert not is_meant


@pytest.mark.parametrize("is_saved", [True, False])
def test_what_needs_no_approval(is_saved: bool) -> None:  # noqa: FBT001  a parameter of the test
    """Plans without changes, of hosts whatever they were; and any plan when none is meant."""
    now = FleetResult(results=(planned(host_plan("a", after=None)) if is_saved else planned(host_plan("a")),))
    saved = saved_results(planned(host_plan("a"))) if is_saved else None

    assert judge(saved, now, KEY) == (now, True)


def test_a_stale_host_keeps_its_plan() -> None:
    """To be looked at."""
    then, now = planned(host_plan("a")), planned(host_plan("a", after=b":b\n"))
    judged, is_meant = judge(saved_results(then), FleetResult(results=(now,)), KEY)

    assert not is_meant
    assert judged.results[0].plan == now.plan
    assert isinstance(judged.results[0].error, StalePlan)


def test_an_interrupted_plan_is_not_judged() -> None:
    """It is over anyway."""
    now = FleetResult(results=(planned(host_plan("a")), skipped("b")), interrupted=True)

    assert judge(saved_results(planned(host_plan("a"))), now, KEY) == (now, True)
