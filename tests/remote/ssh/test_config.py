from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from relayconf.remote.ssh.config import Settings, SshConfig
from relayconf.remote.ssh.config_file import ConfigError
from tests.support.openssh_client import need_openssh_client


def _lookup(
    folder: Path, text: str, host: str = "mx1", *, user: str | None = None, port: int | None = None
) -> Settings:
    (folder / "config").write_text(text)
    config = SshConfig([(folder / "config", folder)], home=Path("/home/me"), local_user="me")
    return config.lookup(host, user=user, port=port)


def test_nothing_said(tmp_path: Path) -> None:
    """Without a word on the host it is its own name, and everything else is open."""
    assert _lookup(tmp_path, "Host other\nUser x\n") == Settings(host_name="mx1")


def test_everything(tmp_path: Path) -> None:
    """Each keyword that matters is read; the others are passed over."""
    settings = _lookup(
        tmp_path,
        """
        Host mx1
          HostName %h.example
          Port 2222
          User admin
          IdentityFile ~/.ssh/%h_%r
          IdentityFile "%d/k %u %n %p %%"
          IdentitiesOnly yes
          IdentityAgent none
          ProxyJump %r@jump:%p
          ProxyCommand nc %h %p
          HostKeyAlias alias
          UserKnownHostsFile ~/a ~/b
          ConnectTimeout 1m
          ServerAliveInterval 5
          StrictHostKeyChecking no
          ForwardX11 yes
        """,
    )

    assert settings == Settings(
        host_name="mx1.example",
        port=2222,
        user="admin",
        identity_files=("/home/me/.ssh/mx1.example_admin", "/home/me/k me mx1 2222 %"),
        identities_only=True,
        identity_agent="none",
        proxy_jump="admin@jump:2222",
        proxy_command="nc %h %p",
        host_key_alias="alias",
        user_known_hosts=("/home/me/a", "/home/me/b"),
        connect_timeout=60,
        alive_interval=5,
    )


def test_first_value_wins(tmp_path: Path) -> None:
    """The first value of an option holds, except that identity files add up, each once."""
    settings = _lookup(
        tmp_path,
        "User top\nHost mx*\nUser x\nPort 1\nIdentityFile /a\nHost *\nPort 2\nIdentityFile /b\nIdentityFile /a\n",
    )

    assert (settings.user, settings.port, settings.identity_files) == ("top", 1, ("/a", "/b"))


def test_inventory_wins(tmp_path: Path) -> None:
    """What the inventory says of user and port stands before the file, also in `%r`, `%p` and Match."""
    text = "Host *\nUser x\nPort 1\nProxyJump %r@j:%p\nMatch user admin\nHostKeyAlias matched\n"

    settings = _lookup(tmp_path, text, user="admin", port=9)

    assert (settings.user, settings.port, settings.proxy_jump) == ("admin", 9, "admin@j:9")
    assert settings.host_key_alias == "matched"


@pytest.mark.parametrize(
    ("line", "matches"),
    [
        ("Host mx1", True),
        ("Host MX1", True),
        ("Host a mx?", True),
        ("Host mx1 !mx1", False),
        ("Host !mx1 *", False),
        ("Host !mx2", False),
        ("Host !mx2 *", True),
        ("Host mx", False),
        ("Host m.1", False),
        ("Match all", True),
        ("Match !all", False),
        ("Match host mx1.example", True),
        ("Match host mx1", False),
        ("Match originalhost mx1", True),
        ("Match originalhost a,mx*", True),
        ("Match !originalhost mx1", False),
        ("Match host *.example user admin", True),
        ("Match host *.example user other", False),
        ("Match user=admin", True),
        ("Match localuser me", True),
        ("Match !localuser me", False),
        ("Match canonical", False),
        ("Match final", False),
        ("Match !final all", True),
    ],
)
def test_blocks(line: str, matches: bool, tmp_path: Path) -> None:  # noqa: FBT001  a table of cases
    """Host and Match decide as in ssh(1)."""
    settings = _lookup(tmp_path, f"HostName %h.example\nUser admin\n{line}\nPort 99\n")

    assert (settings.port == 99) is matches
    assert settings.ignored == ()


