"""Doubles of qmail-inject and qmail-send, which take one message and tell of its delivery."""

from __future__ import annotations

from pathlib import Path

_INJECT = """\
#!/bin/sh
echo "$@" >{root}/arguments
cat >{root}/letter.new
mv {root}/letter.new {root}/letter
"""


def stand_in(home: Path, root: Path, lines: str) -> str:
    """What a stand-in for qmail-send runs: it logs *lines* into *root*/current once *root*/letter holds a message.

    That is what the qmail-inject that is put into *home* writes, and its arguments beside it.
    """
    inject = home / "bin" / "qmail-inject"
    inject.parent.mkdir(exist_ok=True)
    inject.write_text(_INJECT.format(root=root))
    inject.chmod(0o755)
    (root / "words").write_text(lines)
    (root / "current").touch()
    waiting = f"while [ ! -e {root}/letter ]; do sleep 0.05; done"
    return f"exec >>{root}/current\n{waiting}\ncat {root}/words\nread x"
