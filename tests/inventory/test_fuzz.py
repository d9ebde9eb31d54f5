"""Whatever stands in the files, an inventory is loaded or refused, and nothing else happens."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relayconf.errors import InventoryError, Problem
from relayconf.inventory import explain, load, select
from relayconf.inventory.language import Root

_QUIET = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
_WORDS = (
    *Root.model_fields,
    *("host", "port", "tls", "auth", "username", "password", "env", "endpoints", "at", "via", "mx", "local", "direct"),
    *("isp", "isp:25", "mx1", "mx2", "nodes", "node[1-3]", "qmail", "ssh", "user", "file", "domains.txt", "more.yaml"),
    *("example.org", ".example.org", "anna@example.org", "reject", "5.1.1 no", "1", "25", "465", "none", "may", "true"),
    *("<map>", "<word>", "<list>", "null", "~", "", "<<", "*", "a b", "bücher.example", "192.0.2.1", "2001:db8::1"),
)
_word = st.sampled_from(_WORDS)
_tree = st.recursive(
    _word | st.none() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_word, inner, max_size=5),
    max_leaves=40,
)
_section = st.sampled_from(
    ["relays", "hosts", "groups", "domains", "routes", "domains_from", "relay", "ssh", "include"]
)


def _quoted(text: str) -> str:
    escaped = "".join(f"\\U{ord(char):08X}" if not char.isalnum() or char > "\x7f" else char for char in text)
    return f'"{escaped}"'


def _flow(tree: object) -> str:
    """*tree* as YAML on one line, every scalar quoted."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {_flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_flow, tree)) + "]"
    return "null" if tree is None else _quoted(str(tree))


def _load(content: bytes, beside: bytes = b"") -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inventory.yaml"
        path.write_bytes(content)
        for name in ("domains.txt", "more.yaml"):
            (Path(folder) / name).write_bytes(beside)
        problems: Sequence[Problem] = ()
        try:
            inventory = load(path)
        except InventoryError as error:
            inventory, problems = None, error.problems
        assert all(str(problem).isprintable() for problem in problems)
        if inventory is None:
            assert problems
            return
        for host in select(inventory, ()):
            assert explain(path, host.name)


@given(st.binary(max_size=60), st.binary(max_size=30))
@_QUIET
def test_any_bytes(content: bytes, beside: bytes) -> None:
    """Any bytes are an inventory or have a problem."""
    _load(content)
    _load(b"version: 1\ndomains_from: [domains.txt]\ninclude: [more.yaml]\n", beside)


@given(st.text(alphabet=" \t\n-:?[]{},&*!|>'\"%@`#~<ab1\u2028\ufeff\U0001f600", max_size=60))
@_QUIET
def test_any_yaml_like_text(text: str) -> None:
    """Any text made of what YAML is made of is an inventory or has a problem."""
    _load(b"version: 1\n" + text.encode())


@given(st.dictionaries(_section, _tree, max_size=5))
@_QUIET
def test_any_tree(tree: dict[str, object]) -> None:
    """Any tree of the language's own words is an inventory or has a problem."""
    _load(_flow({"version": "1", **tree}).encode())


@given(_tree, _tree, _tree)
@_QUIET
def test_any_host_relay_and_table(host: object, relay: object, table: object) -> None:
    """Any shape below the names is an inventory or has a problem."""
    tree = {
        "version": "1",
        "mta": "qmail",
        "relays": {"isp": relay},
        "hosts": {"mx1": host},
        "routes": {"a.example": table},
    }
    _load(_flow({**tree, "domains": {"b.example": table}, "relay": relay}).encode())
