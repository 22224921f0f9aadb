"""A programme with members, a segment that holds them, and people who draft, approve and launch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.access.queries import actor_of
from fidelia.campaigns.models import Campaign
from fidelia.campaigns.operations import approve_campaign, ask_approval_of_campaign, draft_campaign
from fidelia.campaigns.operations.drafting import CampaignPlan
from fidelia.customers.operations import define_segment
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme
from fidelia.programme.operations import create_programme, draft_version, enrol, publish_version
from tests.cast import AT, SYSTEM, fernando, leonore
from tests.insight.shop import customers, open_shop

NAME = LocalizedText(en="Come back to coffee", fr="Retour au café")
POINT_PER_EURO = {
    "key": "one-per-euro",
    "name": {"en": "One point per euro", "fr": "Un point par euro"},
    "points_per": {"amount": "1.00", "points": "1"},
}
OFFER = {"points": "50", "when": "purchase.total >= 30"}


@dataclass(frozen=True)
class Stage:
    """Where campaign tests play."""

    programme: Programme
    people: list[UUID]
    leonore: Actor
    fernando: Actor

    def draft(self, key: str = "coffee", **changes: Any) -> Campaign:
        return draft_campaign(by=self.leonore, at=AT, programme=self.programme, key=key, plan=plan(**changes))

    def approved(self, key: str = "coffee", **changes: Any) -> Campaign:
        campaign = self.draft(key, **changes)
        ask_approval_of_campaign(by=self.leonore, at=AT, campaign_id=campaign.id)
        return approve_campaign(by=self.fernando, at=AT, campaign_id=campaign.id)


def plan(**changes: Any) -> CampaignPlan:
    given: dict[str, Any] = {
        "name": NAME, "segment_key": "everybody", "control_share": Fraction(1, 5), "starts_at": AT,
        "ends_at": AT + timedelta(days=60), "offer": OFFER,
    }  # fmt: skip
    return CampaignPlan(**given | changes)


def enrol_all(programme: Programme, people: list[UUID]) -> None:
    for person in people:
        enrol(by=SYSTEM, at=AT - timedelta(days=1), programme=programme, customer_id=person)


@pytest.fixture
def stage(tmp_path: Path, settings: Any) -> Stage:
    """Twenty members and one customer who is none, in the segment “everybody”; one point per euro."""
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    programme = create_programme(
        by=SYSTEM, at=AT - timedelta(days=400), slug="club", name=LocalizedText(en="Club", fr="Club"), currency="EUR",
        time_zone="Europe/Paris", points_code="PTS", points_name=LocalizedText(en="points", fr="points"),
    )  # fmt: skip
    begun = AT - timedelta(days=300)
    version = draft_version(by=SYSTEM, at=begun, programme=programme, document={"rules": [POINT_PER_EURO]})
    publish_version(by=SYSTEM, at=begun, version=version, in_force_from=begun)
    people = customers(21)
    enrol_all(programme, people[:20])
    define_segment(
        by=SYSTEM, at=AT, key="everybody", name=LocalizedText(en="Everybody", fr="Tout le monde"),
        condition='customer.kind == "person"',
    )  # fmt: skip
    return Stage(programme, people, actor_of(leonore()), actor_of(fernando()))
