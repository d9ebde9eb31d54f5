from __future__ import annotations

import base64
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from relayconf.errors import HostKeyError
from relayconf.remote.ssh.known_hosts import KnownHosts, Verdict, fingerprint, marked_name
from tests.support.openssh_client import need_openssh_client

KEY, OTHER = b"\0\0\0\x0bssh-ed25519-one", b"\0\0\0\x0bssh-ed25519-two"


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _hosts(tmp_path: Path, *lines: str) -> KnownHosts:
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{line}\n" for line in lines))
    return KnownHosts([file])


def _judge(hosts: KnownHosts, *names: str, key: bytes = KEY) -> tuple[Verdict, str]:
    verdict, entry = hosts.judge(names, key)
    return verdict, entry.place.rpartition(":")[2] if entry else ""


@pytest.mark.parametrize(
    ("patterns", "name", "verdict"),
    [
        ("mx1.example", "mx1.example", Verdict.KNOWN),
        ("MX1.Example,192.0.2.2", "mx1.example", Verdict.KNOWN),
        ("mx1.example,192.0.2.2", "192.0.2.2", Verdict.KNOWN),
        ("mx1.example", "mx2.example", Verdict.UNKNOWN),
        ("mx1.example", "mx1.example.org", Verdict.UNKNOWN),
        ("*.example", "mx1.example", Verdict.KNOWN),
        ("*.example", "example", Verdict.UNKNOWN),
        ("mx?.example", "mx1.example", Verdict.KNOWN),
        ("mx?.example", "mx11.example", Verdict.UNKNOWN),
        ("*.example,!mx1.example", "mx1.example", Verdict.UNKNOWN),
        ("!mx1.example,*.example", "mx1.example", Verdict.UNKNOWN),
        ("*.example,!mx1.example", "mx2.example", Verdict.KNOWN),
        ("!mx1.example", "mx2.example", Verdict.UNKNOWN),
        ("[mx1.example]:2222", "[mx1.example]:2222", Verdict.KNOWN),
        ("[mx1.example]:2222", "mx1.example", Verdict.UNKNOWN),
        ("[*.example]:22??", "[mx1.example]:2222", Verdict.KNOWN),
        ("[m]x1.example", "mx1.example", Verdict.UNKNOWN),
        ("m.1.example", "mx1.example", Verdict.UNKNOWN),
    ],
)
def test_patterns(patterns: str, name: str, verdict: Verdict, tmp_path: Path) -> None:
    """Patterns are those of sshd(8): `*`, `?` and `!` and nothing else."""
    assert _judge(_hosts(tmp_path, f"{patterns} ssh-ed25519 {_text(KEY)}"), name)[0] is verdict


@pytest.mark.parametrize("name", ["mx1.example", "[mx1.example]:2222", "192.0.2.2"])
def test_hashed_names(name: str, tmp_path: Path) -> None:
    """Names that ssh-keygen hashed are found; broken hashes are passed over."""
    file = tmp_path / "known_hosts"
    file.write_text(f"{name} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIbKGD9xZ4qN6wcHXz1DsK3Vd1o4sR1ZQv9sI1Jt7n5B\n")
    need_openssh_client()
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    hashed = file.read_text()
    file.write_text(f"|1|broken ssh-ed25519 {_text(OTHER)}\n|1|a|b ssh-ed25519 {_text(OTHER)}\n{hashed}")
    key = base64.b64decode(hashed.split()[2])

    assert hashed.startswith("|1|")
    assert _judge(KnownHosts([file]), name, key=key) == (Verdict.KNOWN, "3")
    assert _judge(KnownHosts([file]), "mx2.example", key=key) == (Verdict.UNKNOWN, "")


def test_changed(tmp_path: Path) -> None:
    """Another key for the same host is a change, and the line that says so is named."""
    hosts = _hosts(tmp_path, "# comment", "", f"mx1 ssh-ed25519 {_text(OTHER)} a comment")

    assert hosts.judge(["mx1"], KEY)[0] is Verdict.CHANGED
    assert _judge(hosts, "mx1") == (Verdict.CHANGED, "3")


