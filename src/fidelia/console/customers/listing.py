"""The list of customers: search, filters as sentences, pages by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.activity.queries import PurchaseSums, sum_purchases
from fidelia.customers.models import Customer
from fidelia.customers.queries import (
    EVERYONE,
    CustomerFilters,
    count_customers,
    find_addresses,
    ids_of_each,
    list_segments,
    search_customers,
)
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money
from fidelia.ledger.queries import list_balances
from fidelia.organisation.queries import list_stores
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import (
    holders_of,
    list_programmes,
    see_enrolments,
    terms_of,
    tiers_of_each_at,
    version_in_force,
)
from fidelia.rules.tiers import TierLevel
from fidelia.ui.formats import number
from fidelia.ui.parts import Chip

from ..pages import ConsoleRequest, show, signed_in
from ..paging import asked_place, page_of, query_without
from ..words import KINDS, word

PAGE_SIZE = 25
COUNTED_MAX = 10_000  # an exact count of a million rows costs more than the page
SPEND_DAYS = 365
FILTERS = ("segment", "tier", "store", "kind")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a filter may take: in the address, for people, and whether it is on."""

    value: str
    text: str
    on: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as a sentence: its name in the address, "Tier is", and what it may be."""

    name: str
    lead: str
    choices: Sequence[Choice]

    @property
    def chosen(self) -> Choice | None:
        return next((choice for choice in self.choices if choice.on), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has: points in minor units with their scale, and the name and rank from the top of the tier."""

    points: int
    scale: int
    tier: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as the list shows it."""

    customer: Customer
    name: str
    second: str
    standing: Standing | None
    spend: Money | None
    last_sale_at: datetime | None


@signed_in
def customers(request: ConsoleRequest) -> HttpResponseBase:
    by, at = request.actor, clock.now()
    text = request.GET.get("q", "").strip()
    filters = _filters(request, by, at)
    narrowed = _narrowed(filters, at)
    asked = asked_place(request)
    found = search_customers(
        by=by, text=text, filters=narrowed, after=asked.after_as(str, UUID), before=asked.before_as(str, UUID),
        limit=PAGE_SIZE + 1,
    )  # fmt: skip
    total = count_customers(by=by, text=text, filters=narrowed, at_most=COUNTED_MAX + 1)
    page = page_of(
        request, asked, found, PAGE_SIZE, key_of=lambda row: (row.sort_key, row.id), total=_say_total(total),
        order=_("sorted by name"),
    )  # fmt: skip
    chosen = [each for each in filters if each.chosen]
    context: dict[str, Any] = {
        "text": text,
        "filters": filters,
        "chips": _chips(request, chosen),
        "reset_url": query_without(request, *FILTERS) if len(chosen) > 1 else "",
        "total": _say_total(total),
        "one": total == 1,
        "rows": rows_of(by, page.rows, at),
        "page": page.pager,
        "may_add": by.may_somewhere("customer.create"),
        "without_filters_url": query_without(request, *FILTERS),
        "without_filters": count_customers(by=by, text=text, at_most=COUNTED_MAX) if chosen and not found else 0,
        "nobody_at_all": not total and not text and not chosen,
    }
    return show(request, "console/customers/list.html", context, partial="rows")


def rows_of(by: Actor, customers: Sequence[Customer], at: datetime) -> list[CustomerRow]:
    """Return the customers with address, tier, points and purchases; the same few statements for any number of them."""
    ids = [customer.id for customer in customers]
    if not ids:
        return []
    whose = {id: asked for asked, all_ids in ids_of_each(ids).items() for id in all_ids}
    addresses = find_addresses(ids, "email") if by.may_somewhere("customer.see_contacts") else {}
    standings = _standings(by, whose, at) if by.may_somewhere("points.see") else {}
    sums = _sums(by, whose, at) if by.may_somewhere("purchase.see") else {}
    return [_row(customer, addresses, standings, sums) for customer in customers]


def name_of(customer: Customer) -> str:
    """Return what a page calls a customer; one who is known by a card alone has no name."""
    return customer.display_name or _("Customer without a name")


def _row(
    customer: Customer,
    addresses: dict[UUID, str],
    standings: dict[UUID, Standing],
    sums: dict[UUID, PurchaseSums],
) -> CustomerRow:
    bought = sums.get(customer.id)
    return CustomerRow(
        customer=customer,
        name=name_of(customer),
        second=addresses.get(customer.id, "") or customer.town,
        standing=standings.get(customer.id),
        spend=Money(bought.amount_since, bought.currency) if bought else None,
        last_sale_at=bought.last_sale_at if bought else None,
    )


def _sums(by: Actor, whose: dict[UUID, UUID], at: datetime) -> dict[UUID, PurchaseSums]:
    """The largest currency of each person; what was bought under merged ids counts for the survivor."""
    sums: dict[UUID, PurchaseSums] = {}
    for each in sum_purchases(by=by, customer_ids=whose, since=at - timedelta(days=SPEND_DAYS)):
        person = whose[each.customer_id]
        known = sums.get(person)
        if known is None:
            sums[person] = each
        elif known.currency == each.currency:
            sums[person] = added(known, each)
    return sums


def added(one: PurchaseSums, other: PurchaseSums) -> PurchaseSums:
    """Return the sums of two ids of one person in one currency."""
    dates = [at for at in (one.last_sale_at, other.last_sale_at) if at is not None]
    return replace(
        one,
        sales_since=one.sales_since + other.sales_since,
        amount_since=one.amount_since + other.amount_since,
        sales=one.sales + other.sales,
        last_sale_at=max(dates, default=None),
    )


def _standings(by: Actor, whose: dict[UUID, UUID], at: datetime) -> dict[UUID, Standing]:
    enrolments = [each for each in see_enrolments(by=by, customer_ids=whose, right="points.see") if not each.ended_at]
    held = tiers_of_each_at([enrolment.id for enrolment in enrolments], at)
    standings: dict[UUID, Standing] = {}
    for programme_id in {enrolment.programme_id for enrolment in enrolments}:
        members = [enrolment for enrolment in enrolments if enrolment.programme_id == programme_id]
        standings |= _standings_in(members, held, whose, at)
    return standings


def _standings_in(
    members: Sequence[Enrolment], held: dict[UUID, str], whose: dict[UUID, UUID], at: datetime
) -> dict[UUID, Standing]:
    programme = members[0].programme
    currency = programme.points_currency
    accounts = [enrolment.account_id for enrolment in members]
    balances = list_balances(account_ids=accounts, currency=currency.code, at=at)
    version = version_in_force(programme, at)
    tiers = terms_of(version.id).tiers if version else None
    levels = {level.key: (place, level) for place, level in enumerate(reversed(tiers.levels), 1)} if tiers else {}
    return {
        whose[enrolment.customer_id]: _standing(
            balances[enrolment.account_id].available, currency.scale, levels.get(held.get(enrolment.id, ""))
        )
        for enrolment in members
    }


def _standing(points: int, scale: int, ranked: tuple[int, TierLevel] | None) -> Standing:
    if ranked is None:
        return Standing(points, scale)
    rank, level = ranked
    return Standing(points, scale, level.name.in_language(get_language() or "en"), rank)


def _filters(request: HttpRequest, by: Actor, at: datetime) -> list[Filter]:
    language = get_language() or "en"
    segments = list_segments(by=by) if by.may("segment.see") else []
    offered = [
        ("segment", _("Segment is"), [(segment.key, segment.name.in_language(language)) for segment in segments]),
        ("tier", _("Tier is"), _tiers(at, language) if by.may_somewhere("points.see") else []),
        ("store", _("Store is"), [(str(store.id), store.name) for store in list_stores(by=by)]),
        ("kind", _("Kind is"), [(code, word(KINDS, code)) for code in KINDS]),
    ]
    return [
        Filter(name, lead, [Choice(value, text, request.GET.get(name) == value) for value, text in choices])
        for name, lead, choices in offered
        if choices
    ]


def _tiers(at: datetime, language: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for programme in list_programmes():
        version = version_in_force(programme, at)
        tiers = terms_of(version.id).tiers if version else None
        for level in reversed(tiers.levels if tiers else ()):
            found.setdefault(level.key, level.name.in_language(language))
    return list(found.items())


def _narrowed(filters: Sequence[Filter], at: datetime) -> CustomerFilters:
    chosen = {each.name: each.chosen.value for each in filters if each.chosen}
    narrowed = EVERYONE
    if "kind" in chosen:
        narrowed = replace(narrowed, kind=chosen["kind"])
    if "store" in chosen:
        narrowed = replace(narrowed, home_store_id=UUID(chosen["store"]))
    if "segment" in chosen:
        narrowed = replace(narrowed, segment_key=chosen["segment"])
    if "tier" in chosen:
        narrowed = replace(narrowed, among=holders_of(chosen["tier"], at))
    return narrowed


def _chips(request: HttpRequest, chosen: Sequence[Filter]) -> list[Chip]:
    return [Chip(each.lead, each.chosen.text, query_without(request, each.name)) for each in chosen if each.chosen]


def _say_total(total: int) -> str:
    language = get_language() or "en"
    if total > COUNTED_MAX:
        return _("more than %(count)s") % {"count": number(COUNTED_MAX, language)}
    return number(total, language)
