"""The guards: each refuses, or asks for a person's look, and says why; nothing is given meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.access.errors import RateLimited
from fidelia.customers.operations import add_identity, end_identity
from fidelia.kernel.errors import Denied
from fidelia.programme.operations.pools import create_pool, join_pool
from fidelia.referral.errors import AlreadyReferred, NoReferral, NothingToReview, ReferralOfOneself, UnknownReferralCode
from fidelia.referral.models import Referral
from fidelia.referral.operations import Evidence, code_of_member, record_referral, review_referral
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, programme

from .cast import bring, buy, followed, newcomer, old_member, points, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_nobody_brings_himself() -> None:
    leonore = old_member(running())
    with pytest.raises(ReferralOfOneself):
        bring(leonore, leonore)
    assert not Referral.objects.exists()


def test_a_family_pool_is_one_household() -> None:
    of = running()
    leonore, friend = old_member(of), newcomer(of)
    pool = create_pool(by=SYSTEM, at=AT, programme=of, name="Fidelio")
    for one in (leonore, friend):
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=pool.id)
    brought = bring(leonore, friend)
    assert (brought.state, brought.reason) == ("refused", "same_household")


def test_a_shared_address_or_a_card_of_before_is_the_same_person() -> None:
    of = running()
    leonore = old_member(of, email="l@fidelio.example")
    shared = newcomer(of, email="L@fidelio.example")
    assert bring(leonore, shared).reason == "same_contact"
    add_identity(by=SYSTEM, at=AT, customer_id=leonore.customer_id, scheme="card", value="111122223333")
    end_identity(by=SYSTEM, at=AT, customer_id=leonore.customer_id, scheme="card", value="111122223333")
    again = newcomer(of, identities=(("card", "111122223333"),))
    assert bring(leonore, again).reason == "same_card"


def test_one_device_and_one_place() -> None:
    of = running(velocity=2)
    leonore = old_member(of)
    same = Evidence(ip="10.0.0.1", device="browser one")
    assert bring(leonore, newcomer(of), evidence=same).state == "pending"
    assert bring(leonore, newcomer(of), evidence=same).reason == "same_device"
    other = old_member(of)
    brought = bring(other, newcomer(of), evidence=Evidence(ip="10.0.0.1", device="another"))
    assert (brought.state, brought.reason) == ("review", "same_place")
    assert "10.0.0.1" not in brought.ip_hash


def test_a_circle_is_refused_at_any_length() -> None:
    of = running()
    one, two, three = newcomer(of), newcomer(of), newcomer(of)
    bring(one, two)
    bring(two, three)
    brought = bring(three, one)
    assert (brought.state, brought.reason) == ("refused", "circular")


def test_who_bought_before_or_is_a_member_for_long_is_no_newcomer() -> None:
    of = running()
    leonore = old_member(of)
    assert bring(leonore, old_member(of)).reason == "already_customer"
    friend = newcomer(of)
    friend.enrolled_at = AT + DAY
    friend.save(update_fields=["enrolled_at"])
    buy(friend, 10, AT)
    assert bring(leonore, friend, AT + DAY).reason == "already_customer"


def test_limits_count_by_period_and_refused_ones_do_not() -> None:
    of = running(at_most=2, per="month")
    leonore = old_member(of)
    bring(leonore, old_member(of))
    states = [bring(leonore, newcomer(of)).state for _ in range(3)]
    assert states == ["pending", "pending", "refused"]
    later = AT + timedelta(days=30)
    assert bring(leonore, newcomer(of, later), later).state == "pending"


def test_too_many_in_a_week_are_looked_at_and_a_person_decides() -> None:
    of = running(velocity=1, purchases=1, wait_days=0)
    leonore, friend, other = old_member(of), newcomer(of), newcomer(of)
    bring(leonore, newcomer(of))
    doubted, refused = bring(leonore, friend), bring(leonore, other)
    assert (doubted.state, doubted.reason) == ("review", "too_fast")
    buy(friend, 30, AT)
    assert followed(doubted, AT) == "review"
    assert points(leonore, AT) == 0
    with pytest.raises(Denied):
        review_referral(by=PIZARRO, at=AT, referral_id=doubted.id, is_accepted=True)
    assert review_referral(by=SYSTEM, at=AT, referral_id=doubted.id, is_accepted=True).state == "rewarded"
    assert review_referral(by=SYSTEM, at=AT, referral_id=refused.id, is_accepted=False).state == "refused"
    assert points(leonore, AT) == 500
    for one in (doubted, refused):
        with pytest.raises(NothingToReview):
            review_referral(by=SYSTEM, at=AT, referral_id=one.id, is_accepted=False)


def test_one_name_at_one_postal_code_is_looked_at() -> None:
    of = running()
    address = {"family_name": "Rocco", "postal_code": "69002"}
    brought = bring(old_member(of, **address), newcomer(of, **address))
    assert (brought.state, brought.reason) == ("review", "likely_household")


def test_a_friend_comes_once_and_a_programme_without_referral_takes_none() -> None:
    of = running()
    leonore, other, friend = old_member(of), old_member(of), newcomer(of)
    bring(leonore, friend)
    with pytest.raises(AlreadyReferred):
        bring(other, friend)


def test_no_terms_no_referral() -> None:
    of = programme()
    leonore, friend = old_member(of), newcomer(of)
    with pytest.raises(NoReferral):
        bring(leonore, friend)


def test_a_code_is_made_once_and_typed_as_people_type() -> None:
    of = running()
    leonore, friend = old_member(of), newcomer(of)
    code = code_of_member(by=SYSTEM, at=AT, enrolment=leonore)
    assert code == code_of_member(by=SYSTEM, at=AT, enrolment=leonore)
    typed = f" {code[:4].lower()}-{code[4:]} "
    assert record_referral(by=SYSTEM, at=AT, code=typed, enrolment=friend).state == "pending"


def test_who_guesses_codes_waits() -> None:
    of = running()
    leonore, friend = old_member(of), newcomer(of)
    for guess in range(20):
        with pytest.raises(UnknownReferralCode):
            record_referral(by=SYSTEM, at=AT, code=f"GUESS{guess:03d}", enrolment=friend, subject="10.0.0.9")
    code = code_of_member(by=SYSTEM, at=AT, enrolment=leonore)
    with pytest.raises(RateLimited):
        record_referral(by=SYSTEM, at=AT, code=code, enrolment=friend, subject="10.0.0.9")
    assert record_referral(by=SYSTEM, at=AT, code=code, enrolment=friend, subject="10.0.0.10").state == "pending"


def test_recording_needs_its_right() -> None:
    of = running()
    code = code_of_member(by=SYSTEM, at=AT, enrolment=old_member(of))
    with pytest.raises(Denied):
        record_referral(by=PIZARRO, at=AT, code=code, enrolment=newcomer(of))
