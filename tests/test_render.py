"""Files of a host in memory and in a folder."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.errors import RelayconfError
from relayconf.files import DesiredFile
from relayconf.render import render, write_tree
from relayconf.secrets import Secrets
from relayconf.templating import Templates, default_directories
from tests.support.hosts import STORY_SMTPROUTES, qmail_host

PLAIN = DesiredFile(path="qmail:smtproutes", content=STORY_SMTPROUTES)
SECRET = DesiredFile(path="qmail:tlshosts/relay.pem", content=b"s3cret\n", secret=True)
ABSENT = DesiredFile(path="qmail:smtproutes", content=None)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """Modes are compared, so the user's umask must not have a say."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """The permission bits."""
    return path.stat().st_mode & 0o7777


def refusal(directory: Path, *files: DesiredFile, name: str = "edge") -> str:
    """The message that writing ends with."""
    with pytest.raises(RelayconfError) as caught:
        write_tree(directory, qmail_host(name), files)
    return caught.value.message


def test_render() -> None:
    """The host's MTA says what its files are."""
    (file,) = render(qmail_host(), Templates(default_directories(None)), Secrets().resolve)

    assert file.path == "qmail:smtproutes"
    assert file.content is not None
    assert file.content.endswith(STORY_SMTPROUTES)


def test_write_tree(tmp_path: Path) -> None:
    """One folder a host, one a MTA, nothing else, and everybody may read what is no secret."""
    out = tmp_path / "new" / "out"

    assert write_tree(out, qmail_host(), (PLAIN,)) == (out / "edge" / "qmail" / "smtproutes",)
    assert [path.relative_to(out).as_posix() for path in sorted(out.rglob("*"))] == [
        "edge",
        "edge/qmail",
        "edge/qmail/smtproutes",
    ]
    assert (out / "edge/qmail/smtproutes").read_bytes() == STORY_SMTPROUTES
    assert (mode(out), mode(out / "edge"), mode(out / "edge/qmail/smtproutes")) == (0o755, 0o755, 0o644)


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    """A fleet of hosts must not run out of them."""
    before = len(list(Path("/proc/self/fd").iterdir()))

    write_tree(tmp_path, qmail_host(), (PLAIN, SECRET))

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_writing_again_replaces(tmp_path: Path) -> None:
    """A file that was open to all is not while it gets a secret."""
    write_tree(tmp_path, qmail_host(), (DesiredFile(path=SECRET.path, content=b"old"),))

    (path,) = write_tree(tmp_path, qmail_host(), (SECRET,))

    assert path == tmp_path / "edge/qmail/tlshosts/relay.pem"
    assert path.read_bytes() == b"s3cret\n"
    assert mode(path) == 0o600
    assert [mode(folder) for folder in (path.parent, path.parent.parent, path.parent.parent.parent)] == [0o700] * 3
    assert [entry.name for entry in path.parent.iterdir()] == ["relay.pem"]


def test_a_new_folder_for_secrets_is_private(tmp_path: Path) -> None:
    """The one that is named, when relayconf makes it."""
    write_tree(tmp_path / "out", qmail_host(), (PLAIN, SECRET))

    assert mode(tmp_path / "out") == 0o700
    assert mode(tmp_path / "out/edge/qmail/smtproutes") == 0o644


def test_an_absent_file_is_not_left_from_before(tmp_path: Path) -> None:
    """Else the folder would show a file that must not exist."""
    write_tree(tmp_path, qmail_host(), (PLAIN,))

    assert write_tree(tmp_path, qmail_host(), (ABSENT,)) == ()
    assert list((tmp_path / "edge/qmail").iterdir()) == []
    assert write_tree(tmp_path, qmail_host(), (ABSENT,)) == ()


@pytest.mark.parametrize("link", ["out", "out/edge", "out/edge/qmail", "out/edge/qmail/smtproutes"])
@pytest.mark.parametrize("file", [PLAIN, ABSENT])
def test_no_symbolic_link_is_followed(tmp_path: Path, link: str, file: DesiredFile) -> None:
    """Somebody else may have put it there."""
    victim = tmp_path / "victim"
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    if link.endswith("smtproutes"):
        victim.write_bytes(b"precious")
    else:
        victim.mkdir()
    (tmp_path / link).symlink_to(victim)

    assert refusal(tmp_path / "out", file) == f"will not write through the symbolic link {tmp_path / link}"
    assert victim.read_bytes() == b"precious" if victim.is_file() else list(victim.iterdir()) == []
    assert (tmp_path / link).is_symlink()


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    """It is not replaced, and nothing is left beside it."""
    (tmp_path / "edge/qmail/smtproutes").mkdir(parents=True)

    assert refusal(tmp_path, PLAIN) == (
        f"cannot write {tmp_path}/edge/qmail/smtproutes: something that is no file is in the way"
    )
    assert [path.name for path in (tmp_path / "edge/qmail").iterdir()] == ["smtproutes"]


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    """The operating system's reason is told."""
    (tmp_path / "edge").write_bytes(b"")

    assert refusal(tmp_path, PLAIN) == f"cannot write {tmp_path}/edge: Not a directory"


def test_a_full_disk(tmp_path: Path) -> None:
    """What cannot be written whole is not there in part."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, limits[1]))
    try:
        message = refusal(tmp_path, PLAIN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert message == f"cannot write {tmp_path}/edge/qmail/smtproutes: File too large"
    assert list((tmp_path / "edge/qmail").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("qmail:../x", "edge"),
        ("qmail:/etc/passwd", "edge"),
        ("qmail:smtproutes", ".."),
        ("qmail:x", "a/b"),
        (":x", "edge"),
    ],
)
def test_names_that_lead_out(tmp_path: Path, path: str, name: str) -> None:
    """Neither a path nor a host's name leads out of the folder."""
    file = DesiredFile(path=path, content=b"x")

    assert refusal(tmp_path / "out", file, name=name) == f"no file name can be made of {name} and {path}"
    assert [entry.name for entry in tmp_path.rglob("*")] == ["out"]
