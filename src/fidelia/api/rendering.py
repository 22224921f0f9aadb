"""Write a checkout as the API says it: decimals for whole numbers, in the order of the schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fidelia.kernel.money import exponent_of, format_scaled
from fidelia.kernel.points import format_points

from .schemas.activity import counts_in

QUANTITY_SCALE = 3
APPLIED = "granted"
_OF_MONEY = ("listed", "discount", "amount", "untaxed", "tax", "total", "rounding", "due")
_OF_LINE = ("listed", "discount", "amount", "untaxed", "tax", "total", "paid_by_points")
# The members of effects that are counted, and how.
_EFFECT_MONEY, _EFFECT_POINTS, _EFFECT_QUANTITIES = ("amount", "value"), ("points",), ("quantity",)
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
        "lines": [_line(line, exponent, scale) for line in evaluation["lines"]],
        "taxes": [
            {"name": name, "base": format_scaled(base, exponent), "amount": format_scaled(amount, exponent)}
            for name, base, amount in evaluation["taxes"]
        ],
        "tenders": [_tender(tender, exponent, scale) for tender in evaluation["tenders"]],
        "effects": [_effect(effect, exponent, scale) for effect in evaluation["effects"]],
        "coupons": [
            {"code": code, "used": reason == "used", "reason": reason, "rules": rules}
            for code, reason, rules in evaluation["coupons"]
        ],
        "gift_cards": [
            {"code": code, "state": state, "balance": None if balance is None else format_scaled(balance, exponent)}
            for code, state, _id, balance in evaluation["gift_cards"]
        ],
        "warnings": [_warning(one, exponent) for one in evaluation.get("warnings", ())],
        "explanation": None if outcomes is None else [_outcome(one, exponent, scale) for one in outcomes],
    }


def _line(line: Mapping[str, Any], exponent: int, scale: int) -> Fields:
    return {
        "line_number": line["line_number"],
        "product": line["product"],
        "is_gift": line["is_gift"],
        "is_shipping": line["is_shipping"],
        "quantity": format_scaled(line["quantity"], QUANTITY_SCALE),
        **{name: format_scaled(line[name], exponent) for name in _OF_LINE},
        "points_paid": format_points(line["points_paid"], scale),
        "paid_by_gift_cards": format_scaled(line["paid_by_gift_cards"], exponent),
        "points": format_points(line["points"], scale),
        "discounts": _shares("rule", line["discounts"], exponent),
        "taxes": _shares("name", line["taxes"], exponent),
        "pieces": [
            {"quantity": format_scaled(quantity, QUANTITY_SCALE), "amount": format_scaled(amount, exponent)}
            for quantity, amount in line["pieces"]
        ],
    }


def _shares(name: str, shares: Sequence[Sequence[Any]], exponent: int) -> list[Fields]:
    return [{name: key, "amount": format_scaled(amount, exponent)} for key, amount in shares]


def _tender(tender: Sequence[Any], exponent: int, scale: int) -> Fields:
    key, amount, points = tender
    is_points = key == "points"
    return {
        "kind": "points" if is_points else "gift_card",
        "gift_card_id": None if is_points else key,
        "amount": format_scaled(amount, exponent),
        "points": format_points(points, scale),
    }


def _effect(effect: Mapping[str, Any], exponent: int, scale: int) -> Fields:
    if effect["kind"] == "discount":  # most are
        return {
            "kind": "discount",
            "rule": effect["rule_key"],
            "line": effect["line"],
            "quantity": format_scaled(effect["quantity"], QUANTITY_SCALE),
            "amount": format_scaled(effect["amount"], exponent),
            "on_shipping": effect["on_shipping"],
        }
    return {_named(name): _written(name, value, exponent, scale) for name, value in effect.items()}


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


def _outcome(outcome: Mapping[str, Any], exponent: int, scale: int) -> Fields:
    missing, kind = outcome["missing"], outcome["missing_type"]
    if missing is not None and kind in ("money", "quantity"):
        missing = format_scaled(missing, exponent if kind == "money" else QUANTITY_SCALE)
    return {
        "rule": outcome["rule"],
        "applied": outcome["reason"] == APPLIED,
        "reason": outcome["reason"],
        "missing": None if missing is None else str(missing),
        "missing_type": None if kind is None else str(kind),
        "discount": format_scaled(outcome["discount"] or 0, exponent),
        "points": format_points(outcome["points"], scale),
        "by": outcome["by"] or None,
    }


def checkout_fields(
    checkout: Mapping[str, Any],
    *,
    balance_after: int | None = None,
) -> Fields:
    """Return the fields of a CheckoutOut, in its order, from the columns of a checkout."""
    programme_id = UUID(str(checkout["programme_id"]))
    slug, _currency, scale = counts_in(programme_id)
    return {
        "id": checkout["checkout_id"],
        "number": checkout["number"],
        "source": checkout["source"],
        "state": checkout["state"],
        "revision": checkout["revision"],
        "programme": slug,
        "customer_id": checkout["customer_id"],
        "store_id": checkout["store_id"],
        "channel": checkout["channel"],
        "currency": checkout["currency"],
        "total": format_scaled(checkout["total"], exponent_of(checkout["currency"])),
        "points": format_points(checkout["points"], scale),
        "balance_after": None if balance_after is None else format_points(balance_after, scale),
        "purchase_id": checkout["purchase_id"],
        "reserved_until": checkout["reserved_until"],
        "opened_at": checkout["opened_at"],
        "updated_at": checkout["updated_at"],
        "closed_at": checkout["closed_at"],
        "cancelled_at": checkout["cancelled_at"],
        "evaluation": evaluation_fields(checkout["evaluation"], programme_id),
        "issued": _issued(checkout["evaluation"].get("issued"), checkout["currency"]),
    }


def _issued(issued: Mapping[str, Any] | None, currency: str) -> list[Fields]:
    if issued is None:
        return []
    exponent = exponent_of(currency)
    vouchers = [{**one, "amount": format_scaled(one["amount"], exponent)} for one in issued["vouchers"]]
    return [
        *({"kind": "coupon", **one, "id": str(one["id"])} for one in issued["coupons"]),
        *({"kind": "voucher", **one} for one in vouchers),
    ]


def refund_fields(returned: Any) -> Fields:
    """Return the fields of a RefundOut from the row of a return, whose amounts are below zero."""
    exponent = exponent_of(returned.currency)
    scale = counts_in(returned.programme_id)[2]
    tendered = returned.paid_by_points + returned.paid_by_gift_cards
    return {
        "total": format_scaled(-returned.total, exponent),
        "money": format_scaled(tendered - returned.total, exponent),
        "gift_cards": format_scaled(-returned.paid_by_gift_cards, exponent),
        "paid_by_points": format_scaled(-returned.paid_by_points, exponent),
        "points_given_back": format_points(-returned.points_spent, scale),
        "points_taken_back": format_points(-returned.points, scale),
    }
