"""Issue vouchers and take them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fidelia.access.operations.audit import Change, record_audits
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import end_of_day, start_of_day, zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import Origin, announce, announce_all
from fidelia.programme.models import Programme

from ..errors import MalformedVoucher, UnknownVoucher, VoucherBlocked, VoucherUsedUp
from ..events import VoucherIssued, VoucherRevoked
from ..models import Counter, Voucher
from .audit import audit
from .patterns import ALPHABET, draw_codes, read_code
from .series import check_free

PATTERN = "####-####-####"
BATCH_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVoucher:
    """A voucher to issue. Days are of the programme's zone, both included; `valid_until` None is for ever.

    `code` None draws one. `source_type` and `source_id` name what issues it ("posting", "purchase"…).
    """

    amount: Money
    name: LocalizedText
    valid_from: date
    valid_until: date | None = None
    customer_id: UUID | None = None
    minimum_basket: int = 0
    is_divisible: bool = False
    purpose: str = Voucher.Purpose.MULTI
    code: str | None = None
    source_type: str = ""
    source_id: UUID | None = None
    partner_id: UUID | None = None


def issue_voucher(
    *, by: Actor, at: datetime, programme: Programme, voucher: NewVoucher, once: RequestKey | None = None
) -> Voucher:
    """Issue one voucher. Raises Denied (voucher.issue), MalformedVoucher, MalformedCode, CodeTaken."""
    by.require("voucher.issue", Scope(voucher.partner_id))
    with transaction_of_use_case():
        voucher_id = new_id()
        claim(once, at=at, resource_type="voucher", resource_id=voucher_id)
        return write_vouchers(by=by, at=at, programme=programme, vouchers=[voucher], ids=[voucher_id])[0]


def write_vouchers(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    vouchers: Sequence[NewVoucher],
    ids: Sequence[UUID] | None = None,
    origin: Origin = Origin.LIVE,
) -> list[Voucher]:
    """Issue vouchers in the transaction of the use case that causes them, which has asked for the right.

    At most 10,000 at once, by four statements. Raises MalformedVoucher, MalformedCode, CodeTaken.
    """
    require_transaction()
    assert len(vouchers) <= BATCH_MAX, "more vouchers are issued in batches"
    drawn = draw_codes(PATTERN, ALPHABET, len(vouchers))
    made = [
        _row(at, programme, one, next(drawn), new_id() if ids is None else ids[place])
        for place, one in enumerate(vouchers)
    ]
    check_free(programme.id, [one.code for one in made])
    Voucher.objects.bulk_create(made, batch_size=1_000)
    changes = [Change(one.id, after={"amount": Money(one.amount, one.currency)}) for one in made]
    record_audits(by=by, at=at, verb="voucher.issue", object_type="voucher", changes=changes)
    announce_all(
        [
            VoucherIssued(
                occurred_at=at,
                origin=origin,
                customer_id=one.customer_id,
                voucher_id=one.id,
                programme_id=programme.id,
                amount=one.amount,
                currency=one.currency,
            )
            for one in made
        ]
    )
    return made


def revoke_voucher(*, by: Actor, at: datetime, voucher_id: UUID, once: RequestKey | None = None) -> Voucher:
    """Take a voucher back that nobody has used. Raises Denied (voucher.revoke), UnknownVoucher, VoucherBlocked
    (it was taken back), VoucherUsedUp.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="voucher", resource_id=voucher_id)
        was_revoked = Voucher.objects.filter(pk=voucher_id, revoked_at__isnull=False).exists()
        voucher = withdraw_voucher(at=at, voucher_id=voucher_id, by=by)
        if was_revoked:
            raise VoucherBlocked("This voucher was taken back already.")
        audit(by, at, "voucher.revoke", voucher.id, partner_id=voucher.partner_id, after={"revoked_at": at})
    return voucher


def withdraw_voucher(*, by: Actor, at: datetime, voucher_id: UUID) -> Voucher:
    """Building block of taking a voucher back.

    One that was taken back before stays so. Raises Denied (voucher.revoke), UnknownVoucher, VoucherUsedUp (it was used,
    be it in part).
    """
    require_transaction()
    # The counter comes before the voucher: a checkout that takes it locks its counter and only reads the voucher.
    subject = f"voucher:{voucher_id}"
    counter = Counter.objects.select_for_update().filter(subject=subject)
    known = Voucher.objects.filter(pk=voucher_id).first()
    by.require("voucher.revoke", Scope(None if known is None else known.partner_id))
    if known is None:
        raise UnknownVoucher("There is no such voucher.")
    if known.revoked_at is not None:
        return known
    Counter.objects.bulk_create(
        [Counter(programme_id=known.programme_id, scope_id=UUID(int=0), subject=subject, starts_on=date.min)],
        ignore_conflicts=True,
    )
    used = counter.filter(programme_id=known.programme_id, scope_id=UUID(int=0)).get()
    if used.taken > 0:
        raise VoucherUsedUp("This voucher has been used.")
    known.revoked_at = at
    known.save(update_fields=["revoked_at"])
    announce(
        VoucherRevoked(
            occurred_at=at, customer_id=known.customer_id, voucher_id=known.id, programme_id=known.programme_id
        )
    )
    return known


def _row(at: datetime, programme: Programme, asked: NewVoucher, drawn: str, voucher_id: UUID) -> Voucher:
    if asked.amount.currency != programme.currency:
        raise MalformedVoucher(f"{programme.slug} counts in {programme.currency}.", pointer="/currency")
    if asked.amount.minor <= 0 or asked.minimum_basket < 0:
        raise MalformedVoucher("A voucher is worth more than nothing.", pointer="/amount")
    if asked.valid_until is not None and asked.valid_until < asked.valid_from:
        raise MalformedVoucher("The last day comes after the first.", pointer="/valid_until")
    if asked.purpose not in Voucher.Purpose.values:
        raise MalformedVoucher("A voucher is single-purpose or multi-purpose.", pointer="/purpose")
    zone = zone_of(programme.time_zone)
    return Voucher(
        id=voucher_id,
        programme=programme,
        partner_id=asked.partner_id,
        code=drawn if asked.code is None else read_code(asked.code, pointer="/code"),
        name=asked.name,
        customer_id=asked.customer_id,
        amount=asked.amount.minor,
        currency=asked.amount.currency,
        minimum_basket=asked.minimum_basket,
        is_divisible=asked.is_divisible,
        purpose=asked.purpose,
        valid_from=start_of_day(asked.valid_from, zone),
        valid_until=None if asked.valid_until is None else end_of_day(asked.valid_until, zone),
        source_type=asked.source_type,
        source_id=asked.source_id,
        issued_at=at,
    )
