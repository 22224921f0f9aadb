"""Write a checkout as the API says it: decimals for whole numbers, in the order of the schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from fidelia.kernel.money import exponent_of, format_scaled
from fidelia.kernel.points import format_points

from .evaluations import Fields, evaluation_fields
from .schemas.activity import counts_in


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
        "issued": [
            *_issued(checkout["evaluation"].get("issued"), checkout["currency"]),
            *_sold_cards(checkout["evaluation"].get("sold_cards", ()), checkout["currency"]),
        ],
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


def _sold_cards(cards: Iterable[Mapping[str, Any]], currency: str) -> list[Fields]:
    exponent = exponent_of(currency)
    return [
        {
            "kind": "gift_card_top_up" if card.get("tops_up") else "gift_card",
            **{name: value for name, value in card.items() if name != "tops_up"},
            "amount": format_scaled(card["amount"], exponent),
        }
        for card in cards
    ]


def refund_fields(returned: Any) -> Fields:
    """Return the fields of a RefundOut from the row of a return, whose amounts are below zero.

    What was charged elsewhere, and only recorded here, was paid in money as far as is known.
    """
    exponent = exponent_of(returned.currency)
    scale = counts_in(returned.programme_id)[2]
    by_points, by_cards = returned.paid_by_points or 0, returned.paid_by_gift_cards or 0
    return {
        "total": format_scaled(-returned.total, exponent),
        "money": format_scaled(by_points + by_cards - returned.total, exponent),
        "gift_cards": format_scaled(-by_cards, exponent),
        "paid_by_points": format_scaled(-by_points, exponent),
        "points_given_back": format_points(-(returned.points_spent or 0), scale),
        "points_taken_back": format_points(-returned.points, scale),
    }
