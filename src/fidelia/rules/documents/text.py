"""Documents as people write them: YAML (JSON is YAML too), read without surprises, and where a refusal points in it.

Numbers with decimals and dates stay texts, as the documents of a programme want them; anchors are refused, since a few
of them can grow to gigabytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from fidelia.kernel.errors import FideliaError, Invalid

SIZE_MAX: Final = 200_000
_KEPT_AS_TEXT: Final = ("tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp")


class UnreadableText(Invalid):
    """The text is not YAML; `line` and `column` count from 1."""

    default_code = "unreadable_text"


class NameTwice(UnreadableText):
    """One name stands twice in the same part of the text: only one of the two would count, and nobody would know."""

    default_code = "name_twice"


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _KEPT_AS_TEXT]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="alias", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for key, _value in node.value:
            if key.value in names:
                raise NameTwice(
                    f"“{key.value}” stands here twice.",
                    line=key.start_mark.line + 1,
                    column=key.start_mark.column + 1,
                    name=str(key.value),
                )
            names.add(key.value)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a long condition stays readable."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text; both count from 1."""

    line: int
    column: int


def write_text(value: Any, *, in_one_line: bool = False) -> str:
    """Return the value as YAML, in the order of its keys; `in_one_line` writes {a: 1} and [1, 2]."""
    width, flow = (100_000, True) if in_one_line else (110, False)
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=width, default_flow_style=flow
    )
    return text


def compose(text: str) -> yaml.Node | None:
    """Return the tree of a readable text, each part with where it begins and ends."""
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return node


def read_text(text: str) -> Any:
    """Return the value that a YAML or JSON text holds. Raises UnreadableText."""
    if len(text) > SIZE_MAX:
        message = f"The text is too long: {len(text):,} characters of {SIZE_MAX:,}."
        raise UnreadableText(message, line=1, column=1, length=len(text), length_max=SIZE_MAX)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 – a safe loader that knows fewer kinds still
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise UnreadableText("This text is not YAML.", line=place.line, column=place.column) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise UnreadableText("This text is not YAML.", line=1, column=1) from None


def place_of(text: str, error: FideliaError) -> Place | None:
    """Return where in a readable text a refusal points: by its JSON pointer, then by line and column within a rule."""
    if isinstance(error, UnreadableText):
        return Place(error.details["line"], error.details["column"])
    if error.pointer is None:
        return None
    node = _node_at(compose(text), error.pointer)
    if node is None:
        return None
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if not isinstance(node, yaml.ScalarNode) or "line" not in error.details:
        return Place(line, column)
    return _within_scalar(text, node, error.details["line"], error.details["column"])


def _node_at(node: yaml.Node | None, pointer: str) -> yaml.Node | None:
    """Follow a JSON pointer; where it leads on to what is missing, the nearest part that is there."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = _child(node, key)
        if found is None:
            return node
        node = found
    return node


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        child: yaml.Node = node.value[int(key)]
        return child
    return None


def _within_scalar(text: str, node: yaml.ScalarNode, line: int, column: int) -> Place:
    begun = node.start_mark
    if node.style in ("|", ">"):
        written = text.splitlines()
        at = begun.line + line
        indent = len(re.match(" *", written[at]).group()) if at < len(written) else 0  # type: ignore[union-attr]
        return Place(at + 1, indent + column)
    quote = 1 if node.style in ("'", '"') else 0
    first = begun.column + quote if line == 1 else 0
    return Place(begun.line + line, first + column)
