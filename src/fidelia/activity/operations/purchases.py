"""Record a purchase: read, decide, and in one statement post and write; safe to send again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from fidelia.access.operations.audit import Change, Deed
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case, use_case_of_one_statement
from fidelia.kernel.ids import id_of, new_id
from fidelia.kernel.outbox import Origin
from fidelia.ledger.errors import AccountClosed
from fidelia.ledger.operations import Provenance
from fidelia.programme.operations.granting import granting
from fidelia.programme.queries import Terms, terms_of

from ..errors import ReceiptKnown
from ..events import PurchaseRecorded
from ..models import Purchase
from .deciding import Decided, decide
from .past import Buyer, values_of_past
from .reading import Known, Member, Surroundings, find_known, read_surroundings, surroundings_in
from .requests import LATE_AFTER, PurchaseRequest, check_purchase, hash_of_request
from .rule_reads import remember_reads
from .values import line_values, values_for_rules
from .writing import LineRow, Posting, PurchaseRow, write_if_first


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, when, and how it is told from others: by its key, and by its content."""

    by: Actor
    at: datetime
    source: str
    owner: str
    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome: which purchase, and whether it was recorded already under the same key.

    What has just been written comes along, so that a face need not read it back; of a replay it does not.
    """

    purchase_id: UUID
    is_replay: bool
    purchase: Purchase | PurchaseRow | None = None
    lines: Sequence[LineRow] = ()


def record_purchase(
    *, by: Actor, at: datetime, request: PurchaseRequest, source: str, found: str | None = None
) -> Recorded:
    """Record a purchase and grant what the rules in force at its own moment give.

    `source` names the caller's stream of receipts; a receipt number is recorded once in it. The same idempotency key
    with the same request changes nothing and says so. `found` is what `reading_of(request)` read just now with the
    admission of `by`; without it, it is read here. Raises Denied, UnknownProgramme, UnknownMember, StoreUnknown,
    WrongCurrency, UnknownCurrency, OccurredInFuture, MalformedLines, TotalDiffers, ReceiptKnown, IdempotencyKeyReused.
    """
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    check_purchase(request, at)
    caller = caller_of(by, at, source, request.idempotency_key, hash_of_request("sale", request, source))
    try:
        return _record_where_the_points_are(caller, request, found)
    except IntegrityError as error:
        return replay_after_race(error, caller)


def _record_where_the_points_are(caller: Caller, request: PurchaseRequest, found: str | None) -> Recorded:
    """Who joined or left a pool between reading and writing has his points elsewhere now: it is read again, once."""
    try:
        return _record_once_read(caller, request, found)
    except AccountClosed:
        return _record_once_read(caller, request, None)


def _record_once_read(caller: Caller, request: PurchaseRequest, found: str | None) -> Recorded:
    recorded = _read_and_record(caller, request, locks=False, found=found)
    if recorded is None:
        with transaction_of_use_case():
            recorded = _read_and_record(caller, request, locks=True)
    assert recorded is not None, "nobody decides about a member whose chain is locked"
    return recorded


def _read_and_record(
    caller: Caller, request: PurchaseRequest, *, locks: bool, found: str | None = None
) -> Recorded | None:
    """Record it by what is read now; None when another decision about the member came between reading and writing.

    That is seldom: a member is at one till at a time. So a purchase waits for nobody while it reads, and needs no
    transaction but the one that its last statement is. Whom another came before reads again, and locks.
    """
    if found is None:
        around = read_surroundings(caller.by, request, owner=caller.owner, locks=locks)
    else:
        around = surroundings_in(found, request)
    if isinstance(around, Known):
        around.check_same(caller.request_hash)
        return Recorded(around.purchase_id, is_replay=True)
    caller.by.require("purchase.record", around.scope)
    if locks:
        return _record(caller, request, around)
    with use_case_of_one_statement():
        return _record(caller, request, around)


def caller_of(by: Actor, at: datetime, source: str, key: str, request_hash: bytes) -> Caller:
    """Return the caller of a request. Its keys are its own: two callers may use the same text."""
    return Caller(by, at, source, f"{by.kind}:{by.id or by.label}"[:80], key, request_hash)


def replay_after_race(error: IntegrityError, caller: Caller) -> Recorded:
    """Turn the loss of a race for the same key into a replay, and a receipt known already into its refusal.

    Raises IdempotencyKeyReused, ReceiptKnown, and the error itself when it is neither.
    """
    known = find_known(caller.owner, caller.key)
    if known is not None:
        known.check_same(caller.request_hash)
        return Recorded(known.purchase_id, is_replay=True)
    if "a receipt is recorded once" in str(error):
        raise ReceiptKnown("This receipt is recorded already.", pointer="/receipt_number") from None
    raise error


def _record(caller: Caller, request: PurchaseRequest, around: Surroundings) -> Recorded | None:
    terms = None
    if around.version_id is not None:
        terms = terms_of(around.version_id)
        remember_reads(request.programme, terms)
    is_member = earns(request.occurred_at, around.member, terms)
    purchase = _open_purchase(caller, request, around, is_member=is_member)
    decided = _decide(request, around, terms) if is_member else None
    posting = None
    if decided is not None and terms is not None:
        purchase.points, purchase.rule_version_id = decided.points, terms.version_id
        posting = _posting(caller, purchase, around, terms)
    lines = _line_rows(request, around, decided)
    is_written = write_if_first(
        purchase,
        lines,
        decided.row if decided else None,
        posting,
        event=event_of_purchase(purchase),
        deed=deed_of(caller, "purchase.record", purchase),
    )
    return Recorded(purchase.purchase_id, is_replay=False, purchase=purchase, lines=lines) if is_written else None


def earns(occurred_at: datetime, member: Member | None, terms: Terms | None) -> bool:
    """Whether it is the purchase of a member: not of one who enrolled only afterwards, but as the terms allow."""
    if member is None or terms is None:
        return member is not None
    return terms.purchases.earns_at(occurred_at, member.enrolled_at, terms.zone)


def _open_purchase(caller: Caller, request: PurchaseRequest, around: Surroundings, *, is_member: bool) -> PurchaseRow:
    customer, member, scope = around.member, around.member if is_member else None, around.scope
    return PurchaseRow(
        purchase_id=new_id(),
        kind=Purchase.Kind.SALE,
        source=caller.source,
        receipt_number=request.receipt_number,
        idempotency_owner=caller.owner,
        idempotency_key=caller.key,
        request_hash=caller.request_hash,
        programme_id=around.programme_id,
        customer_id=customer.customer_id if customer else None,
        enrolment_id=member.enrolment_id if member else None,
        account_id=member.account_id if member else None,
        partner_id=scope.partner_id,
        store_id=scope.store_id,
        channel=request.channel,
        currency=request.currency,
        total=request.net_total,
        product_total=sum([line.net for line in request.lines if _is_product(line.product_code, around)]),
        occurred_at=request.occurred_at,
        recorded_at=caller.at,
        origin=origin_of(request.occurred_at, caller.at).value,
    )


def origin_of(occurred_at: datetime, at: datetime) -> Origin:
    """Live, or late when it happened more than a day ago."""
    return Origin.LATE if at - occurred_at > LATE_AFTER else Origin.LIVE


def _decide(request: PurchaseRequest, around: Surroundings, terms: Terms | None) -> Decided | None:
    if around.member is None or terms is None:
        return None
    return decide(terms, values_of(request, around, terms), request.occurred_at, around.member.head)


def values_of(request: PurchaseRequest, around: Surroundings, terms: Terms) -> dict[str, Any]:
    """Return what the rules read of a member's purchase."""
    member = around.member
    assert member is not None, "rules decide for members"
    return values_for_rules(
        occurred_at=request.occurred_at,
        zone=terms.zone,
        channel=request.channel,
        store=around.store,
        lines=[line_values(line, around.products.get(line.product_code)) for line in request.lines],
        enrolled_at=member.enrolled_at,
        tier=member.tier,
        entitlements=terms.entitlements_of(member.tier),
        is_first=member.is_first,
        customer=member.facts,
        past=values_of_past(
            terms, Buyer(member.customer_id, around.programme_id, request.currency), request.occurred_at
        ),
        unread=member.unread,
    )


