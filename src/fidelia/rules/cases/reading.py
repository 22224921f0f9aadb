"""Reading a rule case: its rule set, its basket and its values, written as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from fidelia.kernel.errors import Invalid
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import exponent_of, parse_scaled

from ..catalogue import Catalogue, Field, Records
from ..document import parse_rule_set
from ..history import NARROWINGS, BoughtRow, measured_field, value_of
from ..paying import PayPolicy
from ..pricing import Arithmetic, Basket, Coupon, FixedTax, GiftCard, Line, PointsOffered, Product, TaxRate
from ..rule_set import RuleSet
from ..types import Type

AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
PRICE_SCALE_MAX = 8


class MalformedCase(Invalid):
    """A rule case is not written as docs/reference/rule-cases.md says."""

    default_code = "malformed_case"


class Reading:
    """Reads the parts of a case in its currency."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.case = case
        self.currency = str(case.get("currency", "EUR"))
        self.exponent = exponent_of(self.currency)
        self.points_scale = int(case.get("points_scale", 0))
        self.catalogue = case_catalogue(self.currency, case.get("values", {}), case.get("lines", []))

    def money(self, written: object) -> int:
        return parse_scaled(str(written), self.exponent)

    def points(self, written: object) -> int:
        return parse_scaled(str(written), self.points_scale)

    def quantity(self, written: object) -> int:
        return parse_scaled(str(written), self.catalogue.quantity_scale)

    def moment(self) -> datetime:
        at = self.case.get("at", AT)
        return at if isinstance(at, datetime) else datetime.fromisoformat(at)

    def rule_set(self) -> RuleSet:
        rules = [
            {"name": {"en": str(rule.get("key")), "fr": str(rule.get("key"))}, **rule}
            for rule in self.case.get("rules", [])
        ]
        parts = {name: self.case[name] for name in ("groups", "campaigns", "checkout") if name in self.case}
        return parse_rule_set({**parts, "rules": rules}, self.catalogue, points_scale=self.points_scale)

    def basket(self) -> Basket:
        case = self.case
        points = case.get("points")
        return Basket(
            lines=tuple([self.line(each, f"l{n}") for n, each in enumerate(case.get("lines", []))]),
            shipping=tuple([self.line(each, f"s{n}") for n, each in enumerate(case.get("shipping", []))]),
            arithmetic=self.arithmetic(case.get("arithmetic", {})),
            coupons=tuple([self.coupon(each) for each in case.get("coupons", [])]),
            gift_cards=tuple([self.gift_card(each, n) for n, each in enumerate(case.get("gift_cards", []))]),
            points=self.offered(points) if points and "wanted" in points else None,
            pays=self.pays(case["pays"]) if "pays" in case else None,
            points_balance=self.points(points.get("balance", 0)) if points else 0,
            claims=case.get("claims", {}),
            choices=case.get("choices", {}),
            products={code: self.product(code, each) for code, each in case.get("products", {}).items()},
            left={key: self.left(key, each) for key, each in case.get("left", {}).items()},
            is_member=case.get("is_member", True),
            in_cash=case.get("in_cash", False),
        )

    def offered(self, points: Mapping[str, Any]) -> PointsOffered:
        return PointsOffered(None if points["wanted"] == "all" else self.points(points["wanted"]))

    def pays(self, written: Mapping[str, Any]) -> PayPolicy:
        return PayPolicy(
            self.points(written["points"]),
            self.money(written["amount"]),
            self.points(written.get("minimum", 0)),
            self.points(written.get("step", 0)),
            written.get("share", 100),
            self.points(written["at_most"]) if "at_most" in written else None,
        )

    def arithmetic(self, written: Mapping[str, Any]) -> Arithmetic:
        known = dict(written)
        if "cash_step" in known:
            known["cash_step"] = self.money(known["cash_step"])
        return Arithmetic(**known)

    def line(self, written: Mapping[str, Any], key: str) -> Line:
        price, scale = self.price(written.get("price", 0))
        own = _OWN_OF_LINE
        return Line(
            key=str(written.get("key", key)),
            quantity=self.quantity(written.get("quantity", 1)),
            unit_price=price,
            price_scale=scale,
            rates=self.rates(written.get("taxes", [])),
            fixed_taxes=tuple([self.fixed(each) for each in written.get("fixed", [])]),
            facts={**_ANY_LINE, **{name: value for name, value in written.items() if name not in own}},
            discountable=written.get("discountable", True),
            tenders=written.get("tenders", True),
            lowest=self.money(written.get("lowest", 0)),
        )

    def product(self, code: str, written: Mapping[str, Any]) -> Product:
        price, scale = self.price(written.get("price", 0))
        own = {"price", "taxes", "stock"}
        facts = {name: value for name, value in written.items() if name not in own}
        rates = self.rates(written.get("taxes", []))
        return Product(price, scale, rates, facts={**_ANY_LINE, "product": code, **facts}, stock=written.get("stock"))

    def price(self, written: object) -> tuple[int, int | None]:
        """Read a price, which may be finer than the currency."""
        text = str(written)
        decimals = len(text.partition(".")[2].rstrip("0"))
        if decimals <= self.exponent:
            return self.money(text), None
        return parse_scaled(text, min(decimals, PRICE_SCALE_MAX)), decimals

    def rates(self, keys: Sequence[str]) -> tuple[TaxRate, ...]:
        known = self.case.get("rates", {})
        return tuple([_rate(key, known[key]) for key in keys])

    def fixed(self, written: Mapping[str, Any]) -> FixedTax:
        return FixedTax(
            str(written.get("key", "fixed")),
            self.money(written["amount"]),
            written.get("included", True),
            written.get("taxed", True),
        )

    def coupon(self, written: Mapping[str, Any]) -> Coupon:
        value = written.get("value")
        return Coupon(
            str(written["code"]),
            written.get("series", ""),
            written.get("state", "valid"),
            None if value is None else self.money(value),
            self.money(written.get("minimum", 0)),
        )

    def gift_card(self, written: Mapping[str, Any], place: int) -> GiftCard:
        wanted = written.get("wanted")
        key = str(written.get("key", f"card{place}"))
        return GiftCard(key, self.money(written["balance"]), None if wanted is None else self.money(wanted))

    def left(self, key: str, written: object) -> int:
        limits = {limit.key: limit for limit in self.rule_set().limits}
        if key not in limits:
            raise MalformedCase(f"There is no limit “{key}”; known are: {', '.join(limits)}.")
        of = limits[key].of
        return self.money(written) if of == "money" else self.points(written) if of == "points" else int(str(written))

    def values(self) -> dict[str, Any]:
        given = self.case.get("values", {})
        found = {field.key: _nothing(field) for field in self.catalogue.fields}
        for path, value in given.items():
            field = self.catalogue.field_at[path]
            found[field.key] = self.money(value) if field.type is Type.MONEY else value
        found["history"] = [self.visit(each) for each in self.case.get("history", [])]
        return found | self.measured()

    def measured(self) -> dict[str, int | None]:
        """Return the value of each measure of the past that rules read."""
        today, rows = AT.date(), [self.bought(n, each) for n, each in enumerate(self.case.get("history", []))]
        return {each.path: value_of(each, rows, at=AT, today=today) for each in self.rule_set().measures}

    def bought(self, place: int, written: Mapping[str, Any]) -> BoughtRow:
        at = AT - timedelta(days=written.get("days_ago", 0), seconds=1)
        day = AT.date() - timedelta(days=written.get("days_ago", 0))
        names = {name: written.get(name, "") for name in NARROWINGS}
        units = self.quantity(written.get("quantity", 1))
        return BoughtRow(str(place), 1, at, at, day, **names, quantity=units, net=self.money(written.get("total", 0)))

    def visit(self, written: Mapping[str, Any]) -> dict[str, Any]:
        row = {name: _nothing(field) for name, field in self.catalogue.records_at["history"].by_name.items()}
        return {**row, **written, "total": self.money(written.get("total", 0))}


