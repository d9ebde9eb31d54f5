"""A Postfix configuration directory on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relayconf.commands.checked_configuration import read_configuration
from relayconf.errors import RelayconfError, UsageError
from relayconf.mta.postfix.lint.configuration import Seen

MAIN = """\
transport_maps = hash:/etc/postfix/transport
smtp_sasl_password_maps = texthash:${config_directory}/sasl_passwd
smtp_tls_CApath = /etc/ssl/certs
"""


def make(directory: Path, **files: str) -> Path:
    """A configuration directory."""
    directory.mkdir(parents=True)
    for name, content in {"main.cf": MAIN, "transport": "x :\n", **files}.items():
        (directory / name.replace("_cf", ".cf").replace("_db", ".db")).write_text(content)
    return directory


def test_a_copy_of_the_directory_alone(tmp_path: Path) -> None:
    """What Postfix calls /etc/postfix is looked for in it; nothing is known of other places."""
    config = read_configuration(make(tmp_path / "copy", master_cf="smtp unix - - y - - smtp\n", transport_db=""))

    assert config.has_master
    assert config.around.files["/etc/postfix/transport"].content == b"x :\n"
    assert config.around.files["/etc/postfix/transport.db"].present
    assert config.around.files["/etc/postfix/sasl_passwd"] == Seen(present=False)
    assert config.seen("/etc/ssl/certs") is None
    assert (config.around.types, config.around.plugins, config.around.is_live) == (None, None, False)


def test_sources_alone(tmp_path: Path) -> None:
    """Where no compiled table was copied, as in a repository, none is missed."""
    config = read_configuration(make(tmp_path / "copy"))

    assert config.seen("/etc/postfix/transport.db") is None
    assert not config.has_master


def test_a_copy_of_the_system(tmp_path: Path) -> None:
    """Other places are known as far as their folders were copied; SASL plug-ins are found."""
    directory = make(tmp_path / "usr" / "local" / "etc" / "postfix", sasl_passwd="[x] u:p\n")
    pem = "smtp_tls_CAfile = /etc/ssl/gone.pem\nsmtp_tls_cert_file = /usr/local/gone.pem\n"
    (directory / "main.cf").write_text(MAIN + pem)
    plugins = tmp_path / "usr" / "lib" / "x86_64" / "sasl2"
    plugins.mkdir(parents=True)
    for name in ("libplain.so.2", "libcrammd5.so", "README"):
        (plugins / name).touch()
    (tmp_path / "etc" / "ssl" / "certs").mkdir(parents=True)
    (tmp_path / "etc" / "ssl" / "certs" / "a.0").touch()
    (tmp_path / "etc" / "services").mkdir()
    config = read_configuration(directory)

    assert config.value("config_directory") == "/usr/local/etc/postfix"
    assert config.around.plugins == frozenset({"plain", "cram-md5"})
    assert config.around.files["/etc/ssl/certs"].names == ("a.0",)
    assert config.around.files["/etc/ssl/gone.pem"] == Seen(present=False)
    assert config.seen("/usr/local/gone.pem") is None
    assert config.around.files["/etc/services"].content is None
    assert config.around.files["/usr/local/etc/postfix/sasl_passwd"].content == b"[x] u:p\n"
    assert config.seen("/var/spool/postfix/etc/resolv.conf") is None
    assert config.seen("/etc/postfix/transport") is None


def test_types(tmp_path: Path) -> None:
    """What packages brought, as dynamicmaps.cf has it."""
    directory = make(tmp_path / "copy", dynamicmaps_cf="# comment\n\npcre x y z\n")
    (directory / "dynamicmaps.cf.d").mkdir()
    (directory / "dynamicmaps.cf.d" / "lmdb").write_text("lmdb a b\n")
    types = read_configuration(directory).around.types

    assert types is not None
    assert {"pcre", "lmdb", "texthash"} <= types
    assert "mysql" not in types


def test_what_may_not_be_read(tmp_path: Path) -> None:
    """It is there, and that is all; what stands behind a closed door, or below a file, is not known."""
    directory = make(tmp_path / "copy", sasl_passwd="[x] u:p\n")
    (directory / "main.cf").write_text(MAIN + "canonical_maps = texthash:/etc/postfix/transport/x\n")
    (directory / "main.cf").chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest" in str(folder):
            folder.chmod(0o755)
    (directory / "sasl_passwd").chmod(0)
    (directory / "closed").mkdir(mode=0)
    with (directory / "main.cf").open("a") as main:
        main.write("virtual_alias_maps = texthash:/etc/postfix/closed/x\n")
    uid = os.geteuid()
    if uid == 0:
        os.seteuid(65534)
    try:
        config = read_configuration(directory)
    finally:
        os.seteuid(uid)

    assert config.around.files["/etc/postfix/sasl_passwd"].content is None
    assert config.around.files["/etc/postfix/sasl_passwd"].present
    assert config.seen("/etc/postfix/closed/x") is None
    assert config.seen("/etc/postfix/transport/x") is None


def test_what_there_is_not(tmp_path: Path) -> None:
    """A directory, a main.cf, one that can be read."""
    with pytest.raises(UsageError, match="the configuration directory is not there"):
        read_configuration(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"no Postfix configuration: .* has no main\.cf"):
        read_configuration(tmp_path)
    (tmp_path / "main.cf").mkdir()
    with pytest.raises(RelayconfError, match=r"cannot read .*/main\.cf: Is a directory"):
        read_configuration(tmp_path)
