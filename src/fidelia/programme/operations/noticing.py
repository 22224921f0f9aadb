"""Tell beforehand: points about to die, tiers about to end. Each is told once for each of the days declared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from fidelia.kernel.db import require_transaction
from fidelia.kernel.outbox import announce_all
from fidelia.ledger.queries import ExpiringOfAccount, list_expiring
from fidelia.rules.tiers import TierSet

from ..events import PointsExpiring, TierEnding
from ..models import Enrolment, ExpiryNotice, Programme, TierPeriod
from ..queries import Terms, group_by_account
from ..queries.tier_facts import standings_by


def notice_expiring(
    *, at: datetime, programme: Programme, terms: Terms, currency: str, after: UUID | None, limit: int
) -> tuple[UUID | None, int]:
    """Building block: announce points of the next accounts that die within the days of notice; return the last account
    looked at (None when there are no more), and how many were told.
    """
    require_transaction()
    days = terms.points_of(currency).notice_days
    if not days:
        return None, 0
    found = list_expiring(currency=currency, since=at, until=at + timedelta(days=max(days)), after=after, limit=limit)
    if not found:
        return None, 0
    members = group_by_account(
        Enrolment.objects.filter(
            programme=programme, account_id__in={each.account_id for each in found}, ended_at__isnull=True
        )
    )
    rows = [_notice(each, currency, days, at) for each in found if each.account_id in members]
    fresh = _keep_new(rows)
    announce_all([_event(row, member, at) for row in fresh for member in members[row.account_id]])
    return found[-1].account_id, len(fresh)


def _notice(one: ExpiringOfAccount, currency: str, days: Sequence[int], at: datetime) -> ExpiryNotice:
    """Of several days declared, the fewest that the end is within: who hears of it late hears of it once."""
    told = min(each for each in days if one.expires_at <= at + timedelta(days=each))
    return ExpiryNotice(
        account_id=one.account_id, currency=currency, expires_at=one.expires_at, days=told, amount=one.amount,
        told_at=at,
    )  # fmt: skip


def _keep_new(rows: list[ExpiryNotice]) -> list[ExpiryNotice]:
    known = set(
        ExpiryNotice.objects.filter(account_id__in={row.account_id for row in rows}).values_list(
            "account_id", "currency", "expires_at", "days"
        )
    )
    fresh = [row for row in rows if (row.account_id, row.currency, row.expires_at, row.days) not in known]
    ExpiryNotice.objects.bulk_create(fresh, ignore_conflicts=True)
    return fresh


def _event(row: ExpiryNotice, member: Enrolment, at: datetime) -> PointsExpiring:
    return PointsExpiring(
        occurred_at=at, customer_id=member.customer_id, enrolment_id=member.id, programme_id=member.programme_id,
        currency=row.currency, points=row.amount, expires_at=row.expires_at.isoformat(), days=row.days,
    )  # fmt: skip


def notice_endings(*, at: datetime, programme: Programme, terms: Terms, tier_set: TierSet, limit: int) -> int:
    """Building block: announce the tiers of a set that end within its days of notice; return how many rows it saw."""
    require_transaction()
    if not tier_set.notice_days:
        return 0
    ending = (
        TierPeriod.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(
            enrolment__programme=programme, enrolment__ended_at__isnull=True, tier_set=tier_set.key,
            superseded_at__isnull=True, noticed_at__isnull=True, valid_from__lte=at, valid_until__gt=at,
            valid_until__lte=at + timedelta(days=tier_set.notice_days),
        )
        .exclude(tier="")
    )  # fmt: skip
    found = list(ending.select_related("enrolment").order_by("id")[:limit])
    if not found:
        return 0
    TierPeriod.objects.filter(id__in=[period.id for period in found]).update(noticed_at=at)
    members = [period.enrolment for period in found]
    is_main = tier_set is terms.tiers
    standings = standings_by(tier_set, programme, members, terms.zone, at=at, is_main=is_main)
    events = []
    for period in found:
        member = period.enrolment
        standing = standings[member.id]
        if standing.falls_on is not None and standing.falls_on == period.valid_until:
            events.append(
                TierEnding(
                    occurred_at=at, customer_id=member.customer_id, enrolment_id=member.id, programme_id=programme.id,
                    tier_set=tier_set.key, tier=period.tier, missing=standing.keep_missing,
                    to_tier=standing.falls_to.key if standing.falls_to is not None else "",
                    ends_at=standing.falls_on.isoformat(),
                )
            )  # fmt: skip
    announce_all(events)
    return len(found)
