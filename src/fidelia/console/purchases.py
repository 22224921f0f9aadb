"""Purchases and returns: those of a customer, and one purchase with why it gave its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.activity.models import Purchase
from fidelia.activity.queries import (
    PurchaseDetail,
    explain_purchase,
    find_broken_chain,
    find_claimable_until,
    get_decision,
    get_purchase,
    list_purchases,
)
from fidelia.customers.queries import list_customers_by_id
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.money import Money
from fidelia.organisation.queries import get_store, list_stores
from fidelia.programme.models import Programme
from fidelia.programme.queries import list_programmes, terms_of
from fidelia.rules import Decision, explain_outcomes
from fidelia.rules.settlement import GRANTED
from fidelia.ui.formats import typeset
from fidelia.ui.parts import Figure

from .customers.reading import frame_of, read_dossier
from .customers.rows import name_of
from .pages import ConsoleRequest, show, signed_in
from .paging import asked_place, page_of
from .purchase_prices import discounts_of, price_rows
from .speech import Speech, speech_of
from .words import CHANNELS, PURCHASE_KINDS, word

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """A purchase as lists show it."""

    purchase: Purchase
    text: str
    store: str
    customer: str
    total: Money
    scale: int


@signed_in
def of_customer(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = read_dossier(request, customer_id)
    asked = asked_place(request)
    found = list_purchases(
        by=dossier.by, customer_ids=dossier.ids, after=asked.after_as(datetime.fromisoformat, UUID),
        before=asked.before_as(datetime.fromisoformat, UUID), limit=PAGE_SIZE + 1,
    )  # fmt: skip
    page = page_of(
        request, asked, found, PAGE_SIZE, key_of=lambda row: (row.occurred_at, row.purchase_id),
        total="", order=_("newest first"),
    )  # fmt: skip
    frame = frame_of(dossier, "console:customer-purchases")
    context = frame | {"rows": rows_of(dossier.by, page.rows), "page": page.pager, "chips": []}
    return show(request, "console/customers/purchases.html", context)


@signed_in
def purchase(request: ConsoleRequest, purchase_id: UUID) -> HttpResponseBase:
    by, speech = request.actor, speech_of(clock.now())
    detail = get_purchase(by=by, purchase_id=purchase_id)
    sold = detail.purchase
    sees_why = by.may("decision.see", Scope(sold.partner_id, sold.store_id))
    decision = get_decision(by=by, purchase_id=purchase_id).decision if sees_why else None
    row = rows_of(by, [sold])[0]
    outcomes = _outcomes(sold, decision, speech, row.scale)
    context: dict[str, Any] = {
        "row": row,
        "p": sold,
        "heading": say_kind(sold, speech),
        "facts": " · ".join([facts_of(sold, speech, row.store), *_told_of(detail, speech)]),
        "figures": _figures(detail, row, speech),
        "lines": [
            {
                "line": line,
                "net": Money(line.net, sold.currency),
                "quantity": _quantity(line.quantity, speech),
                "discounts": discounts_of(sold, line, decision, speech),
            }
            for line in detail.lines
        ],
        "outcomes": outcomes,
        "prices": price_rows(sold, speech),
        "sees_why": sees_why,
        "said": explain_purchase(detail, speech.language) if sees_why and not outcomes else [],
        "claim_url": reverse("console:purchase-claim", args=[purchase_id]) if may_claim(by, sold) else "",
        "broken_at": find_broken_chain(sold.account_id) if decision is not None and sold.account_id else None,
        "has_decision": decision is not None,
        "chain_url": reverse("console:customer-receipts", args=[sold.customer_id, sold.account_id])
        if by.may("decision.see") and sold.customer_id and sold.account_id
        else "",
        "original_url": reverse("console:purchase", args=[sold.returns_purchase_id])
        if sold.returns_purchase_id
        else "",
        "customer_url": reverse("console:customer", args=[sold.customer_id])
        if sold.customer_id and by.may_somewhere("customer.see")
        else "",
    }
    return show(request, "console/purchases/one.html", context)


def may_claim(by: Actor, sold: Purchase) -> bool:
    """Tell whether the actor may give this purchase to a member: it is anonymous, and not too old."""
    if sold.kind != Purchase.Kind.SALE or sold.customer_id is not None or not by.may_somewhere("customer.see"):
        return False
    until = find_claimable_until(sold) if by.may("purchase.claim", Scope(sold.partner_id, sold.store_id)) else None
    return until is not None and until > clock.now()


def rows_of(by: Actor, purchases: Sequence[Purchase]) -> list[PurchaseRow]:
    """Return purchases with the names of store and customer; three statements whatever their number."""
    stores = {store.id: store.name for store in list_stores(by=by)}
    scales = _scales()
    ids = {each.customer_id for each in purchases if each.customer_id}
    people = list_customers_by_id(list(ids)) if ids and by.may_somewhere("customer.see") else {}
    return [
        PurchaseRow(
            purchase=each,
            text=word(PURCHASE_KINDS, each.kind),
            store=stores.get(each.store_id, "") if each.store_id else word(CHANNELS, each.channel),
            customer=name_of(people[each.customer_id]) if each.customer_id in people else "",
            total=Money(each.total, each.currency),
            scale=scales.get(each.programme_id, 0) if each.programme_id else 0,
        )
        for each in purchases
    ]


def _scales() -> dict[UUID, int]:
    programmes: list[Programme] = list_programmes()
    return {each.id: each.points_currency.scale for each in programmes}


def say_kind(sold: Purchase, speech: Speech) -> str:
    """Return what a purchase is called: what was done, and the amount."""
    amount = speech.money(abs(sold.total), sold.currency)
    said = _("Purchase of %(amount)s") if sold.kind == Purchase.Kind.SALE else _("Return of %(amount)s")
    return said % {"amount": amount}


def facts_of(sold: Purchase, speech: Speech, store: str = "") -> str:
    """Return when and where it was, and by which receipt."""
    parts = [
        _("%(day)s at %(time)s") % {"day": speech.plain_date(sold.occurred_at), "time": speech.time(sold.occurred_at)},
        store,
        _("receipt %(number)s") % {"number": sold.receipt_number},
    ]
    return " · ".join(part for part in parts if part)


def _told_of(detail: PurchaseDetail, speech: Speech) -> list[str]:
    """Return what became of it: since when it is a member's, and who bears a return brought elsewhere."""
    told, sold = [], detail.purchase
    if detail.claim is not None:
        told.append(_("claimed on %(day)s") % {"day": speech.plain_date(detail.claim.claimed_at)})
    if sold.borne_by_store_id is not None and sold.borne_by_store_id != sold.store_id:
        told.append(_("borne by %(store)s") % {"store": get_store(store_id=sold.borne_by_store_id).name})
    return told


