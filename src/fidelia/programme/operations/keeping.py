"""Points that do not end while a tier is held: the night lets them live on to its end, long before they die."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.ledger.operations import extend
from fidelia.ledger.queries import list_expiring, list_lots

from ..models import Enrolment, Programme, TierPeriod
from ..queries import Terms, group_by_account

# Notices look 366 days ahead: nobody is told of an end that will not come. A tier without an end keeps them that long
# again, each time less than that is left.
LOOKS_AHEAD = timedelta(days=400)
NEXT_NIGHT = timedelta(hours=36)  # a night is a day after another, and may begin late


def keep_points_of_tiers(
    *, by: Actor, at: datetime, programme: Programme, terms: Terms, currency: str, after: UUID | None, limit: int
) -> tuple[UUID | None, int]:
    """Building block: let points of the next accounts that would die live on with the tier that keeps them; return the
    last account looked at (None when there are no more), and in how many points live on. Never shorter.

    What was dead before the tier was reached stays so.
    """
    require_transaction()
    keeping = terms.points_of(currency).kept_with
    if not keeping:
        return None, 0
    found = list_expiring(currency=currency, since=at, until=at + LOOKS_AHEAD, after=after, limit=limit)
    if not found:
        return None, 0
    first: dict[UUID, datetime] = {}
    for each in found:
        first[each.account_id] = min(each.expires_at, first.get(each.account_id, each.expires_at))
    members = group_by_account(
        Enrolment.objects.filter(programme=programme, account_id__in=list(first), ended_at__isnull=True)
    )
    kept = _keep(members, first, by=by, at=at, currency=currency, keeping=keeping)
    return found[-1].account_id, kept


def keep_points_at_once(*, by: Actor, at: datetime, programme: Programme, terms: Terms, ids: Iterable[UUID]) -> None:
    """Building block: let points of some memberships live on at once with the tier just reached, by what the night does
    for all: whoever reaches it on the last day of their points would else lose them at midnight.
    """
    require_transaction()
    found = Enrolment.objects.filter(programme=programme, id__in=list(ids), ended_at__isnull=True)
    accounts = sorted({one.account_id for one in found})
    members = group_by_account(
        Enrolment.objects.filter(programme=programme, account_id__in=accounts, ended_at__isnull=True)
    )
    for currency in (programme.points_currency_id, *terms.currencies):
        keeping = terms.points_of(currency).kept_with
        first = {id: end for id in accounts if (end := _first_end(id, currency, at)) is not None} if keeping else {}
        _keep(members, first, by=by, at=at, currency=currency, keeping=keeping)


def _first_end(account_id: UUID, currency: str, at: datetime) -> datetime | None:
    lots = list_lots(account_id=account_id, currency=currency)
    ends = [lot.expires_at for lot in lots if lot.expires_at is not None and lot.expires_at > at]
    return min((end for end in ends if end <= at + LOOKS_AHEAD), default=None)


def _keep(
    members: Mapping[UUID, list[Enrolment]],
    first: Mapping[UUID, datetime],
    *,
    by: Actor,
    at: datetime,
    currency: str,
    keeping: tuple[str, ...],
) -> int:
    """Let all points of the accounts that a tier keeps live on, `first` being the first end of each; return of how
    many accounts they do.
    """
    until = _kept_until(members, keeping, first, at)
    kept = [(account, until[account]) for account, ends in first.items() if account in until and ends < until[account]]
    for account, end in kept:
        member = members[account][0]
        extend(
            by=by, at=at, account_id=account, currency=currency, expires_at=end,
            key=f"kept:{currency}:{at.isoformat()}", partner_id=member.partner_id, source_type="tier",
        )  # fmt: skip
    return len(kept)


def _kept_until(
    members: Mapping[UUID, list[Enrolment]], keeping: tuple[str, ...], first: Mapping[UUID, datetime], at: datetime
) -> dict[UUID, datetime]:
    """Return until when points of accounts are kept, by those of their members whose tier lasts longest.

    A tier that begins before the next night and no later than the first points end keeps them too: they would be dead
    when it is seen to.
    """
    account_of = {one.id: account for account, each in members.items() for one in each}
    held = TierPeriod.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at), enrolment_id__in=list(account_of), tier__in=keeping,
        superseded_at__isnull=True, valid_from__lte=at + NEXT_NIGHT,
    )  # fmt: skip
    ends: dict[UUID, list[datetime]] = defaultdict(list)
    for enrolment_id, begins, until in held.values_list("enrolment_id", "valid_from", "valid_until"):
        account = account_of[enrolment_id]
        if begins <= at or begins <= first.get(account, at):
            ends[account].append(until or at + 2 * LOOKS_AHEAD)
    return {account: max(each) for account, each in ends.items()}