def _posting(caller: Caller, purchase: PurchaseRow, around: Surroundings, terms: Terms) -> Posting | None:
    if purchase.points <= 0 or purchase.account_id is None:
        return None
    request = granting(
        terms=terms,
        account_id=purchase.account_id,
        currency=around.programme["points_code"],
        amount=purchase.points,
        key=f"purchase:{purchase.purchase_id}",
        **provenance_of(purchase),
    )
    purchase.posting_id = request.posting_id
    return Posting(caller.by, caller.at, request)


def provenance_of(purchase: Purchase | PurchaseRow) -> Provenance:
    """Where the posting of a purchase or a return comes from."""
    return Provenance(
        occurred_at=purchase.occurred_at,
        origin=Origin(purchase.origin),
        partner_id=purchase.partner_id,
        store_id=purchase.store_id,
        source_type="purchase",
        source_id=purchase.purchase_id,
    )


def deed_of(caller: Caller, verb: str, purchase: Purchase | PurchaseRow, **more: str) -> Deed:
    """Return the row of the audit for a purchase or a return."""
    after = {"total": str(purchase.total), "points": str(purchase.points), **more}
    return Deed(
        by=caller.by,
        at=caller.at,
        verb=verb,
        object_type="purchase",
        change=Change(purchase.purchase_id, after=after),
        scope=Scope(purchase.partner_id, purchase.store_id),
    )


def event_of_purchase(purchase: PurchaseRow) -> PurchaseRecorded:
    """Return what is announced of a purchase, whether it came by itself or as a checkout that was closed."""
    return PurchaseRecorded(
        occurred_at=purchase.occurred_at,
        origin=Origin(purchase.origin),
        customer_id=purchase.customer_id,
        purchase_id=purchase.purchase_id,
        programme_id=purchase.programme_id,
        enrolment_id=purchase.enrolment_id,
        account_id=purchase.account_id,
        points=purchase.points,
    )


def _line_rows(request: PurchaseRequest, around: Surroundings, decided: Decided | None) -> list[LineRow]:
    rows = []
    for i, line in enumerate(request.lines):
        product = around.products.get(line.product_code, {})
        rows.append(
            LineRow(
                line_number=i + 1,
                product_id=id_of(product["id"]) if product else None,
                product_code=line.product_code,
                description=line.description or product.get("name", ""),
                quantity=line.quantity,
                net=line.net,
                is_product=_is_product(line.product_code, around),
                points=decided.lines[i].points if decided else 0,
                unit_price=line.unit_price,
                unit_price_scale=line.unit_price_scale,
                category=own_word(line.category, product.get("category")),
                brand=own_word(line.brand, product.get("brand")),
            )
        )
    return rows


def own_word(said: str, known: str | None) -> str | None:
    """Return what the till said, where the file of products says nothing: what the rules then read."""
    return said if said and not known else None


def _is_product(code: str, around: Surroundings) -> bool:
    return bool(around.products.get(code, {}).get("is_product", True))
