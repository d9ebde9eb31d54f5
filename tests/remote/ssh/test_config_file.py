from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.remote.ssh.config_file import ConfigError, expand_home, parse


def _options(folder: Path, text: str) -> list[tuple[str, tuple[str, ...], int]]:
    (folder / "config").write_text(text)
    return [(line.keyword, line.words, len(line.blocks)) for line in parse(folder / "config", folder, folder)]


@pytest.mark.parametrize(
    ("text", "keyword", "words"),
    [
        ("User admin", "user", ("admin",)),
        ("  uSeR\tadmin  ", "user", ("admin",)),
        ("User=admin", "user", ("admin",)),
        ("User = admin", "user", ("admin",)),
        ('IdentityFile "~/my keys/id"', "identityfile", ("~/my keys/id",)),
        ("User admin # the admin", "user", ("admin",)),
        ("User ad#min", "user", ("ad#min",)),
        ("UserKnownHostsFile a b", "userknownhostsfile", ("a", "b")),
        ('User ""', "user", ("",)),
        ("User admin\r", "user", ("admin",)),
    ],
)
def test_lines(text: str, keyword: str, words: tuple[str, ...], tmp_path: Path) -> None:
    """A line is a keyword and its words, in each of the ways that ssh takes."""
    assert _options(tmp_path, text) == [(keyword, words, 0)]


def test_nothing(tmp_path: Path) -> None:
    """Comments, empty lines and a file that is not there say nothing."""
    assert _options(tmp_path, "# User admin\n\n   \n  # x\n") == []
    assert list(parse(tmp_path / "absent", tmp_path, tmp_path)) == []


@pytest.mark.parametrize("text", ["User", "User ", "User # admin", "!!!"])
def test_no_value(text: str, tmp_path: Path) -> None:
    """A keyword alone is an error that says where."""
    with pytest.raises(ConfigError) as caught:
        _options(tmp_path, f"\n{text}\n")

    assert str(caught.value) == f"{tmp_path}/config:2: a keyword without a value"


def test_match_without_value(tmp_path: Path) -> None:
    """A criterion of Match that wants a value and has none is an error that says where."""
    with pytest.raises(ConfigError) as caught:
        _options(tmp_path, "Match all host\n")

    assert str(caught.value) == f"{tmp_path}/config:1: `Match host` needs a value"


def test_include(tmp_path: Path) -> None:
    """Included files stand in the Include's place and under its block; their own blocks end with them."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "20").write_text("User second\n")
    (tmp_path / "conf.d" / "10").write_text("User first\nHost inner\nPort 1\n")
    (tmp_path / "other").write_text("User other\n")

    options = _options(tmp_path, "Host outer\nInclude conf.d/* ~/other absent\nPort 2\n")

    assert options == [
        ("user", ("first",), 1),
        ("port", ("1",), 2),
        ("user", ("second",), 1),
        ("user", ("other",), 1),
        ("port", ("2",), 1),
    ]


def test_include_absolute(tmp_path: Path) -> None:
    """An absolute Include does not depend on the folder."""
    (tmp_path / "other").write_text("User other\n")

    assert _options(tmp_path, f"Include {tmp_path}/oth*\n") == [("user", ("other",), 0)]


def test_include_of_itself(tmp_path: Path) -> None:
    """A file that includes itself is an error and not an endless loop."""
    with pytest.raises(ConfigError) as caught:
        _options(tmp_path, "Include config\n")

    assert str(caught.value) == f"{tmp_path}/config:1: Include in Include more than 16 deep"


def test_expand_home(tmp_path: Path) -> None:
    """Only a leading `~/` is the home."""
    assert expand_home("~/x", tmp_path) == f"{tmp_path}/x"
    assert expand_home("~", tmp_path) == str(tmp_path)
    assert expand_home("~other/x", tmp_path) == "~other/x"
    assert expand_home("/a/~/x", tmp_path) == "/a/~/x"
