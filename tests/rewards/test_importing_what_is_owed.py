"""A file of gift cards and of vouchers that a former system still owes: kept under their codes, once, and spent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.programme.errors import OpeningDependedOn
from fidelia.rewards.errors import GiftCardShort, UnknownSeries
from fidelia.rewards.models import CouponCode, GiftCard, GiftCardMovement, Voucher
from fidelia.rewards.operations.gift_cards import block_gift_card, spend_gift_card
from fidelia.rewards.queries import what_is_owed
from tests.cast import PIZARRO, SYSTEM
from tests.customers.files import brought_in, checked, counts, reasons, undone, write
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


def test_cards_taken_back_as_one_batch_owe_nothing_and_their_codes_come_again(tmp_path: Path) -> None:
    programme()
    file = write(tmp_path, CARDS, "GIFT-1111-2222,35.50,2027-12-31,,", "GIFT-3333-4444,100,,,", "GIFT-1111-2222,1,,,",
                 "GIFT-5,10,2020-01-01,,")  # fmt: skip
    found = checked(file, "gift_cards", at=AT)
    assert {name: found.check_report[name] for name in ("file_amount", "ready_amount", "double_amount")} == {
        "file_amount": 136_50, "ready_amount": 135_50, "double_amount": 1_00
    }  # fmt: skip
    done = brought_in(file, "gift_cards", at=AT)
    assert done.totals["recorded_amount"] == 135_50
    back = undone(done, at=AT)
    assert (back.totals["undone"]["taken_back_gift_cards"], back.totals["undone"]["taken_back_amount"]) == (2, 135_50)
    assert [(one.cards, one.balance) for one in what_is_owed(by=SYSTEM, at=AT)] in ([], [(0, 0)])
    card = GiftCard.objects.get(code="GIFT11112222")
    assert [(one.kind, one.amount) for one in card.history.order_by("number")] == [("sold", 3550), ("refunded", -3550)]
    with pytest.raises(GiftCardShort):
        spend_gift_card(by=SYSTEM, at=AT, card_id=card.id, amount=Money(1, "EUR"))
    again = brought_in(write(tmp_path, CARDS, "GIFT-1111-2222,20,,,"), "gift_cards", at=AT)
    assert counts(again)["recorded"] == 1
    card.refresh_from_db()
    assert (card.balance, card.movements, card.expires_at) == (2000, 3, None)


def test_cards_of_which_one_was_spent_are_not_taken_back_and_nothing_happens(tmp_path: Path) -> None:
    programme()
    done = brought_in(write(tmp_path, CARDS, "GIFT-1111,10,,,", "GIFT-2222,20,,,"), "gift_cards", at=AT)
    card = GiftCard.objects.get(code="GIFT2222")
    block_gift_card(by=SYSTEM, at=AT, card_id=GiftCard.objects.get(code="GIFT1111").id)
    spend_gift_card(by=SYSTEM, at=AT, card_id=card.id, amount=Money(5_00, "EUR"))
    with pytest.raises(OpeningDependedOn) as refusal:
        undone(done, at=AT)
    assert refusal.value.details["since"] == {"gift cards": 1}
    assert sum(GiftCard.objects.values_list("balance", flat=True)) == 25_00


def test_vouchers_are_taken_back_unless_one_was_used(tmp_path: Path) -> None:
    of = programme()
    mine = member(of)
    header = "code,amount,valid_until,minimum_basket,card"
    file = write(tmp_path, header, "BON-0001,10,2026-06-30,,2990441788200", "BON-0002,5,,,")
    done = brought_in(file, "vouchers", at=AT)
    assert done.totals["recorded_amount"] == 15_00
    back = undone(done, at=AT)
    assert (back.totals["undone"]["taken_back_vouchers"], back.totals["undone"]["taken_back_amount"]) == (2, 15_00)
    assert Voucher.objects.filter(revoked_at__isnull=True).count() == 0
    once_more = brought_in(file, "vouchers", at=AT)
    assert counts(once_more) == {"recorded": 2, "known": 0, "double": 0, "rejected": 0}
    close(of, vouchers=((Voucher.objects.get(code="BON0001").id, 10_00),), customer_id=mine.customer_id)
    with pytest.raises(OpeningDependedOn):
        undone(once_more, at=AT)
    assert Voucher.objects.filter(revoked_at__isnull=True).count() == 2


def test_coupons_that_people_hold_come_into_their_series_and_go_again(tmp_path: Path) -> None:
    of = programme()
    mine = member(of)
    kept = series(of)
    file = write(tmp_path, "code,valid_until,card", "ALT-0001,2026-04-30,2990441788200", "ALT-0002,,", "ALT-0001,,",
                 "ALT-3,2020-01-01,")  # fmt: skip
    with pytest.raises(UnknownSeries):
        checked(file, "coupons", at=AT, series="none")
    done = brought_in(file, "coupons", at=AT, series=kept.key)
    assert counts(done) == {"recorded": 2, "known": 0, "double": 1, "rejected": 1}
    held = CouponCode.objects.get(code="ALT0001")
    assert (held.customer_id, held.valid_until) == (mine.customer_id, datetime(2026, 4, 30, 22, tzinfo=UTC))
    assert counts(brought_in(file, "coupons", at=AT, series=kept.key))["known"] == 2
    assert undone(done, at=AT).totals["undone"]["taken_back_coupons"] == 2
    assert CouponCode.objects.filter(series=kept).count() == 0
