"""Change a text so that it says another document, and leave alone every line that still says the same.

A programme's document lives in git beside its comments; a colleague who moves a threshold in the builder must not be
the end of them. What did not change keeps its characters; a value that changed is written in its place; an entry that
went takes along the comment lines right above it. Should the outcome not read as asked (it is read again), the document
is written afresh: correctness never hangs on the finesse of an edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from .order import ordered
from .text import UnreadableText, compose, read_text, write_text


def change_text(text: str, before: Any, after: Any) -> str:
    """Return the text made to say `after`; `before` is what it says. Comments, order and layout stay where they can."""
    if before == after:
        return text
    node = compose(text)
    if isinstance(node, yaml.MappingNode) and _is_block(node):
        begins = node.start_mark.index
        changed = text[:begins] + _Editing(text).mapping(node, before, after, begins)
        if _says(changed, after):
            return changed
    return _head_of(text) + write_text(ordered(after))


def _says(text: str, document: Any) -> bool:
    try:
        return bool(read_text(text) == document)
    except UnreadableText:
        return False


def _head_of(text: str) -> str:
    """Return the comment lines with which a text begins."""
    lines = text.splitlines(keepends=True)
    count = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:count])


@dataclass(frozen=True, slots=True)
class _Chunk:
    """An entry of a block with the comment lines above it: its text, and where its value lies within."""

    name: Any
    text: str
    begins: int
    node: yaml.Node

    def with_value(self, value: str, begins: int, ends: int) -> str:
        """Return the chunk with another text from one place of the whole text to another."""
        return self.text[: begins - self.begins] + value + self.text[ends - self.begins :]


class _Editing:
    """One text under change; each method returns the new text of a part, from its first character on."""

    def __init__(self, text: str) -> None:
        self.text = text

    def mapping(self, node: yaml.MappingNode, before: Any, after: Mapping[str, Any], begins: int) -> str:
        """Return a block of named entries, from `begins` on: where it begins, or the comments above it."""
        column = node.start_mark.column
        starts = [key.start_mark.index for key, _value in node.value]
        chunks = self._chunks(node, starts, [(key.value, value) for key, value in node.value], begins)
        parts = [
            self._entry(chunk, before[chunk.name], after[chunk.name], column) for chunk in chunks if chunk.name in after
        ]
        known = {chunk.name for chunk in chunks}
        added = {name: value for name, value in after.items() if name not in known}
        parts += [_indented(write_text(ordered({name: value})), column) for name, value in added.items()]
        return _joined(parts, column, is_line=self._begins_line(begins))

    def _entry(self, chunk: _Chunk, before: Any, after: Any, column: int) -> str:
        if before == after:
            return chunk.text
        node, ends = chunk.node, self._end(chunk.node)
        if _is_block(node) and isinstance(node, yaml.MappingNode) and isinstance(after, Mapping) and after:
            first = self._first_of(node)
            return chunk.with_value(self.mapping(node, before, after, first), first, chunk.begins + len(chunk.text))
        elif _is_block(node) and isinstance(node, yaml.SequenceNode) and isinstance(after, list) and after:
            first = self._first_of(node)
            return chunk.with_value(self.sequence(node, before, after, first), first, chunk.begins + len(chunk.text))
        elif _is_in_line(node) and not _has_lines(after):
            return chunk.with_value(self.flow(node, before, after), node.start_mark.index, ends)
        key_line = chunk.text[: self._key_start(chunk)]
        return key_line + _indented(write_text({chunk.name: ordered(after)}), column).lstrip(" ")

    def _key_start(self, chunk: _Chunk) -> int:
        """Return where in a chunk the name of its entry begins: after the comments above it."""
        place = 0
        for line in chunk.text.splitlines(keepends=True):
            if line.strip() and not line.lstrip().startswith("#"):
                return place + len(line) - len(line.lstrip(" "))
            place += len(line)
        return 0

    def sequence(self, node: yaml.SequenceNode, before: Sequence[Any], after: Sequence[Any], begins: int) -> str:
        """Return a block of items: those with a key are known by it wherever they moved, others by their place."""
        column = node.start_mark.column
        starts = [self._dash_of(item, column) for item in node.value]
        chunks = self._chunks(node, starts, list(enumerate(node.value)), begins)
        places = _places_by_key(before)
        parts = []
        for n, item in enumerate(after):
            place = places.get(_key_of(item), -1) if places else (n if n < len(before) else -1)
            chunk = chunks[place] if place >= 0 else None
            parts.append(
                _indented(write_text([ordered(item)]), column)
                if chunk is None
                else self._item(chunk, before[place], item, column)
            )
        return _joined(parts, column, is_line=self._begins_line(begins))

    def _item(self, chunk: _Chunk, before: Any, after: Any, column: int) -> str:
        if before == after:
            return chunk.text
        node = chunk.node
        if _is_block(node) and isinstance(node, yaml.MappingNode) and isinstance(after, Mapping) and after:
            first = self._first_of(node)
            return chunk.with_value(self.mapping(node, before, after, first), first, chunk.begins + len(chunk.text))
        elif _is_in_line(node) and not _has_lines(after):
            return chunk.with_value(self.flow(node, before, after), node.start_mark.index, self._end(node))
        return chunk.text[: self._key_start(chunk)] + _indented(write_text([ordered(after)]), column).lstrip(" ")

    def flow(self, node: yaml.Node, before: Any, after: Any) -> str:
        """Return a value within one line; of {a: 1, b: 2} only what changed is written anew."""
        text = self.text[node.start_mark.index : node.end_mark.index]
        if before == after:
            return text
        if not (isinstance(node, yaml.MappingNode) and isinstance(after, Mapping) and set(before) == set(after)):
            return _in_line(after)
        for key, value in reversed(node.value):
            start, end = (mark.index - node.start_mark.index for mark in (value.start_mark, value.end_mark))
            if before[key.value] != after[key.value]:
                text = text[:start] + self.flow(value, before[key.value], after[key.value]) + text[end:]
        return text

    def _chunks(
        self, node: yaml.Node, starts: Sequence[int], items: Sequence[tuple[Any, yaml.Node]], first: int
    ) -> list[_Chunk]:
        """Cut a block into its entries, each with the comment lines above it."""
        begins = [first, *[self._with_comments_above(start, first) for start in starts[1:]]]
        ends = self._line_end(self._end(node))
        bounds = pairwise([*begins, ends])
        return [
            _Chunk(name, self.text[start:end], start, value)
            for (name, value), (start, end) in zip(items, bounds, strict=True)
        ]

    def _first_of(self, node: yaml.Node) -> int:
        """Return where a block begins with the comments above its first entry, which the parser leaves out."""
        start = int(node.start_mark.index)
        return self._with_comments_above(start, 0) if self._begins_line(start) else start

    def _begins_line(self, place: int) -> bool:
        """Whether nothing but blanks stands before a place in its line, and the line is not the first."""
        line = self.text.rfind("\n", 0, place) + 1
        return line > 0 and not self.text[line:place].strip()

    def _with_comments_above(self, start: int, first: int) -> int:
        begin = self.text.rfind("\n", 0, start) + 1
        while begin > first:
            above = self.text.rfind("\n", 0, begin - 1) + 1
            line = self.text[above:begin].strip()
            if above <= first or (line and not line.startswith("#")):
                break
            begin = above
        return max(begin, first)

    def _dash_of(self, item: yaml.Node, column: int) -> int:
        """Return where the dash of an item stands."""
        line = self.text.rfind("\n", 0, item.start_mark.index) + 1
        while self.text[line + column : line + column + 1] != "-":
            line = self.text.rfind("\n", 0, line - 1) + 1
        return line + column

    def _end(self, node: yaml.Node) -> int:
        """Return where a part ends; the mark of a block lies after the comments that follow it."""
        if _is_block(node) and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        return int(node.end_mark.index)

    def _line_end(self, place: int) -> int:
        if place and self.text[place - 1] == "\n":
            return place
        end = self.text.find("\n", place)
        return len(self.text) if end < 0 else end + 1


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _is_in_line(node: yaml.Node) -> bool:
    """Whether a value is written within one line."""
    is_plain = isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">")
    is_flow = isinstance(node, yaml.CollectionNode) and bool(node.flow_style)
    return (is_plain or is_flow) and node.start_mark.line == node.end_mark.line


def _has_lines(value: Any) -> bool:
    """Whether a value wants lines of its own: a long condition, an object in an object."""
    if isinstance(value, str):
        return "\n" in value
    if isinstance(value, Mapping | list):
        items = list(value.values()) if isinstance(value, Mapping) else value
        return any(isinstance(each, Mapping | list) or _has_lines(each) for each in items)
    return False


def _places_by_key(items: Sequence[Any]) -> dict[Any, int]:
    keys = [_key_of(item) for item in items]
    return {} if None in keys else {key: place for place, key in enumerate(keys)}


def _key_of(item: Any) -> Any:
    return item.get("key") if isinstance(item, Mapping) else None


def _indented(text: str, column: int) -> str:
    pad = " " * column
    return "".join(pad + line if line.strip() else line for line in text.splitlines(keepends=True))


def _in_line(value: Any) -> str:
    """Write a value so that it may stand within braces too."""
    return write_text([ordered(value)], in_one_line=True).strip()[1:-1]


def _joined(parts: Sequence[str], column: int, *, is_line: bool) -> str:
    """Join entries: each ends its line; the first is indented where the block begins with a line, not after a dash."""
    whole = [part if part.endswith("\n") else f"{part}\n" for part in parts]
    pad = " " * column
    whole = [part if part.startswith((pad, "#", "\n", " ")) else pad + part for part in whole]
    return "".join(whole) if is_line or not whole else "".join([whole[0].lstrip(" "), *whole[1:]])
