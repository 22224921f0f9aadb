"""Where a member stands on the tiers, who holds one, and whose memberships an actor sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.kernel.actor import Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.tiers import rederive_tiers
from fidelia.programme.queries import holders_of, see_enrolments, tier_standing, tiers_of_each_at
from tests.cast import PIZARRO, SYSTEM, actor_with

from .cast import AT, DOCUMENT, member, programme

pytestmark = pytest.mark.django_db(transaction=True)


def earn(enrolment: Enrolment, euros: int, days_ago: int) -> None:
    at = AT - timedelta(days=days_ago)
    request = PurchaseRequest(
        idempotency_key=f"k{days_ago}", receipt_number=f"R{days_ago}", occurred_at=at, currency="EUR",
        lines=(LineRequest("mug", 1000, euros * 100),), customer_id=enrolment.customer_id,
    )  # fmt: skip
    record_purchase(by=SYSTEM, at=at, request=request, source="till")
    with transaction_of_use_case():
        rederive_tiers(at=AT, enrolment_ids=[enrolment.id])


def test_it_names_the_tier_what_was_earned_and_what_is_next() -> None:
    enrolment = member(programme())
    before = tier_standing(enrolment, AT)
    assert before is not None
    assert (before.held, before.rank, before.earned, before.next and before.next.key) == (None, None, 0, "connaisseur")
    earn(enrolment, 100, 400)  # before the window: 150 points, kept until a year and a day later
    earn(enrolment, 70, 10)
    standing = tier_standing(enrolment, AT)
    assert standing is not None
    assert (standing.earned, standing.next and standing.next.key) == (70, "connaisseur")
    earn(enrolment, 40, 5)
    standing = tier_standing(enrolment, AT)
    assert standing is not None
    assert (standing.held and standing.held.key, standing.rank, standing.earned) == ("connaisseur", 2, 110)
    assert standing.next is not None
    assert standing.next.threshold - standing.earned == 390


def test_a_programme_without_tiers_has_no_standing() -> None:
    document = {part: value for part, value in DOCUMENT.items() if part != "tiers"}
    assert tier_standing(member(programme(document)), AT) is None


def test_it_knows_who_holds_a_tier_now() -> None:
    enrolment = member(programme())
    earn(enrolment, 100, 5)
    assert tiers_of_each_at([enrolment.id, new_id()], AT) == {enrolment.id: "connaisseur"}
    assert tiers_of_each_at([enrolment.id], AT - timedelta(days=6)) == {}
    assert list(holders_of("connaisseur", AT)) == [enrolment.customer_id]
    assert list(holders_of("grand_cru", AT)) == []


def test_it_shows_the_memberships_within_a_right() -> None:
    enrolment = member(programme())
    ids = [enrolment.customer_id]
    assert see_enrolments(by=actor_with("customer.see"), customer_ids=ids) == [enrolment]
    assert see_enrolments(by=actor_with("customer.see"), customer_ids=ids, right="points.see") == []
    assert see_enrolments(by=actor_with("customer.see", scope=Scope(new_id())), customer_ids=ids) == []
    assert see_enrolments(by=PIZARRO, customer_ids=ids) == []
