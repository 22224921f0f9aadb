"""What a batch of an import had recorded, and how its points and decisions are taken back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows
from fidelia.ledger.operations import BulkEarn, BulkReversal, BulkRevoke, RevokePolicy, post_in_bulk, reverse_in_bulk
from fidelia.ledger.queries.postings import list_moments
from fidelia.programme.models import Enrolment, PointsCurrency
from fidelia.programme.operations.granting import revoke_policy_of
from fidelia.rules import Decision, LineAllocation

from ..deciding import ChainHead, Decided, chained
from .history import DECISION_COLUMNS
from .writing import move_chains

SOURCE = "purchase_undone"
_RECORDED = """
select purchase.purchase_id, purchase.occurred_at, purchase.customer_id, purchase.total,
    coalesce(claim.enrolment_id, purchase.enrolment_id), coalesce(claim.account_id, purchase.account_id),
    coalesce(claim.points, purchase.points), coalesce(claim.posting_id, purchase.posting_id),
    coalesce(claim.rule_version_id, purchase.rule_version_id),
    lines.quantities, coalesce(claim.line_points, lines.points)
from activity_purchase purchase
left join activity_claim claim
    on claim.purchase_id = purchase.purchase_id and purchase.customer_id is not null
cross join lateral (
    select array_agg(quantity order by line_number) as quantities, array_agg(points order by line_number) as points
    from activity_line line where line.purchase_id = purchase.purchase_id) lines
where purchase.purchase_id = any (%s)
order by purchase.occurred_at, purchase.purchase_id
"""
# As returns and claims of one wait for each other: an account's on its chain, those of no account on themselves.
_LOCK_CHAINS = """
select account_id, sequence, hash from activity_chain where account_id = any (%s) order by account_id for update
"""
_LOCK_ANONYMOUS = """
select pg_advisory_xact_lock(hashtextextended(id::text, 0)) from (select unnest(%s::uuid[]) as id order by 1) sale
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One purchase as an import recorded it, or as it counts since it was rewarded afterwards."""

    purchase_id: UUID
    occurred_at: datetime
    customer_id: UUID | None
    total: int
    enrolment_id: UUID | None
    account_id: UUID | None
    points: int
    posting_id: UUID | None
    rule_version_id: UUID | None
    quantities: list[int]
    line_points: list[int]

    @property
    def key(self) -> str:
        return f"purchase:{self.purchase_id}"


@dataclass(slots=True)
class TakenBack:
    """What the taking back of a batch comes to; `refused` says by the ledger's code what could not be."""

    recorded: list[Recorded] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, recorded: Sequence[Recorded]) -> TakenBack:
        return cls(list(recorded))

    def refuse(self, code: str) -> None:
        self.refused[code] += 1

    @property
    def enrolments(self) -> set[UUID]:
        return {one.enrolment_id for one in self.recorded if one.enrolment_id is not None}

    def as_counts(self) -> dict[str, int]:
        return {
            "taken_back_purchases": len(self.recorded),
            "taken_back_rows": sum(len(one.quantities) for one in self.recorded),
            "taken_back_net": sum(one.total for one in self.recorded),
            "reversed_points": sum(one.points for one in self.recorded),
        }


