"""A Postfix configuration directory on this machine, read for the commands that ask no host.

The directory may be a live one, one in a copy of a whole system (`…/etc/postfix`), or a copy of it alone. Of a copy,
what is not there is only known to be absent where its folder is there, and not just for the directory's sake.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from relayconf.errors import RelayconfError, UsageError
from relayconf.mta.postfix.lint.configuration import Around, Configuration, Seen, configuration
from relayconf.mta.postfix.lint.paths import Wanted, wanted

_HOME = re.compile(r"(?P<root>/(?:.*?/)?)(?P<home>(?:usr/local/)?etc/[^/]+)")
_PLUGINS = ("usr/lib/*/sasl2", "usr/lib64/sasl2", "usr/lib/sasl2", "usr/local/lib/sasl2")
_PLUGIN = re.compile(r"lib(\w+?)\.(?:so|la|a)\b.*")
_MECHANISMS = {"crammd5": "cram-md5", "digestmd5": "digest-md5"}
_ALWAYS = frozenset({"static", "texthash", "regexp", "cidr", "inline", "proxy", "tcp", "unix", "pipemap", "unionmap"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory:
    """Where the files are: `home` is how Postfix calls the directory, `root` what stands in front of other paths."""

    path: Path
    home: str
    root: Path | None

    def find(self, path: str) -> Path | None:
        """The place of a path that Postfix uses; None when the copy cannot have it."""
        if path.startswith(f"{self.home}/"):
            return self.path / path.removeprefix(f"{self.home}/")
        return None if self.root is None else self.root / path.lstrip("/")

    def is_whole(self, folder: Path) -> bool:
        """Whether what is not in *folder* is not on the system: a copy has the folders above the directory in parts."""
        return self.root == Path("/") or (folder.is_dir() and (folder == self.path or folder not in self.path.parents))


def _directory(path: Path) -> _Directory:
    real = path.resolve()
    match = _HOME.fullmatch(str(real))
    if match is None:
        return _Directory(path=real, home="/etc/postfix", root=None)
    return _Directory(path=real, home=f"/{match['home']}", root=Path(match["root"]))


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        hint = "what Postfix cannot read itself stops it"
        raise RelayconfError(f"cannot read {path}: {error.strerror}", hint=hint) from error


def _seen(directory: _Directory, one: Wanted) -> Seen | None:
    """What is at a path. What may not be read is there, and no more is known."""
    path = directory.find(one.path)
    if path is None:
        return None
    try:
        found = path.stat()
        names = tuple(sorted(one.name for one in path.iterdir())) if stat.S_ISDIR(found.st_mode) else ()
    except (FileNotFoundError, NotADirectoryError):
        return Seen(present=False) if directory.is_whole(path.parent) else None
    except OSError:
        return None
    content = None
    if one.content and stat.S_ISREG(found.st_mode):
        try:
            content = path.read_bytes()
        except PermissionError:
            content = None
    return Seen(present=True, content=content, mode=stat.S_IMODE(found.st_mode), time=found.st_mtime, names=names)


def _plugins(directory: _Directory) -> frozenset[str] | None:
    """The SASL mechanisms that there are plug-ins for; None where there is no place for any."""
    folders = [] if directory.root is None else [folder for one in _PLUGINS for folder in directory.root.glob(one)]
    if not folders:
        return None
    names = (match[1] for folder in folders for path in folder.iterdir() if (match := _PLUGIN.fullmatch(path.name)))
    return frozenset(_MECHANISMS.get(name, name) for name in names)


def _types(directory: _Directory) -> frozenset[str] | None:
    """The types of tables that packages brought, as far as dynamicmaps.cf says so (Debian, Fedora)."""
    texts = [_bytes(directory.path / "dynamicmaps.cf")]
    texts += [_bytes(path) for path in sorted(directory.path.glob("dynamicmaps.cf.d/*"))]
    if texts[0] is None:
        return None
    lines = b"\n".join(text for text in texts if text).decode("utf-8", "replace").splitlines()
    return frozenset({line.split()[0] for line in lines if line.strip() and not line.startswith("#")} | _ALWAYS)


def _built(files: Mapping[str, Seen]) -> Mapping[str, Seen]:
    """Without compiled tables where none at all was copied: sources alone say nothing about them."""
    compiled = {path for path in files if path.endswith((".db", ".lmdb", ".cdb", ".pag"))}
    if any(files[path].present for path in compiled):
        return files
    return {path: seen for path, seen in files.items() if path not in compiled}


def read_configuration(path: Path) -> Configuration:
    """The configuration directory *path*, with what is known of the machine around it.

    Raises UsageError for a directory or a main.cf that there is not, RelayconfError for one that cannot be read.
    """
    if not path.is_dir():
        raise UsageError(f"the configuration directory is not there: {path}")
    directory = _directory(path)
    main = _bytes(directory.path / "main.cf")
    if main is None:
        raise UsageError(f"no Postfix configuration: {path} has no main.cf")
    master = _bytes(directory.path / "master.cf")
    is_live = directory.root == Path("/")
    around = Around(defaults={"config_directory": directory.home}, types=_types(directory), is_live=is_live)
    first = configuration(main, master, around)
    files = {one.path: seen for one in wanted(first) if (seen := _seen(directory, one)) is not None}
    known = files if is_live else _built(files)
    return configuration(main, master, replace(around, files=known, plugins=_plugins(directory)))
