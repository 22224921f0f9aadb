"""Record a purchase: read, decide, post, write — in one transaction, safe to send again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin, announce
from fidelia.ledger.operations import PostingResult, Provenance, earn
from fidelia.programme.queries import Terms, terms_of

from ..errors import ReceiptKnown
from ..events import PurchaseRecorded
from ..models import Purchase
from .deciding import Decided, decide
from .reading import Surroundings, find_known, read_surroundings
from .requests import LATE_AFTER, PurchaseRequest, check_purchase, hash_of_request
from .values import line_values, values_for_rules
from .writing import LineRow, write_purchase


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome: which purchase, and whether it was recorded already under the same key."""

    purchase_id: UUID
    is_replay: bool


def record_purchase(*, by: Actor, at: datetime, request: PurchaseRequest, source: str) -> Recorded:
    """Record a purchase and grant what the rules in force at its own moment give.

    `source` names the caller's stream of receipts; a receipt number is recorded once in it. The same idempotency key
    with the same request changes nothing and says so. Raises Denied, UnknownProgramme, UnknownMember, StoreUnknown,
    WrongCurrency, UnknownCurrency, OccurredInFuture, MalformedLines, TotalDiffers, ReceiptKnown, IdempotencyKeyReused.
    """
    check_purchase(request, at)
    request_hash = hash_of_request("sale", request)
    owner = owner_of(by)
    try:
        with transaction_of_use_case():
            around = read_surroundings(by, request, owner=owner)
            by.require("purchase.record", around.scope)
            if around.known is not None:
                around.known.check_same(request_hash)
                return Recorded(around.known.purchase_id, is_replay=True)
            purchase_id = new_id()
            _record(by, at, request, around, purchase_id, owner, request_hash, source)
            return Recorded(purchase_id, is_replay=False)
    except IntegrityError as error:
        return replay_after_race(error, owner, request.idempotency_key, request_hash)


def owner_of(by: Actor) -> str:
    """Whose idempotency keys these are: two callers may use the same text."""
    return f"{by.kind}:{by.id or by.label}"[:80]


def replay_after_race(error: IntegrityError, owner: str, key: str, request_hash: bytes) -> Recorded:
    """Turn the loss of a race for the same key into a replay, and a receipt known already into its refusal.

    Raises IdempotencyKeyReused, ReceiptKnown, and the error itself when it is neither.
    """
    known = find_known(owner, key)
    if known is not None:
        known.check_same(request_hash)
        return Recorded(known.purchase_id, is_replay=True)
    if "a receipt is recorded once" in str(error):
        raise ReceiptKnown("This receipt is recorded already.", pointer="/receipt_number") from None
    raise error


def _record(
    by: Actor,
    at: datetime,
    request: PurchaseRequest,
    around: Surroundings,
    purchase_id: UUID,
    owner: str,
    request_hash: bytes,
    source: str,
) -> None:
    terms = terms_of(around.version_id) if around.version_id is not None else None
    origin = Origin.LATE if at - request.occurred_at > LATE_AFTER else Origin.LIVE
    decided = _decide(request, around, terms, purchase_id)
    posted = _post(by, at, request, around, terms, decided, purchase_id, origin)
    member = around.member
    purchase = Purchase(
        purchase_id=purchase_id,
        kind=Purchase.Kind.SALE,
        source=source,
        receipt_number=request.receipt_number,
        idempotency_owner=owner,
        idempotency_key=request.idempotency_key,
        request_hash=request_hash,
        programme_id=around.programme_id,
        customer_id=member.customer_id if member else None,
        enrolment_id=member.enrolment_id if member else None,
        account_id=member.account_id if member else None,
        partner_id=around.scope.partner_id,
        store_id=around.scope.store_id,
        channel=request.channel,
        currency=request.currency,
        total=request.net_total,
        product_total=sum(line.net for line in request.lines if _is_product(line.product_code, around)),
        points=decided.points if decided else 0,
        balance_after=posted.balance if posted else None,
        rule_version_id=terms.version_id if terms and member else None,
        posting_id=posted.posting_id if posted else None,
        occurred_at=request.occurred_at,
        recorded_at=at,
        origin=str(origin),
    )
    write_purchase(purchase, _line_rows(request, around, decided), decided.row if decided else None)
    announce_purchase(purchase, origin)
    record_audit(
        by=by,
        at=at,
        verb="purchase.record",
        object_type="purchase",
        object_id=purchase_id,
        after={"total": str(purchase.total), "points": str(purchase.points)},
        scope=around.scope,
    )


def _decide(request: PurchaseRequest, around: Surroundings, terms: Terms | None, purchase_id: UUID) -> Decided | None:
    if around.member is None or terms is None:
        return None
    member = around.member
    values = values_for_rules(
        occurred_at=request.occurred_at,
        zone=terms.zone,
        channel=request.channel,
        store=around.store,
        lines=[line_values(line, around.products.get(line.product_code)) for line in request.lines],
        enrolled_at=member.enrolled_at,
        tier=member.tier,
        is_first=member.is_first,
        customer=member.facts,
    )
    return decide(terms, values, request.occurred_at, member.head)


def _post(
    by: Actor,
    at: datetime,
    request: PurchaseRequest,
    around: Surroundings,
    terms: Terms | None,
    decided: Decided | None,
    purchase_id: UUID,
    origin: Origin,
) -> PostingResult | None:
    member = around.member
    if member is None or terms is None or decided is None or decided.points <= 0:
        return None
    return earn(
        by=by,
        at=at,
        account_id=member.account_id,
        currency=around.programme["points_code"],
        amount=decided.points,
        key=f"purchase:{purchase_id}",
        expires_at=terms.points.expires_at(request.occurred_at, terms.zone),
        rule_version_id=terms.version_id,
        **provenance_of(purchase_id, request.occurred_at, origin, around.scope),
    )


def provenance_of(purchase_id: UUID, occurred_at: datetime, origin: Origin, scope: Scope) -> Provenance:
    """Where the posting of a purchase or a return comes from."""
    return Provenance(
        occurred_at=occurred_at,
        origin=origin,
        partner_id=scope.partner_id,
        store_id=scope.store_id,
        source_type="purchase",
        source_id=purchase_id,
    )


def announce_purchase(purchase: Purchase, origin: Origin) -> None:
    """Announce that a purchase was recorded."""
    announce(
        PurchaseRecorded(
            occurred_at=purchase.occurred_at,
            origin=origin,
            customer_id=purchase.customer_id,
            purchase_id=purchase.purchase_id,
            programme_id=purchase.programme_id,
            enrolment_id=purchase.enrolment_id,
            account_id=purchase.account_id,
            points=purchase.points,
        )
    )


def _line_rows(request: PurchaseRequest, around: Surroundings, decided: Decided | None) -> list[LineRow]:
    rows = []
    for i, line in enumerate(request.lines):
        product = around.products.get(line.product_code, {})
        rows.append(
            LineRow(
                line_number=i + 1,
                product_id=UUID(product["id"]) if product else None,
                product_code=line.product_code,
                description=line.description or product.get("name", ""),
                quantity=line.quantity,
                net=line.net,
                is_product=_is_product(line.product_code, around),
                points=decided.lines[i].points if decided else 0,
                unit_price=line.unit_price,
                unit_price_scale=line.unit_price_scale,
            )
        )
    return rows


def _is_product(code: str, around: Surroundings) -> bool:
    return bool(around.products.get(code, {}).get("is_product", True))
