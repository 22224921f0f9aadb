"""One basket, one decision: points to spend, points that qualify and euros of a cagnotte; a return takes all back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.activity.operations.checkouts import ReturnedItem
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.errors import UnknownAccount
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.errors import MalformedDocument
from fidelia.programme.models import Enrolment, PointsCurrency
from fidelia.programme.operations import draft_version, publish_version, rederive_tiers
from fidelia.programme.operations.points import add_points_currency
from fidelia.programme.operations.pools import create_pool, join_pool
from fidelia.programme.queries import tier_at
from fidelia.rules.errors import InvalidRuleSet
from tests.cast import SYSTEM
from tests.programme.cast import AT, BEGUN, member, programme

from .cast import MOKA, MUG, basket, cancel, close, give_back, put, reopen
from .rules import document, said

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CAGNOTTE = {
    "key": "cagnotte", "name": said("Five percent into the cagnotte"),
    "credit_points": {"currency": "EURC", "points": "share(purchase.total, 5, half_up)"},
}  # fmt: skip
QUALIFYING = {
    "key": "status", "name": said("A status point for each ten euros"),
    "credit_points": {"currency": "QUAL", "points": "per(purchase.total, 10)"},
}  # fmt: skip
LEVEL = {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}}


def shop(*rules: dict[str, Any], **parts: Any) -> Enrolment:
    enrolment = member(programme(document()))
    for code, scale, role in (("EURC", 2, "cagnotte"), ("QUAL", 0, "qualifying")):
        made = PointsCurrency.objects.create(code=code, name=LocalizedText(en=code, fr=code), scale=scale)
        add_points_currency(by=SYSTEM, at=BEGUN, programme=enrolment.programme, currency=made, role=role)
    at = BEGUN + DAY
    asked = document(*(rules or (CAGNOTTE, QUALIFYING)), **parts)
    draft = draft_version(by=SYSTEM, at=at, programme=enrolment.programme, document=asked)
    publish_version(by=SYSTEM, at=at, version=draft, in_force_from=at)
    return enrolment


def has(of: Enrolment, at: Any = AT) -> tuple[int, ...]:
    """Points, cents of the cagnotte, status points."""
    assert find_broken_invariants() == []
    of.refresh_from_db()
    return tuple(_balance(of, code, at) for code in ("PTS", "EURC", "QUAL"))


def _balance(of: Enrolment, code: str, at: Any) -> int:
    try:
        return get_balance(account_id=of.account_id, currency=code, at=at).available
    except UnknownAccount:
        return 0


def test_one_basket_earns_in_three_currencies_and_says_so() -> None:
    enrolment = shop()
    closed = close(basket=basket())  # 34.90 and 14.50
    assert has(enrolment) == (49, 247, 4)
    told = [each for each in closed.checkout["evaluation"]["effects"] if each["kind"] == "points_credit"]
    assert [(each["currency"], each["parts"]) for each in told] == [("EURC", 24_700), ("QUAL", 40_000)]


def test_nobody_earns_nothing_and_an_evaluation_writes_nothing() -> None:
    enrolment = shop()
    close(basket=basket(identity=None), number="C-2")
    put()
    assert has(enrolment) == (0, 0, 0)


def test_a_return_takes_each_back_in_proportion_and_all_in_the_end() -> None:
    enrolment = shop()
    close(basket=basket())
    give_back(ReturnedItem(2))  # the mug: 14.50 of 49.40
    assert has(enrolment) == (35, 175, 3)
    give_back(ReturnedItem(1, quantity=1000))
    assert has(enrolment) == (17, 88, 2)
    give_back()
    assert has(enrolment) == (0, 0, 0)


def test_many_small_returns_take_no_more_and_no_less() -> None:
    enrolment = shop()
    close(basket=basket())
    for _each in range(9):
        give_back(amount=500)
    give_back()
    assert has(enrolment) == (0, 0, 0)


def test_a_cancellation_takes_all_and_what_is_opened_again_earns_again() -> None:
    enrolment = shop()
    close(basket=basket())
    reopen()
    assert has(enrolment) == (0, 0, 0)
    close()
    assert has(enrolment) == (49, 247, 4)
    cancel()
    assert has(enrolment) == (0, 0, 0)


def test_they_follow_into_a_pool_and_are_taken_back_there() -> None:
    enrolment = shop()
    close(basket=basket())
    family = create_pool(by=SYSTEM, at=AT, programme=enrolment.programme, name="Fidelio")
    join_pool(by=SYSTEM, at=AT, enrolment=enrolment, pool_id=family.id)
    assert has(enrolment) == (49, 247, 4)
    give_back()
    assert has(enrolment) == (0, 0, 0)


def test_each_currency_has_its_own_life_and_its_own_waiting() -> None:
    lives = {"EURC": {"validity_months": 1, "ends": "month"}, "QUAL": {"pending": {"days": 14}}}
    enrolment = shop(currencies=lives)
    close(basket=basket())
    assert has(enrolment) == (49, 247, 0)
    assert has(enrolment, AT + 14 * DAY) == (49, 247, 4)
    assert has(enrolment, AT + 60 * DAY)[1] == 0
    give_back(ReturnedItem(1))
    assert has(enrolment, AT + 14 * DAY)[2] == 2  # 70 percent of the price came back: two of the four


def test_a_tier_is_measured_by_the_points_that_qualify() -> None:
    sets = {"currency": "QUAL", "window_days": 365, "kept_days": 365, "levels": [{**LEVEL, "threshold": "4"}]}
    enrolment = shop(tiers=sets)
    close(basket=basket())
    with transaction.atomic():
        rederive_tiers(at=AT, enrolment_ids=[enrolment.id])
    held = tier_at(enrolment.id, AT)
    assert held is not None
    give_back(ReturnedItem(2), at=AT + DAY)
    with transaction.atomic():
        rederive_tiers(at=AT + DAY, enrolment_ids=[enrolment.id])
    lost = tier_at(enrolment.id, AT + DAY)
    assert (lost.tier if lost else "") == ""


def test_a_fixed_amount_and_one_below_the_smallest_unit() -> None:
    fixed = {"key": "five", "name": said("Five"), "credit_points": {"currency": "EURC", "points": "5.25"}}
    tiny = {"key": "tiny", "name": said("Tiny"), "credit_points": {"currency": "QUAL", "points": "0.5"}}
    enrolment = shop(fixed, tiny)
    close(basket=basket(MUG, MOKA))
    assert has(enrolment)[1:] == (525, 0)


@pytest.mark.parametrize(
    ("effect", "pointer"),
    [
        ({"currency": "MILES", "points": "1"}, "/rules/1/credit_points/currency"),
        ({"currency": "PTS", "points": "1"}, "/rules/1/credit_points/currency"),
        ({"currency": "EURC"}, "/rules/1/credit_points/points"),
        ({"currency": "EURC", "points": "0"}, "/rules/1/credit_points/points"),
        ({"currency": "EURC", "points": "-1"}, "/rules/1/credit_points/points"),
        ({"currency": "EURC", "points": "purchase.is_first"}, "/rules/1/credit_points/points"),
        ({"currency": "EURC", "points": "1", "x": 1}, "/rules/1/credit_points/x"),
    ],
)
def test_what_cannot_be_credited_is_refused(effect: dict[str, Any], pointer: str) -> None:
    with pytest.raises((MalformedDocument, InvalidRuleSet)) as refused:
        shop({"key": "x", "name": said("x"), "credit_points": effect})
    assert refused.value.pointer == pointer
