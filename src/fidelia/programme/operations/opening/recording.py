"""Write a batch of members: enrolments, tiers, points; in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from fidelia.access.operations import record_audit
from fidelia.intake.models import Import
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.outbox import Origin, announce
from fidelia.ledger.operations import BulkOpening, open_accounts, open_in_bulk

from ...events import BalancesOpened
from ...models import Enrolment, Opening, OpeningLot, OpeningMember
from ..enrolments import NewMember, enrol_in_bulk
from ..tiers import rederive_tiers
from .currencies import MAIN
from .judging import Standing
from .reading import MemberReader, MemberRow, SaidLot

SOURCE = "opening"
LOT_COLUMNS = (
    *("opening_id", "row_number", "place", "account_id", "currency", "amount", "expires_on", "earned_on"),
    "posting_id",
)
_MEMBERS = """
insert into programme_opening_member (opening_id, enrolment_id, is_enrolled, tier)
select %s, said.* from unnest(%s::uuid[], %s::boolean[], %s::text[]) as said
on conflict (opening_id, enrolment_id) do update set tier = excluded.tier where excluded.tier <> ''
"""
_GRANTS = """
insert into programme_tier_grant
    (enrolment_id, tier, valid_from, valid_until, source_type, source_id, recorded_at)
select said.enrolment_id, said.tier, %(cut_over)s, said.valid_until, 'opening', %(opening)s, %(at)s
from unnest(%(enrolments)s::uuid[], %(tiers)s::text[], %(untils)s::timestamptz[])
    as said (enrolment_id, tier, valid_until)
where not exists (
    select from programme_tier_grant g where g.enrolment_id = said.enrolment_id and g.source_id = %(opening)s)
