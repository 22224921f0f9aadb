"""Take back what a file of gift cards, vouchers or coupons brought in: all of it, or nothing where some of it was used.

A movement of money is never erased: a card's is undone by another. A code that was taken back may be brought in again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Exists, Model, OuterRef

from fidelia.intake.models import Import
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.programme.errors import OpeningDependedOn
from fidelia.programme.models import Programme

from ..models import CouponCode, GiftCardMovement, Voucher
from .audit import audit

Owed = TypeVar("Owed", bound=Model)
TAKEN_BACK = "import taken back"
_LOCKED_CARDS = """
select card.id, card.movements - sold.number, card.blocked_at is not null, exists (
    select from rewards_reservation held where held.programme_id = card.programme_id
        and held.subject = 'gift_card:' || card.id and held.expires_at > %(at)s)
from rewards_gift_card card
join rewards_gift_card_movement sold on sold.card_id = card.id and sold.import_id = %(import)s and sold.kind = 'sold'
where not exists (select from rewards_gift_card_movement back
    where back.card_id = card.id and back.import_id = %(import)s and back.kind = 'refunded')
order by card.id for no key update of card
"""
_EMPTY_CARDS = """
with emptied as (
    update rewards_gift_card card set balance = 0, movements = card.movements + 1
    from rewards_gift_card_movement sold
    where card.id = any(%(cards)s) and sold.card_id = card.id and sold.import_id = %(import)s and sold.kind = 'sold'
    returning card.id, card.movements, sold.amount
)
insert into rewards_gift_card_movement
    (card_id, number, kind, amount, balance_after, note, import_id, occurred_at, recorded_at)
select id, movements, 'refunded', -amount, 0, %(note)s, %(import)s, %(at)s, %(at)s from emptied
returning -amount
"""
# The counters come before what they count, as in every checkout.
_COUNTED = """
select sum(taken) from (
    select counter.taken from rewards_counter counter
    where counter.subject = any(%(subjects)s) order by counter.programme_id, counter.subject for update
) counted
"""
_USED = "select coalesce(sum(amount), 0) from rewards_use where subject = any(%(subjects)s)"
_RESERVED = "select count(*) from rewards_reservation where subject = any(%(subjects)s) and expires_at > %(at)s"


def undo_gift_cards(
    found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False
) -> dict[str, int]:
    """Take the money off the cards of an import again. Raises Denied (gift_card.sell), OpeningDependedOn."""
    by.require("gift_card.sell")
    asked: dict[str, Any] = {"import": found.id, "at": at, "note": TAKEN_BACK}
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute(_LOCKED_CARDS, asked)
        cards = cursor.fetchall()
        _refuse({
            "gift cards": sum(moved > 0 for _id, moved, _blocked, _held in cards),
            "checkouts": sum(held for *_rest, held in cards),
        })  # fmt: skip
        cursor.execute(_EMPTY_CARDS, {**asked, "cards": [row[0] for row in cards]})
        amounts = [int(row[0]) for row in cursor.fetchall()]
        counts = {"taken_back_gift_cards": len(amounts), "taken_back_amount": sum(amounts)}
        audit(by, at, "gift_card.sell", found.id, before=counts)
    progress.step(len(amounts))
    return counts


def undo_vouchers(
    found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False
) -> dict[str, int]:
    """Take the vouchers of an import back. Raises Denied (voucher.issue), OpeningDependedOn."""
    by.require("voucher.issue")
    with transaction_of_use_case():
        mine = Voucher.objects.filter(source_type="import", source_id=found.id, revoked_at__isnull=True)
        ids = list(mine.order_by("id").values_list("id", flat=True))
        _refuse_used("vouchers", [f"voucher:{one}" for one in ids], at)
        vouchers = list(Voucher.objects.select_for_update().filter(id__in=ids, revoked_at__isnull=True).order_by("id"))
        Voucher.objects.filter(id__in=[one.id for one in vouchers]).update(revoked_at=at)
        counts = {"taken_back_vouchers": len(vouchers), "taken_back_amount": sum(one.amount for one in vouchers)}
        audit(by, at, "voucher.issue", found.id, before=counts)
    progress.step(len(vouchers))
    return counts


def undo_coupons(found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False) -> dict[str, int]:
    """Take the codes of an import out of their series again. Raises Denied (coupon.generate), OpeningDependedOn."""
    by.require("coupon.generate")
    with transaction_of_use_case():
        mine = CouponCode.objects.filter(source_id=found.id).order_by("id")
        ids = list(mine.values_list("id", flat=True))
        _refuse_used("coupons", [f"coupon:{one}" for one in ids], at)
        CouponCode.objects.filter(id__in=ids).delete()
        counts = {"taken_back_coupons": len(ids)}
        audit(by, at, "coupon.generate", found.id, before=counts)
    progress.step(len(ids))
    return counts


def taken_back(
    kind: type[Owed], programme: Programme, codes: Sequence[str], *, locks: bool = False
) -> Mapping[str, Owed]:
    """Return the gift cards or vouchers of these codes whose import was taken back, by code."""
    rows: Any = kind._default_manager.filter(programme=programme, code__in=codes)
    if locks:
        rows = rows.select_for_update(no_key=True)
    if kind is Voucher:
        rows = rows.filter(source_type="import", revoked_at__isnull=False)
    else:
        last = GiftCardMovement.objects.filter(
            card_id=OuterRef("id"), number=OuterRef("movements"), import_id__isnull=False, kind="refunded"
        )
        rows = rows.filter(Exists(last), balance=0, blocked_at__isnull=True)
    return {row.code: row for row in rows.order_by("id")}


def revive(vouchers: Mapping[str, Voucher]) -> None:
    """Building block: let go of vouchers that were taken back unused, whose codes another file brings."""
    Voucher.objects.filter(id__in=[one.id for one in vouchers.values()]).delete()


def _refuse_used(name: str, subjects: Sequence[str], at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"subjects": list(subjects)})
        counted = int(cursor.fetchone()[0] or 0)
        cursor.execute(_USED, {"subjects": list(subjects)})
        used = max(counted, int(cursor.fetchone()[0]))  # a code without a limit is used, and counted nowhere
        cursor.execute(_RESERVED, {"subjects": list(subjects), "at": at})
        held = int(cursor.fetchone()[0])
    _refuse({name: used, "checkouts": held})


def _refuse(since: Mapping[str, int]) -> None:
    found = {name: int(count) for name, count in since.items() if count}
    if found:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        raise OpeningDependedOn(f"Some of it was used since it was brought in: {named}.", since=found)
