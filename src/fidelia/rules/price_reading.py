"""Reading the effects that lower prices, and those that give something else than points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from fidelia.kernel.points import SCALE_MAX

from .advantage_reading import ADVANTAGES, UNITS_MAX, read_advantage, read_field, read_pick, read_times
from .document_parts import (
    Reader,
    read_choice,
    read_decimal,
    read_flag,
    read_items,
    read_key,
    read_members,
    read_percent,
    read_text,
    read_whole,
)
from .effect_kinds import check_members
from .effects import (
    Advantage,
    AmountOff,
    Bundle,
    BundlePart,
    BuyGet,
    CreditPoints,
    CreditTier,
    CustomEffect,
    FixedPrice,
    GiftProduct,
    IssueCode,
    IssueEffect,
    PercentOff,
    PriceEffect,
    PriceTable,
    Sets,
    Split,
    Step,
    Target,
    Volume,
)
from .errors import InvalidRuleSet
from .program import Program
from .python_rendering import Compiled
from .types import Type

PRICE_EFFECTS = (
    "percent_off",
    "amount_off",
    "fixed_price",
    "price_table",
    "sets",
    "buy_get",
    "bundle",
    "volume",
    "gift",
)
ISSUE_EFFECTS = ("issue_coupon", "issue_voucher", "credit_tier", "credit_points", "custom")
TARGETS = ("lines", "order", "shipping", "all")
SPLITS = ("proportional", "by_price", "evenly", "first", "by_quantity")
PARTS_MAX = 10
STEPS_MAX = 20
PRODUCTS_MAX = 50
PRICES_MAX = 5_000
VALUES_MAX = 20
DAYS_MAX = 3_660


def read_price_effect(reader: Reader, name: str, value: object, pointer: str) -> PriceEffect:
    return _READ[name](reader, value, pointer)


def _read_percent_off(reader: Reader, value: object, pointer: str) -> PercentOff:
    members = value if isinstance(value, Mapping) else {"percent": value}
    read_members(members, pointer, ("percent", "of", "per", "passes_on"), required=("percent",))
    per = read_choice(members.get("per", "all"), ("all", "line", "unit"), f"{pointer}/per")
    ratio = read_percent(members["percent"], f"{pointer}/percent")
    passes_on = read_flag(members.get("passes_on", False), f"{pointer}/passes_on")
    if passes_on and per != "all":
        raise InvalidRuleSet("passes_on_all", pointer=f"{pointer}/passes_on")
    return PercentOff(ratio, _target(members, pointer), cast(Literal["all", "line", "unit"], per), passes_on)


def _read_amount_off(reader: Reader, value: object, pointer: str) -> AmountOff:
    members = value if isinstance(value, Mapping) else {"amount": value}
    own = ("amount", "each", "split", "of", "for_amount", "times")
    read_members(members, pointer, own, required=("amount",))
    each = read_choice(members.get("each", "once"), ("once", "line", "unit"), f"{pointer}/each")
    split = read_choice(members.get("split", "proportional"), SPLITS, f"{pointer}/split")
    amount, program = 0, None
    is_voucher = members["amount"] == "voucher"
    if not is_voucher:
        amount, program = _amount_or_program(reader, members["amount"], f"{pointer}/amount")
    for_amount = members.get("for_amount")
    if members.get("times") is not None and for_amount is None:
        raise InvalidRuleSet("missing_member", pointer=f"{pointer}/for_amount", text="for_amount")
    if for_amount is not None and (is_voucher or each != "once"):
        raise InvalidRuleSet("for_amount_once", pointer=f"{pointer}/for_amount")
    return AmountOff(
        amount=amount,
        program=program,
        is_voucher=is_voucher,
        each=cast(Literal["once", "line", "unit"], each),
        split=cast(Split, split),
        target=_target(members, pointer),
        for_amount=0 if for_amount is None else reader.money(for_amount, f"{pointer}/for_amount"),
        times=read_times(members, pointer),
    )


def _amount_or_program(reader: Reader, value: object, pointer: str) -> tuple[int, Program | None]:
    try:
        return reader.money(value, pointer), None
    except InvalidRuleSet:
        if not isinstance(value, str) or not any(sign.isalpha() for sign in value):
            raise
    return 0, reader.program(value, pointer, (Type.MONEY,))


def _read_fixed_price(reader: Reader, value: object, pointer: str) -> FixedPrice:
    members = value if isinstance(value, Mapping) else {"price": value}
    read_members(members, pointer, ("price", "each", "of"), required=("price",))
    each = read_choice(members.get("each", "unit"), ("unit", "line", "once"), f"{pointer}/each")
    price = reader.money_or_zero(members["price"], f"{pointer}/price")
    return FixedPrice(price, cast(Literal["unit", "line", "once"], each), _target(members, pointer))


def _read_price_table(reader: Reader, value: object, pointer: str) -> PriceTable:
    members = read_members(value, pointer, ("by", "prices"), required=("prices",))
    field = reader.line_field(members.get("by", "product"), f"{pointer}/by")
    prices = members["prices"]
    if not isinstance(prices, Mapping) or not prices:
        raise InvalidRuleSet("mapping", pointer=f"{pointer}/prices")
    if len(prices) > PRICES_MAX:
        raise InvalidRuleSet("too_many", pointer=f"{pointer}/prices", limit=PRICES_MAX)
    read = {str(key): reader.money_or_zero(price, f"{pointer}/prices/{key}") for key, price in prices.items()}
    return PriceTable(field, read)


def _read_sets(reader: Reader, value: object, pointer: str) -> Sets:
    own = ("of", "take", "skip", "pick", "among", "made", "same", "distinct", "times", "shared", "set_amount")
    members = read_members(value, pointer, (*own, *ADVANTAGES), required=("of",))
    size = read_whole(members["of"], f"{pointer}/of", most=UNITS_MAX)
    among = read_choice(members.get("among", "each"), ("each", "all"), f"{pointer}/among")
    advantage = read_advantage(reader, members, pointer, or_free=True)
    whole = advantage.kind in ("set_price", "set_amount")
    take = size if whole else read_whole(members.get("take", 1), f"{pointer}/take", most=size)
    # Where all of a set is taken there is nothing to pick within it: the cheapest of all come first.
    by_itself = whole or (among == "each" and take < size)
    made = read_choice(members.get("made", "dearest"), ("dearest", "cheapest"), f"{pointer}/made")
    if made == "cheapest" and not (by_itself and (whole or members.get("pick") != "last")):
        raise InvalidRuleSet("one_of", pointer=f"{pointer}/made", choices="made, among: all, pick: last")
    return Sets(
        size=size,
        take=take,
        advantage=advantage,
        pick=read_pick(members, pointer),
        among="each" if by_itself else "all",
        same=read_field(reader, members, "same", pointer),
        distinct=read_field(reader, members, "distinct", pointer),
        times=read_times(members, pointer),
        shared=read_flag(members.get("shared", False), f"{pointer}/shared"),
        skip=read_whole(members.get("skip", 0), f"{pointer}/skip", least=0, most=size - take),
        made=cast(Literal["dearest", "cheapest"], made),
    )


def _read_buy_get(reader: Reader, value: object, pointer: str) -> BuyGet:
    own = ("buy", "buy_for", "get", "from", "pick", "times", "shared", "no_dearer")
    members = read_members(value, pointer, (*own, *ADVANTAGES))
    units, amount = members.get("buy"), members.get("buy_for")
    if (units is None) is (amount is None):
        raise InvalidRuleSet("one_of", pointer=pointer, choices="buy, buy_for")
    get = members.get("get", 1)
    chosen = reader.lines(members.get("from"), f"{pointer}/from")
    if chosen is None and get == "all":
        raise InvalidRuleSet("missing_member", pointer=f"{pointer}/from", text="from")
    return BuyGet(
        advantage=read_advantage(reader, members, pointer, or_free=True),
        buy_units=0 if units is None else read_whole(units, f"{pointer}/buy", most=UNITS_MAX),
        buy_amount=0 if amount is None else reader.money(amount, f"{pointer}/buy_for"),
        get_units=None if get == "all" else read_whole(get, f"{pointer}/get", most=UNITS_MAX),
        get=reader.chooser(chosen, only_earning=False),
        get_program=chosen,
        pick=read_pick(members, pointer),
        times=read_times(members, pointer),
        shared=read_flag(members.get("shared", False), f"{pointer}/shared"),
        no_dearer=read_flag(members.get("no_dearer", False), f"{pointer}/no_dearer"),
    )


def _read_bundle(reader: Reader, value: object, pointer: str) -> Bundle:
    members = read_members(
        value, pointer, ("parts", "times", "take", "pick", "shared", *ADVANTAGES), required=("parts",)
    )
    parts = [
        _bundle_part(reader, each, f"{pointer}/parts/{n}")
        for n, each in read_items(members, "parts", PARTS_MAX, pointer)
    ]
    if not parts:
        raise InvalidRuleSet("effect_on_no_line", pointer=f"{pointer}/parts")
    take = members.get("take")
    units = 0 if take is None else read_whole(take, f"{pointer}/take", most=sum(part.units for part in parts))
    some_get = any(part.gets for part in parts)
    if units and some_get:
        raise InvalidRuleSet("one_of", pointer=f"{pointer}/take", choices="take, gets")
    advantage = read_advantage(reader, members, pointer, or_free=bool(units) or some_get)
    if (units or some_get) and advantage.kind == "set_price":
        raise InvalidRuleSet("one_of", pointer=f"{pointer}/set_price", choices="percent, amount, price")
    if advantage.kind == "price" and not units and not some_get:
        advantage = Advantage("set_price", amount=advantage.amount)
    shared = read_flag(members.get("shared", False), f"{pointer}/shared")
    return Bundle(tuple(parts), advantage, read_times(members, pointer), units, read_pick(members, pointer), shared)


def _bundle_part(reader: Reader, value: object, pointer: str) -> BundlePart:
    members = read_members(value, pointer, ("lines", "units", "gets"), required=("lines",))
    program = reader.lines(members["lines"], f"{pointer}/lines")
    assert program is not None
    chooser = reader.chooser(program, only_earning=False)
    units = read_whole(members.get("units", 1), f"{pointer}/units", most=UNITS_MAX)
    gets = read_flag(members.get("gets", False), f"{pointer}/gets")
    return BundlePart(units, cast(Compiled, chooser), program, gets)


def _read_volume(reader: Reader, value: object, pointer: str) -> Volume:
    members = read_members(value, pointer, ("by", "how", "same", "steps"), required=("steps",))
    measure = read_choice(members.get("by", "units"), ("units", "amount"), f"{pointer}/by")
    how = read_choice(members.get("how", "all"), ("all", "marginal"), f"{pointer}/how")
    if measure == "amount" and how == "marginal":
        raise InvalidRuleSet("marginal_units", pointer=f"{pointer}/how")
    steps = [
        _step(reader, each, f"{pointer}/steps/{n}", measure)
        for n, each in read_items(members, "steps", STEPS_MAX, pointer)
    ]
    if not steps:
        raise InvalidRuleSet("effect_on_no_line", pointer=f"{pointer}/steps")
    if [step.begins for step in steps] != sorted({step.begins for step in steps}):
        raise InvalidRuleSet("steps_rise", pointer=f"{pointer}/steps")
    return Volume(
        "amount" if measure == "amount" else "units",
        tuple(steps),
        "marginal" if how == "marginal" else "all",
        read_field(reader, members, "same", pointer),
    )


def _step(reader: Reader, value: object, pointer: str, measure: str) -> Step:
    members = read_members(value, pointer, ("from", *ADVANTAGES), required=("from",))
    scale = reader.catalogue.scale_of(Type.MONEY if measure == "amount" else Type.QUANTITY)
    # A step may end what the one before it gave: the fourth unit and those after it get nothing.
    is_nothing = str(members.get("amount")) == "0" and len(members) == 2
    advantage = Advantage("amount") if is_nothing else read_advantage(reader, members, pointer, or_free=False)
    if advantage.kind == "set_price":
        raise InvalidRuleSet("one_of", pointer=pointer, choices="percent, amount, price")
    # What holds below every other step is written as a step from nothing.
    is_base = measure == "amount" and str(members["from"]) == "0"
    return Step(0 if is_base else read_decimal(members["from"], scale, f"{pointer}/from"), advantage)


def _read_gift(reader: Reader, value: object, pointer: str) -> GiftProduct:
    own = ("product", "products", "units", "for_units", "for_amount", "how", "times", "percent", "price")
    members = read_members(value, pointer, own)
    if (members.get("product") is None) is (members.get("products") is None):
        raise InvalidRuleSet("one_of", pointer=pointer, choices="product, products")
    listed = [(0, members["product"])] if "product" in members else read_items(members, "products", 50, pointer)
    if not listed:
        raise InvalidRuleSet("effect_on_no_line", pointer=f"{pointer}/products")
    if members.get("for_units") is not None and members.get("for_amount") is not None:
        raise InvalidRuleSet("one_of", pointer=pointer, choices="for_units, for_amount")
    for_amount = members.get("for_amount")
    how = read_choice(members.get("how", "add"), ("add", "unlock"), f"{pointer}/how")
    advantage = read_advantage(reader, members, pointer, or_free=True)
    if advantage.ratio != 1 and how == "add":
        # What costs money is brought by the till, which knows its price and its taxes.
        raise InvalidRuleSet("gift_that_costs", pointer=f"{pointer}/how")
    return GiftProduct(
        products=tuple(read_text(each, f"{pointer}/products/{n}") for n, each in listed),
        units=read_whole(members.get("units", 1), f"{pointer}/units", most=UNITS_MAX),
        for_units=read_whole(members.get("for_units", 0), f"{pointer}/for_units", least=0, most=UNITS_MAX),
        for_amount=0 if for_amount is None else reader.money(for_amount, f"{pointer}/for_amount"),
        how="unlock" if how == "unlock" else "add",
        times=read_times(members, pointer),
        advantage=advantage,
    )


def read_issue_effect(reader: Reader, name: str, value: object, pointer: str) -> IssueEffect:
    if name == "credit_tier":
        return _read_credit(reader, value, pointer)
    elif name == "credit_points":
        return _read_points_of(reader, value, pointer)
    elif name == "custom":
        return _read_custom(reader, value, pointer)
    return _read_issue(reader, value, pointer, is_voucher=name == "issue_voucher")


def _read_issue(reader: Reader, value: object, pointer: str, *, is_voucher: bool) -> IssueCode:
    own = ("series", "count", "when", "valid_days", *(("value",) if is_voucher else ()))
    members = read_members(value, pointer, own, required=("series", "value") if is_voucher else ("series",))
    worth, program = None, None
    if is_voucher:
        worth, program = _amount_or_program(reader, members["value"], f"{pointer}/value")
    when = read_choice(members.get("when", "now"), ("now", "after_return_window"), f"{pointer}/when")
    days = members.get("valid_days")
    return IssueCode(
        kind="voucher" if is_voucher else "coupon",
        series=read_key(members["series"], f"{pointer}/series"),
        count=read_whole(members.get("count", 1), f"{pointer}/count", most=100),
        value=worth,
        program=program,
        when="after_return_window" if when == "after_return_window" else "now",
        valid_days=None if days is None else read_whole(days, f"{pointer}/valid_days", most=DAYS_MAX),
    )


def _read_credit(reader: Reader, value: object, pointer: str) -> CreditTier:
    if isinstance(value, str) and any(sign.isalpha() for sign in value):
        return CreditTier(program=reader.program(value, pointer, (Type.INT,)))
    return CreditTier(reader.points(value, pointer))


def _read_points_of(reader: Reader, value: object, pointer: str) -> CreditPoints:
    members = read_members(value, pointer, ("currency", "points"), required=("currency", "points"))
    currency = read_text(members["currency"], f"{pointer}/currency")
    many = members["points"]
    if isinstance(many, str) and any(sign.isalpha() for sign in many):
        program = reader.program(many, f"{pointer}/points", (Type.INT, Type.MONEY))
        return CreditPoints(currency, program=program)
    return CreditPoints(currency, read_decimal(many, SCALE_MAX, f"{pointer}/points"))


def _read_custom(reader: Reader, value: object, pointer: str) -> CustomEffect:
    members = read_members(value, pointer, ("kind", "values", "computed"), required=("kind",))
    values, computed = members.get("values", {}), members.get("computed", {})
    for name, mapping in (("values", values), ("computed", computed)):
        if not isinstance(mapping, Mapping):
            raise InvalidRuleSet("mapping", pointer=f"{pointer}/{name}")
        if len(mapping) > VALUES_MAX:
            raise InvalidRuleSet("too_many", pointer=f"{pointer}/{name}", limit=VALUES_MAX)
        for key in mapping:
            read_key(key, f"{pointer}/{name}/{key}")
    for key, each in values.items():
        if not isinstance(each, str | int | bool):
            raise InvalidRuleSet("text", pointer=f"{pointer}/values/{key}")
    kinds = (Type.INT, Type.MONEY, Type.QUANTITY, Type.STRING, Type.BOOL)
    programs = {key: reader.program(text, f"{pointer}/computed/{key}", kinds) for key, text in computed.items()}
    kind = read_key(members["kind"], f"{pointer}/kind")
    known = {key: each for key, each in programs.items() if each is not None}
    check_members(kind, values, {key: each.type for key, each in known.items()}, pointer)
    return CustomEffect(kind, dict(values), known)


def _target(members: Mapping[str, Any], pointer: str) -> Target:
    return cast(Target, read_choice(members.get("of", "lines"), TARGETS, f"{pointer}/of"))


_READ: dict[str, Callable[[Reader, object, str], PriceEffect]] = {
    "percent_off": _read_percent_off,
    "amount_off": _read_amount_off,
    "fixed_price": _read_fixed_price,
    "price_table": _read_price_table,
    "sets": _read_sets,
    "buy_get": _read_buy_get,
    "bundle": _read_bundle,
    "volume": _read_volume,
    "gift": _read_gift,
}
assert tuple(_READ) == PRICE_EFFECTS