def read_recorded(purchase_ids: Sequence[UUID]) -> list[Recorded]:
    """Return the purchases of a batch in the order of time."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORDED, [list(purchase_ids)])
        return [Recorded(*row) for row in cursor.fetchall()]


def lock_purchases(recorded: Sequence[Recorded]) -> None:
    """Hold what a return, a claim or a decision about their members would wait on."""
    accounts = sorted({one.account_id for one in recorded if one.account_id is not None})
    alone = [one.purchase_id for one in recorded if one.account_id is None]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CHAINS, [accounts])
        cursor.execute(_LOCK_ANONYMOUS, [alone])


def post_back(taken: TakenBack, *, by: Actor, at: datetime) -> None:
    """Post the opposite of what each purchase moved, on the date of what it moved; count what the ledger refuses.

    What returns took is given back first, whole and to its lots; then what purchases brought is revoked.
    """
    moved = [one for one in taken.recorded if one.posting_id is not None and one.account_id is not None]
    moments = list_moments((one.account_id, one.posting_id) for one in moved if one.account_id and one.posting_id)
    for currency, purchases in _by_currency(moved).items():
        moment_of = {one.purchase_id: moments[_account(one), one.posting_id] for one in purchases if one.posting_id}
        policy: RevokePolicy = "allow_negative" if revoke_policy_of(currency) == "allow_negative" else "refuse"
        _give_back(_Postings(taken, currency.code, moment_of, by, at), [one for one in purchases if one.points < 0])
        revokes = [
            BulkRevoke(
                account_id=_account(one), amount=one.points, key=f"undo:{one.key}", earn_key=one.key, policy=policy,
                occurred_at=moment_of[one.purchase_id], source_id=one.purchase_id,
            )
            for one in purchases if one.points > 0
        ]  # fmt: skip
        results = post_in_bulk(by=by, at=at, currency=currency.code, postings=revokes, source_type=SOURCE)
        taken.refused.update(result.status for result in results if result.status not in ("posted", "replayed"))


def _account(one: Recorded) -> UUID:
    assert one.account_id is not None, "what moved points has an account"
    return one.account_id


def _by_currency(moved: Iterable[Recorded]) -> dict[PointsCurrency, list[Recorded]]:
    found = list(moved)
    enrolments = Enrolment.objects.select_related("programme__points_currency").in_bulk(
        {one.enrolment_id for one in found if one.enrolment_id is not None}
    )
    by_currency: dict[PointsCurrency, list[Recorded]] = defaultdict(list)
    for one in found:
        if one.enrolment_id in enrolments:
            by_currency[enrolments[one.enrolment_id].programme.points_currency].append(one)
    return by_currency


@dataclass(frozen=True, slots=True)
class _Postings:
    """What the postings of one currency have in common."""

    taken: TakenBack
    currency: str
    moment_of: Mapping[UUID, datetime]
    by: Actor
    at: datetime


def _give_back(around: _Postings, returns: Sequence[Recorded]) -> None:
    """A debt that later points filled has no lot to go back to: it is given back as points of its day."""
    latest = sorted(returns, key=attrgetter("occurred_at"), reverse=True)
    reversals = [
        BulkReversal(
            account_id=_account(one), target_key=one.key, key=f"undo:{one.key}",
            occurred_at=around.moment_of[one.purchase_id], source_id=one.purchase_id,
        )
        for one in latest
    ]  # fmt: skip
    results = reverse_in_bulk(
        by=around.by, at=around.at, currency=around.currency, reversals=reversals, source_type=SOURCE
    )
    filled = []
    for one, result in zip(latest, results, strict=True):
        if result.status == "not_reversible":
            filled.append(
                BulkEarn(
                    account_id=_account(one), amount=-one.points, key=f"undo:{one.key}",
                    occurred_at=around.moment_of[one.purchase_id], source_id=one.purchase_id,
                )
            )  # fmt: skip
        elif result.status not in ("posted", "replayed"):
            around.taken.refuse(result.status)
    post_in_bulk(by=around.by, at=around.at, currency=around.currency, postings=filled, source_type=SOURCE)


def chain_of(taken: TakenBack, *, import_id: UUID, at: datetime) -> None:
    """Write, after the last decision of each account, that those of these purchases are taken back."""
    heads = _heads([one.account_id for one in taken.recorded if one.account_id is not None])
    rows = []
    for one in taken.recorded:
        head = heads.get(one.account_id) if one.account_id is not None else None
        if head is not None and one.rule_version_id is not None:
            decided = _decided(one, import_id, head)
            heads[head.account_id] = decided.head
            row = decided.row
            rows.append(
                (row.account_id, row.sequence, one.purchase_id, row.rule_version_id, row.text, row.previous_hash,
                 row.hash, row.occurred_at, at)
            )  # fmt: skip
    copy_rows("activity_decision", DECISION_COLUMNS, rows)
    move_chains(heads)


def _heads(accounts: Sequence[UUID]) -> dict[UUID, ChainHead]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CHAINS, [sorted(set(accounts))])
        return {account: ChainHead(account, sequence, bytes(hash_)) for account, sequence, hash_ in cursor.fetchall()}


def _decided(one: Recorded, import_id: UUID, head: ChainHead) -> Decided:
    lines = zip(one.quantities, one.line_points, strict=True)
    decision = Decision(
        rule_version_id=str(one.rule_version_id),
        occurred_at=one.occurred_at,
        values={"taken_back": str(one.purchase_id), "import": str(import_id)},
        points=-one.points,
        outcomes=(),
        lines=tuple(LineAllocation(-quantity, -points) for quantity, points in lines),
    )
    return chained(decision, one.rule_version_id, head)
