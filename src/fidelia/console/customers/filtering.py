"""What an address says of the list of customers: search, filters as sentences, order, and where a row stands in it.

The same words in the same query make the list, its saved views, its file and *next* and *previous* on one customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.customers.models import SegmentState, TraitDefinition
from fidelia.customers.queries import (
    BY_NAME,
    CustomerFilters,
    CustomerOrder,
    CustomWanted,
    Holding,
    Span,
    list_custom_fields,
    list_segments,
    wanted_of,
)
from fidelia.kernel.actor import Actor
from fidelia.organisation.queries import list_stores
from fidelia.programme.operations import filters_of
from fidelia.programme.queries import list_programmes, terms_of, version_in_force
from fidelia.ui.formats import plain_date
from fidelia.ui.parts import Chip

from ..paging import query_without
from ..words import KINDS, LANGUAGES, word
from .custom import label_of, say_value

DAYS = (7, 30, 90, 365)
TYPED_MAX = 100  # characters
# The traits are insight's; its last refresh dates them, and the foot of the list says so.
ORDERS: Mapping[str, CustomerOrder] = {
    "name": BY_NAME,
    "-name": CustomerOrder(is_descending=True),
    "added": CustomerOrder("acquired_at"),
    "-added": CustomerOrder("acquired_at", is_descending=True),
    "spend": CustomerOrder("number", "rfm_net"),
    "-spend": CustomerOrder("number", "rfm_net", is_descending=True),
    "last": CustomerOrder("day", "rfm_last_sale_on"),
    "-last": CustomerOrder("day", "rfm_last_sale_on", is_descending=True),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a filter may take: in the address, for people, and whether it is on."""

    value: str
    text: str
    on: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as a sentence: its name in the address, "Tier is", and what it may be.

    Of a custom field without choices `input` says what is typed: text, number or day; `typed` is what is, from and to.
    """

    name: str
    lead: str
    choices: Sequence[Choice]
    input: str = ""
    typed: tuple[str, str] = ("", "")

    @property
    def chosen(self) -> Choice | None:
        return next((choice for choice in self.choices if choice.on), None)


@dataclass(frozen=True, slots=True)
class AskedList:
    """A list of customers as its address asks for it."""

    text: str
    filters: Sequence[Filter]
    narrowed: CustomerFilters
    sort: str

    @property
    def order(self) -> CustomerOrder:
        return ORDERS[self.sort]

    @property
    def chosen(self) -> list[tuple[Filter, Choice]]:
        return [(each, each.chosen) for each in self.filters if each.chosen]

    def only(self, name: str) -> str:
        """Return the value of this filter where it is all that narrows the list, else nothing."""
        values = {each.name: choice.value for each, choice in self.chosen}
        return values.get(name, "") if len(values) == 1 and not self.text else ""

    def as_query(self, **others: str) -> str:
        """Return the address of this list from its beginning, with only what differs from the plain one."""
        values = {"q": self.text, **{each.name: choice.value for each, choice in self.chosen}}
        values |= {"sort": self.sort} if self.sort != "name" else {}
        return urlencode({name: value for name, value in (values | others).items() if value})


def read_list(query: Mapping[str, str], by: Actor, at: datetime) -> AskedList:
    """Read the list that a query asks for; what nobody offers is left aside."""
    filters = _filters(query, by, at)
    sort = query.get("sort", "")
    return AskedList(
        text=query.get("q", "").strip(),
        filters=filters,
        narrowed=filters_of({each.name: each.chosen.value for each in filters if each.chosen}, at),
        sort=sort if sort in _orders_open_to(by) else "name",
    )


def chips_of(request: HttpRequest, asked: AskedList) -> list[Chip]:
    return [
        Chip(each.lead, choice.text, query_without(request, each.name, f"{each.name}-from", f"{each.name}-to"))
        for each, choice in asked.chosen
    ]


def say_order(sort: str, at: datetime | None) -> str:
    """Return how a list is sorted, in words; orders by what insight has learnt say up to when it knows."""
    said = {
        "name": _("sorted by name"),
        "-name": _("sorted by name, from Z to A"),
        "added": _("the oldest first"),
        "-added": _("the newest first"),
        "spend": _("sorted by spend, the smallest first"),
        "-spend": _("sorted by spend"),
        "last": _("sorted by last purchase, the oldest first"),
        "-last": _("sorted by last purchase"),
    }[sort]
    if not ORDERS[sort].trait:
        return said
    if at is None:
        return _("%(order)s, once insight has been refreshed") % {"order": said}
    return _("%(order)s, as of %(day)s") % {
        "order": said,
        "day": plain_date(localtime(at).date(), get_language() or "en"),
    }


def _orders_open_to(by: Actor) -> set[str]:
    if by.may_somewhere("purchase.see"):
        return set(ORDERS)
    return {key for key, order in ORDERS.items() if not order.trait}


def _filters(query: Mapping[str, str], by: Actor, at: datetime) -> list[Filter]:
    language = get_language() or "en"
    offered = [
        ("segment", _("Segment is"), _segments(query.get("segment", ""), by, language)),
        ("tier", _("Tier is"), _tiers(at, language) if by.may_somewhere("points.see") else []),
        ("store", _("Store is"), _stores(query.get("store", ""), by)),
        ("kind", _("Kind is"), [(code, word(KINDS, code)) for code in KINDS]),
        ("language", _("Language is"), [(code, word(LANGUAGES, code)) for code in LANGUAGES]),
        ("added", _("Added"), [(str(days), _("in the last %(n)s days") % {"n": days}) for days in DAYS]),
    ]
    offered += [
        (one.name, _("%(field)s is") % {"field": label_of(one)}, choices)
        for one in list_custom_fields()
        if (choices := _choices_of(one))
    ]
    named = [
        Filter(name, lead, [Choice(value, text, query.get(name) == value) for value, text in choices])
        for name, lead, choices in offered
        if choices
    ]
    return named + [_typed_filter(one, query, language) for one in list_custom_fields() if not _choices_of(one)]


def _segments(asked: str, by: Actor, language: str) -> list[tuple[str, str]]:
    """The segments, and the one asked for where it was archived or never was: left aside, it would show everybody.

    An archived one still has the people who were last in it, and is called what it was called.
    """
    if not by.may("segment.see"):
        return []
    known = list_segments(by=by, with_archived=bool(asked))
    found = [(one.key, one.name.in_language(language)) for one in known if one.state == SegmentState.ACTIVE]
    if not asked or asked in dict(found):
        return found
    old = next((one.name.in_language(language) for one in known if one.key == asked), None)
    called = _("%(key)s (not there)") if old is None else _("%(key)s (archived)")
    return [*found, (asked, called % {"key": asked[:TYPED_MAX] if old is None else old})]


def _stores(asked: str, by: Actor) -> list[tuple[str, str]]:
    """The stores, and the one asked for where it is gone or not the reader's: left aside, it would show everybody."""
    found = [(str(store.id), store.name) for store in list_stores(by=by)]
    gone = asked and asked not in dict(found)
    return [*found, (asked, _("%(key)s (not there)") % {"key": asked[:TYPED_MAX]})] if gone else found


