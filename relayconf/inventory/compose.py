"""YAML text as nodes with their places, or the one problem that ends all reading of the file."""

from __future__ import annotations

import re
from typing import Any

import yaml

from relayconf.errors import Problem
from relayconf.inventory.problems import character, problem
from relayconf.model import Origin

_COMPOSER_DEPTH = 5_000
# What libyaml's reader refuses, and what it takes for a line break though no editor counts it as one.
_NOT_IN_A_FILE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


class NoDocument(Exception):
    """The file cannot be read as an inventory at all, for one reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def failure(origin: Origin, code: str, **params: str) -> NoDocument:
    """The refusal of the file as a whole."""
    return NoDocument(problem(origin, "", code, params))


def node_origin(file: str, node: yaml.Node) -> Origin:
    """Where *node* begins."""
    return _origin(file, node.start_mark)


def _origin(file: str, mark: yaml.error.Mark | Any | None) -> Origin:
    # PyYAML types a mark as optional; those of nodes, events and problems are there.
    return Origin(file=file, line=mark.line + 1 if mark else 1, column=mark.column + 1 if mark else 1)


def _origin_after(file: str, before: str) -> Origin:
    return Origin(file=file, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


def _refuse_deep_nesting(file: str, text: str) -> None:
    """Refuse what the composer, which recurses in C, would not survive.

    Block levels cost a column each (two for a list in a map), flow levels a bracket: most files need no second look.
    """
    if 2 * max(map(len, text.split("\n"))) + text.count("[") + text.count("{") < _COMPOSER_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _COMPOSER_DEPTH:
            raise failure(_origin(file, event.start_mark), "too_deep")


def _syntax_error(file: str, text: str, error: yaml.MarkedYAMLError) -> NoDocument:
    origin = _origin(file, error.problem_mark)
    if error.context and "single document" in error.context:
        return failure(origin, "several_documents")
    # libyaml can point past the last line.
    line = "".join(text.split("\n")[origin.line - 1 : origin.line])
    if line[origin.column - 1 : origin.column] == "\t":
        return failure(origin, "tab")
    began = _origin(file, error.context_mark)
    context = f"{error.context} that begins in line {began.line}" if error.context and began.line != origin.line else ""
    return failure(origin, "syntax", reason=str(error.problem), context=context)


def _decoded(file: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise failure(_origin_after(file, content[: error.start].decode()), "encoding") from error
    if odd := _NOT_IN_A_FILE.search(text):
        origin = _origin_after(file, text[: odd.start()])
        raise failure(origin, "control_in_file", character=character(odd[0]))
    return text


def compose(file: str, content: bytes) -> yaml.MappingNode:
    """The map that *content* (UTF-8, with or without a byte order mark) is. *file* is its name in messages.

    Raises NoDocument.
    """
    text = _decoded(file, content)
    try:
        _refuse_deep_nesting(file, text)
        node = yaml.CSafeLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(file, text, error) from error
    if node is None:
        raise failure(Origin(file=file, line=1, column=1), "empty_file")
    if not isinstance(node, yaml.MappingNode):
        raise failure(node_origin(file, node), "wanted_map")
    return node
