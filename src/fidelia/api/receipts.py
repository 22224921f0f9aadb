"""/purchases/…/receipt and /enrolments/…/receipts: decisions as documents that are verified elsewhere."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.activity.queries.receipts import get_receipt, list_receipts
from fidelia.programme.queries import see_enrolment
from fidelia.rules import canonical_text
from fidelia.rules.receipts import chain_text_of

from .exchange import exchange_of
from .schemas.receipts import ReceiptOut, ReceiptsOut

of_purchases = Router(tags=["purchases"])
of_enrolments = Router(tags=["purchases"])
JSON = "application/json"


@of_purchases.get(
    "/{uuid:purchase_id}/receipt", response=ReceiptOut, summary="The receipt of a decision", operation_id="get_receipt"
)
def receipt(request: HttpRequest, purchase_id: UUID) -> HttpResponse:
    """What the rules read and gave, sealed and chained, for `fidelia verify`. Needs decision.see and purchase.see."""
    found = get_receipt(by=exchange_of(request).by, purchase_id=purchase_id)
    return HttpResponse(canonical_text(found), content_type=JSON)


@of_enrolments.get(
    "/{uuid:enrolment_id}/receipts",
    response=ReceiptsOut,
    summary="All receipts of an account",
    operation_id="list_receipts",
)
def receipts(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """The chain of the member's account, the first decision first. Needs points.see, and decision.see everywhere."""
    by = exchange_of(request).by
    enrolment = see_enrolment(by=by, enrolment_id=enrolment_id, right="points.see")
    return HttpResponse(chain_text_of(list_receipts(by=by, account_id=enrolment.account_id)), content_type=JSON)
