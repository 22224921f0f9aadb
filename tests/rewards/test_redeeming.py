"""Rewards: chosen for points by one call, handed over or cancelled; never oversold, never for nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from fidelia.access.models import Audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.kernel.idempotency import IdempotencyKeyReused, RequestKey, RequestRepeated
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.errors import InsufficientPoints
from fidelia.ledger.models import Lot
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.errors import EnrolmentProvisional
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.points import grant_points
from fidelia.programme.operations.pools import create_pool, join_pool
from fidelia.rewards.errors import (
    KeyTaken,
    LimitReached,
    MalformedReward,
    NotEligible,
    RedemptionEnded,
    RewardNotYet,
    RewardOfAnother,
    RewardOver,
    StockUsedUp,
    UnknownRedemption,
    UnknownReward,
    VoucherUsedUp,
)
from fidelia.rewards.models import Redemption, Reward
from fidelia.rewards.operations import (
    RewardTerms,
    add_reward,
    cancel_redemption,
    change_reward,
    consume,
    end_reward,
    fulfil_redemptions,
    redeem_reward,
)
from fidelia.rewards.queries import list_catalog, list_redemptions, list_stock
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.programme.test_pools import LEONORE, buy, give_back

from .scarce import taking

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MUG = LocalizedText(en="Mug", fr="Tasse")


def terms(**changes: Any) -> RewardTerms:
    return RewardTerms(**{"name": MUG, "kind": "gift", "points": 100, "valid_from": date(2026, 3, 1), **changes})


def reward(of: Enrolment, key: str = "mug", **changes: Any) -> Reward:
    return add_reward(by=SYSTEM, at=AT, programme=of.programme, key=key, terms=terms(**changes))


def rich(points: int = 250) -> Enrolment:
    enrolment = member(programme())
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=points, reason="welcome", key="g1")
    return enrolment


def choose(of: Enrolment, one: Reward, *, at: Any = AT, **changes: Any) -> Redemption:
    return redeem_reward(by=SYSTEM, at=at, enrolment=of, reward_id=one.id, **changes)


def available(of: Enrolment, at: Any = AT) -> int:
    of.refresh_from_db()
    assert find_broken_invariants() == []
    return get_balance(account_id=of.account_id, currency="PTS", at=at).available


def left() -> list[int | None]:
    return [row.left for row in list_stock(by=SYSTEM, at=AT)]


def test_a_choice_takes_points_and_a_piece_and_waits_to_be_handed_over() -> None:
    enrolment = rich()
    mug = reward(enrolment, pieces=3, money=250)
    chosen = choose(enrolment, mug, pieces=2)
    assert (chosen.state, chosen.points, chosen.money, chosen.pieces) == ("reserved", 200, 500, 2)
    assert (available(enrolment), left()) == (50, [1])
    assert fulfil_redemptions(by=SYSTEM, at=AT + DAY, redemption_ids=[chosen.id]) == 1
    assert fulfil_redemptions(by=SYSTEM, at=AT + 2 * DAY, redemption_ids=[chosen.id]) == 0
    chosen.refresh_from_db()
    assert (chosen.state, chosen.fulfilled_at) == ("fulfilled", AT + DAY)
    assert [row.name for row in OutboxEvent.objects.filter(name__startswith="re").order_by("event_id")] == [
        "reward.redeemed",
        "redemption.ended",
    ]
    assert Audit.objects.filter(verb="reward.redeem", object_id=str(chosen.id)).count() == 1


def test_a_card_that_waits_for_its_person_chooses_nothing() -> None:
    enrolment = rich()
    mug = reward(enrolment, pieces=3)
    Enrolment.objects.filter(id=enrolment.id).update(is_provisional=True)
    enrolment.refresh_from_db()
    with pytest.raises(EnrolmentProvisional):
        choose(enrolment, mug)
    assert (available(enrolment), left()) == (250, [3])


def test_a_cancelled_choice_gives_points_to_their_lots_pieces_to_the_stock_and_frees_the_limit() -> None:
    enrolment = rich(120)
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=130, reason="more", key="g2")
    mug = reward(enrolment, pieces=1, per_member=1, points=200)
    before = {lot.lot_id: lot.remaining for lot in Lot.objects.filter(account_id=enrolment.account_id)}
    chosen = choose(enrolment, mug)
    for _twice in range(2):
        done = cancel_redemption(by=SYSTEM, at=AT + DAY, redemption_id=chosen.id, reason="changed his mind")
        assert done.state == "cancelled"
    assert {lot.lot_id: lot.remaining for lot in Lot.objects.filter(account_id=enrolment.account_id)} == before
    assert (available(enrolment), left()) == (250, [1])
    assert choose(enrolment, mug).state == "reserved"
    with pytest.raises(RedemptionEnded):
        fulfil_redemptions(by=SYSTEM, at=AT, redemption_ids=[chosen.id])


def test_a_voucher_is_issued_with_the_choice_and_withdrawn_while_unused() -> None:
    enrolment = rich()
    ten = reward(
        enrolment, "ten", kind="voucher", voucher_amount=1_000, voucher_days=30, voucher_minimum=2_000,
        voucher_purpose="single",
    )  # fmt: skip
    chosen = choose(enrolment, ten, pieces=2)
    assert chosen.state == "fulfilled"
    assert chosen.voucher is not None
    issued = chosen.voucher
    assert (issued.amount, issued.minimum_basket, issued.purpose, issued.customer_id) == (
        2_000, 2_000, "single", enrolment.customer_id,
    )  # fmt: skip
    assert (issued.source_type, issued.source_id) == ("reward", chosen.id)
    cancel_redemption(by=SYSTEM, at=AT, redemption_id=chosen.id, reason="mistake")
    issued.refresh_from_db()
    assert issued.revoked_at == AT
    assert available(enrolment) == 250


def test_a_used_voucher_is_not_taken_back() -> None:
    enrolment = rich()
    chosen = choose(enrolment, reward(enrolment, "ten", kind="voucher", voucher_amount=1_000))
    voucher = chosen.voucher
    assert voucher is not None
    from django.db import transaction

    with transaction.atomic():
        consume(taking(enrolment.programme, customer_id=enrolment.customer_id, vouchers=((voucher.id, 1_000),)))
    with pytest.raises(VoucherUsedUp):
        cancel_redemption(by=SYSTEM, at=AT, redemption_id=chosen.id, reason="mistake")
    assert available(enrolment) == 150
    chosen.refresh_from_db()
    assert chosen.state == "fulfilled"


def test_what_cannot_be_had_is_refused_and_nothing_is_taken() -> None:
    enrolment = rich()
    offers = {
        InsufficientPoints: reward(enrolment, "dear", points=251),
        StockUsedUp: reward(enrolment, "none", pieces=0),
        RewardNotYet: reward(enrolment, "soon", valid_from=date(2026, 3, 3)),
        RewardOver: reward(enrolment, "past", valid_from=date(2026, 2, 1), valid_until=date(2026, 3, 1)),
        NotEligible: reward(enrolment, "gold", condition='member.tier == "grand_cru"'),
    }
    for refusal, one in offers.items():
        with pytest.raises(refusal):
            choose(enrolment, one)
    with pytest.raises(UnknownReward):
        redeem_reward(by=SYSTEM, at=AT, enrolment=enrolment, reward_id=uuid4())
    for pieces in (0, -1, 1_001):
        with pytest.raises(MalformedReward):
            choose(enrolment, reward(enrolment, f"n{pieces}"), pieces=pieces)
    sandbox = add_reward(by=SYSTEM, at=AT, programme=programme(is_sandbox=True), key="x", terms=terms())
    with pytest.raises(UnknownReward):
        choose(enrolment, sandbox)
    assert not Redemption.objects.exists()
    assert available(enrolment) == 250


def test_who_left_and_who_is_of_another_programme_get_nothing() -> None:
    enrolment = rich()
    mug = reward(enrolment)
    Enrolment.objects.filter(id=enrolment.id).update(ended_at=AT)
    enrolment.refresh_from_db()
    with pytest.raises(RewardOfAnother):
        choose(enrolment, mug)


def test_a_member_chooses_no_more_than_the_limit_and_a_sample_once() -> None:
    enrolment = rich(1_000)
    two = reward(enrolment, "two", per_member=2)
    choose(enrolment, two)
    with pytest.raises(LimitReached):
        choose(enrolment, two, pieces=2)
    choose(enrolment, two)
    sample = reward(enrolment, "sample", kind="sample", points=0, per_member=1)
    assert choose(enrolment, sample).points == 0
    with pytest.raises(LimitReached):
        choose(enrolment, sample)
    assert available(enrolment) == 800


@pytest.mark.parametrize(
    "condition",
    ['member.tier == "connaisseur"', 'customer.kind == "person"', 'customer.country == "FR"'],
)
def test_the_condition_is_of_the_rule_language(condition: str) -> None:
    enrolment = rich()
    buy(enrolment, 120, "f1")
    from django.db import transaction

    from fidelia.programme.operations import rederive_tiers

    with transaction.atomic():
        rederive_tiers(at=AT, enrolment_ids=[enrolment.id])
    assert choose(enrolment, reward(enrolment, condition=condition)).state == "reserved"


def test_the_same_request_is_answered_once_and_another_under_its_key_is_refused() -> None:
    enrolment = rich()
    mug = reward(enrolment)
    once = RequestKey("key:1", "abc", b"x" * 32)
    chosen = choose(enrolment, mug, once=once)
    with pytest.raises(RequestRepeated) as repeated:
        choose(enrolment, mug, once=once)
    assert repeated.value.resource_id == str(chosen.id)
    with pytest.raises(IdempotencyKeyReused):
        choose(enrolment, mug, once=RequestKey("key:1", "abc", b"y" * 32))
    assert available(enrolment) == 150


def test_a_refused_request_may_be_sent_again() -> None:
    enrolment = rich(50)
    mug = reward(enrolment)
    once = RequestKey("key:1", "abc", b"x" * 32)
    with pytest.raises(InsufficientPoints):
        choose(enrolment, mug, once=once)
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=50, reason="more", key="g2")
    assert choose(enrolment, mug, once=once).state == "reserved"


def test_rights_are_asked_for() -> None:
    enrolment = rich()
    mug = reward(enrolment)
    chosen = choose(enrolment, mug)
    nobody = Actor("user", UUID(int=1), "nobody")
    for act in (
        lambda: redeem_reward(by=nobody, at=AT, enrolment=enrolment, reward_id=mug.id),
        lambda: fulfil_redemptions(by=nobody, at=AT, redemption_ids=[chosen.id]),
        lambda: cancel_redemption(by=nobody, at=AT, redemption_id=chosen.id, reason=""),
        lambda: add_reward(by=nobody, at=AT, programme=enrolment.programme, key="y", terms=terms()),
        lambda: end_reward(by=nobody, at=AT, reward_id=mug.id),
        lambda: list_redemptions(by=nobody),
    ):
        with pytest.raises(Denied):
            act()


def test_what_was_chosen_before_joining_a_pool_comes_back_to_the_pool() -> None:
    enrolment = rich()
    mug = reward(enrolment)
    chosen = choose(enrolment, mug)
    leonore = member(enrolment.programme, LEONORE)
    pool = create_pool(by=SYSTEM, at=AT, programme=enrolment.programme, name="Fidelio")
    stale = Enrolment.objects.select_related("programme").get(id=enrolment.id)
    for one in (enrolment, leonore):
        join_pool(by=SYSTEM, at=AT + DAY, enrolment=one, pool_id=pool.id)
    assert available(leonore, AT + DAY) == 150
    cancel_redemption(by=SYSTEM, at=AT + DAY, redemption_id=chosen.id, reason="")
    assert available(leonore, AT + DAY) == 250
    choose(stale, mug, at=AT + DAY)  # whoever read the membership before the join spends from the pool
    assert available(leonore, AT + DAY) == 150


def test_points_that_expired_while_a_choice_waited_do_not_come_back_to_life() -> None:
    from tests.programme.cast import DOCUMENT

    document = {**DOCUMENT, "points": {"validity_days": 10, "ends": "day"}}
    enrolment = member(programme(document))
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=100, reason="x", key="g1")
    chosen = choose(enrolment, reward(enrolment))
    cancel_redemption(by=SYSTEM, at=AT + 20 * DAY, redemption_id=chosen.id, reason="")
    assert available(enrolment, AT + 20 * DAY) == 0


def test_a_return_after_the_points_were_spent_on_a_reward_follows_the_policy() -> None:
    enrolment = member(programme(may_go_negative=True))
    sale = buy(enrolment, 100, "f1")
    choose(enrolment, reward(enrolment, points=sale.points))
    give_back(sale, AT + DAY)
    assert available(enrolment, AT + DAY) == -sale.points


def test_a_changed_or_ended_reward_leaves_what_was_chosen() -> None:
    enrolment = rich(300)
    mug = reward(enrolment, pieces=2)
    chosen = choose(enrolment, mug)
    change_reward(by=SYSTEM, at=AT + DAY, reward_id=mug.id, terms=terms(points=150, pieces=5))
    assert choose(enrolment, mug, at=AT + DAY).points == 150
    with pytest.raises(MalformedReward):
        change_reward(by=SYSTEM, at=AT + DAY, reward_id=mug.id, terms=terms(kind="service"))
    end_reward(by=SYSTEM, at=AT + 2 * DAY, reward_id=mug.id)
    with pytest.raises(RewardOver):
        choose(enrolment, mug, at=AT + 2 * DAY)
    cancel_redemption(by=SYSTEM, at=AT + 2 * DAY, redemption_id=chosen.id, reason="")
    assert available(enrolment, AT + 2 * DAY) == 150


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "car"}, "/kind"),
        ({"points": -1}, "/points"),
        ({"points": 10**13}, "/points"),
        ({"money": -1}, "/money"),
        ({"per_member": 0}, "/per_member"),
        ({"kind": "sample"}, "/points"),
        ({"kind": "voucher"}, "/voucher_amount"),
        ({"kind": "voucher", "voucher_amount": 0}, "/voucher_amount"),
        ({"voucher_amount": 100}, "/voucher_amount"),
        ({"valid_until": date(2026, 2, 1)}, "/valid_until"),
        ({"points_currency": "MILES"}, "/points_currency"),
        ({"condition": "member.tier =="}, "/condition"),
        ({"condition": "purchase.total > 3"}, "/condition"),
        ({"pieces": -1}, "/pieces"),
    ],
)
def test_a_reward_that_cannot_be_is_refused_where_it_is_wrong(change: dict[str, Any], pointer: str) -> None:
    enrolment = member(programme())
    from fidelia.kernel.errors import Invalid

    with pytest.raises(Invalid) as refusal:
        reward(enrolment, **change)
    assert refusal.value.pointer == pointer
    assert not Reward.objects.exists()


def test_keys_are_taken_once_and_unknown_choices_are_told() -> None:
    enrolment = member(programme())
    reward(enrolment)
    with pytest.raises(KeyTaken):
        reward(enrolment)
    with pytest.raises(MalformedReward):
        reward(enrolment, "é")
    for act in (
        lambda: cancel_redemption(by=SYSTEM, at=AT, redemption_id=uuid4(), reason=""),
        lambda: fulfil_redemptions(by=SYSTEM, at=AT, redemption_ids=[uuid4()]),
    ):
        with pytest.raises(UnknownRedemption):
            act()


def test_the_catalog_says_of_each_reward_how_it_stands_to_the_member() -> None:
    enrolment = rich(120)
    reward(enrolment, "mug", pieces=3, per_member=1)
    reward(enrolment, "dear", points=300)
    reward(enrolment, "gone", points=110, pieces=0)
    reward(enrolment, "gold", points=20, condition='member.tier == "grand_cru"')
    reward(enrolment, "past", valid_from=date(2026, 2, 1), valid_until=date(2026, 3, 1))
    choose(enrolment, Reward.objects.get(key="mug"))
    found = {one.reward.key: one for one in list_catalog(enrolment.programme, at=AT, enrolment=enrolment)}
    assert {key: one.reasons for key, one in found.items()} == {
        "gold": ("not_eligible",),
        "mug": ("limit_reached", "not_enough_points"),
        "gone": ("out_of_stock", "not_enough_points"),
        "dear": ("not_enough_points",),
    }
    assert (found["dear"].points_missing, found["mug"].left) == (280, 2)
    assert all(one.may_be_had for one in list_catalog(enrolment.programme, at=AT) if one.left != 0)
