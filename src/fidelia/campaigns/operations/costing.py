"""What a campaign or a rule cost, part by part, and how much of it is known and how much assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.kernel.money import exponent_of
from fidelia.organisation.queries import get_operator
from fidelia.products.models import UnitCost
from fidelia.products.queries import costs_on, get_products_by_code
from fidelia.programme.queries import terms_of
from fidelia.rules import Rule
from fidelia.rules.effects import IssueCode

PARTS: Final = ("discounts", "points", "gifts", "vouchers", "messages")


@dataclass(frozen=True, slots=True)
class Cost:
    """`parts`: by name, what each cost in minor units. `assumed`: how much of them rests on an assumption.

    `unknown` names what was given and has no cost that anybody knows: then the whole is not known either.
    """

    parts: Mapping[str, float]
    assumed: float = 0.0
    unknown: frozenset[str] = frozenset()

    @property
    def whole(self) -> float | None:
        return None if self.unknown else sum(self.parts.values())


def cost_of(version_id: UUID, given: Mapping[str, Any], *, currency: str, day: date) -> Cost:
    """Return what a rule, or the offer of a campaign, cost in minor units of `currency`, of what `given` says it gave.

    Discounts are what they took off. Points are worth what they pay at the till by the terms of a version, else what a
    cheque makes of them, as if all were spent. Gifts cost what their product cost on `day`; where no cost is known, its
    price less the assumed margin. Vouchers cost what was paid by them, and what can still be. Messages cost what the
    setting says of their channel, in the operator's currency.

    Assumed: points, gifts without a known cost, vouchers still open, messages. Unknown: points worth nothing by the
    terms, gifts without cost or price, messages of a channel without a cost.
    """
    gifts, gifts_assumed = _gifts(given.get("gifts", {}), currency, day)
    opened = float(given.get("voucher_open", 0))
    found: dict[str, float | None] = {
        "discounts": float(given["discount"]),
        "points": _points(version_id, int(given["points"])),
        "gifts": gifts,
        "vouchers": float(given.get("voucher_used", 0)) + opened,
        "messages": _messages(given.get("messages", {}), currency),
    }
    known = {name: cost for name, cost in found.items() if cost is not None}
    assumed = known.get("points", 0.0) + gifts_assumed + opened + known.get("messages", 0.0)
    return Cost(
        {name: cost for name, cost in known.items() if cost},
        assumed,
        frozenset(name for name in found if name not in known),
    )


def voucher_of(rule: Rule) -> int | None:
    """Return what each voucher of a rule is worth in minor units; None where it issues none, or of changing worth."""
    effect = rule.effect
    return effect.value if isinstance(effect, IssueCode) and effect.kind == "voucher" else None


def _points(version_id: UUID, points: int) -> float | None:
    if not points:
        return 0.0
    terms = terms_of(version_id)
    cheque = next((one for one in terms.cheques if not one.currency), None)
    if terms.points.pays is not None:
        return points * terms.points.pays.money / terms.points.pays.points
    return points * cheque.money / cheque.points if cheque is not None else None


def _gifts(given: Mapping[str, int], currency: str, day: date) -> tuple[float | None, float]:
    """Return what these products cost, by code and thousandths, and how much of it is assumed."""
    if not given:
        return 0.0, 0.0
    products = get_products_by_code(given)
    costs: Mapping[UUID, UnitCost] = costs_on([one.id for one in products.values()], currency, day)
    whole = assumed = 0.0
    for code, quantity in given.items():
        product = products.get(code)
        if product is not None and product.id in costs:
            whole += costs[product.id].of_quantity(quantity).minor
        elif product is not None and product.price is not None and product.price_currency == currency:
            assumed += product.price * quantity / 1_000 * float(1 - DEFAULT_RATE)
        else:
            return None, 0.0
    return whole + assumed, assumed


def _messages(sent: Mapping[str, int], currency: str) -> float | None:
    declared: Mapping[str, Decimal] = settings.MESSAGE_COSTS
    if not sent:
        return 0.0
    if currency != get_operator().currency or not set(sent) <= set(declared):
        return None
    return float(sum(declared[channel] * count for channel, count in sent.items()) * 10 ** exponent_of(currency))
