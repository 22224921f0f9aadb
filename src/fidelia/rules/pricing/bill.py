"""What the engine answers: the bill of a basket, exact to the unit, with every rule's part in it.

Promises (held by tests/rules/pricing): of each line, listed − discounts = amount; untaxed + taxes = total; the paid
parts sum to the total; the lines and shipping sum to the bill. Nothing is below zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from ..settlement import Outcome, Settlement

# What a basket has many of is a Struct: made in a fortieth of the time that a frozen dataclass takes.
GIFT_KEY = "gift:"  # how the key of a line begins that a rule added: then the rule, and the product
POINTS_TENDER = "points"  # the key of the share that points pay, beside the keys of the gift cards
Shares = tuple[tuple[str, int], ...]


class Piece(msgspec.Struct, frozen=True):
    """Units of a line that were treated alike: of three for two, one piece of two units and one of one.

    quantity   in thousandths
    listed     their price before any rule, as prices are stated (with or without tax)
    discounts  what each rule took off them: (rule key, amount), in the order in which the rules came
    """

    quantity: int
    listed: int
    discounts: Shares = ()

    @property
    def amount(self) -> int:
        return self.listed - sum([part for _, part in self.discounts])


class BilledLine(msgspec.Struct, frozen=True):
    """One line (or shipping cost) as it is paid.

    key        of the basket's line; of a gift that a rule added, "gift:<rule key>:<product>"
    listed     price × quantity before any rule, as prices are stated
    discounts  what each rule took off: (rule key, amount); sums to listed − amount
    amount     after discounts, as prices are stated
    untaxed    without any tax;  taxes (tax key, amount) with the fixed ones;  total = untaxed + taxes: what is paid
    paid       the shares of `total` that points and gift cards pay: ("points", …), (gift card key, …); the rest: money
    points_paid  the points (not money) of the share that points pay
    earn_base  the money on which points were counted (the policy of the rule set's `checkout.earning`)
    points     earned by the line, in minor units of the points currency; points_by_rule sums to it
    product    the code of a gift added by the engine; empty for the caller's own lines
    """

    key: str
    quantity: int
    listed: int
    amount: int
    untaxed: int
    total: int
    discounts: Shares = ()
    taxes: Shares = ()
    paid: Shares = ()
    points_paid: int = 0
    earn_base: int = 0
    points: int = 0
    points_by_rule: Shares = ()
    product: str = ""
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Tender:
    """What one means of payment pays: key "points" or that of a gift card; `points` spent for it (points only)."""

    key: str
    amount: int
    points: int = 0


class Discount(msgspec.Struct, frozen=True, array_like=True):
    """A rule lowered a line or a shipping cost: `quantity` units of it (thousandths) by `amount` together.

    Most effects are discounts; as JSON, one is the list of its members.
    """

    rule_key: str
    line: str
    quantity: int
    amount: int
    on_shipping: bool = False


@dataclass(frozen=True, slots=True)
class Gift:
    """A rule gives a product: `added` as a line of its own with price zero, or units of the basket that became free.

    offered  the gift is unlocked but not in the basket: the till proposes it
    """

    rule_key: str
    product: str
    quantity: int
    line: str = ""
    added: bool = False
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """Issue a coupon or voucher when the checkout is closed.

    series   the coupon series or voucher kind, as the rule names it
    count    how many codes
    value    of a voucher: minor units of each; None for a coupon
    when     "now", or "after_return_window"
    valid_days  how long it lives from then on; None: as its series says
    """

    rule_key: str
    kind: Literal["coupon", "voucher"]
    series: str
    count: int = 1
    value: int | None = None
    when: Literal["now", "after_return_window"] = "now"
    valid_days: int | None = None


@dataclass(frozen=True, slots=True)
class TierCredit:
    """Points that count for the tier and cannot be spent, in minor units of the points currency."""

    rule_key: str
    points: int


@dataclass(frozen=True, slots=True)
class PointsCredit:
    """Points of a further currency, in ten-thousandths of one of them."""

    rule_key: str
    currency: str
    parts: int


@dataclass(frozen=True, slots=True)
class Custom:
    """A typed effect that the till carries out: its kind and values, as the rule declares them."""

    rule_key: str
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PointsCost:
    """Points that a claimed reward costs: `times` claims, `points` in all."""

    rule_key: str
    times: int
    points: int


Effect = Discount | Gift | Issue | TierCredit | PointsCredit | Custom | PointsCost


@dataclass(frozen=True, slots=True)
class Consumed:
    """What counts against a limit when the checkout is closed: uses, minor units or points, above zero.

    limit  the key of `RuleSet.limits`: "<rule or campaign key>/<place>"
    of     what is counted
    rules  the keys of the rules whose effects it counts (several for a campaign)
    """

    limit: str
    of: Literal["uses", "money", "points"]
    amount: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CouponAnswer:
    """What became of a presented code: `used` by rules (their keys), or the reason why not.

    amount  of a voucher: what was used of its worth, as prices are stated

    reason  "used"; "unknown", "expired", "not_yet_valid", "used_up", "not_yours", "cancelled" (its state); "no_rule"
            (no rule names its series); "not_needed" (another code of its series was enough); otherwise the reason code
            of the rule that would have used it
    """

    code: str
    reason: str
    used: tuple[str, ...] = ()
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """What a basket comes to.

    lines      in the order of the basket, then the gifts that rules added
    shipping   in the order of the basket
    taxes      (tax key, untaxed base, amount) over all lines and shipping; a fixed tax has base 0
    listed, discount, amount   sums of lines and shipping, as prices are stated
    untaxed, tax, total        total = untaxed + tax: what the purchase costs
    tenders    what points and gift cards pay;  rounding: what cash rounding adds (negative: takes away)
    due        left to pay in money: total − tenders + rounding
    points     the settlement of the points rules: points, per line (gifts last), reasons
    outcomes   of every rule in declared order, those of points rules included: reason, missing, discount, points
    effects    discounts, gifts, issues, tier credits, custom effects, costs in points, in the order of the rules
    others     those of them that are no discounts, mostly none
    consumed   for the counting at close: only what is above zero, one use per checkout and limit
    coupons    the answer to each presented code
    rewards_back, refunds, earned_back  when what rewards cost goes back, to whom money goes first, and how points that
               were earned are rounded, of the rule set's `checkout`
    rounds     how often the basket was settled: again for each rule that had lost its condition
    values     what the points rules read: the values given and those computed, for `record_decision`
    gifts_for  of each line that a rule added, the places of the lines that brought it
    gift_prices  what the engine was told that products are sold for that rules may add: (code, minor units)
    """

    currency: str
    lines: tuple[BilledLine, ...]
    shipping: tuple[BilledLine, ...]
    taxes: tuple[tuple[str, int, int], ...]
    listed: int
    discount: int
    amount: int
    untaxed: int
    tax: int
    total: int
    due: int
    points: Settlement
    outcomes: tuple[Outcome, ...]
    tenders: tuple[Tender, ...] = ()
    rounding: int = 0
    effects: tuple[Effect, ...] = ()
    others: tuple[Effect, ...] = ()
    consumed: tuple[Consumed, ...] = ()
    coupons: tuple[CouponAnswer, ...] = ()
    rounds: int = 1
    values: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    rewards_back: str = "share"
    refunds: str = "shares"
    earned_back: str = "nearest"
    gifts_for: tuple[tuple[int, ...], ...] = ()
    gift_prices: Shares = ()

    @property
    def points_spent(self) -> int:
        """All points that the member gives: for payment and for claimed rewards."""
        paid = sum([each.points for each in self.tenders])
        return paid + sum([each.points for each in self.others if isinstance(each, PointsCost)])
