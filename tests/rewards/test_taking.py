"""A checkout takes all that it names or nothing, and gives back never more than it took."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.models import OutboxEvent
from fidelia.programme.models import Programme
from fidelia.rewards.errors import (
    CouponBlocked,
    CouponExpired,
    CouponNeedsMember,
    CouponNotYetValid,
    CouponOfAnother,
    CouponReserved,
    CouponUsedUp,
    GiftCardShort,
    LimitReached,
    MoreThanUsed,
    StockUsedUp,
    UnknownCoupon,
    VoucherOfAnother,
    VoucherUsedUp,
)
from fidelia.rewards.models import Counter, GiftCard, Reservation, Use
from fidelia.rewards.operations import assign_coupons, end_series, expire_gift_cards, revoke_coupon, revoke_voucher
from fidelia.rewards.queries import read_for_rules
from tests.cast import SYSTEM
from tests.programme.cast import AT, programme

from .scarce import (
    FLORESTAN,
    JAQUINO,
    bring_back,
    close,
    coupon,
    everybodys,
    gift_card,
    let_go,
    limit,
    pieces,
    series,
    set_aside,
    state_of,
    voucher,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def circle() -> Programme:
    return programme()


def taken(subject: str) -> int:
    return sum(Counter.objects.filter(subject=subject).values_list("taken", flat=True))


def test_a_code_for_everybody_is_used_as_often_as_it_may_be(circle: Programme) -> None:
    code = everybodys(circle, uses=2)
    for _use in range(2):
        close(circle, coupons=(code.id,))
    with pytest.raises(CouponUsedUp) as refused:
        close(circle, coupons=(code.id,))
    assert refused.value.details == {"kind": "coupon", "id": str(code.id), "left": 0}
    assert state_of(circle, code) == "used_up"
    assert Use.objects.filter(subject=f"coupon:{code.id}").count() == 2


def test_it_is_used_once_by_each_member_when_the_series_says_so(circle: Programme) -> None:
    code = everybodys(circle, uses_per_member=1)
    close(circle, coupons=(code.id,), customer_id=FLORESTAN)
    with pytest.raises(CouponUsedUp):
        close(circle, coupons=(code.id,), customer_id=FLORESTAN)
    close(circle, coupons=(code.id,), customer_id=JAQUINO)
    with pytest.raises(CouponNeedsMember):
        close(circle, coupons=(code.id,))
    states = [state_of(circle, code, customer_id=one) for one in (FLORESTAN, None)]
    assert states == ["used_up", "needs_member"]


def test_without_a_limit_nothing_is_counted_and_every_use_is_told(circle: Programme) -> None:
    code = everybodys(circle)
    purchases = [close(circle, coupons=(code.id,)) for _ in range(3)]
    assert not Counter.objects.exists()
    bring_back(purchases[0], coupons=(code.id,))
    with pytest.raises(MoreThanUsed):
        bring_back(purchases[0], coupons=(code.id,))
    assert sum(Use.objects.values_list("amount", flat=True)) == 2


@pytest.mark.parametrize(
    ("moment", "state", "refusal"),
    [
        (datetime(2026, 2, 28, 22, 59, 59, tzinfo=ZoneInfo("UTC")), "not_yet", CouponNotYetValid),
        (datetime(2026, 2, 28, 23, 0, tzinfo=ZoneInfo("UTC")), "ok", None),  # midnight in Paris
        (datetime(2026, 3, 31, 21, 59, 59, tzinfo=ZoneInfo("UTC")), "ok", None),  # summer time has begun
        (datetime(2026, 3, 31, 22, 0, tzinfo=ZoneInfo("UTC")), "expired", CouponExpired),
    ],
)
def test_it_is_valid_for_the_whole_of_its_days_in_the_zone_of_the_programme(
    circle: Programme, moment: datetime, state: str, refusal: type[FideliaError] | None
) -> None:
    code = everybodys(circle)
    assert state_of(circle, code, at=moment) == state
    if refusal is None:
        close(circle, coupons=(code.id,), at=moment)
    else:
        with pytest.raises(refusal):
            close(circle, coupons=(code.id,), at=moment)


def test_expired_unknown_used_up_blocked_and_anothers_are_five_answers(circle: Programme) -> None:
    made = series(circle, is_assigned=True, uses_per_code=1)
    mine = coupon(made)
    assign_coupons(by=SYSTEM, at=AT, series_id=made.id, customer_ids=[FLORESTAN])
    assert state_of(circle, "NOSUCHCODE") == "unknown"
    assert state_of(circle, mine, customer_id=JAQUINO) == "of_another_member"
    assert state_of(circle, mine, customer_id=FLORESTAN) == "ok"
    assert state_of(circle, mine, customer_id=FLORESTAN, at=AT + timedelta(days=60)) == "expired"
    with pytest.raises(CouponOfAnother):
        close(circle, coupons=(mine.id,), customer_id=JAQUINO)
    close(circle, coupons=(mine.id,), customer_id=FLORESTAN)
    assert state_of(circle, mine, customer_id=FLORESTAN) == "used_up"
    revoke_coupon(by=SYSTEM, at=AT, coupon_id=mine.id)
    assert state_of(circle, mine, customer_id=FLORESTAN) == "blocked"
    with pytest.raises(UnknownCoupon):
        close(circle, coupons=(999_999,))


def test_a_series_that_was_ended_works_no_more(circle: Programme) -> None:
    code = everybodys(circle)
    end_series(by=SYSTEM, at=AT, series_id=code.series_id)
    with pytest.raises(CouponBlocked):
        close(circle, coupons=(code.id,))


def test_a_coupon_of_another_programme_is_unknown_here(circle: Programme) -> None:
    other = programme(is_sandbox=True)
    code = everybodys(other)
    assert state_of(circle, code) == "unknown"
    with pytest.raises(UnknownCoupon):
        close(circle, coupons=(code.id,))


def test_what_one_checkout_has_reserved_another_cannot_take(circle: Programme) -> None:
    code, mug = everybodys(circle, uses=1), pieces(circle, 1)
    ours, theirs = uuid4(), uuid4()
    set_aside(circle, ours, coupons=(code.id,), stock=((mug.id, 1),))
    assert state_of(circle, code, checkout_id=theirs) == "reserved"
    assert state_of(circle, code, checkout_id=ours) == "ok"
    assert read_for_rules(programme_id=circle.id, at=AT)["stock"]["mug"]["left"] == 0
    with pytest.raises(CouponReserved):
        set_aside(circle, theirs, coupons=(code.id,))
    with pytest.raises(StockUsedUp):
        close(circle, checkout_id=theirs, stock=((mug.id, 1),))
    close(circle, checkout_id=ours, coupons=(code.id,), stock=((mug.id, 1),))
    assert not Reservation.objects.exists()
    assert state_of(circle, code) == "used_up"


def test_an_expired_reservation_is_free_again_without_any_sweeper(circle: Programme) -> None:
    code = everybodys(circle, uses=1)
    ours, theirs = uuid4(), uuid4()
    set_aside(circle, ours, coupons=(code.id,))
    later = AT + timedelta(minutes=15)
    assert state_of(circle, code, checkout_id=theirs, at=later) == "ok"
    close(circle, checkout_id=theirs, coupons=(code.id,), at=later, now=later)
    with pytest.raises(CouponUsedUp):
        close(circle, checkout_id=ours, coupons=(code.id,), at=later, now=later)


def test_what_is_reserved_in_time_is_taken_though_its_last_day_passes_meanwhile(circle: Programme) -> None:
    code, ours = everybodys(circle, uses=1), uuid4()
    last_minute = datetime(2026, 3, 31, 21, 59, tzinfo=ZoneInfo("UTC"))
    after = last_minute + timedelta(minutes=5)
    set_aside(circle, ours, coupons=(code.id,), at=last_minute, now=last_minute, until=after + timedelta(minutes=1))
    assert [state_of(circle, code, at=after, checkout_id=one) for one in (ours, None)] == ["ok", "expired"]
    close(circle, checkout_id=ours, coupons=(code.id,), at=after, now=after)


def test_reserving_anew_replaces_what_was_reserved(circle: Programme) -> None:
    first, second, ours = everybodys(circle, uses=1), everybodys(circle, "AUTRE", uses=1), uuid4()
    set_aside(circle, ours, coupons=(first.id,))
    set_aside(circle, ours, coupons=(second.id,))
    assert [state_of(circle, code) for code in (first, second)] == ["ok", "reserved"]
    let_go(ours)
    assert state_of(circle, second) == "ok"


def test_all_is_taken_or_nothing(circle: Programme) -> None:
    code, mug, card = everybodys(circle, uses=5), pieces(circle, 3), gift_card(circle, 1_000)
    asked: dict[str, Any] = {"coupons": (code.id,), "stock": ((mug.id, 2),), "gift_cards": ((card.id, 1_001),)}
    with pytest.raises(GiftCardShort) as refused:
        close(circle, **asked)
    assert refused.value.details["balance"] == 1_000
    with pytest.raises(LimitReached):
        close(circle, coupons=(code.id,), stock=((mug.id, 2),), limits=(limit(11, 10),))
    assert (taken(f"coupon:{code.id}"), taken(f"stock:{mug.id}"), Use.objects.count()) == (0, 0, 0)
    card.refresh_from_db()
    assert (card.balance, card.movements) == (1_000, 1)


def test_stock_is_never_oversold(circle: Programme) -> None:
    mug = pieces(circle, 3)
    close(circle, stock=((mug.id, 2),))
    with pytest.raises(StockUsedUp) as refused:
        close(circle, stock=((mug.id, 2),))
    assert refused.value.details["left"] == 1


def test_a_voucher_is_used_once_and_by_its_owner(circle: Programme) -> None:
    one = voucher(circle, 1_000, customer_id=FLORESTAN)
    with pytest.raises(VoucherOfAnother):
        close(circle, vouchers=((one.id, 1_000),), customer_id=JAQUINO)
    close(circle, vouchers=((one.id, 300),), customer_id=FLORESTAN)  # less than its value is its value all the same
    assert state_of(circle, one, customer_id=FLORESTAN) == "used_up"
    with pytest.raises(VoucherUsedUp):
        close(circle, vouchers=((one.id, 700),), customer_id=FLORESTAN)
    with pytest.raises(VoucherUsedUp):
        revoke_voucher(by=SYSTEM, at=AT, voucher_id=one.id)


def test_a_divisible_voucher_is_used_in_parts(circle: Programme) -> None:
    one = voucher(circle, 1_000, is_divisible=True)
    close(circle, vouchers=((one.id, 300),))
    told = read_for_rules(programme_id=circle.id, at=AT, codes=[one.code])["codes"][one.code]
    assert (told["state"], told["amount"], told["minimum_basket"], told["purpose"]) == ("ok", 700, 0, "multi")
    with pytest.raises(VoucherUsedUp):
        close(circle, vouchers=((one.id, 701),))


def test_a_purchase_gives_back_all_it_took_and_never_twice(circle: Programme) -> None:
    code, mug, card = everybodys(circle, uses=5), pieces(circle, 3), gift_card(circle, 5_000)
    bon = voucher(circle, 1_000)
    purchase = close(
        circle, coupons=(code.id,), vouchers=((bon.id, 1_000),), gift_cards=((card.id, 1_200),),
        stock=((mug.id, 2),), limits=(limit(700, 10_000),),
    )  # fmt: skip
    bring_back(purchase, stock=((mug.id, 1),), gift_cards=((card.id, 200),), limits=(("welcome/budget", 100),))
    assert (taken(f"stock:{mug.id}"), taken("limit:welcome/budget")) == (1, 600)
    bring_back(purchase, whole=True)
    bring_back(purchase, whole=True)
    subjects = (f"coupon:{code.id}", f"stock:{mug.id}", f"voucher:{bon.id}", "limit:welcome/budget")
    assert [taken(one) for one in subjects] == [0, 0, 0, 0]
    card.refresh_from_db()
    history = list(card.history.order_by("number").values_list("kind", "amount", "balance_after"))
    assert history == [
        ("sold", 5_000, 5_000), ("spent", -1_200, 3_800), ("given_back", 200, 4_000), ("given_back", 1_000, 5_000),
    ]  # fmt: skip


def test_more_than_was_taken_is_not_given_back(circle: Programme) -> None:
    mug, card = pieces(circle, 3), gift_card(circle)
    purchase = close(circle, stock=((mug.id, 2),), gift_cards=((card.id, 100),))
    parts: list[dict[str, Any]] = [
        {"stock": ((mug.id, 3),)}, {"gift_cards": ((card.id, 101),)}, {"limits": (("welcome/budget", 1),)},
    ]  # fmt: skip
    for part in parts:
        with pytest.raises(MoreThanUsed):
            bring_back(purchase, **part)


def test_what_is_reserved_on_a_gift_card_is_not_there_for_another(circle: Programme) -> None:
    card, ours = gift_card(circle, 1_000), uuid4()
    set_aside(circle, ours, gift_cards=((card.id, 600),))
    seen = read_for_rules(programme_id=circle.id, at=AT, gift_cards=[card.code])["gift_cards"][card.code]
    assert seen == {"state": "ok", "id": str(card.id), "balance": 400, "currency": "EUR"}
    with pytest.raises(GiftCardShort):
        close(circle, gift_cards=((card.id, 500),))
    close(circle, checkout_id=ours, gift_cards=((card.id, 1_000),))


def test_gift_cards_expire_as_was_announced(circle: Programme) -> None:
    card = gift_card(circle, 1_000, valid_until=date(2027, 3, 2))
    end = datetime(2027, 3, 2, 23, tzinfo=ZoneInfo("UTC"))
    assert expire_gift_cards(by=SYSTEM, at=end - timedelta(seconds=1)) == 0
    assert expire_gift_cards(by=SYSTEM, at=end) == 1
    assert expire_gift_cards(by=SYSTEM, at=end) == 0
    card = GiftCard.objects.get()
    assert (card.balance, card.history.latest("number").amount) == (0, -1_000)
    assert OutboxEvent.objects.filter(name="gift_card.lapsed").get().payload["amount"] == 1_000


def test_a_limit_is_told_of_once_before_its_end_and_once_at_it(circle: Programme) -> None:
    for amount in (700, 90, 10, 50, 150):
        close(circle, limits=(limit(amount, 1_000, alerts=(80, 100)),))
    told = OutboxEvent.objects.filter(name="limit.neared").order_by("event_id")
    assert [(one.payload["share"], one.payload["taken"]) for one in told] == [(80, 800), (100, 1_000)]
    with pytest.raises(LimitReached):
        close(circle, limits=(limit(1, 1_000),))


def test_a_limit_over_the_last_days_forgets_the_days_before(circle: Programme) -> None:
    def on(day: int, amount: int) -> None:
        here, days = date(2026, 3, day), timedelta(days=7)
        rolling = {"starts_on": here, "ends_on": here + days, "rolling_from": here - days + timedelta(days=1)}
        close(circle, limits=(limit(amount, 10, scope_id=FLORESTAN, **rolling),))

    on(1, 6)
    on(3, 4)
    with pytest.raises(LimitReached):
        on(7, 1)
    on(8, 6)
    with pytest.raises(LimitReached):
        on(9, 1)
