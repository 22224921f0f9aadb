"""The loop, once round: purchases → scores → a segment of them → a campaign → the next purchase rewarded → effect."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.campaigns.models import Arm
from fidelia.campaigns.operations import launch_campaign, measure_campaign
from fidelia.campaigns.queries import get_result
from fidelia.customers.operations import define_segment, refresh_segment
from fidelia.customers.queries import member_ids_at
from fidelia.insight.operations import refresh
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from tests.campaigns.conftest import Stage
from tests.cast import AT, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
DRIFTING = "has(trait.rfm_recency) && trait.rfm_recency <= 3"


def buy(person: UUID, cents: int, days: float) -> Purchase:
    key, occurred_at = str(new_id()), AT + timedelta(days=days)
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=occurred_at, currency="EUR",
        lines=(LineRequest(product_code="COFFEE", quantity=1000, net=cents),), customer_id=person,
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=occurred_at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def test_it_closes(stage: Stage) -> None:
    members = stage.people[:20]
    for number, person in enumerate(members):
        buy(person, 2_000, days=number)
    now = AT + timedelta(days=20)

    refresh(by=SYSTEM, at=now)
    drifting = define_segment(
        by=stage.leonore,
        at=now,
        key="drifting",
        name=LocalizedText(en="Drifting", fr="S’éloignent"),
        condition=DRIFTING,
    )
    assert refresh_segment(by=stage.leonore, at=now, segment_id=drifting.id).count == 12
    assert member_ids_at(drifting.id, now) == sorted(members[:12])

    campaign = stage.approved(segment_key="drifting", control_share=Fraction(1, 2), offer={"points": "50"})
    launch_campaign(by=stage.leonore, at=now, campaign_id=campaign.id)
    treated, control = (
        list(campaign.members.filter(arm=arm).values_list("customer_id", flat=True))
        for arm in (Arm.TREATED, Arm.CONTROL)
    )
    assert {buy(person, 3_000, days=21).points for person in treated} == {30 + 50}
    assert buy(control[0], 3_000, days=21).points == 30
    assert buy(members[15], 3_000, days=21).points == 30

    later = AT + timedelta(days=70)
    refresh(by=SYSTEM, at=later)
    measure_campaign(by=stage.leonore, at=later, campaign_id=campaign.id)
    page = get_result(by=stage.leonore, campaign=campaign)
    assert page is not None
    assert (page.treated.buyers, page.treated.people, page.control.buyers, page.control.people) == (6, 6, 1, 6)
    assert (page.treated.spend, page.treated.points) == (18_000, 480)
    assert page.buyers.finding.en == "more than without the offer"
