"""How far a member is from the next chèque fidélité, and which there were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, Sum

from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day
from fidelia.ledger.queries import list_balances
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import terms_in_force
from fidelia.rules.cheque_terms import ChequePolicy

from ..models import Cheque, ChequeDebt
from .vouchers import VoucherRow, vouchers_by_id

LIMIT_MAX = 200


@dataclass(frozen=True, slots=True)
class ChequeStanding:
    """One kind of chèque as it stands to a member; points and money in minor units.

    `points` count towards it now, `missing` are still to be earned, `amount` is what it will be worth as things stand
    (its smallest worth while points are missing), `next_on` the day it comes (None: as soon as the points are there).
    """

    policy: ChequePolicy
    points: int
    missing: int
    amount: int
    next_on: date | None

    @property
    def ratio(self) -> float:
        """How much of the way is gone, 0 to 1."""
        return min(1.0, self.points / self.policy.threshold)


@dataclass(frozen=True, slots=True)
class ChequeFigures:
    """What became of the chèques of a programme: how many and their money in minor units."""

    issued: int
    amount: int
    withdrawn: int


def cheque_standings(enrolment: Enrolment, *, at: datetime) -> list[ChequeStanding]:
    """Return each kind of chèque of the terms in force, in their order, as it stands to a member."""
    terms = terms_in_force(enrolment, at)
    return [] if terms is None else [_standing(one, enrolment, at) for one in terms.cheques]


def list_cheques(*, by: Actor, customer_ids: Iterable[UUID], limit: int = LIMIT_MAX) -> list[tuple[Cheque, VoucherRow]]:
    """Return the chèques of one person (all ids) with their vouchers, the newest first. Raises Denied (voucher.see)."""
    by.require("voucher.see")
    found = list(
        Cheque.objects.filter(customer_id__in=list(customer_ids)).order_by("-issued_at", "-place")[
            : min(limit, LIMIT_MAX)
        ]
    )
    vouchers = vouchers_by_id([one.voucher_id for one in found])
    return [(one, vouchers[one.voucher_id]) for one in found]


def cheque_figures(*, by: Actor, programme: Programme, since: datetime) -> ChequeFigures:
    """Return what was issued of a programme from a moment on. Raises Denied (voucher.see)."""
    by.require("voucher.see")
    sums = Cheque.objects.filter(programme_id=programme.id, recorded_at__gte=since).aggregate(
        issued=Count("id"), amount=Sum("amount", default=0), withdrawn=Count("id", filter=Q(withdrawn_at__isnull=False))
    )
    return ChequeFigures(**sums)


def _standing(policy: ChequePolicy, enrolment: Enrolment, at: datetime) -> ChequeStanding:
    currency = policy.currency or enrolment.programme.points_currency_id
    balances = list_balances(account_ids=[enrolment.account_id], currency=currency, at=at)
    owed = ChequeDebt.objects.filter(account_id=enrolment.account_id, points_currency=currency)
    terms = terms_in_force(enrolment, at)
    assert terms is not None, "the policy is of these terms"
    points = sum(one.available for one in balances.values()) - sum(owed.values_list("points", flat=True))
    joined = local_day(enrolment.enrolled_at, terms.zone)
    return ChequeStanding(
        policy=policy,
        points=max(0, points),
        missing=max(0, policy.threshold - points),
        amount=policy.worth(max(points, policy.threshold))[1],
        next_on=policy.next_on(at, terms.zone, joined),
    )