def test_other_type_only(tmp_path: Path) -> None:
    """A host known by another type of key alone is not an unknown host."""
    assert _judge(_hosts(tmp_path, f"mx1 ssh-rsa {_text(OTHER)}"), "mx1") == (Verdict.CHANGED, "1")


def test_any_of_several_keys(tmp_path: Path) -> None:
    """A host may have several keys; one that fits is enough, and duplicate lines do no harm."""
    hosts = _hosts(tmp_path, f"mx1 ssh-rsa {_text(OTHER)}", *[f"mx1 ssh-ed25519 {_text(KEY)}"] * 2)

    assert _judge(hosts, "mx1") == (Verdict.KNOWN, "2")
    assert hosts.key_types(["mx1"]) == ("ssh-rsa", "ssh-ed25519")


def test_revoked(tmp_path: Path) -> None:
    """A revoked key is refused even where another line trusts it; other keys of the host are not."""
    hosts = _hosts(tmp_path, f"mx1 ssh-ed25519 {_text(KEY)}", f"@revoked * ssh-ed25519 {_text(KEY)}")

    assert _judge(hosts, "mx1") == (Verdict.REVOKED, "2")
    assert _judge(hosts, "mx2") == (Verdict.REVOKED, "2")
    assert _judge(hosts, "mx2", key=OTHER) == (Verdict.UNKNOWN, "")
    assert hosts.key_types(["mx2"]) == ()


def test_certificate_authority(tmp_path: Path) -> None:
    """A line for an authority vouches for no plain key, and does not stand in the way of one."""
    authority = f"@cert-authority *.example ssh-rsa {_text(OTHER)}"

    assert _judge(_hosts(tmp_path, authority), "mx1.example") == (Verdict.ONLY_AUTHORITY, "1")
    assert _judge(_hosts(tmp_path, authority), "mx1.example", key=OTHER) == (Verdict.ONLY_AUTHORITY, "1")
    known = _hosts(tmp_path, authority, f"mx1.example ssh-ed25519 {_text(KEY)}")
    assert _judge(known, "mx1.example") == (Verdict.KNOWN, "2")
    assert known.key_types(["mx1.example"]) == ("ssh-ed25519",)


def test_name_without_port(tmp_path: Path) -> None:
    """The host without its port can confirm a key but not contradict it, as in ssh."""
    hosts = _hosts(tmp_path, f"mx1 ssh-ed25519 {_text(KEY)}")

    assert _judge(hosts, "[mx1]:2222", "mx1") == (Verdict.KNOWN, "1")
    assert _judge(hosts, "[mx1]:2222", "mx1", key=OTHER) == (Verdict.UNKNOWN, "")


@pytest.mark.parametrize(
    "line",
    [
        "mx1",
        "mx1 ssh-ed25519",
        "@unknown mx1 ssh-ed25519 QQ==",
        "@revoked mx1 ssh-rsa",
        "mx1 ssh-ed25519 &&&",
        "mx1 ssh-ed25519 QUI",
        "@",
    ],
)
def test_broken_lines_are_passed_over(line: str, tmp_path: Path) -> None:
    """A line that means nothing hides no other line."""
    assert _judge(_hosts(tmp_path, line, f"mx1 ssh-ed25519 {_text(KEY)}"), "mx1") == (Verdict.KNOWN, "2")


def test_binary_garbage(tmp_path: Path) -> None:
    """Bytes that are no text, and keys of types that nobody knows, hide no other line."""
    file = tmp_path / "known_hosts"
    file.write_bytes(b"\xff\xfe\0 \x0c junk junk\nmx1 ssh-future AAAA\nmx1 ssh-ed25519 " + _text(KEY).encode())

    assert _judge(KnownHosts([file]), "mx1") == (Verdict.KNOWN, "3")


def test_files(tmp_path: Path) -> None:
    """All files count; one that is not there is empty."""
    (tmp_path / "second").write_text(f"mx1 ssh-ed25519 {_text(KEY)}\n")
    verdict, entry = KnownHosts([tmp_path / "first", tmp_path / "second"]).judge(["mx1"], KEY)

    assert verdict is Verdict.KNOWN
    assert entry is not None
    assert entry.place == f"{tmp_path}/second:1"


