"""A Postfix configuration directory on this machine, read for the commands that ask no host."""

from __future__ import annotations

import os
from pathlib import Path

from relayconf.errors import RelayconfError, UsageError
from relayconf.mta.postfix.resolver.model import Model
from relayconf.mta.postfix.resolver.outcomes import Unknowable
from relayconf.mta.postfix.resolver.settings import settings


class Disk:
    """The files of this machine. What cannot be read here makes an answer unknown."""

    def read(self, path: str) -> bytes | None:
        """The content; None when there is no such file."""
        try:
            return Path(path).read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no path"
            raise Unknowable(f"{path} cannot be read here: {reason}") from error

    def changed(self, path: str) -> float | None:
        """When it was changed, in seconds; None when there is no such file, or nobody may look."""
        try:
            return Path(path).stat().st_mtime
        except (OSError, ValueError):
            return None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RelayconfError(f"cannot read {path}: {error.strerror}") from error


def read_configuration(directory: Path) -> Model:
    """The configuration in *directory*; the tables are read where main.cf says that they are.

    A host that main.cf gives no name has that of this machine. Raises UsageError where there is no main.cf,
    RelayconfError for a file that cannot be read, and MainCfError for one on which Postfix's programs die.
    """
    main = _content(directory / "main.cf")
    if main is None:
        raise UsageError(f"there is no main.cf in {directory}", hint="--config names a directory such as /etc/postfix")
    master, machine = _content(directory / "master.cf"), os.uname().nodename
    try:
        return Model(settings(main, master, Disk(), directory=str(directory.absolute()), machine=machine))
    except Unknowable as reason:
        raise RelayconfError(str(reason)) from None
