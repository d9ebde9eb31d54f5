"""Plans in files: written whole or not at all, and read only when all of their bytes are as they were written."""

from __future__ import annotations

import errno
import json
import os
import resource
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf import planfile
from relayconf.errors import PlanFileError, Unreachable
from relayconf.plankey import key_id, keyed_digest
from relayconf.result import failed, planned
from relayconf.savedplan import SavedPlan
from tests.support.hosts import qmail_host
from tests.test_savedplan import of_postfix, of_qmail, save

KEY = bytes(range(32))
SAVED = save(
    planned(of_postfix()),
    planned(of_qmail()),
    planned(of_qmail(host=qmail_host("other"))),
    failed("down", Unreachable("down")),
)
SHOWN = {"any": ["thing", 1, None, True, "‹secret 3fa2› \u202e\udcff"]}
DATA = planfile.encode(SAVED, SHOWN, KEY)


def signed(text: bytes, key: bytes = KEY) -> bytes:
    """*text*, which lacks its last brace, as a file that is signed rightly, whatever it says."""
    return text + f',\n "mac": "{keyed_digest(key, "plan file", text)}"\n}}\n'.encode()


def head(number: int = 1) -> bytes:
    """The first lines of a plan file."""
    text = f'{{\n "format": {number},\n "kind": "relayconf-plan",\n "key_id": "{key_id(KEY)}",\n'
    return text.encode()


def unusable(**members: str) -> str:
    """A list of one host that is right but for these *members*."""
    usual = {"name": '"a"', "status": '"failed"', "fingerprint": "null", "errors": "[]", "settings": "{}"}
    text = ", ".join(f'"{name}": {value}' for name, value in {**usual, "changes": "[]", **members}.items())
    return f"[{{{text}}}]"


def refusal(data: bytes, key: bytes = KEY) -> tuple[str, str | None]:
    """What is said of these bytes."""
    with pytest.raises(PlanFileError) as raised:
        planfile.decode(data, "f", key)
    return raised.value.message, raised.value.hint


def unwritten(path: Path) -> str:
    """What is said when nothing is written there; and it is said before, too."""
    with pytest.raises(PlanFileError) as told:
        planfile.check_target(path)
    with pytest.raises(PlanFileError) as raised:
        planfile.write(path, DATA)
    assert told.value.message == raised.value.message
    return raised.value.message


@pytest.fixture(params=[0o000, 0o777], ids=["umask 000", "umask 777"])
def any_umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The most and the least open of umasks; the test's folder is made before, or nobody could enter it."""
    assert tmp_path.is_dir()
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """The same value; and a link to the file is as good."""
    planfile.write(tmp_path / "plan", DATA)
    (tmp_path / "link").symlink_to("plan")

    assert planfile.read(tmp_path / "plan", KEY) == SAVED
    assert planfile.read(tmp_path / "link", KEY) == SAVED


def test_the_file_is_json_that_can_be_reviewed() -> None:
    """In ASCII, with what is shown as it was given."""
    value = json.loads(DATA.decode("ascii"))

    assert list(value) == [
        "format",
        "kind",
        "key_id",
        "created",
        "relayconf",
        "fingerprint",
        "inventory",
        "hosts",
        "shown",
        "mac",
    ]
    assert (value["format"], value["kind"], value["key_id"]) == (1, "relayconf-plan", key_id(KEY))
    assert value["shown"] == SHOWN
    assert list(value["hosts"][1]["changes"][0]) == ["path", "phase", "target", "kind", "base", "wish"]


def test_the_mac_has_a_domain_of_its_own() -> None:
    """No fingerprint, masked secret or key id is one."""
    body, _, tail = DATA.partition(b',\n "mac": "')

    assert tail == f'{keyed_digest(KEY, "plan file", body)}"\n}}\n'.encode()


@settings(max_examples=400, deadline=None)
@given(place=st.integers(0, len(DATA) - 1), change=st.integers(1, 255))
def test_no_byte_can_be_another(place: int, change: int) -> None:
    """Wherever it stands, blanks and line ends included."""
    damaged = DATA[:place] + bytes([DATA[place] ^ change]) + DATA[place + 1 :]

    refusal(damaged)


def test_no_byte_of_the_frame_can_be_another() -> None:
    """All of the first and the last ones, with every bit of them."""
    places = [*range(200), *range(len(DATA) - 100, len(DATA))]
    for place in places:
        for bit in range(8):
            refusal(DATA[:place] + bytes([DATA[place] ^ 1 << bit]) + DATA[place + 1 :])


