"""Questions to the ledger. None of them writes; who may ask is the caller's matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.fields.tuple_lookups import TupleLessThan

from ..errors import UnknownAccount, UnknownPosting, refusal_for
from ..models import Balance, Entry, Lot, Pending, Posting

PAGE_MAX = 1_000


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """A balance at a moment, in minor units of its currency. available = posted - held - due.

    `posted` counts everything entered, held points too; `due` what has expired and is not yet written off; `owed` what
    was taken back beyond what was there. `version` counts the postings that changed it. `pending` is promised, and not
    among the rest.
    """

    account_id: UUID
    currency: str
    posted: int
    held: int
    owed: int
    due: int
    available: int
    version: int
    may_go_negative: bool
    is_closed: bool
    pending: int = 0


@dataclass(frozen=True, slots=True)
class EntriesBalance:
    """The same sums, from nothing but the entries."""

    posted: int
    held: int
    owed: int


@dataclass(frozen=True, slots=True)
class ExpiringPoints:
    """How many of the points now there will die at one instant."""

    expires_at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class LotUsed:
    """How much of a lot a posting took, and what that lot was and cost: whoever gives it back brings all of it back."""

    lot_id: UUID
    amount: int
    earned_at: datetime
    expires_at: datetime | None
    unit_cost: int
    funding: str
    partner_id: UUID | None
    rule_version_id: UUID | None


@dataclass(frozen=True, slots=True)
class ExpiringOfAccount:
    """How many points of an account will die at one instant."""

    account_id: UUID
    expires_at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class PointsFlow:
    """What came in and went out in a span, in minor units, all given positive; reversals lower their own date."""

    issued: int
    redeemed: int
    expired: int


@dataclass(frozen=True, slots=True)
class Broken:
    """One promise of the ledger that does not hold."""

    account_id: UUID | None
    currency: str
    posting_id: UUID | None
    invariant: str
    detail: str

    def __str__(self) -> str:
        place = f"account {self.account_id}, {self.currency}, posting {self.posting_id}"
        return f"{self.invariant}: {place} ({self.detail})"


def get_balance(*, account_id: UUID, currency: str, at: datetime) -> AccountBalance:
    """Return the stored balance less what time has done since: the fast answer. Raises UnknownAccount."""
    return list_balances(account_ids=[account_id], currency=currency, at=at)[account_id]


def list_balances(*, account_ids: Sequence[UUID], currency: str, at: datetime) -> dict[UUID, AccountBalance]:
    """Return the balance of each account, by one statement. Raises UnknownAccount when one is missing."""
    rows = _rows(
        """select a.account_id, b.posted, b.held, b.owed, b.due, b.available, b.version, b.may_go_negative, b.is_closed,
               b.pending
           from unnest(%s::uuid[]) a (account_id)
           cross join lateral public.ledger_balance_of(a.account_id, %s, %s) b""",
        [list(account_ids), currency, at],
    )
    found = {row[0]: AccountBalance(row[0], currency, *row[1:]) for row in rows}
    for account_id in account_ids:
        if account_id not in found:
            raise refusal_for(UnknownAccount.default_code, {"account_id": str(account_id), "currency": currency})
    return found


def sum_held(*, accounts: QuerySet[Any, Any], currency: str) -> tuple[int, int]:
    """Return how many of the accounts (a query of their ids) hold points of a currency, and how many points, in minor
    units.
    """
    held = Balance.objects.filter(currency=currency, posted__gt=0, account_id__in=accounts)
    found = held.aggregate(holders=Count("account_id"), points=Sum("posted"))
    return found["holders"], found["points"] or 0


def compute_balance_from_entries(*, account_id: UUID, currency: str) -> EntriesBalance:
    """Return the balance as the sum of all its entries: the exact answer, slower as the account grows."""
    sums = Entry.objects.filter(account_id=account_id, currency=currency).aggregate(
        posted=Sum("amount", filter=Q(code__in=["member", "held"]), default=0),
        held=Sum("amount", filter=Q(code="held"), default=0),
        owed=Sum("amount", filter=Q(code="member", lot_id=None), default=0),
    )
    return EntriesBalance(posted=sums["posted"], held=sums["held"], owed=-sums["owed"])


def balance_at(*, account_id: UUID, currency: str, instant: datetime) -> int:
    """Return all points of the account, held ones too, by what had happened until the instant (inclusive).

    By the entries known today, dated by `occurred_at`: a late fact counts from its moment in the world, an expiry from
    its lot's. Lots that are due and not swept yet still count; sweep first where that matters.
    """
    entries = Entry.objects.filter(
        account_id=account_id, currency=currency, occurred_at__lte=instant, code__in=["member", "held"]
    )
    return int(entries.aggregate(total=Sum("amount", default=0))["total"])


def list_entries(
    *,
    account_id: UUID,
    currency: str | None = None,
    before: tuple[datetime, UUID, int] | None = None,
    limit: int = 50,
    codes: Sequence[str] = ("member",),
) -> list[Entry]:
    """Return entries, newest in the world first, of the member's side unless `codes` says otherwise.

    Pages by (occurred_at, posting_id, seq): pass those of the last entry as `before`. At most 1,000.
    """
    assert 1 <= limit <= PAGE_MAX
    found = Entry.objects.filter(account_id=account_id, code__in=codes)
    if currency is not None:
        found = found.filter(currency=currency)
    if before is not None:
        found = found.filter(TupleLessThan(("occurred_at", "posting_id", "seq"), before))
    return list(found.order_by("-occurred_at", "-posting_id", "-seq")[:limit])


def get_posting(*, account_id: UUID, posting_id: UUID) -> Posting:
    """Return a posting. Raises UnknownPosting."""
    found = Posting.objects.filter(account_id=account_id, posting_id=posting_id).first()
    if found is None:
        raise refusal_for(UnknownPosting.default_code, {"posting_id": str(posting_id)})
    return found


def find_posting(*, account_id: UUID, key: str) -> Posting | None:
    """Return the posting that was made under an idempotency key; None where there is none."""
    return Posting.objects.filter(account_id=account_id, idem_key=key).first()


def list_postings(*, account_id: UUID, posting_ids: Sequence[UUID]) -> dict[UUID, Posting]:
    """Return the postings of an account by id (to show beside its entries)."""
    found = Posting.objects.filter(account_id=account_id, posting_id__in=posting_ids)
    return {posting.posting_id: posting for posting in found}


def entries_of(*, account_id: UUID, posting_id: UUID) -> list[Entry]:
    """Return all legs of a posting, in order. Raises UnknownPosting."""
    posting = get_posting(account_id=account_id, posting_id=posting_id)
    legs = Entry.objects.filter(account_id=account_id, occurred_at=posting.occurred_at, posting_id=posting_id)
    return list(legs.order_by("seq"))


def list_lots(*, account_id: UUID, currency: str, include_closed: bool = False) -> list[Lot]:
    """Return lots in the order in which they are spent. Open ones may be due (`expires_at`)."""
    found = Lot.objects.filter(account_id=account_id, currency=currency)
    if not include_closed:
        found = found.filter(is_open=True)
    return list(found.order_by("expires_at", "earned_at", "lot_id"))


def points_expiring(*, account_id: UUID, currency: str, at: datetime, until: datetime) -> list[ExpiringPoints]:
    """Return what dies after `at` and until `until` (inclusive), instant by instant, if nothing is spent or held."""
    sums = (
        Lot.objects.filter(
            account_id=account_id, currency=currency, is_open=True, expires_at__gt=at, expires_at__lte=until
        )
        .values_list("expires_at")
        .annotate(amount=Sum("remaining"))
        .order_by("expires_at")
    )
    return [ExpiringPoints(expires_at, amount) for expires_at, amount in sums if expires_at is not None]


def list_dated_earnings(
    *, account_ids: Sequence[UUID], currency: str, also: Sequence[str] = ()
) -> dict[UUID, list[tuple[datetime, int, datetime | None]]]:
    """Return what each account earned, oldest first, as (occurred_at, amount, of what moment it takes back, if known).

    Only what issues points: purchases and returns, not adjustments, transfers or redemptions. What was taken back
    counts below zero, also as far as it was spent or expired and nothing was there to take: the goods came back all
    the same; a revoke that was reversed took nothing back. Points that had waited were brought when they came to life.
    `also` names further currencies that count together with it. For tiers.
    """
    rows = _rows(
        """with issued as (
               select account_id, occurred_at, posting_id, -sum(amount)::bigint as amount from ledger_entry
               where account_id = any(%(accounts)s) and currency = any(%(currencies)s) and code = 'issuance'
               group by account_id, occurred_at, posting_id
               union all
               select account_id, occurred_at, posting_id, -(already_expired + uncollected) from ledger_posting
               where account_id = any(%(accounts)s) and currency = any(%(currencies)s) and kind = 'revoke'
                   and already_expired + uncollected > 0
           ), undone as (
               select revoke.account_id, revoke.posting_id, case when earned.kind = 'pend' then (
                       select min(lot.earned_at) from ledger_pending waited
                       join ledger_lot lot on lot.account_id = waited.account_id and lot.lot_id = waited.lot_id
                       where waited.account_id = earned.account_id and waited.posting_id = earned.posting_id
                   ) else earned.occurred_at end as earned_at
               from ledger_posting revoke join ledger_posting earned
                   on earned.account_id = revoke.account_id and earned.posting_id = revoke.target_id
               where revoke.account_id = any(%(accounts)s) and earned.account_id = any(%(accounts)s)
                   and revoke.kind = 'revoke'
           ), never as (
               select reversal.account_id, unnest(array[reversal.posting_id, reversal.target_id]) as posting_id
               from ledger_posting reversal join ledger_posting revoke
                   on revoke.account_id = reversal.account_id and revoke.posting_id = reversal.target_id
               where reversal.account_id = any(%(accounts)s) and reversal.kind = 'reverse' and revoke.kind = 'revoke'
           )
           select account_id, issued.occurred_at, sum(issued.amount)::bigint, undone.earned_at
           from issued left join undone using (account_id, posting_id)
           where not exists (
               select from never
               where never.account_id = issued.account_id and never.posting_id = issued.posting_id)
           group by account_id, issued.occurred_at, posting_id, undone.earned_at
           order by account_id, issued.occurred_at, posting_id""",
        {"accounts": list(account_ids), "currencies": [currency, *also]},
    )
    earnings: dict[UUID, list[tuple[datetime, int, datetime | None]]] = defaultdict(list)
    for account_id, occurred_at, amount, undoes in rows:
        earnings[account_id].append((occurred_at, amount, undoes))
    return earnings


def lots_used(*, account_id: UUID, posting_ids: Sequence[UUID]) -> dict[UUID, list[LotUsed]]:
    """Return which lots each posting took from, and how much of each, in the order in which they were taken."""
    rows = _rows(
        """select e.posting_id, e.lot_id, -e.amount, lot.earned_at, lot.expires_at, lot.unit_cost, lot.funding,
               lot.partner_id, lot.rule_version_id
           from ledger_entry e join ledger_lot lot on lot.account_id = e.account_id and lot.lot_id = e.lot_id
           where e.account_id = %s and e.posting_id = any(%s) and e.code = 'member' and e.amount < 0
           order by e.occurred_at, e.posting_id, e.seq""",
        [account_id, list(posting_ids)],
    )
    used: dict[UUID, list[LotUsed]] = defaultdict(list)
    for posting_id, *lot in rows:
        used[posting_id].append(LotUsed(*lot))
    return used


def find_promise(*, account_id: UUID, source_id: UUID, key: str) -> UUID | None:
    """Return what promised for a source (a purchase, or itself): ended under `key`, else waiting; None if none."""
    made = Posting.objects.filter(account_id=account_id, source_id=source_id).values("posting_id")
    ended = Posting.objects.filter(account_id=account_id, idem_key=key, kind__in=("activate", "cancel"))
    known = ended.filter(Q(target_id=source_id) | Q(target_id__in=made)).values_list("target_id", flat=True)
    waiting = Pending.objects.filter(account_id=account_id, is_open=True)
    ids = waiting.filter(Q(posting_id=source_id) | Q(posting_id__in=made)).values_list("posting_id", flat=True)
    return known.first() or ids.first()


def pending_until(*, account_id: UUID, posting_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """Return of each posting that promised points when they come to life; None where an event says so."""
    found = Pending.objects.filter(account_id=account_id, posting_id__in=posting_ids)
    return dict(found.values_list("posting_id", "activates_at"))


def list_expiring(
    *, currency: str, since: datetime, until: datetime, after: UUID | None, limit: int
) -> list[ExpiringOfAccount]:
    """Return the points of the next accounts that die after `since` and by `until`, by account and instant.

    `limit` bounds the accounts; `after` is the last one of the page before.
    """
    rows = _rows(
        """select account_id, expires_at, sum(remaining)::bigint from ledger_lot
           where is_open and currency = %(currency)s and expires_at > %(since)s and expires_at <= %(until)s
               and account_id in (
                   select distinct account_id from ledger_lot
                   where is_open and currency = %(currency)s and expires_at > %(since)s and expires_at <= %(until)s
                       and account_id > %(after)s
                   order by account_id limit %(limit)s)
           group by account_id, expires_at order by account_id, expires_at""",
        {"currency": currency, "since": since, "until": until, "limit": limit, "after": after or UUID(int=0)},
    )
    return [ExpiringOfAccount(*row) for row in rows]


def list_dated_movements(*, account_ids: Sequence[UUID], currency: str) -> dict[UUID, list[tuple[datetime, int]]]:
    """Return what came to the balance of each account and left it, posting by posting, oldest first."""
    rows = _rows(
        """select account_id, occurred_at, sum(amount)::bigint from ledger_entry
           where account_id = any(%s) and currency = %s and code in ('member', 'held')
           group by account_id, occurred_at, posting_id having sum(amount) <> 0
           order by account_id, occurred_at, posting_id""",
        [list(account_ids), currency],
    )
    movements: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for account_id, occurred_at, amount in rows:
        movements[account_id].append((occurred_at, amount))
    return movements


def sum_flow(*, currency: str, since: datetime, until: datetime) -> PointsFlow:
    """Return the points issued, redeemed and expired from `since` to before `until`, by the date in the world.

    Taken back by returns lowers what was issued; held points count as nothing until they are captured.
    """
    sums = Entry.objects.filter(currency=currency, occurred_at__gte=since, occurred_at__lt=until).aggregate(
        issued=Sum("amount", filter=Q(code="issuance"), default=0),
        redeemed=Sum("amount", filter=Q(code="redemption"), default=0),
        expired=Sum("amount", filter=Q(code="breakage"), default=0),
    )
    return PointsFlow(issued=-sums["issued"], redeemed=sums["redeemed"], expired=sums["expired"])


def list_weeks_of_flow(*, currency: str, since: datetime, until: datetime, zone: str) -> list[tuple[date, PointsFlow]]:
    """Return `sum_flow` of each week that had any, by its Monday in the time zone, oldest first."""
    rows = _rows(
        """select date_trunc('week', occurred_at at time zone %s)::date as monday,
                -coalesce(sum(amount) filter (where code = 'issuance'), 0)::bigint,
                coalesce(sum(amount) filter (where code = 'redemption'), 0)::bigint,
                coalesce(sum(amount) filter (where code = 'breakage'), 0)::bigint
           from ledger_entry
           where currency = %s and occurred_at >= %s and occurred_at < %s
               and code in ('issuance', 'redemption', 'breakage')
           group by monday order by monday""",
        [zone, currency, since, until],
    )
    return [(monday, PointsFlow(*sums)) for monday, *sums in rows]


def count_other_postings(*, account_ids: Sequence[UUID], currency: str, source_id: UUID) -> dict[str, int]:
    """Return how many accounts have postings of each kind that another source caused; those without are left out."""
    rows = _rows(
        """select kind, count(distinct account_id) from ledger_posting
           where account_id = any(%s) and currency = %s and source_id is distinct from %s group by kind""",
        [list(account_ids), currency, source_id],
    )
    return {kind: int(count) for kind, count in rows}


def find_broken_invariants(*, account_id: UUID | None = None, limit: int = PAGE_MAX) -> list[Broken]:
    """Return where a promise of the ledger is broken: nowhere, always. Of all accounts it reads every entry."""
    where = "" if account_id is None else "where account_id = %s"
    rows = _rows(
        f"select account_id, currency, posting_id, invariant, detail from ledger_broken {where} limit %s",
        [*([account_id] if account_id is not None else []), limit],
    )
    return [Broken(*row) for row in rows]


def _rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
