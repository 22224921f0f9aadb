"""What a return does to chèques: an unused one is withdrawn and its points go back to their lots, before the return
takes what is its own; a used one stays, and the points follow the policy of their currency or wait as a debt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.outbox import announce
from fidelia.ledger.operations import expire_account, lock_balance, reverse, shut_account, transfer
from fidelia.ledger.queries import get_balance
from fidelia.ledger.queries.lots_followed import taken_by, what_is_left_of
from fidelia.programme.queries import account_now

from ..errors import VoucherUsedUp
from ..events import ChequeWithdrawn
from ..models import Cheque, ChequeDebt
from .vouchers import withdraw_voucher

CHEQUES_MAX = 200


def free_points(
    *, by: Actor, at: datetime, account_id: UUID, posted_on: UUID, currency: str, posting_id: UUID | None, wanted: int
) -> int:
    """Building block of a return, before it takes back `wanted` points: withdraw unused chèques made of them.

    The newest first, until what the posting had brought to `posted_on` is there again (without a posting, until so much
    is available on `account_id`); return how many were withdrawn. A used one, or one that is kept, is passed over.
    """
    require_transaction()
    found = _open_cheques(account_id, posted_on, currency)
    if not found.exists():
        return 0
    lock_balance(account_id=account_id, currency=currency)  # balances come before vouchers, as in every checkout
    lots: tuple[UUID, ...] = ()
    if posting_id is None:
        missing = wanted - get_balance(account_id=account_id, currency=currency, at=at).available
    else:
        brought = what_is_left_of(posting_id=posting_id, posted_on=posted_on, account_id=account_id)
        lots, missing = brought.lots, wanted - brought.left
    withdrawn = 0
    cheques = list(found.order_by("-issued_at", "-place")[:CHEQUES_MAX])
    made_of = taken_by(
        account_ids=[account_id, posted_on], posting_ids=[each.posting_id for each in cheques], lots=lots
    )
    for cheque in cheques:
        gives = cheque.points if posting_id is None else made_of.get(cheque.posting_id, 0)
        if missing > 0 and gives and not cheque.is_kept and _withdraw(by, at, cheque):
            missing -= gives
            withdrawn += 1
    return withdrawn


def with_cheques(account_ids: Sequence[UUID], currency: str) -> set[UUID]:
    """Return those of the accounts of whose points chèques were made that are not withdrawn."""
    found = Cheque.objects.filter(account_id__in=account_ids, points_currency=currency, withdrawn_at__isnull=True)
    return set(found.values_list("account_id", flat=True))


def carry_debt(*, account_id: UUID, posted_on: UUID, currency: str, uncollected: int) -> int:
    """Building block of a return: what it could not take waits for the next chèque, where a used one says so; return
    how much waits now by this return.
    """
    require_transaction()
    found = _open_cheques(account_id, posted_on, currency).filter(carries_debt=True)
    if uncollected <= 0 or not found.exists():
        return 0
    debt, is_new = ChequeDebt.objects.get_or_create(
        account_id=account_id, points_currency=currency, defaults={"points": uncollected}
    )
    if not is_new:
        ChequeDebt.objects.filter(pk=debt.pk).update(points=F("points") + uncollected)
    return uncollected


def _open_cheques(account_id: UUID, posted_on: UUID, currency: str) -> QuerySet[Cheque]:
    return Cheque.objects.filter(
        account_id__in={account_id, posted_on}, points_currency=currency, withdrawn_at__isnull=True
    )


def _withdraw(by: Actor, at: datetime, cheque: Cheque) -> bool:
    try:
        withdraw_voucher(by=by.lent("voucher.revoke"), at=at, voucher_id=cheque.voucher_id)
    except VoucherUsedUp:
        return False
    _put_back(by, at, cheque)
    Cheque.objects.filter(id=cheque.id).update(withdrawn_at=at)
    if cheque.debt:
        account_id = account_now(cheque.account_id)
        carry_debt(
            account_id=account_id, posted_on=cheque.account_id, currency=cheque.points_currency,
            uncollected=cheque.debt,
        )  # fmt: skip
    announce(
        ChequeWithdrawn(
            occurred_at=at, customer_id=cheque.customer_id, cheque_id=cheque.id, voucher_id=cheque.voucher_id,
            programme_id=cheque.programme_id, enrolment_id=cheque.enrolment_id, points=cheque.points,
        )
    )  # fmt: skip
    return True


def _put_back(by: Actor, at: datetime, cheque: Cheque) -> None:
    """Let the points be in the lots they were taken from; where the member joined a pool since, in the pool."""
    give_points_back(
        by=by, at=at, account_id=cheque.account_id, currency=cheque.points_currency, posting_id=cheque.posting_id,
        source_type="cheque", source_id=cheque.id,
    )  # fmt: skip


def give_points_back(
    *, by: Actor, at: datetime, account_id: UUID, currency: str, posting_id: UUID, source_type: str, source_id: UUID
) -> None:
    """Building block: undo a spending of points, into their own lots; they follow their member into a pool.

    What has expired meanwhile expires again. Raises AlreadyReversed.
    """
    require_transaction()
    now_at, key = account_now(account_id), f"{source_type}:{source_id}:back"
    if now_at != account_id:
        shut_account(by=by, at=at, account_id=account_id, is_shut=False)
    reverse(
        by=by, at=at, account_id=account_id, currency=currency, posting_id=posting_id, key=key,
        source_type=source_type, source_id=source_id,
    )  # fmt: skip
    if now_at != account_id:
        if get_balance(account_id=account_id, currency=currency, at=at).available > 0:
            transfer(
                by=by, at=at, from_account_id=account_id, to_account_id=now_at, currency=currency, amount=None,
                key=key + ":moved",
            )  # fmt: skip
        expire_account(by=by, at=at, account_id=account_id, currency=currency)
        shut_account(by=by, at=at, account_id=account_id, is_shut=True)
