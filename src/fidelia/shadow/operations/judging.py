"""Judge a purchase of the till's feed: what the rules would give, kept beside, and nothing granted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.activity.errors import ReceiptKnown
from fidelia.activity.operations import PurchaseRequest
from fidelia.activity.operations.deciding import decide
from fidelia.activity.operations.purchases import earns, values_of
from fidelia.activity.operations.reading import Known, Surroundings, read_surroundings
from fidelia.activity.operations.requests import check_purchase, hash_of_request
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.errors import FideliaError, NotFound, Refused
from fidelia.programme.queries import terms_of

from ..errors import NoShadow, ShadowEnded
from ..models import Shadow, ShadowPurchase

OWNER = "shadow"
ALONE = "alone"  # in the record of a return that names no purchase


@dataclass(frozen=True, slots=True)
class Judged:
    """What was kept, and whether it was before."""

    purchase: ShadowPurchase
    is_replay: bool


def judge_purchase(*, by: Actor, at: datetime, request: PurchaseRequest, source: str) -> Judged:
    """Decide a purchase as a till's would be decided, and keep what it came to: no purchase, no entry, no message.

    Who is not known, or is no member, is kept as well, with the code of the refusal. Sent again it is the same. Raises
    Denied (purchase.shadow), NoShadow, ShadowEnded, UnknownProgramme, StoreUnknown, WrongCurrency, OccurredInFuture,
    MalformedLines, TotalDiffers, ReceiptKnown: the receipt was judged with another content.
    """
    if not by.may_somewhere("purchase.shadow"):
        by.require("purchase.shadow")
    check_purchase(request, at)
    told = hash_of_request("sale", request, source)
    shadow = running_shadow(request.programme)
    known = ShadowPurchase.objects.filter(shadow=shadow, receipt_number=request.receipt_number).first()
    if known is not None:
        return replay(known, told)
    values = _judged(by, request, shadow)
    made = ShadowPurchase(
        shadow=shadow, source=source, receipt_number=request.receipt_number, request_hash=told,
        total=request.net_total, occurred_at=request.occurred_at, judged_at=at, **values,
    )  # fmt: skip
    with transaction_of_use_case():
        lock_running(shadow)
        return keep(by, made, told)


def judge_lone_return(*, by: Actor, at: datetime, request: PurchaseRequest, source: str) -> Judged:
    """Reckon what a return that names no purchase would take back: what the rules of its day give, never as a first
    purchase. Raises as `judge_purchase`.
    """
    if not by.may_somewhere("purchase.shadow"):
        by.require("purchase.shadow")
    check_purchase(request, at)
    told = hash_of_request("lone return", request, source)
    shadow = running_shadow(request.programme)
    known = ShadowPurchase.objects.filter(shadow=shadow, receipt_number=request.receipt_number).first()
    if known is not None:
        return replay(known, told)
    values = _judged(by, request, shadow, alone=True)
    made = ShadowPurchase(
        shadow=shadow, source=source, receipt_number=request.receipt_number, request_hash=told, is_return=True,
        total=-request.net_total, occurred_at=request.occurred_at, judged_at=at,
        **{**values, "points": -values["points"]},
    )  # fmt: skip
    with transaction_of_use_case():
        lock_running(shadow)
        return keep(by, made, told)


def lock_running(shadow: Shadow) -> None:
    """Let a cut-over wait for who judges, and who judges see that it is over. Raises ShadowEnded."""
    require_transaction()
    if not Shadow.objects.select_for_update(of=("self",), no_key=True).filter(id=shadow.id, ended_at=None).exists():
        raise ShadowEnded("The shadow is over: record the purchase.")


def keep(by: Actor, made: ShadowPurchase, told: bytes) -> Judged:
    """Keep what was judged, unless another kept the same receipt first. Raises ReceiptKnown."""
    require_transaction()
    ShadowPurchase.objects.bulk_create([made], ignore_conflicts=True)
    kept = ShadowPurchase.objects.get(shadow=made.shadow, receipt_number=made.receipt_number)
    if kept.id != made.id:
        return replay(kept, told)
    record_audit(
        by=by, at=made.judged_at, verb="purchase.shadow", object_type="shadow_purchase", object_id=kept.id,
        after={"total": str(kept.total), "points": str(kept.points)},
    )  # fmt: skip
    return Judged(kept, is_replay=False)


def replay(known: ShadowPurchase, told: bytes) -> Judged:
    """Return what was judged before. Raises ReceiptKnown: it was with another content."""
    if bytes(known.request_hash) != told:
        raise ReceiptKnown("This receipt was judged with another content.", pointer="/receipt_number")
    return Judged(known, is_replay=True)


def running_shadow(slug: str | None) -> Shadow:
    """Return the running shadow of a programme, or of the only one that has one. Raises NoShadow."""
    running = Shadow.objects.select_related("programme__points_currency").filter(ended_at=None)
    if slug is not None:
        running = running.filter(programme__slug=slug)
    found = list(running[:2])
    if len(found) != 1:
        raise NoShadow("No programme is in shadow now, or several are: name one.", pointer="/programme")
    return found[0]


def _judged(by: Actor, request: PurchaseRequest, shadow: Shadow, *, alone: bool = False) -> dict[str, Any]:
    try:
        around = read_surroundings(by, _of(request, shadow), owner=OWNER, locks=False)
    except (NotFound, Refused) as refusal:
        if refusal.pointer != "/member":
            raise
        return {"points": 0, "refusal": refusal.code[:60]}
    assert not isinstance(around, Known), "nobody records under this owner"
    by.require("purchase.shadow", around.scope)
    if around.version_id is None:
        return {"points": 0, "refusal": "no_version_in_force", **_who(around)}
    terms = terms_of(around.version_id)
    if around.member is None or not earns(request.occurred_at, around.member, terms):
        return {"points": 0, "version_id": around.version_id, **_who(around)}
    values = values_of(request, around, terms)
    if values["purchase.is_first"]:
        values["purchase.is_first"] = not alone and not has_bought(
            shadow, around.member.customer_id, request.occurred_at
        )
    try:
        decided = decide(terms, values, request.occurred_at, around.member.head)
    except FideliaError as refusal:
        return {"points": 0, "refusal": refusal.code[:60], "version_id": around.version_id, **_who(around)}
    record = {**decided.row.record, ALONE: True} if alone else decided.row.record
    return {"points": decided.points, "record": record, "version_id": around.version_id, **_who(around)}


def _of(request: PurchaseRequest, shadow: Shadow) -> PurchaseRequest:
    return replace(request, programme=shadow.programme.slug)


def _who(around: Surroundings) -> dict[str, UUID | None]:
    member, store = around.member, around.store
    return {
        "customer_id": member.customer_id if member is not None else None,
        "store_id": UUID(store["id"]) if store is not None else None,
    }


def has_bought(shadow: Shadow, customer_id: UUID, before: datetime) -> bool:
    """Tell whether a purchase of a person was judged before: here none of them is recorded."""
    return ShadowPurchase.objects.filter(
        shadow=shadow, customer_id=customer_id, occurred_at__lt=before, is_return=False
    ).exists()
