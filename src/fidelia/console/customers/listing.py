"""The list of customers: search, filters as sentences, saved views, columns and ticks; pages by key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.access.operations import choose_columns
from fidelia.customers.queries import (
    COUNTED_MAX,
    Count,
    Listed,
    count_customers,
    count_listed,
    custom_values_of_each_at,
    key_of,
    list_custom_fields,
    read_place,
)
from fidelia.customers.queries import list_customers as list_in_order
from fidelia.insight.models import Refresh
from fidelia.insight.queries import get_last_refresh
from fidelia.insight.queries.home import HomeFigures
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money
from fidelia.programme.operations import ask_export
from fidelia.programme.queries import list_programmes
from fidelia.ui.formats import compact, number

from ..pages import ConsoleRequest, show, signed_in
from ..paging import asked_place, page_of, query_without
from ..views import note_count, tabs_of
from .acts_offered import acts_open_to
from .custom import label_of, say_value
from .filtering import AskedList, chips_of, read_list, say_order
from .placing import place_query
from .rows import CustomerRow, rows_of

PAGE_SIZE = 25
PAGE = "customers"
# Name of the column, its text, the key it sorts by, whether it holds numbers; the first five are shown unless chosen.
DEFAULT_COLUMNS = ("tier", "town", "last", "spend", "points")
COLUMNS = ("tier", "points", "spend", "last", "town", "store", "kind", "language", "added", "source")


@signed_in
def customers(request: ConsoleRequest) -> HttpResponseBase:
    by, at = request.actor, clock.now()
    asked = read_list(request.GET, by, at)
    place = asked_place(request)
    found = list_in_order(
        by=by, text=asked.text, filters=asked.narrowed, order=asked.order, after=_row_at(asked, place.after),
        before=_row_at(asked, place.before), limit=PAGE_SIZE + 1,
    )  # fmt: skip
    total = _count(by, asked)
    refresh = get_last_refresh() if asked.order.trait else None
    page = page_of(
        request, place, found, PAGE_SIZE, key_of=_key_of, total=say_count(total),
        order=say_order(asked.sort, refresh.as_of if refresh else None),
    )  # fmt: skip
    tabs = tabs_of(request, PAGE, _("All"), asked.as_query())
    if not place.after and not place.before and total.is_exact:
        note_count(request, tabs, total.number)
    chips = chips_of(request, asked)
    context: dict[str, Any] = {
        "text": asked.text,
        "asked": asked,
        "filters": asked.filters,
        "chips": chips,
        "reset_url": query_without(request, *(each.name for each in asked.filters)) if len(chips) > 1 else "",
        "total": say_count(total),
        "one": total.is_exact and total.number == 1,
        "rows": _rows(by, asked, page.rows, page.pager.first, refresh),
        "columns": _columns(request, asked, refresh),
        "page": page.pager,
        "tabs": tabs,
        "query": asked.as_query(),
        "unsaved": bool(asked.as_query()) and not any(tab.current for tab in tabs),
        "ticked": (_("%n customer chosen on this page"), _("%n customers chosen on this page")),
        "may_add": by.may_somewhere("customer.create"),
        "may_export": by.may_somewhere("customer.export"),
        "acts": acts_open_to(by),
        "may_tick": by.may_somewhere("customer.export") or bool(acts_open_to(by)),
        "without_filters_url": query_without(request, *(each.name for each in asked.filters)),
        "without_filters": count_customers(by=by, text=asked.text, at_most=COUNTED_MAX) if chips and not found else 0,
        "nobody_at_all": not total.number and not asked.text and not chips,
    }
    return show(request, "console/customers/list.html", context, partial="rows")


@signed_in
def companies(request: ConsoleRequest) -> HttpResponseBase:
    """The companies among the customers: the same list, narrowed."""
    return redirect(f"{reverse('console:customers')}?kind=company")


@require_POST
@signed_in
def export(request: ConsoleRequest) -> HttpResponseBase:
    """Take the list, or the customers ticked in it, out as a file: a job, whose page then offers the file."""
    asked = read_list(QueryDict(request.POST.get("query", "")), request.actor, clock.now())
    ticked = [] if request.POST.get("all") else request.POST.getlist("customer")
    job = ask_export(
        by=request.actor, at=clock.now(), chosen={each.name: choice.value for each, choice in asked.chosen},
        text=asked.text, customer_ids=[UUID(id) for id in ticked],
    )  # fmt: skip
    messages.info(request, _("The file is being written. It will be here, and under Jobs for 30 days."))
    return redirect("console:job", job_id=job.id)


@require_POST
@signed_in
def columns(request: ConsoleRequest) -> HttpResponseBase:
    """Keep which columns this person wants to see; none means those of the product."""
    offered = [*COLUMNS, *(one.name for one in list_custom_fields())]
    wanted = [name for name in offered if name in request.POST.getlist("column")]
    shown = [] if request.POST.get("default") else wanted
    choose_columns(by=request.actor, at=clock.now(), page=PAGE, columns=shown)
    return redirect(f"{reverse('console:customers')}?{QueryDict(request.POST.get('query', '')).urlencode()}")


def _count(by: Actor, asked: AskedList) -> Count:
    """Holders of a tier are counted each hour in a large shop, better than the planner guesses them."""
    tier = asked.only("tier")
    programmes = list_programmes() if tier and by.may("points.see") and by.may("customer.see") else []
    if tier and len(programmes) == 1:
        holders = HomeFigures(by).members_by_tier(programmes[0], clock.now()).get(tier, 0)
        if holders > COUNTED_MAX:
            return Count(holders, is_exact=False)
    return count_listed(by=by, text=asked.text, filters=asked.narrowed)


def say_count(count: Count) -> str:
    """Return "584", or "about 1.2 M" for what only the statistics know."""
    language = get_language() or "en"
    if count.is_exact:
        return number(count.number, language)
    return _("about %(count)s") % {"count": compact(_two_digits(count.number), language)}


def _two_digits(value: int) -> int:
    """An estimate is not written finer than it is."""
    step: int = 10 ** max(0, len(str(value)) - 2)
    return round(value / step) * step


def _key_of(row: Listed) -> tuple[Any, ...]:
    return (*row.place, int(row.has_trait))


def _row_at(asked: AskedList, place: tuple[str, ...] | None) -> Listed | None:
    if place is None or len(place) != 3:
        return None
    try:
        return read_place(asked.order, *place)
    except ValueError:
        return None


def _rows(by: Actor, asked: AskedList, listed: list[Listed], first: int, refresh: Refresh | None) -> list[CustomerRow]:
    rows = rows_of(by, [each.customer for each in listed], clock.now())
    list_query = asked.as_query()
    custom = _custom_cells([each.customer.id for each in listed])
    return [
        replace(
            _as_sorted(row, each, asked, refresh),
            query=place_query(list_query, each, first + place),
            custom=custom.get(each.customer.id, ()),
        )
        for place, (row, each) in enumerate(zip(rows, listed, strict=True))
    ]


def _custom_cells(customer_ids: list[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """What custom fields say of each customer; nothing is asked where the house keeps none."""
    fields = list_custom_fields() if customer_ids else []
    if not fields:
        return {}
    language, held = get_language() or "en", custom_values_of_each_at(customer_ids, clock.now())
    return {
        id: [(one.name, say_value(values.get(key_of(one)), language)) for one in fields] for id, values in held.items()
    }


def _as_sorted(row: CustomerRow, listed: Listed, asked: AskedList, refresh: Refresh | None) -> CustomerRow:
    """In order of spend the spend shown is the one sorted by: insight's, of its window."""
    value = listed.place[0]
    if refresh is None or not _goes_by_spend(asked):
        return row
    return replace(row, spend=Money(value, refresh.currency) if listed.has_trait and isinstance(value, int) else None)


