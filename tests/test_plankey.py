"""The user's key: made once, kept private, refused when it is not."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.errors import KeyFileError
from relayconf.plankey import _create, key_id, keyed_digest, load_key

KEY = bytes(range(32))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _write(path: Path, content: bytes = KEY, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def _refusal(path: Path) -> tuple[str, str | None]:
    with pytest.raises(KeyFileError) as raised:
        load_key(path)
    return raised.value.message, raised.value.hint


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that names no key file, in an empty home."""
    monkeypatch.delenv("RELAYCONF_KEY_FILE", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


@pytest.fixture(params=[0o000, 0o777], ids=["umask 000", "umask 777"])
def any_umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The most and the least open of umasks; the test's folder is made before, or nobody could enter it."""
    assert tmp_path.is_dir()
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """The first call makes 32 random bytes, the next one reads the same."""
    key = load_key(tmp_path / "first")
    assert len(key) == 32
    assert load_key(tmp_path / "first") == key
    assert load_key(tmp_path / "second") != key


@pytest.mark.usefixtures("any_umask")
def test_the_key_is_private_under_any_umask(tmp_path: Path) -> None:
    """The key file is readable and writable by its owner alone, whatever the umask."""
    load_key(tmp_path / "state" / "plan.key")
    assert _mode(tmp_path / "state" / "plan.key") == 0o600


def test_new_directories_are_private(tmp_path: Path) -> None:
    """Directories that are missing are made with mode 0700, those that are there keep theirs."""
    tmp_path.chmod(0o755)
    before = os.umask(0)
    try:
        load_key(tmp_path / "state" / "relayconf" / "plan.key")
    finally:
        os.umask(before)
    assert _mode(tmp_path / "state") == 0o700
    assert _mode(tmp_path / "state" / "relayconf") == 0o700
    assert _mode(tmp_path) == 0o755


def test_nothing_is_left_beside_the_key(tmp_path: Path) -> None:
    """The folder holds the key file and no candidate of it."""
    load_key(tmp_path / "plan.key")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.key"]


def test_a_key_made_meanwhile_stays(tmp_path: Path) -> None:
    """Making a key where another process has just made one changes nothing."""
    path = _write(tmp_path / "plan.key")
    _create(path)
    assert path.read_bytes() == KEY
    assert [found.name for found in tmp_path.iterdir()] == ["plan.key"]


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    """Six processes that need a key at the same moment all read the same one, whole."""
    program = (
        "import sys; from pathlib import Path; from relayconf.plankey import load_key; sys.stdin.read();"
        "print(load_key(Path(sys.argv[1])).hex())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "new" / "plan.key")]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    keys = set()
    for process in processes:
        assert process.stdout is not None
        with process.stdout as output:
            keys.add(output.read().strip())
        assert process.wait() == 0
    assert keys == {(tmp_path / "new" / "plan.key").read_bytes().hex()}


def test_the_default_place(no_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without any variable the key is in ~/.local/state/relayconf."""
    no_variables.setenv("RELAYCONF_KEY_FILE", "")
    assert load_key() == (tmp_path / ".local/state/relayconf/plan.key").read_bytes()


def test_the_state_folder_of_xdg(no_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """$XDG_STATE_HOME replaces ~/.local/state when it is absolute, and is ignored otherwise."""
    no_variables.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert load_key() == (tmp_path / "xdg/relayconf/plan.key").read_bytes()
    no_variables.setenv("XDG_STATE_HOME", "somewhere")
    assert load_key() == (tmp_path / ".local/state/relayconf/plan.key").read_bytes()


def test_the_variable_goes_first(no_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """$RELAYCONF_KEY_FILE is the key file itself."""
    no_variables.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    no_variables.setenv("RELAYCONF_KEY_FILE", str(_write(tmp_path / "ci.key")))
    assert load_key() == KEY


def test_no_home_directory(no_variables: pytest.MonkeyPatch) -> None:
    """A user without a home directory is told to name the file."""
    no_variables.setenv("HOME", "~")
    with pytest.raises(KeyFileError, match=r"^no home directory to keep the key in$") as raised:
        load_key()
    assert raised.value.hint == "set RELAYCONF_KEY_FILE"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size(tmp_path: Path, size: int) -> None:
    """A file that is not 32 bytes long is no key."""
    path = _write(tmp_path / "plan.key", b"k" * size)
    assert _refusal(path) == (
        f"the key file {path} is not 32 bytes long",
        "move the file away: a new key is made, and masked secrets get other digits from then on",
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_key_open_to_others(tmp_path: Path, mode: int) -> None:
    """A key that group or others have any access to is refused, with the command that closes it."""
    path = _write(tmp_path / "plan.key", mode=mode)
    assert _refusal(path) == (f"the key file {path} is open to others (mode {mode:04o})", f"chmod 600 {path}")


def test_a_key_may_be_read_only(tmp_path: Path) -> None:
    """Mode 0400 is private too."""
    assert load_key(_write(tmp_path / "plan.key", mode=0o400)) == KEY


def test_a_key_of_another_user(tmp_path: Path) -> None:
    """A file that somebody else owns is not trusted."""
    path = Path("/etc/passwd")
    if os.geteuid() == 0:
        path = _write(tmp_path / "plan.key")
        os.chown(path, 1, -1)
    assert _refusal(path) == (f"the key file {path} belongs to another user", "set RELAYCONF_KEY_FILE")


@pytest.mark.root
def test_a_link_of_another_user(tmp_path: Path) -> None:
    """A symbolic link that somebody else made is not followed, even to a good key."""
    _write(tmp_path / "good.key")
    path = tmp_path / "plan.key"
    path.symlink_to("good.key")
    os.chown(path, 1, -1, follow_symlinks=False)
    assert _refusal(path) == (f"the key file {path} belongs to another user", "set RELAYCONF_KEY_FILE")


def test_a_link_of_ones_own(tmp_path: Path) -> None:
    """A symbolic link of one's own to a private key is followed."""
    _write(tmp_path / "good.key")
    (tmp_path / "plan.key").symlink_to("good.key")
    assert load_key(tmp_path / "plan.key") == KEY


def test_a_link_to_an_open_file(tmp_path: Path) -> None:
    """What counts is the mode of the file that a link leads to."""
    _write(tmp_path / "open.key", mode=0o644)
    path = tmp_path / "plan.key"
    path.symlink_to("open.key")
    assert _refusal(path)[0] == f"the key file {path} is open to others (mode 0644)"


def test_a_link_to_nothing(tmp_path: Path) -> None:
    """A dangling link is an error, and nothing is made where it leads."""
    path = tmp_path / "plan.key"
    path.symlink_to("nothing")
    assert _refusal(path) == (
        f"the key file {path} cannot be read or made: No such file or directory",
        "set RELAYCONF_KEY_FILE",
    )
    assert not (tmp_path / "nothing").exists()


def test_no_regular_file(tmp_path: Path) -> None:
    """A pipe in the key's place is refused at once instead of waited for."""
    path = tmp_path / "plan.key"
    os.mkfifo(path, 0o600)
    assert _refusal(path) == (f"the key file {path} is not a regular file", "set RELAYCONF_KEY_FILE")


def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    """An error of the operating system is told in its words."""
    path = _write(tmp_path / "file") / "plan.key"
    assert _refusal(path) == (
        f"the key file {path} cannot be read or made: Not a directory",
        "set RELAYCONF_KEY_FILE",
    )


def _hmac(key: bytes, data: bytes) -> str:
    """HMAC-SHA256 spelled out after RFC 2104 for keys of at most 64 bytes."""
    inner = bytes(byte ^ 0x36 for byte in key.ljust(64, b"\0"))
    outer = bytes(byte ^ 0x5C for byte in key.ljust(64, b"\0"))
    return hashlib.sha256(outer + hashlib.sha256(inner + data).digest()).hexdigest()


def test_the_digest_is_an_hmac() -> None:
    """The digest is HMAC-SHA256 over the label's length in four bytes, the label and the data."""
    assert keyed_digest(KEY, "lábel", b"data") == _hmac(KEY, b"\0\0\0\6l\xc3\xa1beldata")


def test_labels_keep_apart() -> None:
    """No part of the data can pass for a part of the label."""
    assert keyed_digest(KEY, "ab", b"c") != keyed_digest(KEY, "a", b"bc")


def test_the_key_id() -> None:
    """A key's id is eight hex digits that depend on the key alone."""
    assert key_id(KEY) == _hmac(KEY, b"\0\0\0\6key id")[:8]
    assert key_id(KEY) != key_id(KEY[::-1])
