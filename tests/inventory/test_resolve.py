from __future__ import annotations

from pathlib import Path

from relayconf.inventory.resolve import resolve
from tests.inventory.writing import refused, written


def test_resolved(tmp_path: Path) -> None:
    """The model's inventory comes with the entries it was made of."""
    text = (
        "version: 1\nmta: qmail\nrelays: {isp: {host: a.example}}\nrelay: isp\nhosts: {b: {}, a: {}}\ngroups: {g: }\n"
    )
    path = written(tmp_path, text)
    resolved = resolve(path)

    assert (resolved.inventory.file, resolved.inventory.groups) == (str(path), ("g",))
    assert list(resolved.inventory.hosts) == ["b", "a"] == list(resolved.hosts)
    assert resolved.inventory.relays["isp"].host == resolved.relays["isp"].entry.host
    assert resolved.hosts["a"].host is resolved.inventory.hosts["a"]


def test_a_missing_include_hides_what_follows_from_it(tmp_path: Path) -> None:
    """Names that may stand in a file that cannot be read are not called unknown; other mistakes are told."""
    text = "version: 1\ninclude: [gone.yaml]\nhosts: {mx1: {relay: isp, colour: red}}\n"

    assert refused(tmp_path, text) == [
        f"inventory.yaml:2:11: include[0]: cannot read {tmp_path}/gone.yaml: no such file or directory",
        "inventory.yaml:3:27: hosts.mx1.colour: unknown key",
    ]


def test_an_address_for_a_range_is_told_once(tmp_path: Path) -> None:
    """One address for three hosts is one mistake; for a range of one host it is none."""
    head = "version: 1\nmta: qmail\nrelay: direct\n"

    assert refused(tmp_path, head + "hosts: {'n[1-3]': {address: a.example}}\n") == [
        "inventory.yaml:4:20: hosts[n[1-3]].address: one address cannot belong to a range of hosts"
    ]
    assert resolve(written(tmp_path, head + "hosts: {'n[1-1]': {address: a.example}}\n")).hosts["n1"].host.address == (
        "a.example"
    )


def test_problems_are_sorted(tmp_path: Path) -> None:
    """Mistakes of all kinds come in the order of file, line and column."""
    text = """\
        version: 1
        relays: {isp: {host: a.example, prot: 26}}
        hosts:
          mx1: {relay: nobody}
          mx2: {mta: qmail, relay: isp, ssh: {port: x}}
        mta: qmail
        domains: {a..b: mx}
        domains_from: [domains.txt]
        """

    assert [line.split(": ")[0] for line in refused(tmp_path, text, {"domains.txt": "-a\n"})] == [
        "domains.txt:1:1",
        "inventory.yaml:2:33",
        "inventory.yaml:4:16",
        "inventory.yaml:5:45",
        "inventory.yaml:7:11",
    ]
