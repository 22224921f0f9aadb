"""The whole loop by its real faces: purchase by API → points → e-mail → scores → segment → campaign → rewarded again.

Each step is a verb of `Round`, so that a browser may take over any of them. Only time is invented: the door of the API
and the worker are told what day it is. PostgreSQL and SMTP are real.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.access.queries import actor_of
from fidelia.campaigns.models import Arm, Campaign
from fidelia.campaigns.operations import approve_campaign, ask_approval_of_campaign, draft_campaign, launch_campaign
from fidelia.campaigns.operations.drafting import CampaignPlan
from fidelia.customers.operations import define_segment, refresh_segment
from fidelia.customers.queries import member_ids_at
from fidelia.flow import REACTIONS
from fidelia.insight.operations import refresh
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox.dispatching import dispatch_once
from fidelia.messaging.jobs import deliver_due_messages
from fidelia.messaging.operations import install_default_templates
from tests.api.caller import Caller
from tests.cast import AT, SYSTEM, fernando, leonore
from tests.insight.shop import open_shop
from tests.messaging.conftest import post_office  # noqa: F401 - a fixture
from tests.messaging.post_office import PostOffice, parts_of
from tests.programme.cast import programme

pytestmark = pytest.mark.django_db(transaction=True)
MEMBERS = 10
DRIFTING = "has(trait.rfm_recency) && trait.rfm_recency <= 3"


class Round:
    """One round of the loop: who takes part, what day it is, and a verb for each step."""

    def __init__(self, office: PostOffice) -> None:
        self.office, self.at = office, AT
        open_shop()
        self.programme = programme()
        install_default_templates(by=SYSTEM, at=AT)
        self.leonore, self.fernando = actor_of(leonore()), actor_of(fernando())
        self.till = Caller()
        self.people = [self.join(number) for number in range(MEMBERS)]

    def join(self, number: int) -> UUID:
        """Somebody becomes a member with a card, and agrees to marketing; every other one reads English."""
        person = self.till.post(
            "/customers",
            {
                "given_name": f"Florestan {number}",
                "language": "en" if number % 2 else "fr",
                "email": address_of(number),
                "identities": [f"card:{card_of(number)}"],
                "source": "till",
            },
        )
        assert person.status == 201, person.json()
        customer_id = person.json()["id"]
        assert self.till.post("/enrolments", {"customer_id": customer_id}).status == 201
        agreed = {"purpose": "marketing", "channel": "email", "given": True, "proof": {"place": "till 3"}}
        assert self.till.post(f"/customers/{customer_id}/consents", agreed).status == 201
        return UUID(customer_id)

    def buy(self, number: int, amount: str) -> dict[str, Any]:
        """A member buys now; returns what the till is told."""
        body = {
            "receipt_number": f"{number}-{self.at.isoformat()}",
            "occurred_at": self.at.isoformat(),
            "currency": "EUR",
            "member": {"identity": f"card:{card_of(number)}"},
            "lines": [{"product": "mug", "quantity": "1", "net": amount}],
        }
        answer = self.till.post("/purchases", body)
        assert answer.status == 201, answer.json()
        told: dict[str, Any] = answer.json()
        return told

    def why(self, purchase: dict[str, Any], language: str) -> list[str]:
        """What a cashier answers a member who asks why."""
        path = f"/purchases/{purchase['id']}/decision"
        sentences: list[str] = self.till.get(path, **{"Accept-Language": language}).json()["sentences"]
        return sentences

    def let_the_worker_work(self) -> list[EmailMessage]:
        """Events are served and messages delivered, as by `fidelia work`; returns the letters that came of it."""
        while dispatch_once(REACTIONS, by_of=lambda reaction: Actor.system(reaction.name), at=self.at):
            pass
        before = len(self.office.taken)
        deliver_due_messages(by=SYSTEM, clock=lambda: self.at)
        return self.office.taken[before:]

    def learn(self) -> list[UUID]:
        """Insight scores everybody; Leonore asks who drifts away."""
        refresh(by=SYSTEM, at=self.at)
        name = LocalizedText(en="Drifting", fr="S’éloignent")
        segment = define_segment(by=self.leonore, at=self.at, key="drifting", name=name, condition=DRIFTING)
        refresh_segment(by=self.leonore, at=self.at, segment_id=segment.id)
        return list(member_ids_at(segment.id, self.at))

    def plan(self) -> Campaign:
        """Leonore drafts an offer for them and leaves half alone; Fernando approves it; it is launched."""
        plan = CampaignPlan(
            name=LocalizedText(en="Come back", fr="Revenez nous voir"), segment_key="drifting",
            control_share=Fraction(1, 2), starts_at=self.at, ends_at=self.at + timedelta(days=30),
            offer={"points": "50", "when": "purchase.total >= 30"}, template="campaign_offer",
        )  # fmt: skip
        draft = draft_campaign(by=self.leonore, at=self.at, programme=self.programme, key="back", plan=plan)
        ask_approval_of_campaign(by=self.leonore, at=self.at, campaign_id=draft.id)
        approve_campaign(by=self.fernando, at=self.at, campaign_id=draft.id)
        return launch_campaign(by=self.leonore, at=self.at, campaign_id=draft.id)

    def arm(self, campaign: Campaign, arm: Arm) -> list[int]:
        drawn = set(campaign.members.filter(arm=arm).values_list("customer_id", flat=True))
        return [number for number, person in enumerate(self.people) if person in drawn]


def card_of(number: int) -> str:
    return f"29904417{number:05}"


def address_of(number: int) -> str:
    return f"florestan{number}@fidelio.example"


@pytest.fixture
def loop(
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
    post_office: PostOffice,  # noqa: F811
) -> Round:
    settings.FACTS_ROOT = tmp_path / "facts"
    now: list[datetime] = [AT]
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: now[0])
    turn = Round(post_office)
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: turn.at)
    return turn


def test_it_closes(loop: Round) -> None:
    for number in range(MEMBERS):
        loop.at = AT + timedelta(days=number)
        assert loop.buy(number, "20.00")["points"] == "70"  # one a euro, and 50 of welcome
        (letter,) = loop.let_the_worker_work()
        assert letter["To"] is not None
        assert address_of(number) in letter["To"]
        assert letter["Subject"] == ("You earned 70 points" if number % 2 else "Vous avez gagné 70 points")
        assert ("Welcome" if number % 2 else "Bienvenue") in parts_of(letter)[0]  # the rule, by its name

    loop.at = AT + timedelta(days=20)
    assert sorted(loop.learn()) == sorted(loop.people[:6])
    campaign = loop.plan()
    treated, control = loop.arm(campaign, Arm.TREATED), loop.arm(campaign, Arm.CONTROL)
    assert (len(treated), len(control)) == (3, 3)
    letters = loop.let_the_worker_work()
    assert sorted(loop.office.recipients[-len(letters) :]) == sorted(map(address_of, treated))
    assert {str(letter["Subject"]).split(",")[0] for letter in letters} <= {"Come back", "Revenez nous voir"}

    loop.at += timedelta(days=1)
    rewarded, left_alone = loop.buy(treated[0], "30.00"), loop.buy(control[0], "30.00")
    assert (rewarded["points"], left_alone["points"]) == ("80", "30")
    assert any("Revenez nous voir" in sentence for sentence in loop.why(rewarded, "fr"))
    assert any("Come back" in sentence for sentence in loop.why(rewarded, "en"))
    assert not any("50" in sentence and "Come back" in sentence for sentence in loop.why(left_alone, "en"))

    letters = loop.let_the_worker_work()
    told: dict[str, str] = {}
    for letter in letters:  # one on the points, and where a tier was reached one on that
        told[str(letter["To"])] = told.get(str(letter["To"]), "") + parts_of(letter)[0]
    name = "Come back" if treated[0] % 2 else "Revenez nous voir"
    assert name in next(text for to, text in told.items() if address_of(treated[0]) in to)
    tier = loop.till.get(f"/enrolments/{rewarded['enrolment_id']}").json()["tier"]
    assert tier["key"] == "connaisseur"  # 150 points within the year, by the same purchases
