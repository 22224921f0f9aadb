"""The terms of a rule at the checkout besides its effect: stage, stacking, caps, coupons, claims, limits.

And the terms that all rules of a version share: what earns points, in which order tenders pay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

LimitUnit = Literal["uses", "money", "points"]
UNITS: tuple[LimitUnit, ...] = ("uses", "money", "points")
Scope = Literal["all", "member", "store"]
SCOPES: tuple[Scope, ...] = ("all", "member", "store")
Period = Literal["ever", "day", "week", "month", "quarter", "year", "anniversary", "rolling", "plan"]
PERIODS: tuple[Period, ...] = ("ever", "day", "week", "month", "quarter", "year", "anniversary")
OF_A_MEMBER: tuple[Period, ...] = ("anniversary", "plan")
ALERTS = (80, 100)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much of something, for whom and in which period.

    key      "<rule or campaign key>/<its own key, or place>", the name under which it is counted
    period   of the calendar; "rolling": the last `rolling_days` days; "anniversary": the member's year since joining;
             "plan": the paid period of the member's `plan`
    alerts   percents of at_most at which people are told
    of       "uses" (one per checkout), "money" (minor units of discount) or "points" (minor units)
    partial  what is left is given when more would be due; otherwise nothing is
    owner    the key of the rule or campaign;  is_campaign  which of the two
    """

    key: str
    owner: str
    of: LimitUnit
    at_most: int
    per: Scope = "all"
    period: Period = "ever"
    partial: bool = False
    is_campaign: bool = False
    rolling_days: int = 0
    plan: str = ""
    alerts: tuple[int, ...] = ALERTS


@dataclass(frozen=True, slots=True)
class Campaign:
    """Rules that are counted together: two rules of one campaign use it once per checkout."""

    key: str
    limits: tuple[Limit, ...] = ()


Per = Literal["checkout", "line", "unit"]
PERS: tuple[Per, ...] = ("checkout", "line", "unit")
GivesWay = Literal["last", "first", "smallest", "largest", "in_proportion"]
GIVES_WAY: tuple[GivesWay, ...] = ("last", "first", "smallest", "largest", "in_proportion")
Meaning = Literal["stated", "with_tax", "without_tax"]


