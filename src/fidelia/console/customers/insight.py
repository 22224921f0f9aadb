"""Customers › Insight: what the models expect of one customer, what they may buy next, who is like them, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fidelia.customers.queries import list_customers_by_id
from fidelia.insight.models import RfmScore
from fidelia.insight.queries import get_rfm_of
from fidelia.insight.queries.people import AlikeCustomer, Suggestion, find_alike, suggest_next
from fidelia.kernel.actor import Scope
from fidelia.ui.parts import Definition

from ..meanings_tables import people_alike
from ..pages import ConsoleRequest, show, signed_in
from ..words import TRAIT_VALUES, word
from .learnt import learnt_card_of
from .reading import Dossier, frame_of, read_dossier
from .rows import name_of


@signed_in
def insight(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """What is learnt of one customer."""
    dossier = read_dossier(request, customer_id)
    dossier.by.require("insight.see")
    own = get_rfm_of(dossier.ids)
    alike = find_alike(by=dossier.by, customer_ids=dossier.ids, own=own)
    may_buy = dossier.by.may_somewhere("purchase.see")
    found = suggest_next(by=dossier.by, customer_ids=dossier.ids, alike=alike) if may_buy else []
    context = frame_of(dossier, "console:customer-insight") | {
        "learnt": learnt_card_of(dossier, own.refresh.currency if own else ""),
        "sees_purchases": may_buy,
        "products": [_product(dossier, one) for one in found],
        "alike": _people(dossier, alike, own),
        "alike_definition": Definition(
            _("Customers like this one"),
            _("Those whose purchases are nearest: how often, for how much, how long ago, and what kind of goods."),
            detail=_("Twice as often, or for twice as much, is a distance of 1; so is another kind of goods."),
            terms=people_alike(),
        ),
        "products_definition": Definition(
            _("Likely to buy next"),
            _("What this person buys again and again, what goes with it, what customers like them buy."),
            detail=_("What goes together is counted over all customers at each refresh; at least five bought both."),
        ),
    }
    return show(request, "console/customers/insight.html", context)


def _product(dossier: Dossier, one: Suggestion) -> dict[str, Any]:
    return {"name": one.name, "code": one.product.code, "why": _why(dossier, one), "icon": ICONS[one.product.reason]}


ICONS = {"again": "refresh", "together": "link", "alike": "users", "popular": "star"}


def _why(dossier: Dossier, one: Suggestion) -> str:
    """Say the reason in a sentence."""
    number, product = dossier.speech.number, one.product
    if product.reason == "again":
        said = ngettext("Bought in %(n)s purchase", "Bought in %(n)s purchases", product.times)
        last = dossier.speech.plain_date(one.last_at) if one.last_at else ""
        return _("%(bought)s, last on %(day)s.") % {"bought": said % {"n": number(product.times)}, "day": last}
    if product.reason == "together":
        told = {"name": one.because, "n": number(product.people)}
        return _("Often bought with “%(name)s”: %(n)s customers bought both.") % told
    if product.reason == "alike":
        return _("Bought by customers like this one: %(n)s of the nearest.") % {"n": number(product.people)}
    return _("One of the products that most customers buy: %(n)s did.") % {"n": number(product.people)}


def _people(dossier: Dossier, alike: Sequence[AlikeCustomer], own: RfmScore | None) -> list[dict[str, Any]]:
    """Each with a name and a link where the actor may see whom; the person first, to compare with."""
    if own is None:
        return []
    seen = list_customers_by_id([one.customer_id for one in alike]) if dossier.by.may_somewhere("customer.see") else {}
    named = {
        id: one for id, one in seen.items() if dossier.by.may("customer.see", Scope(one.partner_id, one.home_store_id))
    }
    rows = []
    for one in alike:
        customer = named.get(one.customer_id)
        rows.append(
            _numbers(dossier, one.frequency, one.amount, one.recency_days, own.refresh.currency)
            | {
                "name": name_of(customer) if customer else _("A customer you may not see"),
                "url": reverse("console:customer-insight", args=[one.customer_id]) if customer else "",
                "kind": word(TRAIT_VALUES, one.kind) if one.kind else "",
            }
        )
    kind = dossier.traits.get("purchase_type")
    self_row = _numbers(dossier, own.frequency, own.amount, own.recency_days, own.refresh.currency)
    return (
        [
            self_row
            | {"name": dossier.name, "url": "", "kind": word(TRAIT_VALUES, str(kind)) if kind else "", "is_self": True},
            *rows,
        ]
        if rows
        else []
    )


def _numbers(dossier: Dossier, times: int, amount: int, days: int, currency: str) -> dict[str, Any]:
    speech = dossier.speech
    said = ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": speech.number(days)}
    return {"times": speech.number(times), "amount": speech.money(amount, currency), "last": said}
