"""From the rule as written back to its text, with no more parentheses than it needs: parsing it gives the same rule."""

from __future__ import annotations

from . import syntax

_CONDITIONAL, _OR, _AND, _COMPARISON, _SUM, _PRODUCT, _PREFIX, _POSTFIX, _ATOM = range(1, 10)
_SIGNS = {"+": _SUM, "-": _SUM, "*": _PRODUCT}


def write_rule(written: syntax.Written) -> str:
    """Return the text of a rule as `parse` reads it; offsets apart, `parse(write_rule(written)) == written`."""
    return _write(written, 0)


def quote(text: str) -> str:
    """Return a text between quotation marks; only the backslash and the mark are escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(written: syntax.Written, least: int) -> str:
    text, tightness = _with_tightness(written)
    return text if tightness >= least else f"({text})"


def _with_tightness(written: syntax.Written) -> tuple[str, int]:
    match written:
        case syntax.Number(text=text) | syntax.Name(name=text):
            return text, _ATOM
        case syntax.Text(value=value):
            return quote(value), _ATOM
        case syntax.Truth(value=value):
            return ("true" if value else "false"), _ATOM
        case syntax.Items(items=items):
            return f"[{_listed(items)}]", _ATOM
        case syntax.Select() | syntax.Call():
            return _member(written), _POSTFIX
    return _operation(written)


def _operation(written: syntax.Written) -> tuple[str, int]:
    match written:
        case syntax.Unary(sign=sign, operand=operand):
            return sign + _write(operand, _PREFIX), _PREFIX
        case syntax.Binary(sign=sign, left=left, right=right):
            own = _SIGNS.get(sign, _COMPARISON)
            return f"{_write(left, own)} {sign} {_write(right, own + 1)}", own
        case syntax.Logic(sign=sign, terms=terms):
            own = _OR if sign == "||" else _AND
            return f" {sign} ".join(_write(term, own + 1) for term in terms), own
        case syntax.Conditional(test=test, then=then, otherwise=otherwise):
            return f"{_write(test, _OR)} ? {_write(then, 0)} : {_write(otherwise, 0)}", _CONDITIONAL
    raise TypeError(f"{type(written).__name__} has no text")


def _member(written: syntax.Select | syntax.Call) -> str:
    before = "" if written.target is None else f"{_target(written.target)}."
    if isinstance(written, syntax.Select):
        return f"{before}{written.name}"
    return f"{before}{written.name}({_listed(written.arguments)})"


def _target(target: syntax.Written) -> str:
    # A number swallows the point and the name that follow it.
    return f"({_write(target, 0)})" if isinstance(target, syntax.Number) else _write(target, _POSTFIX)


def _listed(items: tuple[syntax.Written, ...]) -> str:
    return ", ".join(_write(item, 0) for item in items)
