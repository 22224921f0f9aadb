"""What is foreseen of points that a tier keeps alive: what the nights will do, and no end that never comes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.operations.keeping import keep_points_of_tiers
from fidelia.programme.queries import foresee, terms_of, tier_standing
from tests.cast import SYSTEM
from tests.insight.backtest.history import CLERK
from tests.programme.cast import AT, DOCUMENT, member, programme

pytestmark = pytest.mark.django_db(transaction=True)


def bought(points: dict[str, Any]) -> Enrolment:
    """A member whose 134 points reach the tier that is held from 100 on, for a year."""
    one = member(programme(DOCUMENT | {"points": points}))
    asked = PurchaseRequest(
        idempotency_key="R1", receipt_number="R1", occurred_at=AT, currency="EUR", identity=("card", "2990441788200"),
        lines=(LineRequest("mug", 1000, 1450), LineRequest("moka", 2000, 3490, category="coffee")),
    )  # fmt: skip
    record_purchase(by=CLERK, at=AT, request=asked, source="till")
    with transaction_of_use_case():
        rederive_tiers(at=AT, enrolment_ids={one.id}, origin=Origin.LIVE)
    return one


def told(one: Enrolment, at: datetime, on: date) -> tuple[int, list[datetime]]:
    found = foresee(one, at=at, on=on)
    return found.available, [each.at for each in found.events if each.kind == "expires"]


def test_points_that_a_tier_keeps_are_foreseen_to_its_end(settings: Any) -> None:
    one = bought({"validity_months": 2, "kept_with": ["connaisseur"]})
    now = AT + timedelta(hours=1)
    held = tier_standing(one, now)
    assert held is not None
    assert held.held_until is not None
    over = held.held_until
    assert told(one, now, (AT + timedelta(days=100)).date()) == (134, [])
    assert told(one, now, (over + timedelta(days=1)).date()) == (0, [over])
    version = one.programme.versions.get()
    with transaction_of_use_case():
        keep_points_of_tiers(
            by=SYSTEM, at=now, programme=one.programme, terms=terms_of(version.id),
            currency=one.programme.points_currency_id, after=None, limit=10,
        )  # fmt: skip
    assert told(one, now, (over + timedelta(days=1)).date()) == (0, [over]), "what the night did was foreseen"


@pytest.mark.parametrize("kept_with", [[], ["grand_cru"]])
def test_points_that_no_tier_of_theirs_keeps_end_as_they_would(kept_with: list[str]) -> None:
    one = bought({"validity_months": 2, **({"kept_with": kept_with} if kept_with else {})})
    assert told(one, AT + timedelta(hours=1), (AT + timedelta(days=100)).date())[0] == 0
