"""Reading the effects that give points."""

from __future__ import annotations

import re
from fractions import Fraction

from .document_parts import Reader, read_choice, read_decimal, read_members
from .errors import InvalidRuleSet, MayOverflow
from .rounding import ROUNDINGS
from .rule_set import FixedPoints, MultiplyPoints, PointsEffect, PointsPerAmount, PointsPerUnit
from .types import NUMBER_MAX, Type

POINTS_EFFECTS = ("points", "points_per", "points_per_unit", "multiply_points")


def read_points_effect(reader: Reader, name: str, value: object, pointer: str) -> PointsEffect:
    if name == "points":
        return _read_fixed(reader, value, pointer)
    elif name == "points_per":
        return _read_per_amount(reader, value, pointer)
    elif name == "points_per_unit":
        return PointsPerUnit(reader.points(value, pointer))
    return _read_multiply(value, pointer)


def _read_fixed(reader: Reader, value: object, pointer: str) -> FixedPoints:
    if not isinstance(value, str) or re.fullmatch(r"[\d.]+", value):
        return FixedPoints(amount=reader.points(value, pointer))
    # An amount of money becomes points only where both count in the same minor units: a cagnotte in euros.
    same = reader.catalogue.scale_of(Type.MONEY) == reader.scale
    program = reader.program(value, pointer, (Type.INT, Type.MONEY) if same else (Type.INT,))
    assert program is not None
    if program.type is Type.INT and program.tree.high * 10**reader.scale > NUMBER_MAX:
        error = MayOverflow("may_overflow", offset=program.tree.offset)
        raise InvalidRuleSet("rule_text", pointer=pointer, cause=error)
    return FixedPoints(program=program)


def _read_per_amount(reader: Reader, value: object, pointer: str) -> PointsPerAmount:
    allowed = ("amount", "points", "base", "rounding", "per")
    members = read_members(value, pointer, allowed, required=("amount", "points"))
    per = read_choice(members.get("per", "purchase"), ["purchase", "line"], f"{pointer}/per")
    return PointsPerAmount(
        step=reader.money(members["amount"], f"{pointer}/amount"),
        points=reader.points(members["points"], f"{pointer}/points"),
        base=reader.program(members.get("base"), f"{pointer}/base", (Type.MONEY,), of_line=True),
        rounding=read_choice(members.get("rounding", "floor"), list(ROUNDINGS), f"{pointer}/rounding"),
        per="line" if per == "line" else "purchase",
    )


def _read_multiply(value: object, pointer: str) -> MultiplyPoints:
    members = read_members(value, pointer, ("by", "rounding"), required=("by",))
    try:
        ratio = Fraction(read_decimal(members["by"], 4, f"{pointer}/by"), 10**4)
    except InvalidRuleSet:
        ratio = Fraction(0)
    if not 1 < ratio <= 100:
        raise InvalidRuleSet("ratio", pointer=f"{pointer}/by")
    rounding = read_choice(members.get("rounding", "half_up"), list(ROUNDINGS), f"{pointer}/rounding")
    return MultiplyPoints(ratio.numerator, ratio.denominator, rounding)
