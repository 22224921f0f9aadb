"""What the blocks of a rule may ask about: the fields of the catalogue with their signs, units and values to pick."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fidelia.customers.queries import list_segments
from fidelia.kernel.actor import Actor
from fidelia.organisation.queries import list_banners, list_stores
from fidelia.products.queries import get_products_by_code, list_brands, list_categories
from fidelia.rules import Catalogue, Field, Records, Type
from fidelia.rules.blocks import Condition, FieldSubject, RowsSubject

Option = tuple[str, str]
OPTIONS_MAX = 300
# The beginning of an address in the list of fields that means: not a field, but something asked of rows.
ROWS = "@"

_IS, _IS_NOT = pgettext_lazy("rule sign", "is"), pgettext_lazy("rule sign", "is not")
_NUMBER = {
    ">=": pgettext_lazy("rule sign", "is at least"),
    ">": pgettext_lazy("rule sign", "is more than"),
    "<=": pgettext_lazy("rule sign", "is at most"),
    "<": pgettext_lazy("rule sign", "is less than"),
    "==": _IS,
    "!=": _IS_NOT,
}
_DAY = {
    "==": _IS,
    "!=": _IS_NOT,
    ">=": pgettext_lazy("rule sign", "from"),
    "<": pgettext_lazy("rule sign", "before"),
    ">": pgettext_lazy("rule sign", "after"),
    "<=": pgettext_lazy("rule sign", "until"),
}
_CODE = {
    "==": _IS,
    "!=": _IS_NOT,
    "in": pgettext_lazy("rule sign", "is one of"),
    "not_in": pgettext_lazy("rule sign", "is none of"),
}
_TEXT = _CODE | {
    "starts": pgettext_lazy("rule sign", "begins with"),
    "ends": pgettext_lazy("rule sign", "ends with"),
    "contains": pgettext_lazy("rule sign", "contains"),
}
_FLAG = {"true": pgettext_lazy("rule sign", "yes"), "false": pgettext_lazy("rule sign", "no")}
_LIST = {
    "includes": pgettext_lazy("rule sign", "include"),
    "includes_not": pgettext_lazy("rule sign", "do not include"),
}
_OPTIONAL = {"known": pgettext_lazy("rule sign", "is known"), "unknown": pgettext_lazy("rule sign", "is not known")}
_GROUPS: dict[str, str | Promise] = {
    "purchase": _("Purchase"), "member": _("Member"), "customer": _("Customer"), "trait": _("Traits"),
    "custom": _("Custom fields"),
    "history": _("History"), "line": _("Line"),
}  # fmt: skip
# Of the past more can be asked than can be listed: the rest is written as text.
OFTEN_ASKED = (
    "history.purchases()", "history.purchases(30)", "history.purchases(90)", "history.purchases(365)",
    "history.spent(30)", "history.spent(90)", "history.spent(365)", "history.units(30)", "history.units(365)",
    "history.days_since()",
)  # fmt: skip
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_LITERALS = {Type.STRING: "text", Type.DATE: "date"}


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing a block may ask about, as the page offers it.

    address  a path, or "@lines.sum.net", "@lines.count", "@lines.distinct.product", "@lines.exists", "@lines.all"
    widget   number, date, text, pick, none (a yes or no); `unit` stands beside a number
    options  what may be picked; `remote` names a list that is searched instead, because it is long
    """

    address: str
    label: str
    group: str
    widget: str
    signs: Mapping[str, str | Promise]
    unit: str = ""
    options: tuple[Option, ...] = ()
    remote: str = ""
    optional: bool = False
    literal: str = "number"

    @property
    def is_rows(self) -> bool:
        return self.address.startswith(ROWS)


