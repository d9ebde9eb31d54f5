"""The admin's own tables, as every plan looks at them, by the machine's own postconf."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.facts import Facts
from relayconf.mta import postfix
from relayconf.mta.postfix.names import theirs
from relayconf.observe import observe
from relayconf.remote.local import LocalSession
from tests.mta.postfix.hosts import host
from tests.mta.postfix.real import POSTCONF

pytestmark = pytest.mark.skipif(POSTCONF is None, reason="needs Postfix's postconf")


def look(folder: Path, value: str) -> bytes | None:
    """The text of the table in transport_maps; `@` stands for the configuration directory."""
    main = f"queue_directory = {folder}\ntransport_maps = {value.replace('@', str(folder))}\n"
    (folder / "main.cf").write_text(main, encoding="utf-8")
    (folder / "master.cf").touch()
    there = replace(host(), config_directory=str(folder), state_directory=str(folder / "state"))
    facts: Facts = observe(LocalSession(), there, postfix)
    return facts.files[theirs("transport_maps")].content


def test_one_text_beside_main_cf(tmp_path: Path) -> None:
    """Whatever compiles it, through a link too."""
    (tmp_path / "t").write_bytes(b"a b\n")
    (tmp_path / "link").symlink_to("t")

    for value in ("hash:@/t", "lmdb:@/t", "texthash:$config_directory/link", "$default_database_type:@/t"):
        assert look(tmp_path, value) == b"a b\n"


def test_not_once_there_is_a_generation(tmp_path: Path) -> None:
    """Then it is never asked again whether the host did the same before."""
    (tmp_path / "relayconf" / "1").mkdir(parents=True)
    (tmp_path / "t").write_bytes(b"a b\n")

    ours = "relayconf_maps = @/relayconf/1\nsmtp_tls_policy_maps = hash:${relayconf_maps}/tls_policy"
    assert look(tmp_path, f"hash:@/t\n{ours}") is None


def test_what_is_not_looked_at(tmp_path: Path) -> None:
    """More than one, other types, elsewhere, by a way around, one of our own, and what is no file."""
    folder = tmp_path / "postfix"
    (folder / "relayconf" / "1").mkdir(parents=True)
    for place in (folder / "t", folder / "t t", tmp_path / "t", folder / "relayconf" / "1" / "transport"):
        place.write_bytes(b"a b\n")

    for value in (
        "",
        "hash:@/t, hash:@/t",
        "regexp:@/t",
        f"hash:{tmp_path}/t",
        "hash:@/../t",
        "hash:@/relayconf/1/transport",
        "hash:@/relayconf",
        "hash:@/none",
        "inline:{a=b}",
    ):
        assert look(folder, value) is None, value
