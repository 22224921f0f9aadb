"""Derive the tiers of members again from what they earned, and keep what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from fidelia.kernel.db import require_transaction
from fidelia.kernel.outbox import Origin, announce_all
from fidelia.rules.tiers import NO_TIER, HeldTier, TierSet

from ..events import TierChanged
from ..models import Enrolment, Programme, TierPeriod
from ..queries import VersionHistory
from ..queries.tier_facts import derive_held

STALE_AFTER = timedelta(days=1)  # what time did longer ago informs nobody


@dataclass(frozen=True, slots=True)
class TierMove:
    """A member whose tier at this moment is another than before."""

    enrolment: Enrolment
    from_tier: str
    to_tier: str
    tier_set: str = ""


def rederive_tiers(
    *, at: datetime, enrolment_ids: Iterable[UUID], origin: Origin = Origin.LIVE, is_announced: bool = True
) -> list[TierMove]:
    """Building block: derive the tiers of some members from all they earned and were granted, by the tiers in force.

    Rows that no longer hold are superseded, never overwritten. Announces each change of the tier held now, unless the
    caller announces a whole batch, and returns them. The enrolments are locked in the order of their ids.
    """
    require_transaction()
    wanted = Enrolment.objects.select_for_update(of=("self",)).select_related("programme__points_currency")
    by_programme: dict[Programme, list[Enrolment]] = defaultdict(list)
    for enrolment in wanted.filter(id__in=list(enrolment_ids)).order_by("id"):
        by_programme[enrolment.programme].append(enrolment)
    _announce(TierPeriod.objects.filter(enrolment__in=[one for each in by_programme.values() for one in each]), at)
    moves = [move for programme, enrolments in by_programme.items() for move in _rederive_in(programme, enrolments, at)]
    if is_announced:
        announce_all([_event_of(move, at, origin) for move in moves])
    return moves


def announce_begun_tiers(*, at: datetime, limit: int) -> int:
    """Building block: announce tiers that have begun or ended by time alone, each once; return how many rows it saw.

    A tier is derived as far as time alone takes it, so its end is on record long before it comes. What somebody else
    has locked waits for the next call.
    """
    require_transaction()
    return _announce(TierPeriod.objects.select_for_update(skip_locked=True, of=("self",)), at, limit=limit)


def _announce(periods: QuerySet[TierPeriod], at: datetime, *, limit: int | None = None) -> int:
    begun = periods.filter(superseded_at__isnull=True, announced_at__isnull=True, valid_from__lte=at)
    found = list(begun.select_related("enrolment").order_by("valid_from", "id")[:limit])
    if not found:
        return 0
    ended = TierPeriod.objects.filter(
        superseded_at__isnull=True,
        enrolment__in=[period.enrolment_id for period in found],
        valid_until__in=[period.valid_from for period in found],
    ).values_list("enrolment_id", "tier_set", "valid_until", "tier")
    before = {(enrolment_id, tier_set, until): tier for enrolment_id, tier_set, until, tier in ended}
    TierPeriod.objects.filter(id__in=[period.id for period in found]).update(announced_at=at)
    told = [(one, before.get((one.enrolment_id, one.tier_set, one.valid_from), NO_TIER)) for one in found]
    announce_all([_event_of_time(period, was, at) for period, was in told if was != period.tier and _is_held(period)])
    return len(found)


def _is_held(period: TierPeriod) -> bool:
    ended_at = period.enrolment.ended_at
    return ended_at is None or ended_at > period.valid_from


def _event_of_time(period: TierPeriod, was: str, at: datetime) -> TierChanged:
    move = TierMove(period.enrolment, was, period.tier, period.tier_set)
    return _event_of(move, period.valid_from, Origin.LATE if at - period.valid_from > STALE_AFTER else Origin.LIVE)


def _rederive_in(programme: Programme, enrolments: Sequence[Enrolment], at: datetime) -> list[TierMove]:
    terms = VersionHistory(programme).terms_at(at)
    if terms is None:
        return []
    known: dict[tuple[str, UUID], list[TierPeriod]] = defaultdict(list)
    for period in TierPeriod.objects.filter(enrolment__in=enrolments, superseded_at__isnull=True):
        known[period.tier_set, period.enrolment_id].append(period)
    changes = _Changes()
    for tier_set in terms.tier_sets:
        held = derive_held(tier_set, programme, enrolments, terms.zone, is_main=tier_set is terms.tiers)
        for enrolment in enrolments:
            changes.compare(enrolment, tier_set, known[tier_set.key, enrolment.id], held[enrolment.id], at)
    TierPeriod.objects.filter(id__in=changes.stale).update(superseded_at=at)
    TierPeriod.objects.bulk_create(changes.fresh, batch_size=5_000)
    return changes.moves


@dataclass(slots=True)
class _Changes:
    """What a derivation comes to: who moves, rows to add, and rows that no longer hold."""

    moves: list[TierMove] = field(default_factory=list)
    fresh: list[TierPeriod] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)

    def compare(
        self, enrolment: Enrolment, tier_set: TierSet, known: list[TierPeriod], held: list[HeldTier], at: datetime
    ) -> None:
        added, dropped = _difference(known, held)
        self.fresh += [_row(enrolment, tier_set.key, period, at) for period in added]
        self.stale += [period.id for period in dropped]
        was, now = _tier_at(known, at), _tier_at(held, at)
        if was != now:
            self.moves.append(TierMove(enrolment, was, now, tier_set.key))


def _difference(known: Sequence[TierPeriod], held: Sequence[HeldTier]) -> tuple[list[HeldTier], list[TierPeriod]]:
    kept = {(period.tier, period.valid_from, period.valid_until) for period in known}
    wanted = {(period.tier, period.valid_from, period.valid_until) for period in held}
    added = [period for period in held if (period.tier, period.valid_from, period.valid_until) not in kept]
    dropped = [period for period in known if (period.tier, period.valid_from, period.valid_until) not in wanted]
    return added, dropped


def _tier_at(periods: Iterable[TierPeriod | HeldTier], at: datetime) -> str:
    for period in periods:
        if period.valid_from <= at and (period.valid_until is None or period.valid_until > at):
            return period.tier
    return NO_TIER


def _row(enrolment: Enrolment, tier_set: str, period: HeldTier, at: datetime) -> TierPeriod:
    return TierPeriod(
        enrolment=enrolment,
        tier_set=tier_set,
        tier=period.tier,
        valid_from=period.valid_from,
        valid_until=period.valid_until,
        recorded_at=at,
        announced_at=at if period.valid_from <= at else None,
    )


def _event_of(move: TierMove, at: datetime, origin: Origin) -> TierChanged:
    return TierChanged(
        occurred_at=at,
        origin=origin,
        customer_id=move.enrolment.customer_id,
        enrolment_id=move.enrolment.id,
        programme_id=move.enrolment.programme_id,
        from_tier=move.from_tier,
        to_tier=move.to_tier,
        tier_set=move.tier_set,
    )
