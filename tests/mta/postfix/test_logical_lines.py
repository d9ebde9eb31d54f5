from __future__ import annotations

import pytest

from relayconf.mta.postfix.logical_lines import LogicalLine, logical_lines


def _line(number: int, text: bytes) -> LogicalLine:
    return LogicalLine(number=number, text=text)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"\n \t\n# c\n  # c\n", [], id="blank-and-comments"),
        pytest.param(b"a = 1\nb = 2\n", [_line(1, b"a = 1"), _line(2, b"b = 2")], id="two"),
        pytest.param(b"a = 1", [_line(1, b"a = 1")], id="unterminated"),
        pytest.param(b"# c\n\na =\n  1,\n\t2\nb", [_line(3, b"a =  1,\t2"), _line(6, b"b")], id="continuation"),
        pytest.param(b"a\n# c\n\n  # c\n \v\n  1\nb", [_line(1, b"a  1"), _line(7, b"b")], id="comments-between"),
        pytest.param(b"  stray\n  more\na\n", [_line(3, b"a")], id="indented-first-is-ignored"),
        pytest.param(b"a\r\n\r\n b\r\n", [_line(1, b"a\r b\r")], id="cr-is-kept"),
        pytest.param(b"a\n\x0cb\n\x0bc\n", [_line(1, b"a\x0cb\x0bc")], id="form-feed-and-vertical-tab-continue"),
        pytest.param(b"a\n\xa0b\n", [_line(1, b"a"), _line(2, b"\xa0b")], id="no-break-space-does-not"),
        pytest.param(b"a # not a comment\n#b", [_line(1, b"a # not a comment")], id="comment-needs-a-line"),
    ],
)
def test_logical_lines(data: bytes, expected: list[LogicalLine]) -> None:
    """Logical lines are joined across comments and blank lines, and numbered by their first line."""
    assert list(logical_lines(data)) == expected
