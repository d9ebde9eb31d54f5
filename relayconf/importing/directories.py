"""Directories on this machine as the facts of a host, for an import that asks none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from relayconf.errors import RelayconfError, UsageError
from relayconf.facts import Facts
from relayconf.files import ActualFile


def control_facts(files: Mapping[str, bytes | None], directory: Path) -> Facts:
    """What `observe` would say of the control *directory* with these *files* by name; nothing of its programs."""
    return Facts(
        values={},
        files={
            f"qmail:{name}": ActualFile(
                path=f"qmail:{name}", target=str(directory / name), present=content is not None, content=content
            )
            for name, content in files.items()
        },
    )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RelayconfError(f"cannot read {path}: {error.strerror}") from error


def config_facts(directory: Path) -> Facts:
    """What `observe` would say of the configuration *directory* of a Postfix, but for what only Postfix can tell.

    Raises UsageError when there is no main.cf in it, RelayconfError for one that cannot be read.
    """
    main = _content(directory / "main.cf")
    if main is None:
        raise UsageError(f"there is no main.cf in {directory}")
    files = {"main.cf": main, "master.cf": _content(directory / "master.cf")}
    return Facts(
        values={"postfix.config_directory": str(directory)},
        files={
            f"postfix:{name}": ActualFile(
                path=f"postfix:{name}", target=str(directory / name), present=content is not None, content=content
            )
            for name, content in files.items()
        },
    )


def contents(paths: Sequence[str], directory: Path) -> Mapping[str, bytes | None]:
    """The files at *paths*; where one is not there, the one of its name in *directory*, which may be a copy."""
    found = {}
    for path in paths:
        content = _content(Path(path))
        found[path] = _content(directory / Path(path).name) if content is None else content
    return found
