"""How a script travels: in front of its payload on standard input, so that no command line ever carries it.

The host runs `sh -c 'eval "$(dd bs=1 count=N 2>/dev/null)"' relayconf`. `dd bs=1` reads exactly N bytes and leaves the
rest to the script; `sh -s`, `read` and `head -c` of some shells read past it. Arguments travel inside the N bytes
too: what the login shell parses holds no text of ours, so it may be sh, csh or fish, and no process list shows them.

The first thing that the N bytes do is to print `MARK` on both outputs. It tells a script that started from a sudo or a
login shell that refused, and cuts off what a talkative `.bashrc` printed before.

With `become: helper` no script travels: the host has a file with its own, and is told the task and the SHA-256 of the
script that would have been sent (`relayconf.helper`).

What the script prints is gathered up to a limit: a hostile or broken host must not eat this machine's memory.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import threading
from collections.abc import Sequence

from relayconf.connection import Become
from relayconf.errors import BecomeError, ConnectError, ConnectionLost
from relayconf.remote.base import Completed
from relayconf.text import printable

MARK = b"relayconf-session 1\n"
"""The script's sign of life, written to stdout and stderr before its first line runs."""

HELPER = "/usr/local/sbin/relayconf-helper"
"""Where the fixed helper is on a host."""

ASK_JOURNAL = "run the command again: the host's journal knows what was done"
"""The hint of a ConnectionLost whose script may have changed something."""

_MIB = 1024 * 1024
_WHERE_TO_LOOK = "look first on the host for what prints without end (a login shell's profile) or a file that grew huge"
_TASK = re.compile(r"relayconf\(\) \{\ntask=([a-z]+)\n")
_REFUSAL = re.compile(rb"^relayconf-helper: (.*)$", re.MULTILINE)
_SHOWN = 600  # characters of a host's own words that an error message quotes


class Output:
    """Both outputs of one script, of at most *limit* bytes together. Safe to share between threads.

    Beyond the limit `is_full` is true, and all that was gathered is dropped.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.is_full = False

    def _take(self, into: bytearray, data: bytes) -> bool:
        with self._lock:
            self.is_full = self.is_full or len(self.stdout) + len(self.stderr) + len(data) > self._limit
            if self.is_full:
                # An error keeps the frames that it passed, and these keep what was gathered.
                self.stdout.clear()
                self.stderr.clear()
            else:
                into += data
            return not self.is_full

    def into_stdout(self, data: bytes) -> bool:
        """Add *data*. False when that is more than the limit allows."""
        return self._take(self.stdout, data)

    def into_stderr(self, data: bytes) -> bool:
        """Add *data*. False when that is more than the limit allows."""
        return self._take(self.stderr, data)

    def error(self, unknown_hint: str | None) -> ConnectionLost:
        """The error of a host that sent too much. *unknown_hint* is what `Session.run` was given."""
        return ConnectionLost(
            f"the host sent more than {self._limit / _MIB:g} MiB; given up",
            hint=f"{_WHERE_TO_LOOK}; {unknown_hint or ASK_JOURNAL}",
        )


def _after_mark(output: bytes) -> bytes | None:
    _, mark, rest = output.partition(MARK)
    return rest if mark else None


def quote_tail(output: bytes) -> str:
    """The last words of *output* as one safe line: `: words`, or nothing when it is empty."""
    words = printable(output.strip().replace(b"\n", b" / "))
    return f": {words[-_SHOWN:]}" if words else ""


def digest_of(script: str) -> str:
    """The SHA-256 of *script*, by which the helper knows it."""
    return hashlib.sha256(script.encode("utf-8", "surrogateescape")).hexdigest()


def _ask_helper(script: str, args: Sequence[str]) -> str:
    task = _TASK.match(script)
    if task is None or args:
        raise BecomeError(
            "the helper on the host has no script for this", hint="it needs a host with `become: sudo`, or root's login"
        )
    return f"exec sudo -n {HELPER} {task[1]} {digest_of(script)}"


def frame(script: str, args: Sequence[str], *, become: Become | None, shell: str = "sh") -> tuple[str, bytes]:
    """The command for the host's login shell, and the bytes to send before the payload.

    *script* is one function called on its last line, so that half of it does nothing. It sees *args* as `$1`… and
    `relayconf` as `$0`. *shell* is the command that reads it (`busybox sh`). Raises ValueError for a NUL byte, which no
    shell can hold, and BecomeError for what the helper of a host has no script for.
    """
    if become == "helper":
        return _ask_helper(script, args), b""
    mark = MARK.decode().rstrip("\n")
    words = " ".join(shlex.quote(arg) for arg in args)
    text = f"echo '{mark}'; echo '{mark}' >&2\nset -- {words}\n{script}"
    if "\0" in text:
        raise ValueError("a script and its arguments cannot hold a NUL byte")
    header = text.encode("utf-8", "surrogateescape")
    prefix = f"{become} -n " if become else ""
    return f"""exec {prefix}{shell} -c 'eval "$(dd bs=1 count={len(header)} 2>/dev/null)"' relayconf""", header


def outcome_unknown(why: str, unknown_hint: str | None) -> ConnectionLost:
    """The error of a script whose end nobody saw. *unknown_hint* is what `Session.run` was given."""
    if unknown_hint is None:
        return ConnectionLost(f"{why}; what the host did is unknown here", hint=ASK_JOURNAL)
    return ConnectionLost(why, hint=unknown_hint)


def _not_become(become: Become, exit_status: int, stderr: bytes) -> BecomeError:
    refusal = _REFUSAL.search(stderr)
    if become == "helper" and refusal:
        return BecomeError(printable(refusal[1])[:_SHOWN])
    hint = (
        "let the user run `sh` without a password, which makes it root: `USER ALL=(root) NOPASSWD: /bin/sh` by `visudo`"
    )
    if become == "helper":
        hint = "`relayconf helper HOST` prints the helper, how root installs it, and the rule for sudo"
    return BecomeError(f"sudo refused{quote_tail(stderr)} (exit status {exit_status})", hint=hint)


def conclude(
    *,
    become: Become | None,
    exit_status: int | None,
    stdout: bytes,
    stderr: bytes,
    lost: str,
    unknown_hint: str | None = None,
) -> Completed:
    """What the end of a framed script means. `exit_status` of None: there is none.

    *lost* says in words what a missing exit status looks like here, *unknown_hint* what follows from it. Raises
    BecomeError when sudo or the helper was asked for and the script never started, ConnectError when the login shell
    did not start it, ConnectionLost when its end is unknown.
    """
    own_stdout, own_stderr = _after_mark(stdout), _after_mark(stderr)
    if exit_status is None:
        raise outcome_unknown(lost, unknown_hint)
    if own_stdout is not None and own_stderr is not None:
        return Completed(exit_status=exit_status, stdout=own_stdout, stderr=own_stderr)
    if become:
        raise _not_become(become, exit_status, stderr)
    raise ConnectError(
        f"the login shell did not start the script{quote_tail(stderr or stdout)} (exit status {exit_status})",
        hint="the user needs an ordinary login shell, without a forced command; `sh` and `dd` must be on its PATH",
    )