def _choices_of(field: TraitDefinition) -> list[tuple[str, str]]:
    """The choices of a custom field, or yes and no; none where a value is typed."""
    if field.type == "flag":
        return [("yes", _("yes")), ("no", _("no"))]
    return [(choice, choice) for choice in field.choices]


def _typed_filter(field: TraitDefinition, query: Mapping[str, str], language: str) -> Filter:
    """A part of a text, or numbers and days from one to another, as the form sends them or an address says them."""
    name, label = field.name, label_of(field)
    ends = query.get(f"{name}-from", "").strip(), query.get(f"{name}-to", "").strip()
    value = query.get(name, "").strip()[:TYPED_MAX]
    if field.type != "text" and any(ends):
        value = f"{ends[0]}..{ends[1]}"
    try:
        wanted = wanted_of(field, value) if value else None
    except ValueError:
        wanted = None
    lead = _("%(field)s holds") if field.type == "text" else _("%(field)s is")
    chosen = [] if wanted is None else [Choice(value, _say_wanted(wanted, language), on=True)]
    least, dots, most = value.partition("..") if field.type != "text" else (value, "", "")
    return Filter(name, lead % {"field": label}, chosen, field.type, (least, most if dots else least))


def _say_wanted(wanted: CustomWanted, language: str) -> str:
    if isinstance(wanted, Span):
        least, most = say_value(wanted.least, language), say_value(wanted.most, language)
        if least == most:
            return least
        if not least:
            return _("at most %(most)s") % {"most": most}
        return f"{least} – {most}" if most else _("%(least)s or more") % {"least": least}
    return wanted.text if isinstance(wanted, Holding) else str(wanted)


def _tiers(at: datetime, language: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for programme in list_programmes():
        version = version_in_force(programme, at)
        tiers = terms_of(version.id).tiers if version else None
        for level in reversed(tiers.levels if tiers else ()):
            found.setdefault(level.key, level.name.in_language(language))
    return list(found.items())
