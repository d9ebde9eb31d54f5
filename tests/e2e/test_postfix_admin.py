"""main.cf is the admin's: what stands there stays and works, and comes back when relayconf goes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_MAIN_CF = "/etc/postfix/main.cf"
_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"),),
    relays=(
        RelaySpec(name="isp.relays.test", users={"customer": ("pw-isp-Rk4t",)}),
        RelaySpec(name="own.relays.test", users={"admin": ("pw-own-Bx8n",)}),
        RelaySpec(name="store.example", ports=(25,)),
    ),
)
_TABLES = {
    "transport": "special.world.test smtp:[store.example]:25\nown.world.test smtp:[own.relays.test]:587\n",
    "passwords": "[own.relays.test]:587 admin:pw-own-Bx8n\n",
    "generic": "old@mail1.lab.test renamed@lab.test\n",
}
_SETTINGS = """\
# the admin's own
transport_maps =
    hash:/etc/postfix/transport
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:/etc/postfix/passwords
smtp_sasl_tls_security_options = noanonymous
smtp_generic_maps = hash:/etc/postfix/generic
"""
_HOST = """\
version: 1
mta: postfix
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{user: root, identity_file: {key}}}}}
"""
_RELAYED = """\
relays:
  isp: {host: isp.relays.test, port: 587, auth: {username: customer, password: {file: isp}}}
relay: isp
routes:
  direct.world.test: direct
rewrite:
  root@mail1.lab.test: alerts@lab.test
"""


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        admin = LabAdmin.make(lab, tmp_path / "laptop")
        admin.write(_HOST.format(key=admin.key) + _RELAYED, {"isp": "pw-isp-Rk4t"})
        yield admin


def _edit(admin: LabAdmin, text: str) -> bytes:
    """Add to main.cf as an editor does; returns what it is then."""
    host = admin.lab.host("mail1")
    host.write(_MAIN_CF, host.read(_MAIN_CF) + text.encode())
    host.run(["touch", "-d", "1 minute ago", _MAIN_CF])
    host.postfix("reload")
    return host.read(_MAIN_CF)


def _way(admin: LabAdmin, recipient: str, sender: str = "me@mail1.lab.test") -> tuple[str, str, str]:
    """Server, user and sender with which a message arrives."""
    admin.lab.host("mail1").inject(sender, [recipient])
    message = admin.lab.message_to(recipient)
    return message.server, message.user, message.sender


def test_own_tables_stand_behind_and_work(admin: LabAdmin) -> None:
    """The admin's routes, passwords and rewriting go on beside relayconf's, and are alone again in the end."""
    host = admin.lab.host("mail1")
    for name, text in _TABLES.items():
        host.write(f"/etc/postfix/{name}", text.encode(), mode=0o600)
        host.run(["postmap", f"hash:/etc/postfix/{name}"])
    before = _edit(admin, _SETTINGS)

    applied = admin.run("apply", "--yes")

    assert applied.code == ExitCode.OK, applied.out + applied.err
    assert "hash:/etc/postfix/transport" in applied.out
    assert _way(admin, "a@world.test") == ("isp.relays.test", "customer", "me@mail1.lab.test")
    assert _way(admin, "a@special.world.test") == ("store.example", "", "me@mail1.lab.test")
    assert _way(admin, "a@own.world.test") == ("own.relays.test", "admin", "me@mail1.lab.test")
    assert _way(admin, "b@world.test", "old@mail1.lab.test")[2] == "renamed@lab.test"
    assert _way(admin, "c@world.test", "root@mail1.lab.test")[2] == "alerts@lab.test"
    assert admin.run("plan").out == "Plan: no changes (1 host)\n"

    admin.write(_HOST.format(key=admin.key) + "relay: direct\n", {})
    gone = admin.run("apply", "--yes", "--allow-no-relay")

    assert gone.code == ExitCode.OK, gone.out + gone.err
    assert host.read(_MAIN_CF) == before
    assert _way(admin, "d@world.test", "old@mail1.lab.test") == ("mx.world.test", "", "renamed@lab.test")
    assert _way(admin, "d@own.world.test") == ("own.relays.test", "admin", "me@mail1.lab.test")


def test_other_edits_are_no_drift(admin: LabAdmin) -> None:
    """A parameter that is not relayconf's changes what nobody plans; one that is shows up, and is put right."""
    host = admin.lab.host("mail1")
    assert admin.run("apply", "--yes").code == ExitCode.OK
    relayhost = host.output(["postconf", "-h", "relayhost"])

    edited = _edit(admin, "# for the newsletter\nmessage_size_limit = 30000000\n")

    assert admin.run("plan").out == "Plan: no changes (1 host)\n"

    _edit(admin, "relayhost = [elsewhere.example]\n")
    planned = admin.run("plan")

    assert "\n  -relayhost = [elsewhere.example]\n" in planned.out, planned.out + planned.err
    assert f"main.cf relayhost: last {relayhost.strip()}, on disk [elsewhere.example], wanted" in planned.out
    blocked = admin.run("apply", "--yes")
    assert blocked.code == ExitCode.HOST_FAILED
    assert "hint: if that is meant: --overwrite-drift" in blocked.out, blocked.out + blocked.err
    assert admin.run("apply", "--yes", "--overwrite-drift").code == ExitCode.OK
    assert host.output(["postconf", "-h", "relayhost"]) == relayhost
    assert b"message_size_limit = 30000000\n" in edited
    assert b"message_size_limit = 30000000\n" in host.read(_MAIN_CF)