@pytest.mark.parametrize("size", [0, 1, 60, 100, 200, len(DATA) // 2, len(DATA) - 82, len(DATA) - 1])
def test_a_part_is_no_plan(size: int) -> None:
    """From either side."""
    refusal(DATA[:size])
    refusal(DATA[len(DATA) - size :])


@pytest.mark.parametrize("extra", [b"\n", b" ", b"\0", DATA])
def test_more_is_no_plan(extra: bytes) -> None:
    """Behind it or before it."""
    refusal(DATA + extra)
    refusal(extra + DATA)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": 1}',
        DATA.replace(b'"format": 1', b'"format": 01', 1),
        DATA.replace(b'"format": 1', b'"format": 1.0', 1),
        DATA.replace(b'"format": 1', b'"format": -1', 1),
        DATA.replace(b'"format": 1', b'"format": NaN', 1),
        DATA.replace(b'"format": 1', b'"format": ' + b"9" * 5000, 1),
        DATA.replace(b"relayconf-plan", b"relayconf-plam", 1),
        DATA.replace(b"relayconf-plan", b"\\ud800", 1),
        json.dumps(json.loads(DATA)).encode(),
    ],
)
def test_what_is_no_plan_file(data: bytes) -> None:
    """Told by its first lines, which no parser has to read."""
    assert refusal(data) == ("f is no plan that relayconf saved", "plan again: `relayconf plan --out FILE`")


def test_another_format() -> None:
    """A newer one is called that, whoever signed it."""
    newer = DATA.replace(b'"format": 1', b'"format": 2', 1)

    assert refusal(newer) == (
        "f has the format 2, this relayconf knows 1",
        "use the relayconf that saved it, or plan again with this one",
    )


def test_another_key() -> None:
    """Both are named by their ids."""
    other = bytes(32)

    assert refusal(DATA, other) == (
        f"f was saved with the key {key_id(KEY)}, the key here is {key_id(other)}",
        "name the key file in RELAYCONF_KEY_FILE, or plan again here",
    )


def test_a_forged_key_id() -> None:
    """Saying that it is our key does not sign it."""
    data = planfile.encode(SAVED, SHOWN, bytes(32))
    forged = data.replace(key_id(bytes(32)).encode(), key_id(KEY).encode(), 1)

    assert refusal(forged)[0] == "f was changed or cut short after it was saved"


def test_added_members_are_no_way_round() -> None:
    """JSON's last member of a name wins; the bytes that are signed do not have it."""
    twice = DATA.replace(b' "created"', b' "hosts": [],\n "created"', 1)

    assert refusal(twice)[0] == "f was changed or cut short after it was saved"


@pytest.mark.parametrize(
    "body",
    [
        b' "created": "x"',
        b' "created": NaN',
        b' "created": ' + b"9" * 5000,
        b' "created": ' + b"[" * 200_000,
        b' "created": "\xff"',
        b" \0",
        *(
            f' "created": "x", "relayconf": "x", "fingerprint": "x", "inventory": "x", "hosts": {hosts}'.encode()
            for hosts in (
                "null",
                "{}",
                "[1]",
                '[{"name": "a"}]',
                unusable(status='"odd"'),
                unusable(fingerprint="1"),
                unusable(errors="[1]"),
                unusable(settings='{"a": 1}'),
                unusable(changes="[{}]"),
                unusable(changes="{}"),
                unusable(changes='[{"path": "p", "phase": "0", "target": "t", "kind": "k", "base": "b", "wish": "w"}]'),
            )
        ),
    ],
)
def test_what_is_signed_and_makes_no_sense(body: bytes) -> None:
    """No plan of ours; the key's holder can write anything."""
    assert refusal(signed(head() + body)) == (
        "f is signed, but says nothing that relayconf knows",
        "plan again: `relayconf plan --out FILE`",
    )


def test_a_host_that_makes_sense() -> None:
    """Those above lack what they are said to, and nothing else."""
    body = f' "created": "x", "relayconf": "x", "fingerprint": "x", "inventory": "x", "hosts": {unusable()}'

    assert planfile.decode(signed(head() + body.encode()), "f", KEY).hosts[0].name == "a"