def _goes_by_spend(asked: AskedList) -> bool:
    return asked.sort in {"spend", "-spend"}


def _columns(request: ConsoleRequest, asked: AskedList, refresh: Refresh | None) -> list[dict[str, Any]]:
    by = request.actor
    months = round(refresh.window_days / 30.4) if refresh and _goes_by_spend(asked) else 12
    texts = {
        "tier": (_("Tier"), "", False),
        "points": (_("Points"), "", True),
        "spend": (_("Spend, %(n)s months") % {"n": months}, "spend", True),
        "last": (_("Last purchase"), "last", False),
        "town": (_("Town"), "", False),
        "store": (_("Store"), "", False),
        "kind": (_("Kind"), "", False),
        "language": (_("Language"), "", False),
        "added": (_("Added on"), "added", False),
        "source": (_("Source"), "", False),
    }
    hidden = set() if by.may_somewhere("purchase.see") else {"spend", "last"}
    chosen = request.user.columns.get(PAGE) or DEFAULT_COLUMNS
    fields = {one.name: one for one in list_custom_fields()}
    texts |= {name: (label_of(one), "", one.type == "number") for name, one in fields.items()}
    offered = [*COLUMNS, *fields]
    return [
        {
            "name": name, "text": text, "sort": sort, "numeric": numeric, "shown": name in chosen,
            "custom": name in fields,
        }
        for name in sorted(offered, key=lambda name: (name not in chosen, _rank(chosen, offered, name)))
        if name not in hidden
        for text, sort, numeric in [texts[name]]
    ]  # fmt: skip


def _rank(chosen: Any, offered: list[str], name: str) -> int:
    return list(chosen).index(name) if name in chosen else offered.index(name)