def test_unreadable(tmp_path: Path) -> None:
    """A file that cannot be read is an error: it might revoke a key."""
    with pytest.raises(HostKeyError) as caught:
        KnownHosts([tmp_path]).entries("mx1")

    assert caught.value.message == f"cannot read {tmp_path}: is a directory"


@pytest.mark.parametrize(("before", "gap"), [("", ""), ("mx1 ssh-rsa QQ==\n", ""), ("mx1 ssh-rsa QQ==", "\n")])
def test_add(before: str, gap: str, tmp_path: Path) -> None:
    """A new key is appended on a line of its own, and known from then on, here and when read again."""
    file = tmp_path / "known_hosts"
    file.write_text(before)
    hosts = KnownHosts([file])
    hosts.add("[mx2]:2222", "ssh-ed25519", KEY)
    hosts.add("[mx2]:2222", "ssh-ed25519", KEY)

    assert file.read_text() == f"{before}{gap}[mx2]:2222 ssh-ed25519 {_text(KEY)}\n"
    line = str(len(file.read_text().splitlines()))
    assert _judge(hosts, "[mx2]:2222") == (Verdict.KNOWN, line)
    assert _judge(KnownHosts([file]), "[mx2]:2222") == (Verdict.KNOWN, line)


def test_add_makes_the_file(tmp_path: Path) -> None:
    """A file that is not there is made for its owner alone, and so is its folder."""
    file = tmp_path / "home" / ".ssh" / "known_hosts"
    old = os.umask(0)
    try:
        KnownHosts([file]).add("mx1", "ssh-ed25519", KEY)
    finally:
        os.umask(old)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_add_at_once(tmp_path: Path) -> None:
    """Twenty hosts accepted at the same time give twenty whole lines, and one host twenty times gives one."""
    hosts = KnownHosts([tmp_path / "known_hosts"])
    threads = [
        threading.Thread(target=hosts.add, args=(name, "ssh-ed25519", KEY))
        for number in range(20)
        for name in (f"mx{number}", "same")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    names = sorted(line.split()[0] for line in (tmp_path / "known_hosts").read_text().splitlines())
    assert names == sorted(["same", *(f"mx{number}" for number in range(20))])


def test_add_cannot_write(tmp_path: Path) -> None:
    """A file that cannot be written is an error that names it."""
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    with pytest.raises(HostKeyError) as caught:
        KnownHosts([tmp_path / "dangling" / "known_hosts"]).add("mx1", "ssh-ed25519", KEY)

    assert caught.value.message == f"cannot write {tmp_path}/dangling/known_hosts: file exists"


def test_large_file_is_read_once(tmp_path: Path) -> None:
    """A file of 5,000 lines is not needed any more after the first look."""
    hosts = _hosts(tmp_path, *(f"mx{n},192.0.2.{n % 250} ssh-ed25519 {_text(KEY)}" for n in range(5000)))
    hosts.judge(["mx4999"], KEY)
    (tmp_path / "known_hosts").unlink()
    for number in range(1000):
        assert hosts.judge([f"mx{number}"], KEY)[0] is Verdict.KNOWN


def test_fingerprint() -> None:
    """The fingerprint is ssh-keygen's."""
    text = "AAAAC3NzaC1lZDI1NTE5AAAAIIbKGD9xZ4qN6wcHXz1DsK3Vd1o4sR1ZQv9sI1Jt7n5B"
    need_openssh_client()
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", "/dev/stdin"],
        input=f"ssh-ed25519 {text}\n",
        text=True,
        capture_output=True,
        check=True,
    )

    assert fingerprint(base64.b64decode(text)) == shown.stdout.split()[1]


def test_marked_name() -> None:
    """Port 22 is not written."""
    assert marked_name("mx1", 22) == "mx1"
    assert marked_name("2001:db8::1", 2222) == "[2001:db8::1]:2222"
