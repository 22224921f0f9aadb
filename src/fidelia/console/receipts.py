"""Receipts of decisions, to be given to the member or to an auditor."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from fidelia.activity.models import Purchase
from fidelia.activity.queries.receipts import get_receipt, list_receipts
from fidelia.customers.errors import UnknownCustomer
from fidelia.customers.queries import get_customer, ids_of
from fidelia.rules import canonical_text
from fidelia.rules.receipts import chain_text_of

from .pages import ConsoleRequest, signed_in


@signed_in
def of_purchase(request: ConsoleRequest, purchase_id: UUID) -> HttpResponseBase:
    found = get_receipt(by=request.actor, purchase_id=purchase_id)
    return _file(canonical_text(found) + "\n", f"receipt-{purchase_id}.json")


@signed_in
def of_account(request: ConsoleRequest, customer_id: UUID, account_id: UUID) -> HttpResponseBase:
    """The whole chain of an account on which the customer earned."""
    customer = get_customer(by=request.actor, customer_id=customer_id)
    if not Purchase.objects.filter(customer_id__in=list(ids_of(customer.id)), account_id=account_id).exists():
        raise UnknownCustomer("This customer earned nothing on this account.")
    receipts = list_receipts(by=request.actor, account_id=account_id)
    return _file(chain_text_of(receipts), f"receipts-{account_id}.json")


def _file(text: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)