@dataclass(frozen=True, slots=True)
class Bound:
    """So much money: an amount, a share of a price, or of both the lower one.

    amount  in minor units, ratio of the price; None: the other alone counts
    per     of the whole checkout, of each line, or of each unit (weighed goods: of the unit in which they are priced)
    higher  of both the higher one counts
    """

    amount: int | None = None
    ratio: Fraction | None = None
    per: Per = "checkout"
    higher: bool = False

    def of(self, price: int) -> int:
        """Return what it comes to of a price, a share rounded down: a cap is never passed by a rounding."""
        share = None if self.ratio is None else price * self.ratio.numerator // self.ratio.denominator
        if self.amount is None or share is None:
            return share if self.amount is None and share is not None else self.amount or 0
        return max(self.amount, share) if self.higher else min(self.amount, share)

    def for_quantity(self, quantity: int, unit: int) -> Bound:
        """Return what it is for a quantity, where its amount is one for each unit; a share stays one."""
        return self if self.amount is None else replace(self, amount=self.amount * quantity // unit)


@dataclass(frozen=True, slots=True)
class JointCap:
    """The most that several rules take off together.

    key        under which it is named; a rule set aside by it says `cap:<key>`
    rules      the keys of those rules; None: all that lower prices;  group: those of this stacking group
    gives_way  which of them gives way: the last in turn, the first, the smallest, the largest, or all in proportion
    shipping   what is taken off shipping counts too, and a share is counted on shipping as well
    """

    key: str
    most: Bound
    rules: frozenset[str] | None = None
    group: str | None = None
    gives_way: GivesWay = "last"
    shipping: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """Unit prices that end alike: `at` + a whole number of `step`, in minor units, the nearest or as told."""

    at: int
    step: int
    rounding: str = "half_up"


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """What a rule says of itself besides condition and effect.

    stage        when it comes: catalog → item → order → shipping; "" of a rule that lowers no price
    order        within its stage: lower first, then as declared
    base         shares and conditions of amount count on the price as listed, or as it runs
    cap          the most it takes off a unit, a line, or one checkout;  leaves: the least that it leaves of them
    ending       the prices of the units that it lowers end so
    meaning      its amounts (of effect, cap, and what it leaves) are meant as prices are stated, with tax, or without
    exclusive    if it gives, no other rule lowers a price;  stops: no rule after it does
    closes_lines no rule after it lowers the lines that it lowered
    not_with     the keys of rules beside which it lowers no price
    lowers_tax   taxes are counted on the price that it made; otherwise as if it had taken nothing
    always       exclusive rules and stops do not touch it
    pool         units that it uses are used up for all rules of this pool; None: it uses none up
    when_undone  "keep" what was met, or "withdraw" when later rules undid the condition
    coupon       the series of which a valid code must be presented
    costs_points minor units that one claim costs;  is_claimed: it applies only when claimed
    claimed_in   what a claim counts: times, or units of the gift
    control      the share of people whom it leaves out, so that its effect can be measured
    """

    stage: str = ""
    order: int = 0
    base: Literal["initial", "running"] = "running"
    cap: Bound | None = None
    leaves: Bound | None = None
    ending: Ending | None = None
    meaning: Meaning = "stated"
    exclusive: bool = False
    stops: bool = False
    closes_lines: bool = False
    not_with: frozenset[str] = frozenset()
    lowers_tax: bool = True
    always: bool = False
    pool: str | None = None
    when_undone: Literal["keep", "withdraw"] = "keep"
    coupon: str | None = None
    campaign: str | None = None
    costs_points: int = 0
    is_claimed: bool = False
    claimed_in: Literal["times", "units"] = "times"
    limits: tuple[Limit, ...] = ()
    control: Fraction | None = None

    @property
    def needs_checkout(self) -> bool:
        """Whether what it asks for is known at a checkout only, not of a purchase whose prices are final."""
        return bool(self.coupon or self.is_claimed or self.limits or self.campaign)


NO_TERMS = RuleTerms()


@dataclass(frozen=True, slots=True)
class Earning:
    """On which money points are counted.

    tax           with tax;  discounted: the share that rules took off counts too
    shipping      shipping costs earn as a line of their own
    paid_by_points, paid_by_gift_cards   the shares that these tenders pay count too
    """

    tax: bool = True
    shipping: bool = False
    discounted: bool = False
    paid_by_points: bool = True
    paid_by_gift_cards: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether it is what is paid for the lines, whatever the tender: the meaning of `line.net`."""
        return self == PLAIN


PLAIN = Earning()


@dataclass(frozen=True, slots=True)
class CheckoutTerms:
    """What all rules of a version share at the checkout.

    exclusive    of several exclusive rules the first that gives, or whatever is best for the customer
    tender_order the order in which points and gift cards pay
    caps         the most that several rules take off together
    combining    of rules that do not go together (`not_with`) the first that gives counts, or the set of them that is
                 best for the customer
    rewards_back what claimed rewards cost in points goes back in its "share" with what they lowered, or with the
                 "whole" purchase alone
    refunds      what is given back goes back in the "shares" in which it was paid, or to "gift_cards_first"
    earned_back  what a part had earned goes back rounded to the "nearest", or "down": whole points that it makes alone
    """

    exclusive: Literal["first", "best"] = "first"
    caps: tuple[JointCap, ...] = ()
    earning: Earning = PLAIN
    tender_order: tuple[str, ...] = ("points", "gift_cards")
    combining: Literal["first", "best"] = "first"
    rewards_back: Literal["share", "whole"] = "share"
    refunds: Literal["shares", "gift_cards_first"] = "shares"
    earned_back: Literal["nearest", "down"] = "nearest"


NO_CHECKOUT_TERMS = CheckoutTerms()
