"""The SPF records beside the routes that change, with a DNS on loopback."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.commands.options import ApplyOptions, Options, SpfOptions
from relayconf.commands.plan import plan
from relayconf.dns import Server
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.spf.lookup import Outcome
from tests.support.cli import run
from tests.support.dns_server import dns_server
from tests.support.local_host import LocalHost, local_host, said
from tests.support.spf_zone import Zone

SPF = "spf: [include:spf-01.asahi-net.or.jp]"
ZONE = Zone(
    names={
        "kamata-net.com": {"TXT": ["v=spf1 mx -all"], "MX": ["mail.kamata-net.com"]},
        "mail.kamata-net.com": {"A": ["218.45.184.224"]},
        "spf-01.asahi-net.or.jp": {"TXT": ["v=spf1 ip4:202.224.39.192/27 ?all"]},
    }
)
LINES = """\
SPF       kamata-net.com: mail will leave from 202.224.39.192/27, which fails today
          publish "v=spf1 mx include:spf-01.asahi-net.or.jp -all"  (2 of 10 look-ups)
"""


@pytest.fixture(name="host")
def _host(tmp_path: Path) -> LocalHost:
    """A host whose relay has an SPF term."""
    host = local_host(tmp_path)
    path = host.options().inventory
    text = path.read_text(encoding="utf-8").replace("tls: none}", f"tls: none, {SPF}}}")
    path.write_text(text, encoding="utf-8")
    return host


def options(host: LocalHost, here: Server, *, json: bool = False) -> Options:
    """A plan that asks the DNS *here*."""
    return replace(host.options(json=json), spf=SpfOptions(resolvers=[str(here)]))


def test_a_plan_says_what_to_publish(host: LocalHost) -> None:
    """Beside the routes, in JSON as well; once they are live, no more."""
    heard, in_json, after = said(), said(), said()
    with dns_server(ZONE) as here:
        assert plan(heard.console, options(host, here)) is ExitCode.OK
        plan(in_json.console, options(host, here, json=True))
        apply(said().console, options(host, here), ApplyOptions(yes=True))
        plan(after.console, options(host, here))

    assert LINES in heard.out.getvalue()
    shown = json.loads(in_json.out.getvalue())["spf"]
    assert (shown["more"], shown["reason"], shown["plans"][0]["covers"]) == (0, None, ["202.224.39.192/27"])
    assert after.out.getvalue() == "Plan: no changes (1 host)\n"


def test_apply_shows_it_before_it_asks(host: LocalHost) -> None:
    """With the rest of the plan."""
    heard = said("no\n", terminal=True)
    with dns_server(ZONE) as here:
        apply(heard.console, options(host, here))

    assert LINES in heard.err.getvalue()


def test_a_dns_that_is_silent_holds_nothing_up(host: LocalHost) -> None:
    """The plan is there in time, and says that nothing is known."""
    heard = said()
    silent = dict.fromkeys(("kamata-net.com", "com", "spf-01.asahi-net.or.jp"), Outcome.TIMEOUT)
    with dns_server(Zone(names=silent)) as here:
        began = time.monotonic()
        how = replace(options(host, here), spf=SpfOptions(resolvers=[str(here)] * 3, seconds=0.5))
        code = plan(heard.console, how)

    assert time.monotonic() - began < 5
    assert code is ExitCode.OK
    assert (
        "SPF       unknown: the DNS does not say what kamata-net.com publishes now: no answer in time\n"
        "            way out: try again, or name another server\n" in heard.out.getvalue()
    )


def test_nobody_asks(host: LocalHost) -> None:
    """Unless it is wanted."""
    heard = said()
    plan(heard.console, host.options(json=True))

    assert json.loads(heard.out.getvalue())["spf"] is None


def test_a_resolver_that_is_none(host: LocalHost) -> None:
    """Is a mistake of the command line."""
    with pytest.raises(UsageError, match="named by its address"):
        plan(said().console, replace(host.options(), spf=SpfOptions(resolvers=["dns.example"])))


def test_a_machine_without_a_resolver(host: LocalHost, tmp_path: Path) -> None:
    """Can plan all the same."""
    heard = said()
    how = replace(host.options(), spf=SpfOptions(resolv_conf=str(tmp_path / "none")))

    assert plan(heard.console, how) is ExitCode.OK
    assert "SPF       unknown: this machine names no DNS resolver\n" in heard.out.getvalue()


def test_the_command_line(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, and the variable for those who never want it."""
    path = str(host.options().inventory)
    with dns_server(ZONE) as here:
        words = ("plan", "-i", path, "--resolver", str(here))
        unwanted = run(*words)
        monkeypatch.delenv("RELAYCONF_NO_SPF")
        shown, without = run(*words), run(*words, "--no-spf")
        asked = run("apply", "-i", path, "--resolver", str(here), "--yes")

    assert LINES in shown.stdout
    assert "SPF" not in without.stdout + unwanted.stdout
    assert asked.exit_code == ExitCode.OK
