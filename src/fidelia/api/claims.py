"""/purchase-claims: an anonymous purchase becomes a member's."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.activity.operations import ClaimRequest, ReceiptProof, claim_purchase
from fidelia.activity.queries import get_recorded
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.kernel.money import Money, exponent_of

from .activity import identity_of
from .answers import answer
from .errors import located
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.activity import purchase_out
from .schemas.returns import ClaimIn, ClaimOut, ReceiptIn

router = Router(tags=["purchases"])


@router.post("", response={201: ClaimOut}, summary="Claim an anonymous purchase", operation_id="claim_purchase")
def claim(request: HttpRequest, body: ClaimIn) -> HttpResponse:
    """Once, and within the days that the programme allows; it gives what the rules of its own date give. Five receipts
    of a member that do not agree, and the next is listened to some hours later. Needs purchase.claim; to name it by
    its id, purchase.see.
    """
    exchange, once = exchange_of(request), request_key(request)
    asked = ClaimRequest(
        purchase_id=body.purchase_id,
        receipt=None if body.receipt is None else _proof(body.receipt),
        customer_id=body.member.customer_id,
        identity=identity_of(body.member.identity) if body.member.identity else None,
    )
    try:
        claimed = claim_purchase(by=exchange.by, at=exchange.at, request=asked, once=once)
    except RequestRepeated as repeated:
        return _answer(UUID(repeated.resource_id), replayed=True)
    return _answer(claimed.purchase_id)


def _answer(purchase_id: UUID, *, replayed: bool = False) -> HttpResponse:
    detail = get_recorded(purchase_id)
    assert detail.claim is not None, "it was claimed"
    purchase = purchase_out(detail.purchase, detail.lines)
    return answer(ClaimOut(claimed_at=detail.claim.claimed_at, purchase=purchase), 201, replayed=replayed)


def _proof(receipt: ReceiptIn) -> ReceiptProof:
    with located("/receipt/currency"):
        exponent_of(receipt.currency)
    with located("/receipt/total"):
        total = Money.parse(receipt.total, receipt.currency)
    return ReceiptProof(receipt.receipt_number, receipt.bought_on, total, receipt.source)
