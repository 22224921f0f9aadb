"""What a rule can do to prices, and what it can give besides points: the effects as a version declares them.

Amounts are minor units of the catalogue's currency, `units` whole units (pieces). No effect ever raises a price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from .program import Program
from .python_rendering import Compiled

Target = Literal["lines", "order", "shipping", "all"]  # all: the order and its shipping
Split = Literal["proportional", "by_price", "evenly", "first", "by_quantity"]
Stage = Literal["catalog", "item", "order", "shipping"]
STAGES: tuple[Stage, ...] = ("catalog", "item", "order", "shipping")


@dataclass(frozen=True, slots=True)
class Advantage:
    """What units that were picked get: a share off, an amount off each, a price for each, or one for all of a set."""

    kind: Literal["percent", "amount", "price", "set_price", "set_amount"]
    ratio: Fraction = Fraction(0)
    amount: int = 0


@dataclass(frozen=True, slots=True)
class PercentOff:
    """A share of the chosen lines. `per`: rounded once over all of them, for each line, or for each unit.

    passes_on  what a line at its lowest price cannot bear, the others bear in proportion to their prices
    """

    ratio: Fraction
    target: Target = "lines"
    per: Literal["all", "line", "unit"] = "all"
    passes_on: bool = False


@dataclass(frozen=True, slots=True)
class AmountOff:
    """`amount`, what `program` says, or what the presented voucher is worth; off each unit, each line, or once.

    for_amount  so much for each full such amount of the lines, at most `times` of them; 0: not so
    """

    amount: int = 0
    program: Program | None = None
    is_voucher: bool = False
    each: Literal["once", "line", "unit"] = "once"
    split: Split = "proportional"
    target: Target = "lines"
    for_amount: int = 0
    times: int | None = None


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """A price for each unit, each line, or for all chosen lines together; nothing where the price is lower already."""

    price: int
    each: Literal["unit", "line", "once"] = "unit"
    target: Target = "lines"


@dataclass(frozen=True, slots=True)
class PriceTable:
    """A price for each unit by the value of a line field: `prices` of products, sizes… Others keep their price."""

    field_key: str
    prices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sets:
    """Of every `size` units, `take` get the advantage.

    pick      which of them: the cheapest, the dearest, or the last as they stand in the basket
    skip      the advantage begins after so many: 1 and the cheapest is the second cheapest
    among     "each" set by itself, or "all" units that sets are made of
    made      sets are made from the dearest unit down or the cheapest up; where the last are picked, as they stand
    same      the units of a set have one value of this line field;  distinct: they all have different ones
    times     sets at most; None: as many as there are
    shared    what those units get is shared over all units of their set, in proportion to their prices
    """

    size: int
    take: int
    advantage: Advantage
    pick: Literal["cheapest", "dearest", "last"] = "cheapest"
    among: Literal["each", "all"] = "each"
    same: str | None = None
    distinct: str | None = None
    times: int | None = None
    shared: bool = False
    skip: int = 0
    made: Literal["dearest", "cheapest"] = "dearest"


@dataclass(frozen=True, slots=True)
class BuyGet:
    """Buying `buy_units` (or for `buy_amount`) of the rule's lines gives the advantage on `get_units` of `get`.

    get      chooses those lines; None: the rule's own lines, and a unit is bought or got, never both
    times    at most so often;  get_units None: every unit of `get` once the purchase is made
    shared   what is got is shared over what was bought with it, in proportion to the prices
    no_dearer  a unit is only got if it costs no more than each of those bought for it
    """

    advantage: Advantage
    buy_units: int = 0
    buy_amount: int = 0
    get_units: int | None = 1
    get: Compiled | None = None
    get_program: Program | None = None
    pick: Literal["cheapest", "dearest", "last"] = "cheapest"
    times: int | None = None
    shared: bool = False
    no_dearer: bool = False


@dataclass(frozen=True, slots=True)
class BundlePart:
    """So many units of the lines that `choose` finds. `gets`: the advantage is theirs, the other parts only count."""

    units: int
    choose: Compiled
    program: Program
    gets: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """One set of all parts together has an advantage: a price for the set, a share or an amount off it.

    take  so many units of each set have it, the cheapest, the dearest, or the last; 0: the set as a whole
    shared  what those units get is shared over their set, in proportion to the prices
    """

    parts: tuple[BundlePart, ...]
    advantage: Advantage
    times: int | None = None
    take: int = 0
    pick: Literal["cheapest", "dearest", "last"] = "cheapest"
    shared: bool = False

    @property
    def some_get(self) -> bool:
        """Whether the advantage is that of some parts alone."""
        return any(part.gets for part in self.parts)


@dataclass(frozen=True, slots=True)
class Step:
    """From so much on (units in thousandths, or money): this advantage. A price is one of each unit."""

    begins: int
    advantage: Advantage


@dataclass(frozen=True, slots=True)
class Volume:
    """Prices by steps of what is bought of the chosen lines.

    how   "all" units have the step that was reached; "marginal": each unit the step in which it lies
    same  steps are counted for each value of this line field by itself
    """

    measure: Literal["units", "amount"]
    steps: tuple[Step, ...]
    how: Literal["all", "marginal"] = "all"
    same: str | None = None


@dataclass(frozen=True, slots=True)
class GiftProduct:
    """Gives `units` of a product, for each `for_units` units or `for_amount` money of the rule's lines, or once.

    how        "add": the engine adds a line; "unlock": units that are in the basket have the advantage
    advantage  free; what is in the basket also a percentage off, or a price for each unit
    """

    products: tuple[str, ...]
    units: int = 1
    for_units: int = 0
    for_amount: int = 0
    how: Literal["add", "unlock"] = "add"
    times: int | None = None
    advantage: Advantage = Advantage("percent", Fraction(1))


@dataclass(frozen=True, slots=True)
class IssueCode:
    """Issues coupons or vouchers. A voucher's worth is fixed, a program's, or a share of what is paid."""

    kind: Literal["coupon", "voucher"]
    series: str
    count: int = 1
    value: int | None = None
    program: Program | None = None
    when: Literal["now", "after_return_window"] = "now"
    valid_days: int | None = None


@dataclass(frozen=True, slots=True)
class CreditTier:
    """Points for the tier alone: fixed (minor units), or what a program says (whole points)."""

    points: int = 0
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class CreditPoints:
    """Points of a further currency of the programme: a cagnotte in euros, points that qualify.

    `parts` are ten-thousandths of one of them, so that no rule needs to know its decimals; or a program says them: as
    whole points, or as money, one of them for each unit of the money.
    """

    currency: str
    parts: int = 0
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class CustomEffect:
    """An effect that the till carries out: its kind, its values, and values computed by programs."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    programs: Mapping[str, Program] = field(default_factory=dict)