def _figures(detail: PurchaseDetail, row: PurchaseRow, speech: Speech) -> list[Figure]:
    sold = detail.purchase
    products = sum(1 for line in detail.lines if line.is_product)
    figures = [
        Figure(_("Total"), speech.money(sold.total, sold.currency), note=_("tax included, after discounts")),
        Figure(_("Lines"), speech.number(len(detail.lines)), note=_("%(n)s of products") % {"n": products}),
    ]
    if sold.account_id:
        figures.append(Figure(_("Points"), speech.points(sold.points, row.scale, sign=True)))
        if sold.balance_after is not None:
            figures.append(Figure(_("Balance after"), speech.points(sold.balance_after, row.scale)))
    return figures


def _quantity(thousandths: int, speech: Speech) -> str:
    whole, part = divmod(thousandths, 1000)
    return speech.number(whole if not part else thousandths / 1000)


def _outcomes(sold: Purchase, decision: Decision | None, speech: Speech, scale: int) -> list[dict[str, Any]]:
    """Each rule with what it came to; those that gave first, as they were declared."""
    if decision is None or sold.rule_version_id is None:
        return []
    rule_set = terms_of(sold.rule_version_id).rule_set
    outcomes = [
        {
            "name": rule_set.rule_at[outcome.rule_key].name.in_language(speech.language),
            "granted": outcome.reason == GRANTED,
            "points": speech.points(outcome.points, scale, sign=True, unit=True) if outcome.points else "",
            "sentence": typeset(
                _without_name(sentence, rule_set.rule_at[outcome.rule_key].name.in_language(speech.language)),
                speech.language,
            ),
        }
        for outcome, sentence in explain_outcomes(decision, rule_set, speech.language)
    ]
    return sorted(outcomes, key=lambda each: not each["granted"])


def _without_name(sentence: str, name: str) -> str:
    """Drop the rule's name, which stands above; a name may itself hold a colon."""
    return sentence.removeprefix(name).lstrip(":\u00a0\u202f ")
