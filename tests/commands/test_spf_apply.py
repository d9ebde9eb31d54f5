"""`relayconf spf apply` against a real BIND, asked and answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.commands.spf_apply import UpdateOptions, apply
from relayconf.dnsupdate import read_txt
from relayconf.errors import KeyFileError, UsageError
from relayconf.exits import ExitCode
from tests.support.bind import SECRET, Bind, bind
from tests.support.cli import run
from tests.support.local_host import said

INVENTORY = """version: 1
hosts:
  edge: {address: 192.0.2.1, mta: postfix, relay: direct, domains: {DOMAIN: local}}
"""
OLD, NEW = "v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all"
NAMES = ("asked", "told", "json", "refused", "line", "nobody")


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    records = [f'{name} IN TXT "{text}"' for name in NAMES for text in ("x=y", OLD)]
    with bind(tmp_path_factory.mktemp("bind"), *records) as here:
        yield here


def inventory(folder: Path, name: str) -> Path:
    """An inventory of one domain below kamata-net.com."""
    path = folder / "inventory.yaml"
    path.write_text(INVENTORY.replace("DOMAIN", f"{name}.kamata-net.com"), encoding="utf-8")
    return path


def options(here: Bind) -> UpdateOptions:
    """Everything at the one server."""
    return UpdateOptions(server=str(here.server), key_file=here.key_file, resolvers=[str(here.server)])


def test_a_human_agrees(here: Bind, tmp_path: Path) -> None:
    """After reading what goes and what comes."""
    heard = said("yes\n", terminal=True)
    code = apply(heard.console, inventory(tmp_path, "asked"), [], options(here))

    diff = f'asked.kamata-net.com\n  -"{OLD}"\n  +"{NEW}"\n  1 other TXT record stays\n'
    assert code is ExitCode.OK
    assert heard.err.getvalue() == (
        f"{diff.rstrip()}\nPublish this for asked.kamata-net.com at {here.server}? Type yes: "
    )
    assert heard.out.getvalue() == f"{diff}  published\n"
    assert read_txt(here.server, "asked.kamata-net.com").texts == (NEW, "x=y")


def test_a_human_does_not_agree(here: Bind, tmp_path: Path) -> None:
    """Nothing is changed then, nor where nobody can be asked."""
    path, heard = inventory(tmp_path, "nobody"), said("no\n", terminal=True)

    assert apply(heard.console, path, [], options(here)) is ExitCode.ERROR
    assert heard.err.getvalue().endswith("nothing was changed\n")
    with pytest.raises(UsageError, match="this changes the DNS, and there is no terminal to ask on"):
        apply(said().console, path, [], options(here))
    assert read_txt(here.server, "nobody.kamata-net.com").texts == (OLD, "x=y")


def test_told_beforehand(here: Bind, tmp_path: Path) -> None:
    """Once; the second time there is nothing to do."""
    path, heard = inventory(tmp_path, "told"), said()
    how = replace(options(here), yes=True)

    assert apply(said().console, path, ["TOLD.kamata-net.com."], how) is ExitCode.OK
    assert apply(heard.console, path, [], how) is ExitCode.OK
    assert heard.out.getvalue() == "told.kamata-net.com\n  no change\n"
    assert read_txt(here.server, "told.kamata-net.com").texts == (NEW, "x=y")


def test_json_and_what_the_server_refuses(here: Bind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that may not change TXT records is in a variable; its secret appears nowhere."""
    path, heard = inventory(tmp_path, "json"), said()
    monkeypatch.setenv("DNS_KEY", f"other:{SECRET}")
    how = replace(options(here), key_file=None, key_variable="DNS_KEY", yes=True, json=True)

    assert apply(heard.console, path, [], how) is ExitCode.ERROR
    shown = json.loads(heard.out.getvalue())["domains"][0]
    assert (shown["published"], "REFUSED" in shown["error"]["message"]) == (False, True)
    assert SECRET not in heard.out.getvalue() + heard.err.getvalue()


@pytest.mark.parametrize("both", [True, False])
def test_one_key(here: Bind, tmp_path: Path, both: bool) -> None:  # noqa: FBT001  parametrised
    """Neither two nor none."""
    how = replace(options(here), key_variable="DNS_KEY") if both else replace(options(here), key_file=None)

    with pytest.raises(UsageError, match="an update is signed by one key"):
        apply(said().console, inventory(tmp_path, "told"), [], how)


def test_a_key_that_others_can_read(here: Bind, tmp_path: Path) -> None:
    """Is refused before anything is asked."""
    path = tmp_path / "open.key"
    path.write_bytes(here.key_file.read_bytes())
    path.chmod(0o644)

    with pytest.raises(KeyFileError, match="open to others"):
        apply(said().console, inventory(tmp_path, "told"), [], replace(options(here), key_file=path))


def test_the_command_line(here: Bind, tmp_path: Path) -> None:
    """Its options arrive; without --server it is no use."""
    path = inventory(tmp_path, "line")
    words = ("spf", "apply", "-i", str(path), "--server", str(here.server), "--resolver", str(here.server))
    done = run(*words, "--key-file", str(here.key_file), "--yes")
    without = run("spf", "apply", "-i", str(path))

    assert (done.exit_code, done.stdout.splitlines()[-1]) == (ExitCode.OK, "  published")
    assert without.exit_code == ExitCode.USAGE
