"""Begin a shadow, and end it by going live: nothing is granted before, and nothing is judged after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum

from fidelia.access.operations import record_audit
from fidelia.activity.models import Purchase
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin, announce
from fidelia.kernel.points import format_points
from fidelia.ledger.models import Balance
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations.versions import lock_programme

from ..errors import NoShadow, NotReconciled, ProgrammeLive, ShadowRunning
from ..events import ShadowBegun, ShadowCutOver
from ..models import Shadow
from .reconciling import BalanceTold, check_balances


def begin_shadow(*, by: Actor, at: datetime, programme: Programme, vendor: str) -> Shadow:
    """Let a programme decide beside a vendor from now on.

    Raises Denied (programme.publish), ShadowRunning, ProgrammeLive: it has granted points for purchases already.
    """
    by.require("programme.publish", Scope(programme.partner_id))
    with transaction_of_use_case():
        lock_programme(programme, at)
        if Shadow.objects.filter(programme=programme, ended_at=None).exists():
            raise ShadowRunning("This programme is in shadow already.")
        if _has_granted(programme):
            raise ProgrammeLive("This programme has granted points for purchases: it is live.")
        shadow = Shadow.objects.create(programme=programme, vendor=vendor[:80], begun_at=at, begun_by=by.label)
        record_audit(
            by=by, at=at, verb="programme.publish", object_type="shadow", object_id=shadow.id,
            after={"vendor": shadow.vendor}, scope=Scope(programme.partner_id),
        )  # fmt: skip
        announce(ShadowBegun(occurred_at=at, shadow_id=shadow.id, programme_id=programme.id))
    return shadow


def cut_over(
    *, by: Actor, at: datetime, programme: Programme, points_of_vendor: int, balances: Sequence[BalanceTold] = ()
) -> Shadow:
    """End the shadow and go live: from now on what the same key sends is recorded.

    The opening balances must have come in before (an import of members), and sum to `points_of_vendor` (minor units),
    the total of the vendor's own books. With `balances`, what the books say of each member, every single one must hold
    just that. Raises Denied (programme.publish), NoShadow, NotReconciled, MalformedGrants.
    """
    by.require("programme.publish", Scope(programme.partner_id))
    with transaction_of_use_case():
        shadow = Shadow.objects.select_for_update().filter(programme=programme, ended_at=None).first()
        if shadow is None:
            raise NoShadow("This programme is in no shadow.")
        reconciled = holdings_of(programme)
        if reconciled["points"] != points_of_vendor:
            scale = programme.points_currency.scale
            raise NotReconciled(
                f"Members hold {format_points(reconciled['points'], scale)} points here; the vendor says "
                f"{format_points(points_of_vendor, scale)}. Bring the opening balances in first.",
                held=reconciled["points"], told=points_of_vendor,
            )  # fmt: skip
        if balances:
            reconciled["checked"] = check_balances(programme, balances)
        shadow.ended_at, shadow.ended_by, shadow.reconciled = at, by.label, reconciled
        shadow.save(update_fields=["ended_at", "ended_by", "reconciled"])
        record_audit(
            by=by, at=at, verb="programme.publish", object_type="shadow", object_id=shadow.id, after=reconciled,
            scope=Scope(programme.partner_id),
        )  # fmt: skip
        announce(ShadowCutOver(occurred_at=at, shadow_id=shadow.id, programme_id=programme.id))
    return shadow


def holdings_of(programme: Programme) -> dict[str, int]:
    """Return what members hold by now: points in minor units, of how many accounts, of how many members."""
    members = Enrolment.objects.filter(programme=programme, ended_at=None)
    held = Balance.objects.filter(
        currency=programme.points_currency_id, account_id__in=members.values("account_id")
    ).exclude(posted=0)
    points = held.aggregate(sum=Sum("posted"))["sum"] or 0
    return {"points": int(points), "accounts": held.count(), "members": members.count()}


def _has_granted(programme: Programme) -> bool:
    """Whether rules granted anything live; what an import rewarded is history, which the opening balances replace."""
    granted = Purchase.objects.filter(programme_id=programme.id, posting_id__isnull=False)
    return granted.exclude(origin=Origin.BACKFILL.value).exists()