def test_tables_edited_by_hand_are_drift(admin: LabAdmin) -> None:
    """Also a password, which a plan without secrets finds by how the host was left."""
    host = admin.lab.host("mail1")
    assert admin.run("apply", "--yes").code == ExitCode.OK
    (admin.admin.folder / "isp").rename(admin.admin.folder / "locked")
    directory = host.output(["postconf", "-h", "relayconf_maps"]).strip()
    quiet = admin.run("plan", "--exit-code", "--without-secrets")

    assert quiet.code == ExitCode.OK, quiet.out + quiet.err
    assert quiet.out == "Note      mail1   secrets not compared\n\nPlan: no changes (1 host)\n"

    for name, old, new in (("transport", b"direct.", b"other."), ("sasl_passwd", b"pw-isp-Rk4t", b"pw-human")):
        host.write(f"{directory}/{name}", host.read(f"{directory}/{name}").replace(old, new), mode=0o600)
        found = admin.run("plan", "--exit-code", "--without-secrets")
        assert found.code == ExitCode.CHANGES_PENDING, found.out + found.err
        assert f"Drift     mail1   live/{name}: last as transaction " in found.out, found.out

    (admin.admin.folder / "locked").rename(admin.admin.folder / "isp")
    refused = admin.run("apply", "--yes")
    assert refused.code == ExitCode.HOST_FAILED
    assert "edits made by hand would be overwritten: live/transport, live/sasl_passwd " in refused.out, refused.out
    assert "pw-human" not in refused.out + refused.err
    applied = admin.run("apply", "--yes", "--overwrite-drift")
    assert applied.code == ExitCode.OK, applied.out + applied.err
    assert _way(admin, "a@world.test") == ("isp.relays.test", "customer", "me@mail1.lab.test")
    assert "Drift" not in admin.run("plan").out


def test_the_plan_tells_what_waits_in_the_queue(admin: LabAdmin) -> None:
    """Deferred mail will take the new way as well, so the plan counts it."""
    host = admin.lab.host("mail1")
    host.inject("me@mail1.lab.test", ["451-a@world.test", "451-b@world.test"])
    host.inject("me@mail1.lab.test", ["451-c@world.test"])
    admin.lab.wait_for(lambda: [queued.queue_name for queued in host.queue()] == ["deferred", "deferred"])

    planned = admin.run("plan")

    assert planned.code == ExitCode.OK, planned.out + planned.err
    assert "\nNote      mail1   2 messages wait in the queue, the oldest " in planned.out


def test_waiting_mail_takes_the_new_way_at_once_when_wished(admin: LabAdmin) -> None:
    """`--flush`: what the receiver put off is at the relay right after the apply."""
    host, receiver = admin.lab.host("mail1"), admin.lab.spec.receiver
    admin.lab.change_relay(dataclasses.replace(receiver, refusal="451 4.7.1 not from here"))
    try:
        host.inject("me@mail1.lab.test", ["late@world.test"])
        admin.lab.wait_for(lambda: [queued.queue_name for queued in host.queue()] == ["deferred"])

        applied = admin.run("apply", "--yes", "--flush")
        message = admin.lab.message_to("late@world.test")
    finally:
        admin.lab.change_relay(receiver)

    assert applied.code == ExitCode.OK, applied.out + applied.err
    assert (message.server, message.user) == ("isp.relays.test", "customer")


def test_the_host_itself_is_asked(admin: LabAdmin) -> None:
    """By its own router, what is live: before the apply and after it; the model says the same of the wish."""
    question = ("route", "me@mail1.lab.test", "you@world.test", "--json")

    def answer(*flags: str) -> dict[str, object]:
        (found,) = json.loads(admin.run(*question, *flags).out)
        return {name: found[name] for name in ("source", "transport", "nexthop")}

    live, model = "the host's own router", "model, by the inventory"
    relayed = {"transport": "smtp", "nexthop": "[isp.relays.test]:587"}

    assert answer("--live") == {"source": live, "transport": "smtp", "nexthop": "world.test"}
    assert answer() == {"source": model, **relayed}
    assert admin.run("apply", "--yes").code == ExitCode.OK
    assert answer("--live") == {"source": live, **relayed}