PriceEffect = PercentOff | AmountOff | FixedPrice | PriceTable | Sets | BuyGet | Bundle | Volume | GiftProduct
IssueEffect = IssueCode | CreditTier | CreditPoints | CustomEffect
PRICE_KINDS = (PercentOff, AmountOff, FixedPrice, PriceTable, Sets, BuyGet, Bundle, Volume, GiftProduct)
ISSUE_KINDS = (IssueCode, CreditTier, CreditPoints, CustomEffect)


def programs_of(effect: PriceEffect | IssueEffect) -> list[Program]:
    """Return the programs that an effect asks, besides its rule's own."""
    match effect:
        case AmountOff(program=program) | IssueCode(program=program):
            found = [program]
        case CreditTier(program=program) | CreditPoints(program=program):
            found = [program]
        case BuyGet(get_program=program):
            found = [program]
        case Bundle(parts=parts):
            found = [part.program for part in parts]
        case CustomEffect(programs=programs):
            found = list(programs.values())
        case _:
            found = []
    return [each for each in found if each is not None]


def line_fields_of(effect: PriceEffect | IssueEffect) -> list[str]:
    """Return the line fields that an effect compares by itself."""
    match effect:
        case Sets(same=same, distinct=distinct):
            found = [same, distinct]
        case Volume(same=same):
            found = [same]
        case PriceTable(field_key=name):
            found = [name]
        case _:
            found = []
    return [each for each in found if each is not None]
