"""Whatever relayconf does to a host the helper's guard lets pass; and what it lets pass, Postfix reads as unchanged."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relayconf.model import Host
from relayconf.mta import postfix
from relayconf.mta.postfix.main_cf import parse
from relayconf.mta.postfix.names import BY_NAME, MAIN_CF, MANAGED, MASTER_CF, RECORD
from relayconf.shell import DEPLOY, GUARD, assemble
from tests.mta.postfix.hosts import State, host, relay
from tests.mta.postfix.real import EXAMPLES, POSTCONF, configure, run
from tests.mta.postfix.test_generations import _HOSTS, FRESH, _is_sound

pytestmark = pytest.mark.skipif(POSTCONF is None, reason="no postconf on this machine")

_PROGRAM = POSTCONF or "postconf"
_JUDGE = assemble(
    postfix.SHELL,
    *DEPLOY,
    GUARD,
    *postfix.GUARD,
    """\
main() {
	prepare
	config=$1/live state=$1/state work=$1/work generations=/etc/postfix/relayconf
	mkdir "$work" "$work/guard"
	while read -r path file; do
		mta_may_write "$path" && mta_guard "$path" "$file" || say "$path: $reason"
	done
}
""",
)
_SAME = assemble(
    postfix.SHELL,
    *DEPLOY,
    GUARD,
    *postfix.GUARD,
    """\
main() {
	prepare
	work=$1/work
	mkdir "$work" "$work/guard"
	same_but "$1/one" "$1/other" relayhost
}
""",
)


def _write(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)
        os.utime(path, (1_000_000_000, 1_000_000_000))


def _refused(state: State, wish: Host) -> str:
    """What the guard says of a deploy of *wish* on a host that is in *state*."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("live", "state", "wish"):
            (root / name).mkdir()
        _write(root / "live" / "main.cf", state.content(MAIN_CF))
        _write(root / "live" / "master.cf", state.content(MASTER_CF))
        _write(root / "state" / "postfix-parameters", state.content(RECORD) or None)
        lines = []
        for number, file in enumerate(state.desired(wish)):
            _write(root / "wish" / str(number), file.content)
            lines.append(f"{file.path} {'' if file.content is None else root / 'wish' / str(number)}\n")
        done = subprocess.run(
            ["sh", "-c", _JUDGE, "relayconf", folder], input="".join(lines), capture_output=True, text=True, check=True
        )
    return done.stdout + done.stderr


@settings(max_examples=max(4, EXAMPLES // 5), deadline=None)
@example(
    [host(relay("a", 465)), host(relay("a", 465, password="new")), host(relay("b", 25, tls="none", password=None))]
)
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=3))
def test_relayconf_passes(wishes: list[Host]) -> None:
    """Through any wishes, each applied until nothing changes."""
    now = FRESH
    for wish in wishes:
        for _ in range(2):
            assert _refused(now, wish) == ""
            now = now.applied(wish)[-1]


_LINES = st.sampled_from(
    [
        *(
            b"relayhost = a\n",
            b"relayhost=\n",
            b"relayhost\t=b",
            b"relayhost\v= c\n",
            b"relayhost d = e\n",
            b"#relayhost = f\n",
        ),
        *(b"mydestination = g\n", b"mydestination=h\n", b"myorigin = i\n", b"myorigin =\n", b"relayhosts = j\n"),
        *(
            b"  k\n",
            b"\tl\n",
            b"\v m\n",
            b"\f\n",
            b"\r\n",
            b"\n",
            b" # n\n",
            b"# o\n",
            b" relayhost = p\n",
            b" mydestination = q\n",
        ),
    ]
)
_TEXTS = st.lists(_LINES, max_size=4).map(b"".join)


def _unmanaged(text: bytes) -> list[bytes] | None:
    """What postconf reads from a main.cf beside relayhost, None when it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder), text)
        done = run(_PROGRAM, "-c", folder, "-n")
    unwanted = (b"relayhost =", b"config_directory =")
    return None if done.refused else [line for line in done.stdout.splitlines() if not line.startswith(unwanted)]


@settings(max_examples=EXAMPLES, deadline=None)
@example(b"mydestination = x\nrelayhost =\n y\n", b"mydestination = x\n y\n", b"")
@example(b"mydestination = x\n", b" y\n", b"")
@example(b"mydestination = x\n", b"mydestination = x\nrelayhost = y\n", b" z\n")
@given(_TEXTS, _TEXTS, _TEXTS)
def test_same_text_means_the_same(head: bytes, middle: bytes, tail: bytes) -> None:
    """Where two texts differ in the entries of relayhost alone, Postfix reads all else alike from both."""
    one, other = head + tail, head + middle + tail
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("one", one), ("other", other)):
            Path(folder, name).write_bytes(text)
        same = (
            subprocess.run(["sh", "-c", _SAME, "relayconf", folder], check=False, capture_output=True).returncode == 0
        )
    if same and (before := _unmanaged(one)) is not None and (after := _unmanaged(other)) is not None:
        assert after == before


def test_names() -> None:
    """The parameters that relayconf may set are all known to the guard, and none twice."""
    assert len(set(MANAGED + BY_NAME)) == len(MANAGED + BY_NAME)
    wish = host(relay("a", 465))
    states = [*FRESH.applied(wish), *FRESH.applied(wish)[-1].applied(host(relay("a", 465, password="new")))]
    added = {name for state in states for name in parse(state.content(MAIN_CF))} - parse(FRESH.content(MAIN_CF)).keys()
    assert added <= set(MANAGED + BY_NAME)
