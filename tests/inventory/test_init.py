from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from relayconf import inventory
from relayconf.errors import InventoryError, UsageError
from relayconf.inventory import explain, load, schema
from tests.inventory.writing import written

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "inventory.example.yaml"


def test_public_names() -> None:
    """The package offers these names, sorted."""
    assert inventory.__all__ == ["Setting", "explain", "find_host", "load", "schema", "select"]


def test_example_loads() -> None:
    """The example has no problems and describes what its comments say."""
    example = load(EXAMPLE)

    assert len(example.hosts) == 304
    assert list(example.relays) == ["isp", "cloud", "spare", "ses", "backup"]
    assert example.groups == ("nodes",)


def test_example_loads_with_its_flat_files(tmp_path: Path) -> None:
    """The entries of `domains_from` that stand in the example as comments are right too."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("domains_from: []  ", "domains_from:  ")
    text = text.replace("\n#  - ", "\n  - ")
    path = written(tmp_path, text, {"domains.txt": "a.example\n", "customers.txt": "b.example\n"})

    assert {"a.example", "b.example"} <= load(path).hosts["vps"].domains.keys()


def _keys(node: object) -> set[str]:
    if isinstance(node, list):
        return {key for item in node for key in _keys(item)}
    if not isinstance(node, dict):
        return set()
    own = node.get("properties", {})
    return set(own) | {key for item in node.values() for key in _keys(item)}


def test_every_key_of_the_schema_is_in_the_example() -> None:
    """No key of the language is missing from the example and from its reference."""
    keys = _keys(json.loads(schema()))
    text = EXAMPLE.read_text(encoding="utf-8")
    reference = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")

    assert {"version", "allow_plaintext_auth", "keyring", "discard", "mx"} <= keys
    assert {key for key in keys if not re.search(rf"\b{key}:", text)} == set()
    assert {key for key in keys if not re.search(rf"\b{key}\b", reference)} == set()


def test_a_missing_file_names_the_option(tmp_path: Path) -> None:
    """An inventory that is not there is a mistake of the command line."""
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "missing.yaml")

    assert caught.value.message == f"cannot read {tmp_path}/missing.yaml: no such file or directory"
    assert caught.value.hint == "name the inventory with `-i FILE`"


def test_garbage_collection_is_as_before(tmp_path: Path) -> None:
    """Loading leaves the garbage collector as it was, on or off, also when the inventory is refused."""
    path = written(tmp_path, "version: 2\n")
    for before in (True, False):
        (gc.enable if before else gc.disable)()
        try:
            with pytest.raises(InventoryError):
                explain(path, "mx1")
            after = gc.isenabled()
        finally:
            gc.enable()
        assert after is before


def test_loading_imports_neither_ssh_nor_templates_nor_idna(tmp_path: Path) -> None:
    """A plain inventory waits for YAML and pydantic alone."""
    path = written(tmp_path, "version: 1\n")
    code = (
        "import pathlib, sys; from relayconf.inventory import load; load(pathlib.Path(sys.argv[1])); "
        "print(sorted({'idna', 'jinja2', 'paramiko', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True, cwd=ROOT)

    assert done.stdout == b"[]\n"


def test_large_flat_file_is_cheap(tmp_path: Path) -> None:
    """100,000 domains load in a fresh process in under 0.5 s of CPU, shared by 300 hosts."""
    domains = "".join(f"d{number}.some-example.com\n" for number in range(100_000))
    text = """\
        version: 1
        mta: qmail
        relays: {isp: {host: mail.isp.example}}
        relay: isp
        domains_from: [domains.txt]
        hosts: {"node[001-300]": {}}
        """
    path = written(tmp_path, text, {"domains.txt": domains})
    code = (
        "import pathlib, sys, time; from relayconf.inventory import load; "
        "hosts = load(pathlib.Path(sys.argv[1])).hosts; "
        "print(len({id(host.domains) for host in hosts.values()}), len(hosts['node300'].domains), time.process_time())"
    )
    # A busy neighbour costs CPU time too (caches), so the best of three counts; coverage must not be measured along.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    runs = [
        subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True, cwd=ROOT, env=environment)
        for _ in range(3)
    ]

    assert {tuple(run.stdout.split()[:2]) for run in runs} == {(b"1", b"100000")}
    assert min(float(run.stdout.split()[2]) for run in runs) < 0.5