def _rate(key: str, written: Any) -> TaxRate:
    known = written if isinstance(written, Mapping) else {"rate": written}
    text = str(known["rate"])
    ratio = Fraction(text) if "/" in text else Fraction(text) / 100
    return TaxRate(key, ratio.numerator, ratio.denominator, known.get("compound", False), known.get("included"))


# What a case may read. A path that is not here, and any field of a line, is declared by its use: its value is its type.
_WORD = LocalizedText(en="a value", fr="une valeur")
_ANY_LINE: dict[str, Any] = {"product": "", "category": "", "brand": "", "earns": True}
_FIELDS: tuple[tuple[str, Type], ...] = (
    ("purchase.total", Type.MONEY),
    ("purchase.listed", Type.MONEY),
    ("purchase.discount", Type.MONEY),
    ("purchase.untaxed", Type.MONEY),
    ("purchase.shipping", Type.MONEY),
    ("purchase.units", Type.QUANTITY),
    ("purchase.channel", Type.STRING),
    ("purchase.store", Type.STRING),
    ("purchase.banner", Type.STRING),
    ("purchase.weekday", Type.STRING),
    ("purchase.hour", Type.INT),
    ("purchase.on", Type.DATE),
    ("purchase.is_first", Type.BOOL),
    ("purchase.month", Type.INT),
    ("member.tier", Type.STRING),
    ("customer.birth_month", Type.INT),
)
_OPTIONAL = frozenset({"customer.birth_month"})
_LINE_FIELDS: tuple[tuple[str, Type], ...] = (
    ("net", Type.MONEY),
    ("quantity", Type.QUANTITY),
    ("listed", Type.MONEY),
    ("unit_price", Type.MONEY),
    ("discount", Type.MONEY),
    ("untaxed", Type.MONEY),
    ("is_gift", Type.BOOL),
    ("earns", Type.BOOL),
    ("product", Type.STRING),
    ("category", Type.STRING),
    ("brand", Type.STRING),
)
_HISTORY_FIELDS: tuple[tuple[str, Type], ...] = (
    ("days_ago", Type.INT),
    ("total", Type.MONEY),
    ("store", Type.STRING),
    ("banner", Type.STRING),
    ("channel", Type.STRING),
)
_LISTS = ("purchase.coupons", "customer.segments", "customer.entitlements")
_OWN_OF_LINE = frozenset({"key", "price", "quantity", "taxes", "fixed", "discountable", "tenders", "lowest"})


