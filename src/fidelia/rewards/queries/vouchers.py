"""Questions about vouchers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from fidelia.kernel.actor import Actor, Scope

from ..errors import UnknownVoucher
from ..models import Counter, Voucher
from ..operations.patterns import normalise_code

LIMIT_MAX = 200
_TOTALS = """
select voucher.currency, case
        when voucher.revoked_at is not null then 'revoked'
        when coalesce(counter.taken, 0) >= voucher.amount then 'used'
        when voucher.valid_until <= %s then 'expired'
        else 'open' end as state,
    count(*), sum(voucher.amount), sum(coalesce(counter.taken, 0))
from rewards_voucher voucher
left join rewards_counter counter on counter.programme_id = voucher.programme_id and counter.scope_id = %s
    and counter.subject = 'voucher:' || voucher.id::text and counter.starts_on = '0001-01-01'
where voucher.programme_id = %s and voucher.issued_at >= %s
group by 1, 2 order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher with what was used of it, in minor units."""

    voucher: Voucher
    used: int

    @property
    def left(self) -> int:
        return self.voucher.amount - self.used

    def state_at(self, at: datetime) -> str:
        """Return "revoked", "used", "expired", "not_yet", or "open"."""
        one = self.voucher
        if one.revoked_at is not None:
            return "revoked"
        if self.left <= 0:
            return "used"
        if one.valid_until is not None and one.valid_until <= at:
            return "expired"
        return "not_yet" if at < one.valid_from else "open"


@dataclass(frozen=True, slots=True)
class VoucherTotal:
    """Vouchers of one currency and state together: how many, what they are worth and what was used of them."""

    currency: str
    state: str
    count: int
    amount: int
    used: int


def voucher_totals(*, by: Actor, programme_id: UUID, at: datetime, since: datetime) -> list[VoucherTotal]:
    """Return what became of the vouchers issued since a moment: "open", "used", "expired", "revoked".

    Raises Denied (voucher.see).
    """
    by.require("voucher.see")
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, [at, UUID(int=0), programme_id, since])
        return [
            VoucherTotal(currency, state, count, int(amount), int(used))
            for currency, state, count, amount, used in cursor.fetchall()
        ]


def get_voucher(
    *, by: Actor, voucher_id: UUID | None = None, programme_id: UUID | None = None, code: str = ""
) -> VoucherRow:
    """Return a voucher by its id, or by its code in a programme. Raises Denied (voucher.see), UnknownVoucher."""
    if not by.may_somewhere("voucher.see"):
        by.require("voucher.see")
    named = Q(pk=voucher_id) if voucher_id is not None else Q(programme_id=programme_id, code=normalise_code(code))
    found = Voucher.objects.select_related("programme").filter(
        named, programme__is_sandbox=by.mode == "test"
    ).first()  # fmt: skip
    if found is None or not by.may("voucher.see", Scope(found.partner_id)):
        raise UnknownVoucher("No voucher has this code.")
    return with_used([found])[0]


def list_vouchers(*, by: Actor, customer_ids: Iterable[UUID], limit: int = LIMIT_MAX) -> list[VoucherRow]:
    """Return the vouchers of a member (all the ids of one person), the newest first. Raises Denied (voucher.see)."""
    by.require("voucher.see")
    found = Voucher.objects.select_related("programme").filter(customer_id__in=list(customer_ids))
    return with_used(list(found.order_by("-issued_at", "-id")[: min(limit, LIMIT_MAX)]))


def vouchers_of_source(source_ids: Iterable[UUID]) -> list[VoucherRow]:
    """Return what these sources issued (see `NewVoucher.source_id`), for the module that issued it."""
    return with_used(list(Voucher.objects.filter(source_id__in=list(source_ids)).order_by("issued_at", "id")))


def vouchers_by_id(voucher_ids: Iterable[UUID]) -> dict[UUID, VoucherRow]:
    """Return vouchers by their ids, for the module that tells of them."""
    found = with_used(list(Voucher.objects.filter(id__in=list(voucher_ids))))
    return {row.voucher.id: row for row in found}


def with_used(vouchers: Sequence[Voucher]) -> list[VoucherRow]:
    """Return vouchers with what was used of them; one query."""
    subjects = [f"voucher:{one.id}" for one in vouchers]
    programmes = {one.programme_id for one in vouchers}
    counted = Counter.objects.filter(programme_id__in=programmes, scope_id=UUID(int=0), subject__in=subjects)
    taken = dict(counted.values_list("subject", "taken"))
    return [VoucherRow(one, taken.get(f"voucher:{one.id}", 0)) for one in vouchers]
