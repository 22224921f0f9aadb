"""Write an evaluation as the API says it, straight to JSON: a basket has ten lines, and at 200 rules 300 effects.

What a basket has many of is put together as text, member by member in the order of the schemas; the rest are fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from fidelia.activity.models import ToldLine
from fidelia.kernel.money import exponent_of, format_scaled
from fidelia.kernel.points import format_points
from fidelia.rules import Outcome, Type
from fidelia.rules.pricing import Discount

from .schemas.activity import counts_in

QUANTITY_SCALE = 3
APPLIED = "granted"
TEXTS_KEPT = 4_096  # keys of rules, codes of products, names of taxes
REASONS_KEPT = 16_384  # a rule is refused for a few reasons
_OF_MONEY = ("listed", "discount", "amount", "untaxed", "tax", "total", "rounding", "due")
# The members of effects that are counted, and how.
_EFFECT_MONEY, _EFFECT_POINTS, _EFFECT_QUANTITIES = ("amount", "value"), ("points",), ("quantity",)
_SCALED = {Type.MONEY, Type.QUANTITY}
_TRUTHS = {True: "true", False: "false"}
Fields = dict[str, Any]


def evaluation_fields(evaluation: Mapping[str, Any], programme_id: UUID) -> Fields:
    """Return the fields of an EvaluationOut, in its order."""
    slug, points_currency, scale = counts_in(programme_id)
    exponent, outcomes = exponent_of(evaluation["currency"]), evaluation["outcomes"]
    return {
        "as_of": evaluation["as_of"],
        "programme": slug,
        "rule_version_id": evaluation["version_id"],
        "is_member": evaluation["is_member"],
        "tier": evaluation["tier"],
        "currency": evaluation["currency"],
        **{name: format_scaled(evaluation[name], exponent) for name in _OF_MONEY},
        "points_currency": points_currency,
        "points": format_points(evaluation["points"], scale),
        "points_spent": format_points(evaluation["points_spent"], scale),
        "lines": _listed([_line(line, exponent, scale) for line in evaluation["lines"]]),
        "taxes": [
            {"name": name, "base": format_scaled(base, exponent), "amount": format_scaled(amount, exponent)}
            for name, base, amount in evaluation["taxes"]
        ],
        "tenders": [_tender(tender, exponent, scale) for tender in evaluation["tenders"]],
        "effects": _listed(_effects(evaluation["effects"], exponent, scale)),
        "coupons": [
            {"code": code, "used": reason == "used", "reason": reason, "rules": rules}
            for code, reason, rules in evaluation["coupons"]
        ],
        "gift_cards": [
            {"code": code, "state": state, "balance": None if balance is None else format_scaled(balance, exponent)}
            for code, state, _id, balance in evaluation["gift_cards"]
        ],
        "warnings": [_warning(one, exponent) for one in evaluation.get("warnings", ())],
        "explanation": None if outcomes is None else _listed([_outcome(one, exponent, scale) for one in outcomes]),
    }


def _listed(texts: Sequence[str]) -> msgspec.Raw:
    return msgspec.Raw(f"[{','.join(texts)}]".encode())


@lru_cache(maxsize=TEXTS_KEPT)
def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _line(line: ToldLine, exponent: int, scale: int) -> str:
    pieces = [
        f'{{"quantity":"{format_scaled(quantity, QUANTITY_SCALE)}","amount":"{format_scaled(amount, exponent)}"}}'
        for quantity, amount in line.pieces
    ]
    return (
        f'{{"line_number":{line.line_number},"product":{_quoted(line.product)},'
        f'"is_gift":{_TRUTHS[line.is_gift]},"is_shipping":{_TRUTHS[line.is_shipping]},'
        f'"quantity":"{format_scaled(line.quantity, QUANTITY_SCALE)}",'
        f'"listed":"{format_scaled(line.listed, exponent)}","discount":"{format_scaled(line.discount, exponent)}",'
        f'"amount":"{format_scaled(line.amount, exponent)}","untaxed":"{format_scaled(line.untaxed, exponent)}",'
        f'"tax":"{format_scaled(line.tax, exponent)}","total":"{format_scaled(line.total, exponent)}",'
        f'"paid_by_points":"{format_scaled(line.paid_by_points, exponent)}",'
        f'"points_paid":"{format_scaled(line.points_paid, scale)}",'
        f'"paid_by_gift_cards":"{format_scaled(line.paid_by_gift_cards, exponent)}",'
        f'"points":"{format_scaled(line.points, scale)}",'
        f'"discounts":[{_shares("rule", line.discounts, exponent)}],'
        f'"taxes":[{_shares("name", line.taxes, exponent)}],"pieces":[{",".join(pieces)}]}}'
    )


def _shares(name: str, shares: Sequence[Sequence[Any]], exponent: int) -> str:
    return ",".join(
        [f'{{"{name}":{_quoted(key)},"amount":"{format_scaled(amount, exponent)}"}}' for key, amount in shares]
    )


def _tender(tender: Sequence[Any], exponent: int, scale: int) -> Fields:
    key, amount, points = tender
    is_points = key == "points"
    return {
        "kind": "points" if is_points else "gift_card",
        "gift_card_id": None if is_points else key,
        "amount": format_scaled(amount, exponent),
        "points": format_points(points, scale),
    }


def _effects(effects: Sequence[Any], exponent: int, scale: int) -> list[str]:
    """Write effects, of which most are discounts: one rule's after another's, each on a line that many lower."""
    texts, rule, kind = [], None, ""
    for effect in effects:
        if type(effect) is not Discount:
            texts.append(_effect(effect, exponent, scale))
            continue
        if effect.rule_key is not rule:
            rule = effect.rule_key
            kind = f'{{"kind":"discount","rule":{_quoted(rule)},'
        place = _place(effect.line, effect.quantity)
        on_shipping = ',"on_shipping":true}' if effect.on_shipping else ',"on_shipping":false}'
        texts.append(f'{kind}{place}"amount":"{format_scaled(effect.amount, exponent)}"{on_shipping}')
    return texts


@lru_cache(maxsize=TEXTS_KEPT)
def _place(line: str, quantity: int) -> str:
    return f'"line":{_quoted(line)},"quantity":"{format_scaled(quantity, QUANTITY_SCALE)}",'


def _effect(effect: Any, exponent: int, scale: int) -> str:
    fields = {_named(name): _written(name, value, exponent, scale) for name, value in effect.items()}
    return msgspec.json.encode(fields).decode()


def _named(name: str) -> str:
    return "rule" if name == "rule_key" else name


def _written(name: str, value: Any, exponent: int, scale: int) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if name in _EFFECT_MONEY:
        return format_scaled(value, exponent)
    if name in _EFFECT_POINTS:
        return format_points(value, scale)
    return format_scaled(value, QUANTITY_SCALE) if name in _EFFECT_QUANTITIES else value


def _warning(warning: Mapping[str, Any], exponent: int) -> Fields:
    return {
        "kind": warning["kind"],
        "line": warning["where"],
        "found": format_scaled(warning["found"], exponent),
        "allowed": format_scaled(warning["allowed"], exponent),
        "refused": warning["action"] == "refuse",
    }


def _outcome(outcome: Outcome, exponent: int, scale: int) -> str:
    if outcome.missing is None and outcome.by is None and not outcome.discount and not outcome.points:
        return _plain_outcome(outcome.rule_key, outcome.reason, exponent, scale)
    missing, kind = outcome.missing, outcome.missing_type
    if missing is None:
        said = kind_said = "null"
    else:
        said = str(missing)
        if kind in _SCALED:
            said = format_scaled(missing, exponent if kind is Type.MONEY else QUANTITY_SCALE)
        said, kind_said = f'"{said}"', "null" if kind is None else f'"{kind}"'
    return (
        f'{{"rule":{_quoted(outcome.rule_key)},"applied":{_TRUTHS[outcome.reason == APPLIED]},'
        f'"reason":"{outcome.reason}","missing":{said},"missing_type":{kind_said},'
        f'"discount":"{format_scaled(outcome.discount or 0, exponent)}",'
        f'"points":"{format_scaled(outcome.points, scale)}",'
        f'"by":{_quoted(outcome.by) if outcome.by else "null"}}}'
    )


@lru_cache(maxsize=REASONS_KEPT)
def _plain_outcome(rule_key: str, reason: str, exponent: int, scale: int) -> str:
    """Write an outcome that says no more than its reason: most do, and say the same about every basket."""
    return (
        f'{{"rule":{_quoted(rule_key)},"applied":{_TRUTHS[reason == APPLIED]},"reason":"{reason}",'
        f'"missing":null,"missing_type":null,"discount":"{format_scaled(0, exponent)}",'
        f'"points":"{format_scaled(0, scale)}","by":null}}'
    )
