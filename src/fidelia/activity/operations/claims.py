"""Claim an anonymous purchase: it is a member's from then on, and gives what the rules of its own date give.

What a till has recorded is never rewritten, so a claim is a row of its own beside the purchase, and one beside each
return of it; readers take the member and the points from there. Read `claim_purchase` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError

from fidelia.access.operations import check_failures, count_failure, record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import Origin, announce
from fidelia.organisation.queries import get_store
from fidelia.programme.queries import Terms, get_programme_by_id, terms_of

from ..errors import (
    AlreadyClaimed,
    BoughtBeforeEnrolment,
    ClaimedTooLate,
    NotAnonymous,
    ReceiptDiffers,
    UnknownPurchase,
)
from ..events import PurchaseClaimed
from ..models import Purchase, PurchaseClaim
from .attributing import attribute
from .locking import lock_purchase
from .purchases import earns
from .reading import Known, Surroundings, read_surroundings
from .requests import LineRequest, PurchaseRequest

FAILURES_PER_MEMBER = 5
FAILURES_PER_CALLER = 100
FAILURE_PERIOD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """What is printed on a receipt, and shows that one holds it: its number, its local day, its total."""

    number: str
    bought_on: date
    total: Money
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """Which purchase (by its id, or by its receipt), and whose it shall be (by id, or by scheme and identity)."""

    purchase_id: UUID | None = None
    receipt: ReceiptProof | None = None
    customer_id: UUID | None = None
    identity: tuple[str, str] | None = None


def claim_purchase(*, by: Actor, at: datetime, request: ClaimRequest, once: RequestKey | None = None) -> PurchaseClaim:
    """Give an anonymous purchase to a member, once, within the days that the terms of its date allow.

    What came back of it before comes along. Nobody is written to: the event is late. Five receipts that do not agree
    in a day, of one member, and no more are listened to. Raises Denied (purchase.claim), UnknownPurchase,
    ReceiptDiffers, NotAnonymous, AlreadyClaimed, ClaimedTooLate, UnknownMember, BoughtBeforeEnrolment, RateLimited, and
    what `claim` raises for a request that came before.
    """
    if not by.may_somewhere("purchase.claim"):
        by.require("purchase.claim")
    with _few_guesses(by, at, request):
        try:
            with transaction_of_use_case():
                return _claim(by, at, request, once)
        except IntegrityError as error:
            if "activity_claim" not in str(error):
                raise
            raise AlreadyClaimed("This purchase has been claimed already.") from None


@contextmanager
def _few_guesses(by: Actor, at: datetime, request: ClaimRequest) -> Iterator[None]:
    """Count receipts that do not agree, per member and per caller, outside the transaction that they end."""
    if request.receipt is None:
        yield
        return
    named = str(request.customer_id or request.identity)
    subjects = [
        ("claims for member", named, FAILURES_PER_MEMBER),
        ("claims by caller", f"{by.kind}:{by.id or by.label}", FAILURES_PER_CALLER),
    ]
    for kind, subject, limit in subjects:
        check_failures(kind=kind, subject=subject, limit=limit, period=FAILURE_PERIOD, at=at)
    try:
        yield
    except (UnknownPurchase, ReceiptDiffers):
        for kind, subject, limit in subjects:
            count_failure(kind=kind, subject=subject, limit=limit, period=FAILURE_PERIOD, at=at)
        raise


def _claim(by: Actor, at: datetime, request: ClaimRequest, once: RequestKey | None) -> PurchaseClaim:
    sale = _find_sale(by, request)
    claim(once, at=at, resource_type="purchase", resource_id=sale.purchase_id)
    lock_purchase(sale.purchase_id)
    _check_unclaimed(sale)
    asked = _as_request(request, sale)
    around = _surroundings(by, asked)
    terms = _check_terms(around, sale, at)
    claimed = attribute(by=by, at=at, sale=sale, asked=asked, around=around, terms=terms)
    record_audit(
        by=by,
        at=at,
        verb="purchase.claim",
        object_type="purchase",
        object_id=sale.purchase_id,
        after={"enrolment_id": str(claimed.enrolment_id), "points": str(claimed.points)},
        scope=Scope(sale.partner_id, sale.store_id),
    )
    announce(
        PurchaseClaimed(
            occurred_at=sale.occurred_at,
            origin=Origin.LATE,
            customer_id=claimed.customer_id,
            purchase_id=sale.purchase_id,
            programme_id=sale.programme_id,
            enrolment_id=claimed.enrolment_id,
            account_id=claimed.account_id,
            points=claimed.points,
        )
    )
    return claimed


def _find_sale(by: Actor, request: ClaimRequest) -> Purchase:
    """Who may not claim it, does not learn that it is there; nor do test keys of what is real, or others of trials."""
    sales = Purchase.objects.filter(kind=Purchase.Kind.SALE, programme_id__isnull=False)
    if request.receipt is None:
        sales = sales.filter(purchase_id__in=[request.purchase_id] if request.purchase_id is not None else [])
    else:
        sales = sales.filter(receipt_number=request.receipt.number)
        if request.receipt.source is not None:
            sales = sales.filter(source=request.receipt.source)
    has_receipt = request.receipt is not None
    found = [sale for sale in sales.order_by("purchase_id") if _is_in_reach(by, sale, has_receipt=has_receipt)]
    if not found:
        raise UnknownPurchase("There is no such purchase.", pointer="/receipt" if request.receipt else "/purchase_id")
    if request.receipt is None:
        return found[0]
    agreeing = [sale for sale in found if _agrees(sale, request.receipt)]
    if len(agreeing) != 1:
        raise ReceiptDiffers("The day or the total is not that of the receipt.", pointer="/receipt")
    return agreeing[0]


def _is_in_reach(by: Actor, sale: Purchase, *, has_receipt: bool) -> bool:
    assert sale.programme_id is not None, "asked for above"
    is_sandbox = get_programme_by_id(sale.programme_id).is_sandbox
    scope = Scope(sale.partner_id, sale.store_id)
    may_name = has_receipt or by.may("purchase.see", scope)
    return is_sandbox == (by.mode == "test") and may_name and by.may("purchase.claim", scope)


def _agrees(sale: Purchase, receipt: ReceiptProof) -> bool:
    assert sale.programme_id is not None, "asked for above"
    zone = zone_of(get_programme_by_id(sale.programme_id).time_zone)
    is_total = Money(sale.total, sale.currency) == receipt.total
    return is_total and local_day(sale.occurred_at, zone) == receipt.bought_on


def _check_unclaimed(sale: Purchase) -> None:
    """Read after the lock: of two who claim at once, the second finds what the first has done."""
    if sale.customer_id is not None:
        raise NotAnonymous("This purchase is a member’s.")
    if PurchaseClaim.objects.filter(purchase_id=sale.purchase_id).exists():
        raise AlreadyClaimed("This purchase has been claimed already.")


def _as_request(request: ClaimRequest, sale: Purchase) -> PurchaseRequest:
    """Return the purchase as a till would have sent it, had it known the member."""
    assert sale.programme_id is not None, "asked for above"
    lines = sale.lines.order_by("line_number")
    return PurchaseRequest(
        idempotency_key=f"claim:{sale.purchase_id}",
        receipt_number=sale.receipt_number,
        occurred_at=sale.occurred_at,
        currency=sale.currency,
        lines=tuple(
            LineRequest(
                line.product_code, line.quantity, line.net, line.description, line.category or "", line.brand or ""
            )
            for line in lines
        ),
        programme=get_programme_by_id(sale.programme_id).slug,
        customer_id=request.customer_id,
        identity=request.identity,
        store=_store_named(sale),
        channel=sale.channel,
    )


def _surroundings(by: Actor, asked: PurchaseRequest) -> Surroundings:
    """Read what the rules read at the purchase's own date, under the lock of the member's chain."""
    around = read_surroundings(by, asked, owner="claim")
    assert not isinstance(around, Known), "nobody records under the owner “claim”"
    return around


def _store_named(sale: Purchase) -> str | None:
    if sale.store_id is None:
        return None
    store = get_store(store_id=sale.store_id)
    return f"{store.banner.code}/{store.code}"


def _check_terms(around: Surroundings, sale: Purchase, at: datetime) -> Terms:
    terms = terms_of(around.version_id) if around.version_id is not None else None
    if terms is None or at >= terms.purchases.claimable_until(sale.occurred_at, terms.zone):
        raise ClaimedTooLate("This purchase is too old to be claimed.")
    if not earns(sale.occurred_at, around.member, terms):
        raise BoughtBeforeEnrolment("This purchase was made before the member enrolled.")
    return terms
