"""What the search finds beside pages: customers by any identity or name, purchases by receipt, products, stores."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.activity.models import Purchase
from fidelia.activity.queries import list_purchases
from fidelia.customers.models import Customer
from fidelia.customers.queries import search_customers
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.folding import fold
from fidelia.organisation.queries import list_stores
from fidelia.products.queries import list_products

from .customers.rows import name_of
from .search_results import RESULTS_MAX, Result
from .speech import speech_of
from .words import PURCHASE_KINDS, word

LENGTH_MIN = 2


def find_customers(actor: Actor, text: str) -> list[Result]:
    """Return the customers whom the text names: a whole identity or address, or beginnings of words of the name."""
    if not actor.may_somewhere("customer.see") or len(text) < LENGTH_MIN:
        return []
    found = search_customers(by=actor, text=text, limit=RESULTS_MAX)
    return [
        Result(_("Customers"), name_of(each), reverse("console:customer", args=[each.id]), "user", _place(each))
        for each in found
    ]


def find_purchases(actor: Actor, text: str) -> list[Result]:
    """Return the purchases and returns with this receipt number."""
    if not actor.may_somewhere("purchase.see") or len(text) < LENGTH_MIN:
        return []
    found = list_purchases(by=actor, receipt_number=text, limit=RESULTS_MAX)
    return [_purchase(each) for each in found]


def find_products(actor: Actor, text: str) -> list[Result]:
    """Return the products whose code begins with, or whose name holds, the text."""
    if not actor.may("product.see") or len(text) < LENGTH_MIN:
        return []
    found = list_products(by=actor, text=text, limit=RESULTS_MAX)
    return [
        Result(
            _("Products"), each.name or each.code, reverse("console:product", args=[each.code]), "package", each.code
        )
        for each in found
    ]


def find_stores(actor: Actor, text: str) -> list[Result]:
    """Return the stores whose code or name, or a word of it, begins with the text."""
    wanted = fold(text)
    if not actor.may_somewhere("store.see") or not wanted:
        return []
    meant = [
        store
        for store in list_stores(by=actor)
        if any(part.startswith(wanted) for part in (fold(store.code), fold(store.name), *fold(store.name).split()))
    ]
    return [
        Result(_("Stores"), store.name, reverse("console:store", args=[store.id]), "building-store", store.code)
        for store in meant
    ]


def _place(customer: Customer) -> str:
    return " ".join(part for part in (customer.postal_code, customer.town) if part)


def _purchase(purchase: Purchase) -> Result:
    speech = speech_of(clock.now())
    amount = speech.money(abs(purchase.total), purchase.currency)
    return Result(
        _("Purchases"),
        f"{word(PURCHASE_KINDS, purchase.kind)} {purchase.receipt_number}",
        reverse("console:purchase", args=[purchase.purchase_id]),
        "receipt",
        f"{amount} · {speech.day(purchase.occurred_at)}",
    )
