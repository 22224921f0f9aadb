"""From the text of a condition to blocks. Only the syntax is looked at: whether names and types are right, the checker
says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import syntax
from ..history import is_measure
from ..names import path_of
from ..parser import parse
from ..unparsing import write_rule
from .parts import Block, Condition, FieldSubject, Group, Literal, RowsSubject, TextPart

_TEXT_METHODS = {"startsWith": "starts", "endsWith": "ends", "contains": "contains"}


def read_blocks(source: str) -> tuple[Block, ...]:
    """Return the blocks of a condition, all of which hold. Raises the RuleErrors of the parser."""
    written = parse(source)
    return _blocks(written.terms if isinstance(written, syntax.Logic) and written.sign == "&&" else (written,), "")


def _blocks(terms: Sequence[syntax.Written], row: str) -> tuple[Block, ...]:
    """Read terms joined by &&: has(field) just before what reads the field is its guard."""
    blocks: list[Block] = []
    place = 0
    while place < len(terms):
        guarded = _guarded(terms[place : place + 2], row)
        blocks.append(guarded or _block(terms[place], row))
        place += 2 if guarded else 1
    return tuple(blocks)


def _guarded(terms: Sequence[syntax.Written], row: str) -> Condition | None:
    first, second = (_condition(term, row) for term in terms) if len(terms) == 2 else (None, None)
    if first is None or second is None or first.sign != "known" or second.sign in ("known", "unknown"):
        return None
    is_same = isinstance(second.subject, FieldSubject) and first.subject == second.subject
    return Condition(second.subject, second.sign, second.values, guarded=True) if is_same else None


def _block(written: syntax.Written, row: str) -> Block:
    condition = _condition(written, row)
    if condition is not None:
        return condition
    if isinstance(written, syntax.Logic) and written.sign == "||":
        return Group("any", tuple(_term_of_any(term, row) for term in written.terms))
    if isinstance(written, syntax.Logic):
        return Group("all", _blocks(written.terms, row))
    return TextPart(write_rule(written))


def _term_of_any(term: syntax.Written, row: str) -> Block:
    is_pair = isinstance(term, syntax.Logic) and term.sign == "&&" and len(term.terms) == 2
    return (is_pair and _guarded(term.terms, row)) or _block(term, row)  # type: ignore[attr-defined]


def _condition(written: syntax.Written, row: str) -> Condition | None:
    match written:
        case syntax.Binary():
            return _comparison(written, row)
        case syntax.Unary(sign="!", operand=operand):
            return _contrary(operand, row)
        case syntax.Call(target=None, name="has", arguments=(read,)):
            field = _field(read, row)
            return Condition(field, "known") if field else None
        case syntax.Call(target=target, name=name, arguments=(argument,)) if name in _TEXT_METHODS and target:
            field, value = _field(target, row), _literal(argument)
            return Condition(field, _TEXT_METHODS[name], (value,)) if field and value else None
        case syntax.Call():
            asked = _rows(written, row)
            return Condition(asked, "true") if asked and asked.macro in ("exists", "all") else None
    field = _field(written, row)
    return Condition(field, "true") if field else None


def _contrary(operand: syntax.Written, row: str) -> Condition | None:
    held = _condition(operand, row)
    signs = {"true": "false", "known": "unknown", "in": "not_in", "includes": "includes_not"}
    return Condition(held.subject, signs[held.sign], held.values) if held and held.sign in signs else None


def _comparison(written: syntax.Binary, row: str) -> Condition | None:
    if written.sign == "in":
        return _among(written, row)
    subject = _field(written.left, row) or _amount_of_rows(written.left, row)
    value = _literal(written.right)
    if subject is None or value is None or written.sign in "+-*":
        return None
    return Condition(subject, written.sign, (value,))


def _among(written: syntax.Binary, row: str) -> Condition | None:
    if isinstance(written.right, syntax.Items):
        field, values = _field(written.left, row), [_literal(item) for item in written.right.items]
        return Condition(field, "in", tuple(filter(None, values))) if field and values and all(values) else None
    field, value = _field(written.right, row), _literal(written.left)
    return Condition(field, "includes", (value,)) if field and value else None


def _field(written: syntax.Written, row: str) -> FieldSubject | None:
    """Read a path; inside a macro only what its row has, so that a block never mixes rows with the rest."""
    if not row and is_measure(written):
        return FieldSubject(write_rule(written))
    path = path_of(written)
    if path is None:
        return None
    if row:
        return FieldSubject(path[1]) if path[0] == row and len(path) == 2 else None
    return FieldSubject(".".join(path))


def _amount_of_rows(written: syntax.Written, row: str) -> RowsSubject | None:
    asked = _rows(written, row) if isinstance(written, syntax.Call) else None
    return asked if asked and asked.macro in ("sum", "count", "distinct") else None


def _rows(written: syntax.Call, row: str) -> RowsSubject | None:
    """Read lines.sum(l, l.net), lines.filter(l, …).count(), lines.exists(l, …), lines.all(l, …)."""
    if row or written.target is None:  # rows inside rows have no block
        return None
    if written.name in ("exists", "all") and len(written.arguments) == 2:
        return _question(written)
    filtered = _filtered(written.target)
    return _summed(written, *filtered) if filtered else None


def _summed(written: syntax.Call, records: str, name: str, where: tuple[Condition, ...]) -> RowsSubject | None:
    if written.name == "count" and not written.arguments:
        return RowsSubject(records, "count", where, row=name or "l")
    if written.name not in ("sum", "distinct") or len(written.arguments) != 2:
        return None
    own, field = _name(written.arguments[0]), path_of(written.arguments[1])
    is_own_field = own and name in ("", own) and field is not None and len(field) == 2 and field[0] == own
    macro: Any = written.name
    return RowsSubject(records, macro, where, field=field[1], row=own) if is_own_field and field else None


def _question(written: syntax.Call) -> RowsSubject | None:
    records, name = path_of(written.target) if written.target else None, _name(written.arguments[0])
    where = _where(written.arguments[1], name) if name else None
    if records is None or where is None:
        return None
    macro: str = written.name
    return RowsSubject(".".join(records), "exists" if macro == "exists" else "all", where, row=name)


def _filtered(target: syntax.Written) -> tuple[str, str, tuple[Condition, ...]] | None:
    """Return the records, the name of the row and the conditions of a filter; without one, no name and none."""
    if isinstance(target, syntax.Call) and target.name == "filter" and target.target and len(target.arguments) == 2:
        records, name = path_of(target.target), _name(target.arguments[0])
        where = _where(target.arguments[1], name) if name else None
        return (".".join(records), name, where) if records and where else None
    records = path_of(target)
    return (".".join(records), "", ()) if records else None


def _where(written: syntax.Written, row: str) -> tuple[Condition, ...] | None:
    is_joined = isinstance(written, syntax.Logic) and written.sign == "&&"
    blocks = _blocks(written.terms if is_joined else (written,), row)  # type: ignore[attr-defined]
    conditions = tuple(block for block in blocks if isinstance(block, Condition))
    return conditions if len(conditions) == len(blocks) else None


def _name(written: syntax.Written) -> str:
    return written.name if isinstance(written, syntax.Name) else ""


def _literal(written: syntax.Written) -> Literal | None:
    match written:
        case syntax.Number(text=text):
            return Literal("number", text)
        case syntax.Unary(sign="-", operand=syntax.Number(text=text)):
            return Literal("number", f"-{text}")
        case syntax.Text(value=value):
            return Literal("text", value)
        case syntax.Call(target=None, name="date", arguments=(syntax.Text(value=value),)):
            return Literal("date", value)
    return None
