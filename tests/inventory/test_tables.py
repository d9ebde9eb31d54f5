from __future__ import annotations

from collections import ChainMap
from pathlib import Path

from relayconf.inventory.document import Document, Place, parse
from relayconf.inventory.tables import EMPTY, FlatFiles, Table, merged, united
from relayconf.model import Direct, Local, Mx, Target
from tests.inventory.writing import loaded, refused, written


def _document(folder: Path) -> Document:
    path = written(folder, "a: 1\n")
    return parse(str(path), path, path.read_bytes())


def _table(folder: Path, entries: dict[str, Target | None], *, clears: bool = False) -> Table[Target]:
    place = Place(document=_document(folder), location=("a",))
    return Table(entries=entries, places=dict.fromkeys(entries, place), clears=clears)


def test_the_stronger_target_counts(tmp_path: Path) -> None:
    """Later tables win key by key, and null deletes."""
    top = _table(tmp_path, {"a": Local(), "b": Local(), "c": Local()})
    host = _table(tmp_path, {"b": Mx(), "c": None, "d": Mx(), "e": None})

    assert merged([top, EMPTY, host]) == {"a": Local(), "b": Mx(), "d": Mx()}
    assert list(merged([top, host])) == ["a", "b", "d"]


def test_a_table_that_clears(tmp_path: Path) -> None:
    """What comes before a cleared table does not count, what comes after does."""
    top = _table(tmp_path, {"a": Local()})
    clear = _table(tmp_path, {}, clears=True)

    assert merged([top, clear]) == {}
    assert merged([top, clear, _table(tmp_path, {"b": Mx()})]) == {"b": Mx()}


def test_large_tables_are_not_copied(tmp_path: Path) -> None:
    """One table is shared as it is; a small one is laid over a large one."""
    large = _table(tmp_path, {f"d{number}": Local() for number in range(2_000)})
    small = _table(tmp_path, {"d7": Direct(), "x": Direct()})
    over = merged([large, small])

    assert merged([EMPTY, large]) is large.entries
    assert isinstance(over, ChainMap)
    assert (over["d7"], over["d8"], len(over)) == (Direct(), Local(), 2_001)
    assert "d8" not in merged([large, _table(tmp_path, {"d8": None})])


def test_united_keeps_both(tmp_path: Path) -> None:
    """Tables of two files at one level come together."""
    both = united(_table(tmp_path, {"a": Local()}), _table(tmp_path, {"b": None}, clears=True))

    assert (both.entries, both.clears, both.deletes) == ({"a": Local(), "b": None}, True, True)


def test_a_flat_file_is_read_once(tmp_path: Path) -> None:
    """Two layers that name the same file share what was read, and its problems are told once."""
    place = Place(document=_document(tmp_path), location=("a",))
    (tmp_path / "good.txt").write_text("a.example\n", "utf-8")
    (tmp_path / "bad.txt").write_text("a..b\n", "utf-8")
    files = FlatFiles()

    assert files.read("good.txt", place) is files.read("good.txt", place)
    assert files.read("bad.txt", place) is None
    assert files.read("bad.txt", place) is None
    assert len(files.problems) == 1


def test_flat_files_count_into_domains(tmp_path: Path) -> None:
    """A stronger layer's entry replaces one of a flat file, and the other way round."""
    hosts = loaded(
        tmp_path,
        """\
        version: 1
        mta: qmail
        relay: direct
        domains: {b.example: mx}
        domains_from: [domains.txt]
        hosts:
          mx1: {domains: {a.example: mx}}
          mx2: {domains_from: [{file: more.txt, host: 192.0.2.9}]}
          mx3: {domains: {a.example: null}}
        """,
        {"domains.txt": "a.example\n", "more.txt": "b.example\n"},
    ).hosts

    assert hosts["mx1"].domains == {"a.example": Mx(), "b.example": Mx()}
    assert str(hosts["mx2"].domains["b.example"]).startswith("Internal(")
    assert hosts["mx3"].domains == {"b.example": Mx()}


def test_one_domain_in_two_files_of_the_top(tmp_path: Path) -> None:
    """A domain of a flat file that another inventory file names too is a mistake."""
    assert refused(
        tmp_path,
        "version: 1\ninclude: [more.yaml]\ndomains_from: [domains.txt]\n",
        {"more.yaml": "version: 1\ndomains: {a.example: mx}\n", "domains.txt": "a.example\n"},
    ) == [f"domains.txt:1:1: `a.example` is also in {tmp_path}/more.yaml:2:11"]
