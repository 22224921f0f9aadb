"""Codes: read as people type them, drawn so that nobody guesses, in batches that go on where they stopped."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.intake.operations.speaking import Unwatched
from fidelia.jobs.operations.progress import StopRequested
from fidelia.programme.models import Programme
from fidelia.rewards.errors import CodesExhausted, CodeTaken, MalformedCode, MalformedSeries, SeriesEnded
from fidelia.rewards.models import CouponCode, GiftCard, Use, Voucher
from fidelia.rewards.operations import assign_coupons, bring_codes, end_series, generate_codes
from fidelia.rewards.operations.patterns import ALPHABET, check_room, draw_codes, normalise_code, read_code, show_code
from fidelia.rewards.privacy import collect, erase
from tests.cast import AT, SYSTEM
from tests.programme.cast import programme

from .scarce import FLORESTAN, JAQUINO, close, coupon, everybodys, gift_card, series, state_of, voucher


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("noel-2345", "NOEL2345"), (" NOEL 2345 ", "NOEL2345"), ("NOEL\u20132345", "NOEL2345"),
        ("ＮＯＥＬ２３４５", "NOEL2345"), ("x" * 65, ""), ("", ""),
    ],
)  # fmt: skip
def test_spaces_hyphens_and_case_count_for_nothing(typed: str, code: str) -> None:
    assert normalise_code(typed) == code


@pytest.mark.parametrize("text", ["", "abc", "NOËL2345", "x" * 65, "NOEL%2345", "a\0bcd"])
def test_what_no_code_can_be_is_not_kept(text: str) -> None:
    with pytest.raises(MalformedCode):
        read_code(text)


def test_a_code_is_shown_with_the_hyphens_of_its_pattern() -> None:
    assert show_code("NOEL-####-##", "NOEL234567") == "NOEL-2345-67"
    assert show_code("NOEL-####-##", "PRINTED1") == "PRINTED1"


def test_letters_are_drawn_evenly_and_only_from_the_alphabet() -> None:
    letters = Counter("".join(draw_codes("############", ALPHABET, 20_000)))
    assert set(letters) == set(ALPHABET)
    expected = 240_000 / len(ALPHABET)
    # Chi-squared of 30 degrees of freedom: above 80 by chance once in five hundred thousand runs.
    assert sum((count - expected) ** 2 / expected for count in letters.values()) < 80


def test_a_pattern_leaves_a_million_guesses_for_each_code() -> None:
    check_room("####-####-####", ALPHABET, 1_000_000)
    with pytest.raises(CodesExhausted):
        check_room("########", ALPHABET, 1_000_000)


@pytest.fixture
def circle(db: None) -> Programme:
    return programme()


class Stopping(Unwatched):
    """Stops after the second batch."""

    def step(self, count: int = 1) -> None:
        if self.done == 200:
            raise StopRequested


def test_a_job_that_was_stopped_draws_what_is_missing_and_no_more(circle: Programme) -> None:
    made, progress = series(circle, pattern="NOEL-########"), Stopping()
    with pytest.raises(StopRequested):
        generate_codes(by=SYSTEM, at=AT, series_id=made.id, count=350, progress=progress, batch=100)
    assert made.codes.count() == 200
    resumed = Unwatched()
    resumed.checkpoint, resumed.done = progress.checkpoint, progress.done
    assert generate_codes(by=SYSTEM, at=AT, series_id=made.id, count=350, progress=resumed, batch=100) == 350
    assert made.codes.count() == 350


def test_a_series_of_one_code_and_an_ended_one_get_no_codes(circle: Programme) -> None:
    generic = everybodys(circle).series_id
    with pytest.raises(MalformedSeries):
        bring_codes(by=SYSTEM, at=AT, series_id=generic, codes=["NOEL2345"])
    made = series(circle)
    end_series(by=SYSTEM, at=AT, series_id=made.id)
    with pytest.raises(SeriesEnded):
        bring_codes(by=SYSTEM, at=AT, series_id=made.id, codes=["NOEL2345"])


def test_a_code_means_one_thing(circle: Programme) -> None:
    made = series(circle)
    for taken in (voucher(circle, code="SAMECODE1").code, gift_card(circle, code="SAMECODE2").code):
        with pytest.raises(CodeTaken):
            bring_codes(by=SYSTEM, at=AT, series_id=made.id, codes=[taken])


def test_each_member_gets_a_code_of_his_own_or_nobody_does(circle: Programme) -> None:
    made = series(circle)
    bring_codes(by=SYSTEM, at=AT, series_id=made.id, codes=["NOEL234567", "NOEL345678"])
    with pytest.raises(CodesExhausted):
        assign_coupons(by=SYSTEM, at=AT, series_id=made.id, customer_ids=[FLORESTAN, JAQUINO, UUID(int=13)])
    given = assign_coupons(by=SYSTEM, at=AT, series_id=made.id, customer_ids=[FLORESTAN, JAQUINO])
    assert [(one.code, one.customer_id) for one in given] == [("NOEL234567", FLORESTAN), ("NOEL345678", JAQUINO)]


def test_an_erased_person_leaves_counts_and_money_and_nothing_of_himself(circle: Programme) -> None:
    made = series(circle, uses_per_member=3)
    code = coupon(made)
    assign_coupons(by=SYSTEM, at=AT, series_id=made.id, customer_ids=[FLORESTAN])
    voucher(circle, customer_id=FLORESTAN)
    gift_card(circle, customer_id=FLORESTAN)
    close(circle, coupons=(code.id,), customer_id=FLORESTAN)
    told = collect([FLORESTAN])
    assert {name: len(rows) for name, rows in told.items() if rows} == {
        "coupons": 1, "vouchers": 1, "gift_cards": 1, "reward_uses": 2,
    }  # fmt: skip
    with transaction.atomic():
        counts = erase([FLORESTAN], at=AT)
    assert {table: count for table, count in counts.items() if count} == {
        "rewards_coupon_code": 1, "rewards_gift_card": 1, "rewards_use": 2, "rewards_voucher": 1,
    }  # fmt: skip
    assert all(not any(rows) for rows in collect([FLORESTAN]).values())
    assert state_of(circle, code, customer_id=JAQUINO) == "blocked"
    assert (GiftCard.objects.get().balance, Use.objects.count()) == (5_000, 2)
    assert Voucher.objects.get().revoked_at == AT
    assert CouponCode.objects.get().customer_id is None
