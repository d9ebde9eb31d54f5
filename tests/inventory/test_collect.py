from __future__ import annotations

from pathlib import Path

from relayconf.inventory.collect import collect
from relayconf.inventory.include import read_all
from tests.inventory.writing import refused, written


def test_names_in_their_order(tmp_path: Path) -> None:
    """Names keep the order of the files; a range is its hosts, a host without values is a host."""
    text = "version: 1\nhosts: {b: {}, 'n[1-2]': {address: x, mta: 7}, A: }\ngroups: {g: , h: [x]}\nrelays: {r: []}\n"
    names = collect(read_all(written(tmp_path, text)).files)

    assert list(names.hosts) == ["b", "n1", "n2", "a"]
    assert all(names.hosts.values())
    assert names.hosts["n1"] is names.hosts["n2"]
    assert {name: entry is not None for name, entry in names.groups.items()} == {"g": True, "h": False}
    assert names.relays == {"r": None}


def test_a_broken_relay_is_still_known(tmp_path: Path) -> None:
    """A relay that was refused is not also unknown to those who name it."""
    text = "version: 1\nmta: qmail\nrelays: {isp: {port: 25}}\nrelay: isp\nhosts: {mx1: {}}\n"

    assert refused(tmp_path, text) == ["inventory.yaml:3:10: relays.isp.host: `host` is missing"]


def test_spellings_of_one_host(tmp_path: Path) -> None:
    """Hosts that differ in case only are one host."""
    text = "version: 1\nmta: qmail\nrelay: direct\nhosts: {MX1: {}, mx1: {}}\n"

    assert refused(tmp_path, text) == [
        f"inventory.yaml:4:18: hosts.mx1: host `mx1` is already named in {tmp_path}/inventory.yaml:4:9"
    ]


def test_relays_of_two_files(tmp_path: Path) -> None:
    """A relay can stand in one file only, and the problem names the other."""
    text = "version: 1\ninclude: [more.yaml]\nrelays: {isp: {host: a.example}}\n"

    assert refused(tmp_path, text, {"more.yaml": "version: 1\nrelays: {isp: {host: b.example}}\n"}) == [
        f"more.yaml:2:10: relays.isp: already defined in {tmp_path}/inventory.yaml:3:10"
    ]
