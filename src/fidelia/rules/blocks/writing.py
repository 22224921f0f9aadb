"""From blocks to the text of a condition."""

from __future__ import annotations

from collections.abc import Sequence

from .. import syntax
from ..parser import parse
from ..unparsing import quote, write_rule
from .parts import Block, Condition, Group, Literal, RowsSubject, TextPart

_METHODS = {"starts": "startsWith", "ends": "endsWith", "contains": "contains"}
_LINE_MAX = 72


def write_blocks(blocks: Sequence[Block]) -> str:
    """Return the text of a condition that asks all blocks, on several lines where it is long; "" for none.

    Reading what it gives returns the same blocks. Raises the RuleErrors of the parser for a TextPart that is no rule.
    """
    terms = [write_block(block, among_all=True) for block in blocks]
    joined = " && ".join(terms)
    return joined if len(joined) <= _LINE_MAX else "\n&& ".join(terms)


def write_block(block: Block, *, among_all: bool = True) -> str:
    """Return the text of one block as a term of &&, or of || unless `among_all`."""
    if isinstance(block, Group):
        return _group(block, among_all=among_all)
    if isinstance(block, TextPart):
        return _text(block.text, among_all=among_all)
    return _condition(block, "")


def _group(group: Group, *, among_all: bool) -> str:
    is_all = group.sign == "all"
    if len(group.blocks) == 1 and not (is_all and among_all and _is_guarded(group.blocks[0])):
        return write_block(group.blocks[0], among_all=among_all)
    joined = (" && " if is_all else " || ").join(write_block(block, among_all=is_all) for block in group.blocks)
    # && binds tighter than ||, and a second && after the first is the same one only where it stands in parentheses.
    return joined if is_all and not among_all else f"({joined})"


def _is_guarded(block: Block) -> bool:
    return isinstance(block, Condition) and block.guarded


def _text(text: str, *, among_all: bool) -> str:
    written = parse(text)
    bare = write_rule(written)
    is_loose = isinstance(written, syntax.Conditional | syntax.Logic)
    binds = isinstance(written, syntax.Logic) and written.sign == "&&" and not among_all
    return f"({bare})" if is_loose and not binds else bare


def _condition(condition: Condition, row: str) -> str:
    subject = condition.subject
    if isinstance(subject, RowsSubject):
        return _signed(_rows(subject), condition)
    path = f"{row}.{subject.path}" if row else subject.path
    asked = _signed(path, condition)
    return f"has({path}) && {asked}" if condition.guarded else asked


def _signed(subject: str, condition: Condition) -> str:
    sign, values = condition.sign, [_literal(value) for value in condition.values]
    if sign in _METHODS:
        return f"{subject}.{_METHODS[sign]}({values[0]})"
    plain = {
        "true": subject,
        "false": f"!{subject}",
        "known": f"has({subject})",
        "unknown": f"!has({subject})",
        "in": f"{subject} in [{', '.join(values)}]",
        "not_in": f"!({subject} in [{', '.join(values)}])",
        "includes": f"{values[0] if values else ''} in {subject}",
        "includes_not": f"!({values[0] if values else ''} in {subject})",
    }
    return plain.get(sign) or f"{subject} {sign} {values[0]}"


def _rows(subject: RowsSubject) -> str:
    where = " && ".join(_condition(condition, subject.row) for condition in subject.where)
    if subject.macro in ("exists", "all"):
        return f"{subject.records}.{subject.macro}({subject.row}, {where})"
    rows = f"{subject.records}.filter({subject.row}, {where})" if where else subject.records
    if subject.macro == "count":
        return f"{rows}.count()"
    return f"{rows}.{subject.macro}({subject.row}, {subject.row}.{subject.field})"


def _literal(literal: Literal) -> str:
    if literal.kind == "number":
        return literal.text
    return quote(literal.text) if literal.kind == "text" else f"date({quote(literal.text)})"