@pytest.mark.parametrize("criterion", ["exec true", "!exec false", "localnetwork 10.0.0.0/8", "tagged x"])
def test_undecidable(criterion: str, tmp_path: Path) -> None:
    """What would need a command or the network is not decided: the block is left out, and said to be."""
    witness = tmp_path / "ran"
    criterion = criterion.replace("true", f'"touch {witness}"').replace("false", f'"touch {witness}"')

    settings = _lookup(tmp_path, f"Match host mx1 {criterion}\nPort 99\nUser x\n")

    assert settings.port is None
    assert settings.ignored == (f"{tmp_path}/config:1 (its criteria would need a command or the network to decide)",)
    assert not witness.exists()


def test_undecidable_for_another_host(tmp_path: Path) -> None:
    """A block that could not hold anyway is not worth a word."""
    assert _lookup(tmp_path, 'Match exec "true" host other\nPort 99\n').ignored == ()


def test_proxy_command_none(tmp_path: Path) -> None:
    """`ProxyCommand none` is none."""
    assert _lookup(tmp_path, "ProxyCommand none\n").proxy_command is None


def test_environment_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`${NAME}` is the variable in the names of files; one that is not set stays as it is."""
    monkeypatch.setenv("KEYS", "/keys")
    monkeypatch.delenv("NOT_SET", raising=False)

    settings = _lookup(tmp_path, "IdentityFile ${KEYS}/id\nIdentityFile ${NOT_SET}/id\n")

    assert settings.identity_files == ("/keys/id", "${NOT_SET}/id")


def test_unknown_token(tmp_path: Path) -> None:
    """A token that means nothing here stays as it is."""
    settings = _lookup(tmp_path, "HostName %n.%h\nIdentityFile %x\n")

    assert (settings.host_name, settings.identity_files) == ("%n.mx1", ("%x",))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Port 0", "`0` is no port"),
        ("Port 65536", "`65536` is no port"),
        ("Port 22s", "`22s` is no port"),
        ("Port none", "`none` is no port"),
        ("Port \u0662", "`\u0662` is no port"),
        ("ConnectTimeout soon", "`soon` is no time"),
        ("ServerAliveInterval -1", "`-1` is no time"),
    ],
)
def test_no_number(line: str, complaint: str, tmp_path: Path) -> None:
    """A number that is none is an error that says where."""
    with pytest.raises(ConfigError) as caught:
        _lookup(tmp_path, f"Host *\n{line}\n")

    assert str(caught.value) == f"{tmp_path}/config:2: {complaint}"


def test_no_time_out(tmp_path: Path) -> None:
    """`ConnectTimeout none` leaves the time-out open."""
    assert _lookup(tmp_path, "ConnectTimeout none\n").connect_timeout is None


def test_system_file_comes_second(tmp_path: Path) -> None:
    """The user's file stands before the system's, whatever block it ended in."""
    (tmp_path / "user").write_text("Host other\nUser nobody\nHost mx1\nUser mine\n")
    (tmp_path / "system").write_text("User theirs\nPort 2222\n")
    config = SshConfig([(tmp_path / "user", tmp_path), (tmp_path / "system", tmp_path)], home=tmp_path, local_user="me")

    settings = config.lookup("mx1")

    assert (settings.user, settings.port) == ("mine", 2222)


def test_same_as_ssh(tmp_path: Path) -> None:
    """OpenSSH itself reads the same from a file with most of it."""
    (tmp_path / "inc").write_text("Host mx*\n  Port 2201\nHost nothing\n  User wrong\n")
    text = f"""
    Host mx1 !mx2
      Include {tmp_path}/inc
      HostName %h.example
    Match host *.example !user nobody
      User = "admin"
      IdentityFile "/keys/%h %r"
    Host *
      User late
      ConnectTimeout 7
      ProxyJump jump,%r@last:22
    """
    settings = _lookup(tmp_path, text)
    need_openssh_client()
    shown = subprocess.run(
        ["ssh", "-G", "-F", tmp_path / "config", "mx1"], capture_output=True, text=True, check=True
    ).stdout
    theirs = dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)

    assert settings.host_name == theirs["hostname"] == "mx1.example"
    assert str(settings.port) == theirs["port"] == "2201"
    assert settings.user == theirs["user"] == "admin"
    assert str(settings.connect_timeout) == theirs["connecttimeout"] == "7"
    assert settings.identity_files == ("/keys/mx1.example admin",)
    assert theirs["identityfile"] == "/keys/%h %r"
    assert settings.proxy_jump == "jump,admin@last:22"
