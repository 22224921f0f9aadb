"""Effectiveness: what each instrument cost, part by part, and what it brought back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from fidelia.campaigns.operations.costing import PARTS, Cost, cost_of
from fidelia.campaigns.operations.watching import WatchedCampaign
from fidelia.campaigns.queries import WatchedRule
from fidelia.insight.measures.effect import Effect
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.kernel.money import Money
from fidelia.ui import formats

from .programme_parts import language
from .words import Words, word

INSTRUMENTS: Words = {
    "points": _lazy("Points"), "coupon": _lazy("Coupons"), "discount": _lazy("Discounts"), "gift": _lazy("Gifts"),
    "voucher": _lazy("Vouchers"), "campaign": _lazy("Campaigns"),
}  # fmt: skip
PART_NAMES: Words = {
    "discounts": _lazy("Discounts"), "points": _lazy("Points"), "gifts": _lazy("Gifts"), "vouchers": _lazy("Vouchers"),
    "messages": _lazy("Messages"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instrument:
    """One rule, or one campaign, whose effect is known: what it gave, what that cost, what its people spent more."""

    kind: str
    currency: str
    spend: Effect
    given: Mapping[str, Any]
    cost: Cost


def instruments_of(watched: Sequence[WatchedCampaign], rules: Sequence[WatchedRule]) -> list[dict[str, Any]]:
    """What each instrument cost and brought, over all that leave people out; in one currency each."""
    found: dict[tuple[str, str], list[Instrument]] = {}
    for one in (*_of_campaigns(watched), *_of_rules(rules)):
        found.setdefault((one.kind, one.currency), []).append(one)
    return [_instrument(kind, currency, those) for (kind, currency), those in sorted(found.items())]


def _of_campaigns(watched: Sequence[WatchedCampaign]) -> Iterator[Instrument]:
    for one in watched:
        result, version_id = one.result, one.campaign.version_id
        if one.spend is not None and result is not None and result.given and version_id is not None:
            cost = cost_of(version_id, result.given, currency=result.currency, day=result.counted_until.date())
            yield Instrument("campaign", result.currency, one.spend, result.given, cost)


def _of_rules(rules: Sequence[WatchedRule]) -> Iterator[Instrument]:
    for one in rules:
        if one.effects.spend is not None:
            result = one.result
            cost = cost_of(result.version_id, result.given, currency=result.currency, day=result.counted_until.date())
            if result.kind == "coupon" and not result.given["discount"] and result.given["times"]:
                # It hands coupons out, and what they take off is given by the rule that takes them.
                cost = Cost(cost.parts, cost.assumed, cost.unknown | {"coupons"})
            yield Instrument(result.kind, result.currency, one.effects.spend, result.given, cost)


def _instrument(kind: str, currency: str, those: list[Instrument]) -> dict[str, Any]:
    tongue = language()
    wholes = [one.cost.whole for one in those]
    cost = None if None in wholes else sum(filter(None, wholes))
    # Amounts are what was paid: discounts, and vouchers that paid, have lowered them already, so they are put back
    # before what they cost is held against what they brought.
    edges = [
        sum(
            float(DEFAULT_RATE)
            * (edge * one.spend.n_treated + one.given["discount"] + one.given.get("voucher_used", 0))
            for edge, one in zip(of_each, those, strict=True)
        )
        for of_each in (
            [one.spend.difference for one in those], [one.spend.low for one in those],
            [one.spend.high for one in those],
        )
    ]  # fmt: skip
    margin, low, high = (_signed(edge, currency) for edge in edges)
    assumed = sum(one.cost.assumed for one in those)
    return {
        "name": word(INSTRUMENTS, kind), "count": formats.number(len(those), tongue),
        "times": formats.number(sum(one.given["times"] for one in those), tongue),
        "cost": _plain(cost, currency) if cost is not None else "",
        "parts": _parts([one.cost for one in those], currency),
        "assumed": formats.share(assumed / cost, tongue, decimals=0) if cost and assumed else "",
        "unknown": any(one.cost.unknown for one in those),
        "margin": margin, "span": _("%(low)s to %(high)s") % {"low": low, "high": high},
        "back": formats.number(edges[0] / cost, tongue, decimals=2) if cost else "",
    }  # fmt: skip


def _parts(costs: Sequence[Cost], currency: str) -> list[str]:
    """Each part of the cost with its name, where there is more than one or it is not all that is known."""
    said = []
    for name in PARTS:
        whole = sum(one.parts.get(name, 0.0) for one in costs)
        if any(name in one.unknown for one in costs):
            said.append(_("%(part)s: not known") % {"part": word(PART_NAMES, name)})
        elif whole:
            said.append(f"{word(PART_NAMES, name)} {_plain(whole, currency)}")
    return said


def _plain(minor: float, currency: str) -> str:
    return formats.money(Money(round(minor), currency).text(), currency, language())


def _signed(minor: float, currency: str) -> str:
    return formats.money(Money(round(minor), currency).text(), currency, language(), sign=True)
