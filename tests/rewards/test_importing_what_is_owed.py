"""A file of gift cards and of vouchers that a former system still owes: kept under their codes, once, and spent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.rewards.models import GiftCard, GiftCardMovement, Voucher
from fidelia.rewards.queries import what_is_owed
from tests.cast import PIZARRO, SYSTEM
from tests.customers.files import brought_in, checked, counts, reasons, write
from tests.programme.cast import AT, member, programme

from .scarce import close, coupon, series

pytestmark = pytest.mark.django_db(transaction=True)
CARDS = "code,amount,valid_until,sold_on,card"


def test_gift_cards_come_with_what_is_left_and_are_spent_here(tmp_path: Path) -> None:
    of = programme()
    mine = member(of)
    file = write(
        tmp_path, CARDS, "GIFT-1111-2222,35.50,2027-12-31,2025-06-15,2990441788200", "GIFT-3333-4444,100,,,",
        "GIFT-1111-2222,1,,,",
    )  # fmt: skip
    done = brought_in(file, "gift_cards", at=AT)
    assert counts(done) == {"recorded": 2, "known": 0, "double": 1, "rejected": 0}
    assert done.totals["added_gift_cards"] == 2
    card = GiftCard.objects.get(code="GIFT11112222")
    assert (card.balance, card.customer_id, card.expires_at) == (
        3550, mine.customer_id, datetime(2027, 12, 31, 23, tzinfo=UTC)
    )  # fmt: skip
    moved = GiftCardMovement.objects.get(card=card)
    assert (moved.kind, moved.amount, moved.note, moved.occurred_at.date()) == (
        "sold",
        3550,
        "import",
        date(2025, 6, 15),
    )
    assert [(one.cards, one.balance) for one in what_is_owed(by=SYSTEM, at=AT)] == [(2, 13_550)]
    close(of, gift_cards=((card.id, 1_000),))
    card.refresh_from_db()
    assert card.balance == 2550
    again = brought_in(file, "gift_cards", at=AT)
    assert counts(again) == {"recorded": 0, "known": 2, "double": 1, "rejected": 0}
    card.refresh_from_db()
    assert card.balance == 2550, "the same file never fills it again"


def test_what_cannot_be_owed_comes_back_with_its_reason(tmp_path: Path) -> None:
    of = programme()
    coupon(series(of))
    rows = (
        "GIFT1,0,,,", "GIFT2,-5,,,", "GIFT3,,,,", "!,10,,,", "GIFT4,10,2026-03-01,,", "GIFT5,10,,,424242",
        "NOEL-234567,10,,,",
    )  # fmt: skip
    found = checked(write(tmp_path, CARDS, *rows), "gift_cards", at=AT)
    told = reasons(found)
    assert [word in told[number] for number, word in enumerate(
        ("nothing is left", "nothing is left", "", "is not a code", "expired", "nobody has", "another thing"), start=1
    )] == [True] * 7  # fmt: skip
    assert not GiftCard.objects.exists()


def test_vouchers_work_from_today_on_and_nobody_is_told(tmp_path: Path) -> None:
    of = programme()
    mine = member(of)
    header = "code,amount,valid_until,minimum_basket,card"
    file = write(tmp_path, header, "BON-0001,10,2026-06-30,30,2990441788200", "BON-0002,5,,,")
    done = brought_in(file, "vouchers", at=AT, name_fr="Chèque fidélité", name_en="Loyalty cheque")
    assert done.totals["added_vouchers"] == 2
    voucher = Voucher.objects.get(code="BON0001")
    assert (voucher.amount, voucher.minimum_basket, voucher.customer_id, voucher.name.fr) == (
        1000, 3000, mine.customer_id, "Chèque fidélité"
    )  # fmt: skip
    assert set(OutboxEvent.objects.filter(name="voucher.issued").values_list("origin", flat=True)) == {"backfill"}
    close(of, vouchers=((voucher.id, 1_000),), customer_id=mine.customer_id)
    assert counts(brought_in(file, "vouchers", at=AT))["known"] == 2


def test_bringing_them_in_needs_its_right(tmp_path: Path) -> None:
    programme()
    with pytest.raises(Denied):
        brought_in(write(tmp_path, CARDS, "GIFT1,10,,,"), "gift_cards", at=AT, by=PIZARRO)