"""


def place_opening(reader: MemberReader, found: Import, *, at: datetime) -> Opening:
    """Return the opening of an import, made once."""
    opening, _is_new = Opening.objects.get_or_create(
        id=found.id,
        defaults={
            "programme": reader.programme,
            "source": reader.former,
            "cut_over": reader.cut_over,
            "recorded_at": at,
        },
    )
    return opening


def open_members(
    reader: MemberReader,
    found: Import,
    rows: Sequence[MemberRow],
    holders: Mapping[int, UUID],
    standing: Standing,
    *,
    by: Actor,
    at: datetime,
) -> dict[str, int]:
    """Enrol, grant and post what a batch of rows says; audit and announce it as one. Returns counts and points."""
    if not rows:
        return {}
    enrolled = _enrol(reader, rows, holders, by=by, at=at)
    customers = {holders[row.number] for row in rows}
    fresh = Enrolment.objects.filter(id__in=list(enrolled.values())).in_bulk()
    standing.enrolments |= {one.customer_id: one for one in fresh.values()}
    members = {customer_id: standing.enrolments[customer_id] for customer_id in customers}
    tiers = {members[holders[row.number]].id: row for row in rows if row.tier}
    _write_members(found, members, set(enrolled.values()), {key: row.tier for key, row in tiers.items()})
    _grant(reader, found, tiers, at)
    holding = {number: members[one] for number, one in holders.items() if one in members}
    posted = _post(reader, found, rows, holding, by=by, at=at)
    rederive_tiers(at=at, enrolment_ids=tiers, origin=Origin.BACKFILL, is_announced=False)
    counts = {
        "posted_points": posted,
        "posted_balances": sum(len(row.lots) for row in rows),
        "enrolled_members": len(enrolled),
        "granted_tiers": len(tiers),
    }
    record_audit(by=by, at=at, verb="points.open", object_type="import", object_id=found.id, after=counts)
    announce(
        BalancesOpened(
            occurred_at=reader.cut_over, origin=Origin.BACKFILL, import_id=found.id,
            programme_id=reader.programme.id, count=len(members), points=posted,
        )
    )  # fmt: skip
    return counts


def _enrol(
    reader: MemberReader, rows: Sequence[MemberRow], holders: Mapping[int, UUID], *, by: Actor, at: datetime
) -> dict[UUID, UUID]:
    """Enrol those who are no members yet, from the earliest day that their rows say, else from the first day here."""
    since: dict[UUID, datetime] = {}
    for row in rows:
        moment = row.enrolled_at or reader.cut_over
        since[holders[row.number]] = min(since.get(holders[row.number], moment), moment)
    members = [NewMember(customer_id, moment) for customer_id, moment in since.items()]
    return enrol_in_bulk(
        by=by.lent("enrolment.create"), at=at, programme=reader.programme, members=members, source=SOURCE
    )  # fmt: skip


def _write_members(found: Import, members: Mapping[UUID, Enrolment], new: set[UUID], tiers: Mapping[UUID, str]) -> None:
    ids = [enrolment.id for enrolment in members.values()]
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [found.id, ids, [one in new for one in ids], [tiers.get(one, "") for one in ids]])


def _grant(reader: MemberReader, found: Import, tiers: Mapping[UUID, MemberRow], at: datetime) -> None:
    if tiers:
        with connection.cursor() as cursor:
            cursor.execute(
                _GRANTS,
                {
                    "cut_over": reader.cut_over,
                    "opening": found.id,
                    "at": at,
                    "enrolments": list(tiers),
                    "tiers": [row.tier for row in tiers.values()],
                    "untils": [row.tier_until for row in tiers.values()],
                },
            )


def _post(
    reader: MemberReader,
    found: Import,
    rows: Sequence[MemberRow],
    holding: Mapping[int, Enrolment],
    *,
    by: Actor,
    at: datetime,
) -> int:
    """Post each balance once, by a key of its place in the file; what is recorded beside the points must be posted.

    Returns the points of the main currency.
    """
    posted = 0
    for currency in dict.fromkeys(lot.currency for row in rows for lot in row.lots):
        said = [(row, lot) for row in rows for lot in row.lots if lot.currency == currency]
        if currency != MAIN:
            _open_accounts(reader, currency, [holding[row.number] for row, _lot in said], by=by, at=at)
        points = _post_said(reader, found, said, currency, holding, by=by, at=at)
        posted += points if currency == MAIN else 0
    return posted


def _open_accounts(
    reader: MemberReader, currency: str, enrolments: Sequence[Enrolment], *, by: Actor, at: datetime
) -> None:
    partners = {one.account_id: one.partner_id for one in enrolments}
    open_accounts(
        by=by, at=at, account_ids=sorted(partners), currency=reader.currencies.code_of(currency),
        partner_ids=[partners[account] for account in sorted(partners)],
        may_go_negative=reader.currencies.get(currency).may_go_negative,
    )  # fmt: skip


def _post_said(
    reader: MemberReader,
    found: Import,
    said: Sequence[tuple[MemberRow, SaidLot]],
    currency: str,
    holding: Mapping[int, Enrolment],
    *,
    by: Actor,
    at: datetime,
) -> int:
    openings = [_opening(reader, found, row, lot, holding[row.number].account_id) for row, lot in said]
    code = reader.currencies.code_of(currency)
    results = open_in_bulk(by=by, at=at, currency=code, openings=openings, source_id=found.id)
    for one, result in zip(openings, results, strict=True):
        assert result.status == "posted", f"the ledger refused {one.key}: {result.status}"
    copy_rows(
        "programme_opening_lot",
        LOT_COLUMNS,
        (
            (found.id, row.number, lot.place, one.account_id, currency, lot.amount, lot.expires_on, lot.earned_on,
             one.posting_id)
            for (row, lot), one in zip(said, openings, strict=True)
        ),
    )  # fmt: skip
    return sum(one.amount for one in openings)


def key_of(import_id: UUID, row_number: int, place: int) -> str:
    """Return the idempotency key of the posting of one balance."""
    return f"opening:{import_id.hex}:{row_number}:{place}"


def _opening(reader: MemberReader, found: Import, row: MemberRow, lot: SaidLot, account_id: UUID) -> BulkOpening:
    return BulkOpening(
        account_id=account_id,
        amount=lot.amount,
        key=key_of(found.id, row.number, lot.place),
        occurred_at=reader.cut_over,
        earned_at=lot.earned_at,
        expires_at=lot.expires_at,
    )


def sum_up(found: Import) -> dict[str, Any]:
    """Return what the tables say was posted by expiry date and granted by tier, and what is new of it since last told.

    (The totals of a recording after a mending are added to those before.)
    """
    every = OpeningLot.objects.filter(opening_id=found.id)
    opened = every.filter(currency=MAIN)
    members = OpeningMember.objects.filter(opening_id=found.id)
    tiers = members.exclude(tier="").values_list("tier")
    exact = {
        "posted_points": int(opened.aggregate(points=Sum("amount", default=0))["points"]),
        "posted_balances": every.count(),
        "enrolled_members": members.filter(is_enrolled=True).count(),
        "granted_tiers": members.exclude(tier="").count(),
    }
    further = every.exclude(currency=MAIN).values_list("currency").annotate(points=Sum("amount")).order_by("currency")
    return {
        **{name: number - int(found.totals.get(name, 0)) for name, number in exact.items()},
        "by_expiry": _by_expiry(opened),
        "by_tier": dict(tiers.annotate(n=Count("id")).order_by("tier")),
        "by_currency": {
            code: {"posted_points": int(points), "by_expiry": _by_expiry(every.filter(currency=code))}
            for code, points in further
        },
    }


def _by_expiry(lots: QuerySet[OpeningLot]) -> dict[str, int]:
    summed = lots.values_list("expires_on").annotate(points=Sum("amount")).order_by("expires_on")
    return dict(sorted({day.isoformat() if day else "never": int(points) for day, points in summed}.items()))
