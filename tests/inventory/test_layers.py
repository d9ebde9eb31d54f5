from __future__ import annotations

from pathlib import Path

from relayconf.inventory.document import Place
from relayconf.inventory.include import read_all
from relayconf.inventory.layers import Layer, Maker, Source, settings
from relayconf.inventory.references import References
from relayconf.inventory.tables import FlatFiles
from relayconf.model import Direct, Local
from tests.inventory.writing import refused, written


def _layer(folder: Path, text: str) -> Layer:
    (file,) = read_all(written(folder, "version: 1\n" + text)).files
    maker = Maker(refs=References(relays={"bad": None}, addresses={}), flat_files=FlatFiles())
    return maker.layer([Source(layer=file.root, place=Place(document=file.document, location=()))])


def test_what_a_layer_says(tmp_path: Path) -> None:
    """Values get dotted keys and their places; what is not said is not there."""
    layer = _layer(tmp_path, "mta: qmail\nssh: {user: a}\nrelay: direct\ndomains: {a.example: local}\n")

    assert {key: item.value for key, item in layer.settings.items()} == {
        "mta": "qmail",
        "ssh.user": "a",
        "relay": (Direct(),),
    }
    assert str(layer.settings["ssh.user"].place.origin()) == f"{tmp_path}/inventory.yaml:3:13"
    assert layer.domains.entries == {"a.example": Local()}
    assert not layer.broken


def test_null_is_said(tmp_path: Path) -> None:
    """A value of null is a value; `ssh: null` is null for each of its keys."""
    layer = _layer(tmp_path, "relay: null\nssh: null\n")

    assert {key for key, item in layer.settings.items() if item.value is None} == {
        "relay",
        *("ssh.user", "ssh.port", "ssh.identity_file", "ssh.proxy_jump", "ssh.become"),
    }
    assert not layer.broken


def test_broken_keys_are_known(tmp_path: Path) -> None:
    """A key that was refused, misspelt, or that leads to something broken is broken, not missing."""
    assert _layer(tmp_path, "relay: bad\n").broken == {"relay"}
    assert _layer(tmp_path, "rleay: isp\nmta: qmial\n").broken == {"relay", "mta"}
    assert _layer(tmp_path, "relay: [direct, nobody]\n").broken == {"relay"}


def test_merging(tmp_path: Path) -> None:
    """The later layer wins, and null takes the key away."""
    top = _layer(tmp_path, "mta: qmail\nconnection: ssh\nssh: {user: a, port: 26}\n")
    host = _layer(tmp_path, "connection: null\nssh: {user: b}\n")
    merged = settings([top, host])

    assert {key: item.value for key, item in merged.items()} == {"mta": "qmail", "ssh.user": "b", "ssh.port": 26}


def test_top_of_two_files(tmp_path: Path) -> None:
    """`ssh` of two files comes together key by key; one key in both is a mistake."""
    text = "version: 1\ninclude: [more.yaml]\nssh: {user: a}\n"

    assert refused(tmp_path, text, {"more.yaml": "version: 1\nssh: {port: 26, user: b}\n"}) == [
        f"more.yaml:2:17: ssh.user: already defined in {tmp_path}/inventory.yaml:3:7"
    ]