@dataclass
class Fields:
    """Everything that may be asked of a purchase, of one line of it (`line.…`), or of a row inside a macro."""

    catalogue: Catalogue
    by: Actor
    tongue: str
    tiers: Sequence[Option] = ()
    _lists: dict[str, tuple[Option, ...]] = field(default_factory=dict)

    def of_purchase(self) -> list[Pick]:
        picks = [
            self._pick(each, each.path, self._group(each.path)) for each in self.catalogue.fields if _is_shown(each)
        ]
        asked = [self.catalogue.field_of(path) for path in OFTEN_ASKED]
        picks += [self._pick(each, each.path, self._group(each.path)) for each in asked if each is not None]
        return picks + [pick for records in self.catalogue.records for pick in self._rows(records)]

    def of_line(self) -> list[Pick]:
        """Fields of one line, as a condition of lines names them: `line.category`."""
        return [
            self._pick(each, f"line.{each.path}", str(_GROUPS["line"]))
            for each in self._line().fields
            if _is_shown(each)
        ]

    def of_row(self) -> list[Pick]:
        """Fields of a row inside a macro, by their name alone."""
        return [self._pick(each, each.path, str(_GROUPS["line"])) for each in self._line().fields if _is_shown(each)]

    def names_of(self, remote: str, codes: Sequence[str]) -> dict[str, str]:
        """Return the names of codes of a list that is too long to be offered whole."""
        if remote != "product" or not self.by.may_somewhere("product.see"):
            return {}
        return {code: product.name for code, product in get_products_by_code(codes).items()}

    def _line(self) -> Records:
        return self.catalogue.records_at["lines"]

    def _rows(self, records: Records) -> list[Pick]:
        group = records.label.in_language(self.tongue)
        sums = [
            self._amount(records, each, group) for each in records.fields if each.type in (Type.MONEY, Type.QUANTITY)
        ]
        count = Pick(f"@{records.path}.count", str(_("Number of lines where…")), group, "number", dict(_NUMBER))
        asked = [
            Pick(f"@{records.path}.exists", str(_("There is a line where…")), group, "none", dict(_FLAG)),
            Pick(f"@{records.path}.all", str(_("Every line is one where…")), group, "none", dict(_FLAG)),
        ]
        return [*sums, count, *self._different(records, group), *asked]

    def _different(self, records: Records, group: str) -> list[Pick]:
        """How many different products, categories… the lines have."""
        return [
            Pick(
                f"@{records.path}.distinct.{each.path}",
                _("Number of different: %(field)s") % {"field": each.label.in_language(self.tongue).lower()},
                group, "number", dict(_NUMBER),
            )
            for each in records.fields
            if each.type is Type.STRING and not each.optional
        ]  # fmt: skip

    def _amount(self, records: Records, each: Field, group: str) -> Pick:
        label = _("Sum: %(field)s") % {"field": each.label.in_language(self.tongue).lower()}
        return Pick(f"@{records.path}.sum.{each.path}", label, group, "number", dict(_NUMBER), unit=self._unit(each))

    def _pick(self, each: Field, address: str, group: str) -> Pick:
        label, optional = each.label.in_language(self.tongue), _OPTIONAL if each.optional else {}
        remote = "product" if address.rpartition(".")[2] == "product" else ""
        options = self._options(each, address)
        if each.many:
            return Pick(
                address, label, group, "pick" if options else "text", dict(_LIST), options=options, literal="text"
            )
        if each.type is Type.BOOL:
            return Pick(address, label, group, "none", _FLAG | optional, optional=each.optional)
        if each.type is Type.STRING:
            signs = (_CODE if options and each.choices else _TEXT) | optional
            widget = "pick" if options or remote else "text"
            return Pick(address, label, group, widget, signs, "", options, remote, each.optional, "text")
        signs = (_DAY if each.type is Type.DATE else _NUMBER) | optional
        widget = "date" if each.type is Type.DATE else "number"
        literal = _LITERALS.get(each.type, "number")
        return Pick(address, label, group, widget, signs, self._unit(each), optional=each.optional, literal=literal)

    def _unit(self, each: Field) -> str:
        currency = self.catalogue.currency
        return _SYMBOLS.get(currency, currency) if each.type is Type.MONEY else ""

    def _group(self, path: str) -> str:
        beginning = path.partition(".")[0]
        return str(_GROUPS.get(beginning, beginning))

    def _options(self, each: Field, address: str) -> tuple[Option, ...]:
        if each.choices is not None:
            return tuple((code, name.in_language(self.tongue)) for code, name in each.choices.items())
        name = address.removeprefix("line.")
        if name not in self._lists and name in _LISTS:
            self._lists[name] = tuple(_LISTS[name](self))[:OPTIONS_MAX]
        return self._lists.get(name, ())


def address_of(condition: Condition) -> str:
    """Return the address under which a block's subject stands in the list of fields."""
    subject = condition.subject
    if isinstance(subject, FieldSubject):
        return subject.path
    end = f".{subject.field}" if subject.macro in ("sum", "distinct") else ""
    return f"{ROWS}{subject.records}.{subject.macro}{end}"


def subject_at(address: str, *, row: str = "l", where: tuple[Condition, ...] = ()) -> FieldSubject | RowsSubject:
    """Return the subject that an address names."""
    if not address.startswith(ROWS):
        return FieldSubject(address)
    records, macro, *name = address.removeprefix(ROWS).split(".")
    kind: Any = macro
    return RowsSubject(records, kind, where, field=name[0] if name else "", row=row)


def _is_shown(each: Field) -> bool:
    return each.type is not Type.TIMESTAMP and not each.is_free_text


def _stores(fields: Fields) -> list[Option]:
    return [(store.code, store.name) for store in list_stores(by=fields.by)]


def _banners(_fields: Fields) -> list[Option]:
    return [(banner.code, banner.name) for banner in list_banners()]


def _segments(fields: Fields) -> list[Option]:
    if not fields.by.may("segment.see"):
        return []
    return [(one.key, one.name.in_language(fields.tongue)) for one in list_segments(by=fields.by)]


def _categories(fields: Fields) -> list[Option]:
    return [(path, path) for path in list_categories(by=fields.by)] if fields.by.may("product.see") else []


def _brands(fields: Fields) -> list[Option]:
    return [(brand, brand) for brand in list_brands(by=fields.by)] if fields.by.may("product.see") else []


_LISTS: dict[str, Callable[[Fields], Sequence[Option]]] = {
    "purchase.store": _stores,
    "purchase.banner": _banners,
    "customer.segments": _segments,
    "member.tier": lambda fields: fields.tiers,
    "category": _categories,
    "brand": _brands,
}