def case_catalogue(currency: str, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Catalogue:
    """Return the catalogue of a case: the usual fields, and those that it names itself, typed by their values."""
    known = dict(_FIELDS)
    more = {path: _type_of(value) for path, value in values.items() if path not in known and path not in _LISTS}
    plain = [
        Field(path, kind, _WORD, f"v({path!r})", optional=path in _OPTIONAL) for path, kind in {**known, **more}.items()
    ]
    lists = [Field(path, Type.STRING, _WORD, f"v({path!r})", many=True) for path in _LISTS]
    of_lines = dict(_LINE_FIELDS)
    for line in lines:
        for name, value in line.items():
            if name not in of_lines and name not in _OWN_OF_LINE:
                of_lines[name] = _type_of(value)
    rows = tuple([Field(name, kind, _WORD, name) for name, kind in of_lines.items()])
    records = Records("lines", _WORD, "line", "purchase_id = p.id", rows, _WORD, _WORD)
    visits = tuple([Field(name, kind, _WORD, name) for name, kind in _HISTORY_FIELDS])
    history = Records("history", _WORD, "visit", "customer_id = p.customer_id", visits, _WORD, _WORD)
    return Catalogue((*plain, *lists), (records, history), currency, measured=measured_field)


def _type_of(value: object) -> Type:
    if isinstance(value, bool):
        return Type.BOOL
    elif isinstance(value, int):
        return Type.INT
    return Type.DATE if isinstance(value, date) else Type.STRING


def _nothing(field: Field) -> Any:
    if field.many or field.optional:
        return [] if field.many else None
    usual = {Type.BOOL: False, Type.STRING: "", Type.DATE: AT.date(), Type.TIMESTAMP: AT}
    return usual.get(field.type, 0)