def test_members_that_are_new_do_not_disturb() -> None:
    """A later relayconf may add some without another format."""
    body, _, _ = DATA.partition(b',\n "mac": "')

    assert planfile.decode(signed(body + b',\n "new": {}'), "f", KEY) == SAVED


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """Said at once; nothing is waited for."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    said = {
        "fifo": "is not a regular file",
        "none": f"cannot be read: {os.strerror(errno.ENOENT)}",
        "loop": f"cannot be read: {os.strerror(errno.ELOOP)}",
        ".": f"cannot be read: {os.strerror(errno.EISDIR)}",
    }
    for name, reason in said.items():
        with pytest.raises(PlanFileError, match=rf"^the plan file \S+ {reason}$"):
            planfile.read(tmp_path / name, KEY)
    with pytest.raises(PlanFileError, match=r"/dev/zero is not a regular file$"):
        planfile.read(Path("/dev/zero"), KEY)


def test_what_is_too_large(tmp_path: Path) -> None:
    """Not read any further than to see it; and not written either."""
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.write(DATA)
        file.truncate(1 << 40)
    begun = time.perf_counter()

    with pytest.raises(PlanFileError, match="has more than 67108864 bytes"):
        planfile.read(huge, KEY)
    with pytest.raises(PlanFileError, match="the plan has 67108865 bytes, a plan file may have 67108864") as raised:
        planfile.write(tmp_path / "plan", bytes((64 << 20) + 1))
    assert raised.value.hint == "plan fewer hosts at a time: name them"
    assert [path.name for path in tmp_path.iterdir()] == ["huge"]
    assert time.perf_counter() - begun < 5


@pytest.mark.usefixtures("any_umask")
def test_it_is_private_under_any_umask(tmp_path: Path) -> None:
    """And nothing is left beside it."""
    planfile.write(tmp_path / "plan", DATA)

    assert stat.S_IMODE((tmp_path / "plan").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


@pytest.mark.parametrize("before", [b"", DATA, head(2)])
def test_an_earlier_plan_is_replaced(tmp_path: Path, before: bytes) -> None:
    """By another file, so that who reads the old one goes on reading it; an empty one is what mktemp makes."""
    path = tmp_path / "plan"
    path.write_bytes(before)
    path.chmod(0o644)
    with path.open("rb") as reader:
        planfile.write(path, DATA)

        assert reader.read() == before
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_else_is_replaced(tmp_path: Path) -> None:
    """An inventory whose name was given by mistake is not lost."""
    path = tmp_path / "inventory.yaml"
    path.write_text("version: 1\n")

    assert unwritten(path) == f"will not write a plan over {path}: that is no plan"
    assert path.read_text() == "version: 1\n"


def _link(path: Path) -> None:
    path.with_name("file").write_bytes(b"")
    path.symlink_to("file")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_link, "will not write a plan through the symbolic link {}"),
        (_dangling, "will not write a plan through the symbolic link {}"),
        (Path.mkdir, "will not write a plan to {}: it is not a regular file"),
        (os.mkfifo, "will not write a plan to {}: it is not a regular file"),
    ],
)
def test_what_is_not_written_to(tmp_path: Path, make: Callable[[Path], None], told: str) -> None:
    """Whatever it leads to."""
    path = tmp_path / "plan"
    make(path)
    before = {item.name: item.lstat().st_ino for item in tmp_path.iterdir()}

    assert unwritten(path) == told.format(path)
    assert {item.name: item.lstat().st_ino for item in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["-", ".", "..", "/", "a/.."])
def test_what_is_no_name_of_a_file(name: str) -> None:
    """Standard output among it: a plan goes to one place, whole."""
    assert unwritten(Path(name)) == f"a plan cannot be saved as {str(Path(name))!r}"


def test_folders_that_are_none(tmp_path: Path) -> None:
    """A folder is not made."""
    (tmp_path / "file").touch()

    assert unwritten(tmp_path / "none/plan").endswith(f"cannot be written: {os.strerror(errno.ENOENT)}")
    assert unwritten(tmp_path / "file/plan").endswith(f"cannot be written: {os.strerror(errno.ENOTDIR)}")


def test_half_a_plan_is_never_there(tmp_path: Path) -> None:
    """Where a file may not grow, the earlier plan stays, and nothing lies beside it."""
    path = tmp_path / "plan"
    planfile.write(path, DATA)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(PlanFileError, match=f"cannot be written: {os.strerror(errno.EFBIG)}"):
            planfile.write(path, DATA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_bytes() == DATA
    assert [item.name for item in tmp_path.iterdir()] == ["plan"]


def test_a_plan_of_no_hosts_is_one(tmp_path: Path) -> None:
    """Of an inventory without hosts."""
    none = SavedPlan(created="x", version="x", fingerprint="x", inventory="x", hosts=())
    planfile.write(tmp_path / "plan", planfile.encode(none, None, KEY))

    assert planfile.read(tmp_path / "plan", KEY) == none
