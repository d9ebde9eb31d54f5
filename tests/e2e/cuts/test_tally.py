"""The table of verdicts, and the words of one."""

from __future__ import annotations

from tests.e2e.cuts.tally import End, Verdict, table


def _verdict(host: str, end: End, *faults: str, is_cut: bool = True) -> Verdict:
    return Verdict(
        host=host,
        number=3,
        way="a to b",
        kind="laptop killed",
        place="after 0.5 s",
        is_cut=is_cut,
        end=end,
        contact="recover" if end == "new" else "apply",
        recovered=end != "mixed",
        faults=faults,
    )


def test_a_table_counts_by_kind_and_mta() -> None:
    """What was over before its cut came is in no row, and its faults are still told."""
    verdicts = [
        _verdict("postfix1", "old"),
        _verdict("postfix2", "mixed", "neither"),
        _verdict("qmail1", "new"),
        _verdict("qmail1", "new", "late", is_cut=False),
    ]

    assert table(verdicts, ["postfix", "qmail"]).splitlines() == [
        "| cut | MTA | cuts | old | new | mixed | put right by the next apply | by recover | payload kept | faults |",
        "|---|---|---|---|---|---|---|---|---|---|",
        "| laptop killed | postfix | 2 | 1 | 0 | 1 | 1 | 0 | 0 | 1 |",
        "| laptop killed | qmail | 1 | 0 | 1 | 0 | 0 | 1 | 0 | 0 |",
        "| all |  | 3 | 1 | 1 | 1 | 1 | 1 | 0 | 1 |",
        "",
        "1 more rounds were over before their cut came; faults among them: 1",
    ]


def test_a_fault_names_its_round() -> None:
    """So that it can be played again."""
    said = str(_verdict("postfix2", "mixed", "neither old nor new"))

    assert said == "postfix2 round 3, a to b, laptop killed after 0.5 s: mixed: neither old nor new"
