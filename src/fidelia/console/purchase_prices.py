"""How a purchase came to its total: before discounts, what each rule took off, taxes, and what paid for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.programme.queries import terms_of
from fidelia.rules import Decision

from .speech import Speech


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One step to the total, or one means of payment; `good` where it is the member's gain."""

    text: str
    amount: str
    good: bool = False


def price_rows(sold: Purchase, speech: Speech) -> list[PriceRow]:
    """Return the steps of a closed checkout or its return; none where the till said only what was paid."""
    if sold.gross is None:
        return []
    points, cards = sold.paid_by_points or 0, sold.paid_by_gift_cards or 0
    rows = [
        (_("Before discounts"), sold.gross, False),
        (_("Discounts"), -(sold.discount or 0), True),
        (_("Total"), sold.total, False),
        (_("of which tax"), sold.tax or 0, False),
        (_("Paid in points"), points, False),
        (_("Paid by gift card"), cards, False),
        (_("Paid otherwise"), sold.total - points - cards, False),
    ]
    kept = {_("Before discounts"), _("Total"), _("Paid otherwise")}
    return [
        PriceRow(text, speech.money(amount, sold.currency), good)
        for text, amount, good in rows
        if amount or text in kept
    ]


def discounts_of(sold: Purchase, line: PurchaseLine, decision: Decision | None, speech: Speech) -> list[str]:
    """Return what each rule took off a line, by the bill that was frozen; without it, the sum."""
    if not line.discount:
        return []
    named = _named(sold, line, decision, speech)
    return named or [f"{_('Discounts')} {speech.money(-line.discount, sold.currency)}"]


def _named(sold: Purchase, line: PurchaseLine, decision: Decision | None, speech: Speech) -> list[str]:
    if decision is None or decision.bill is None or sold.rule_version_id is None:
        return []
    rules = terms_of(sold.rule_version_id).rule_set.rule_at
    frozen: Sequence[tuple[str, int]] = ()
    if 0 < line.line_number <= len(decision.bill.lines):
        frozen = decision.bill.lines[line.line_number - 1].discounts
    return [
        f"{rules[key].name.in_language(speech.language)} {speech.money(-amount, sold.currency)}"
        for key, amount in frozen
        if amount and key in rules
    ]
