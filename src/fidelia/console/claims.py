"""Give an anonymous purchase to a member: find who it is, and say that it is theirs."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.activity.models import Purchase
from fidelia.activity.operations import ClaimRequest, claim_purchase
from fidelia.activity.queries import find_claimable_until, get_purchase
from fidelia.customers.queries import list_customers_by_id, search_customers
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import FideliaError

from .customers.rows import CustomerRow, name_of, rows_of
from .pages import ConsoleRequest, show, signed_in
from .purchases import facts_of, say_kind
from .refusals import sentence_of
from .speech import speech_of

FOUND_MAX = 10
TEMPLATE = "console/purchases/claim.html"


@signed_in
def claim(request: ConsoleRequest, purchase_id: UUID) -> HttpResponseBase:
    """Search a member and, on POST, give them the purchase; a refusal is said and the search stays."""
    by, at, speech = request.actor, clock.now(), speech_of(clock.now())
    sold = get_purchase(by=by, purchase_id=purchase_id).purchase
    by.require("purchase.claim", Scope(sold.partner_id, sold.store_id))
    text = request.GET.get("q", "").strip()
    if request.method == "POST":
        refusal = _give(request, sold)
        if refusal is None:
            return redirect("console:purchase", purchase_id=purchase_id)
        messages.error(request, refusal)
    until = find_claimable_until(sold)
    context = {
        "p": sold,
        "heading": say_kind(sold, speech),
        "facts": facts_of(sold, speech),
        "purchase_url": reverse("console:purchase", args=[purchase_id]),
        "q": text,
        "rows": _found(by, text),
        "until": until if until is not None and until > at else None,
    }
    return show(request, TEMPLATE, context, partial="rows")


def _found(by: Actor, text: str) -> list[CustomerRow]:
    if not text:
        return []
    return rows_of(by, search_customers(by=by, text=text, limit=FOUND_MAX), clock.now())


def _give(request: ConsoleRequest, sold: Purchase) -> str | None:
    """Claim it for whom was chosen; return why not."""
    try:
        customer_id = UUID(request.POST.get("customer", ""))
    except ValueError:
        return _("Choose a member.")
    try:
        claimed = claim_purchase(
            by=request.actor,
            at=clock.now(),
            request=ClaimRequest(purchase_id=sold.purchase_id, customer_id=customer_id),
        )
    except FideliaError as refusal:
        return sentence_of(refusal)
    customer = list_customers_by_id([claimed.customer_id])[claimed.customer_id]
    said = _("This purchase is now of %(name)s.") % {"name": name_of(customer)}
    messages.success(request, said)
    return None
