"""All the points of one account come to another: who joins a pool brings them, and a card that finds its person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.ledger.models import Balance, Pending
from fidelia.ledger.operations import (
    EarnPart,
    cancel_pending,
    expire_account,
    open_account,
    pend,
    shut_account,
    transfer,
)
from fidelia.ledger.queries import get_balance, list_postings

from ..errors import NotSettled
from ..models import Enrolment, PointsCurrency, Programme
from ..queries.tier_facts import tier_credit_of
from .audit import audit
from .enrolments import close_enrolment


def bring_points(
    *, by: Actor, at: datetime, account_id: UUID, to_account_id: UUID, currency: str, key: str, shuts: bool = True
) -> int:
    """Move all that an account has to another, pending points too, and shut it; return the available points moved.

    What has expired stays behind, written down. Building block. Raises NotSettled (something is held, or owed).
    """
    require_transaction()
    expire_account(by=by, at=at, account_id=account_id, currency=currency)
    balance = get_balance(account_id=account_id, currency=currency, at=at)
    if balance.held or balance.owed:
        raise NotSettled("Points are held, or owed: let that be settled first.", held=balance.held, owed=balance.owed)
    if balance.available:
        transfer(
            by=by, at=at, from_account_id=account_id, to_account_id=to_account_id, currency=currency, amount=None,
            key=key,
        )  # fmt: skip
    _move_pending(by, at, (account_id, to_account_id), currency, key)
    if shuts and not shut_account(by=by, at=at, account_id=account_id, is_shut=True):
        raise NotSettled("Something of the account cannot be brought along.")
    return balance.available


def bring_all(*, by: Actor, at: datetime, programme: Programme, account_id: UUID, to_account_id: UUID, key: str) -> int:
    """Move the points of every currency, and what counts for tiers beside them, and shut the account: main one last.

    Building block. Returns the available points of the main currency that moved. Raises NotSettled.
    """
    main = programme.points_currency_id
    others = programme.more_currencies.values_list("currency_id", flat=True)
    codes = [code for one in (*sorted(others), main) for code in (tier_credit_of(one), one)]
    has = set(Balance.objects.filter(account_id=account_id, currency__in=codes).values_list("currency", flat=True))
    moved = 0
    for currency in [code for code in codes if code in has or code == main]:
        known = PointsCurrency.objects.filter(code=currency).first()
        open_account(
            by=by, at=at, currency=currency, account_id=to_account_id,
            may_go_negative=known is not None and known.may_go_negative,
        )  # fmt: skip
        moved = bring_points(
            by=by, at=at, account_id=account_id, to_account_id=to_account_id, currency=currency,
            key=f"{key}:{currency}", shuts=currency == main,
        )  # fmt: skip
    return moved


def _move_pending(by: Actor, at: datetime, between: tuple[UUID, UUID], currency: str, key: str) -> None:
    """What is pending is given up here and promised there: the same lots to be, of the same purchase, at their time."""
    own, to = between
    waiting = list(Pending.objects.filter(account_id=own, currency=currency, is_open=True).order_by("lot_id"))
    postings = list_postings(account_id=own, posting_ids=[each.posting_id for each in waiting])
    for each in waiting:
        posting, lot_key = postings[each.posting_id], f"{key}:{each.lot_id}"
        cancel_pending(by=by, at=at, account_id=own, currency=currency, posting_id=each.lot_id, key=lot_key)
        pend(
            by=by, at=at, account_id=to, currency=currency, key=lot_key, occurred_at=at,
            parts=[EarnPart(amount=each.remaining, expires_at=each.expires_at, lot_id=each.lot_id)],
            activates_at=each.activates_at, cancels_at=each.cancels_at, source_type=posting.source_type,
            source_id=posting.source_id,
        )  # fmt: skip


def follow_member(*, by: Actor, at: datetime, enrolment: Enrolment, to: Enrolment) -> int:
    """Let a provisional membership follow its member: points of every currency move, and the membership ends.

    Building block; both rows are locked in the order of their ids. Returns the points of the main currency that moved.
    Raises NotSettled, EnrolmentEnded.
    """
    require_transaction()
    list(Enrolment.objects.select_for_update().filter(id__in=[enrolment.id, to.id]).order_by("id"))
    for one in (enrolment, to):
        one.refresh_from_db()
    moved = bring_all(
        by=by, at=at, programme=enrolment.programme, account_id=enrolment.account_id, to_account_id=to.account_id,
        key=f"follow:{enrolment.id}",
    )  # fmt: skip
    close_enrolment(by=by, at=at, enrolment=enrolment)
    Enrolment.objects.filter(id=enrolment.id).update(followed_by=to)
    audit(by, at, "enrolment.end", enrolment.id, after={"followed_by": str(to.id), "points": str(moved)})
    return moved
