"""One walk of the whole loop, through the console in Chromium, as people do it.

The till speaks HTTP with its key, Leonore and Fernando click, and letters go to a real SMTP server. The worker is not a
process here: whenever it would act, the walk calls what it calls (the dispatcher, the delivery, the run of a job).
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page

from fidelia.access.models import User
from fidelia.campaigns.models import Arm, Campaign
from fidelia.flow import REACTIONS
from fidelia.jobs.models import Job, JobState
from fidelia.jobs.operations import run_job
from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.kernel.outbox.dispatching import dispatch_once
from fidelia.messaging.jobs import deliver_due_messages
from fidelia.messaging.operations import install_default_templates
from fidelia.organisation.operations import set_up_operator
from tests.api.caller import Answer, Caller
from tests.browser import Visit, Visitor, chromium, follow, visit
from tests.cast import PASSWORD, SYSTEM, fernando, leonore
from tests.messaging.conftest import post_office
from tests.messaging.post_office import PostOffice, parts_of
from tests.programme.cast import programme

__all__ = ["chromium", "post_office", "visit"]
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MEMBERS = 6
SMALL = "has(trait.rfm_amount) && trait.rfm_amount <= 3"  # those who spent 20 to 23 €; 24 and 25 € score more
WELCOME = 50
Json = dict[str, Any]


@dataclass
class Said:
    """What came back over the wire, under the names by which `Answer` reads it."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Till(Caller):
    """The till of the shop: the same calls as elsewhere, but over HTTP to a server that listens."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def send(self, method: str, path: str, body: Any, **headers: str) -> Answer:
        content = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.text}", "Content-Type": "application/json", **headers}
        request = urllib.request.Request(f"{self.address}/api/v1{path}", content, sent, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Answer(Said(answer.status, answer.headers, answer.read()))

    def tell(self, path: str, body: Json) -> Json:
        """Write something that is taken; returns what was made."""
        said = self.post(path, body)
        assert said.status == 201, said.body
        made: Json = said.json()
        return made


@dataclass
class Walk:
    """Who walks: the till, Leonore at her desk, the post office; and a verb for each thing one does."""

    till: Till
    office: PostOffice
    leonore: User
    people: list[str] = field(default_factory=list)

    def join(self) -> None:
        """Somebody becomes a member with a card, and agrees to offers; every other one reads English."""
        number = len(self.people)
        language, card = "en" if number % 2 else "fr", f"card:{card_of(number)}"
        who = {"given_name": f"Florestan {number}", "language": language, "email": address_of(number)}
        person = self.till.tell("/customers", who | {"identities": [card], "source": "till"})["id"]
        self.till.tell("/enrolments", {"customer_id": person})
        agreed = {"purpose": "marketing", "channel": "email", "given": True, "proof": {"place": "till 3"}}
        self.till.tell(f"/customers/{person}/consents", agreed)
        self.people.append(person)

    def buy(self, number: int, amount: str) -> Json:
        """A member buys a mug now; returns what the till is told."""
        body = {
            "receipt_number": str(uuid4()),
            "occurred_at": now().isoformat(),
            "currency": "EUR",
            "member": {"identity": f"card:{card_of(number)}"},
            "lines": [{"product": "mug", "quantity": "1", "net": amount}],
        }
        return self.till.tell("/purchases", body)

    def let_the_worker_work(self) -> list[EmailMessage]:
        """Events are served and messages delivered, as by `fidelia work`; returns the letters that came of it."""
        while dispatch_once(REACTIONS, by_of=lambda reaction: Actor.system(reaction.name), at=now()):
            pass
        before = len(self.office.taken)
        deliver_due_messages(by=SYSTEM, clock=now)
        return self.office.taken[before:]

    def arm(self, arm: Arm) -> list[int]:
        drawn = Campaign.objects.get().members.filter(arm=arm).values_list("customer_id", flat=True)
        return sorted(self.people.index(str(person)) for person in drawn)


def card_of(number: int) -> str:
    return f"29904417{number:05}"


def address_of(number: int) -> str:
    return f"florestan{number}@fidelio.example"


@pytest.fixture
def walk(live_server: Any, settings: Any, tmp_path: Path, post_office: PostOffice) -> Walk:
    settings.FACTS_ROOT = tmp_path / "facts"
    set_up_operator(
        by=SYSTEM, at=now(), name="Maison Éléonore", country="FR", currency="EUR", language="fr",
        time_zone="Europe/Paris",
    )  # fmt: skip
    programme()
    install_default_templates(by=SYSTEM, at=now())
    begun = Walk(Till(live_server.url), post_office, leonore())
    for _number in range(MEMBERS):
        begun.join()
    return begun


def test_the_loop_closes_in_the_browser(walk: Walk, visit: Visitor) -> None:
    buy_and_get_letters(walk)
    desk = visit(walk.leonore)
    see_points_of_customer(walk, desk, 0)
    refresh_insight(desk)
    define_segment(desk)
    draft_campaign(desk)
    other_desk = visit()
    approve_as_another(other_desk)
    launch_campaign(desk)
    treated, control = walk.arm(Arm.TREATED), walk.arm(Arm.CONTROL)
    assert (len(treated), len(control)) == (2, 2)
    assert sorted(treated + control) == [0, 1, 2, 3]
    offers = walk.let_the_worker_work()
    assert sorted(str(offer["To"]) for offer in offers) == [address_of(number) for number in treated]
    see_reward(walk, desk, treated[0], control[0])
    assert desk.complaints == []
    assert other_desk.complaints == []


def buy_and_get_letters(walk: Walk) -> None:
    """Each buys a mug, somewhat dearer each time, and is written what it earned and why."""
    for number in range(MEMBERS):
        earned = 20 + number + WELCOME
        assert walk.buy(number, f"{20 + number}.00")["points"] == str(earned)
        (letter,) = walk.let_the_worker_work()
        assert address_of(number) in str(letter["To"])
        assert letter["Subject"] == f"{'You earned' if number % 2 else 'Vous avez gagné'} {earned} points"
        assert ("Welcome" if number % 2 else "Bienvenue") in parts_of(letter)[0]


def see_points_of_customer(walk: Walk, desk: Visit, number: int) -> None:
    """From the list to the customer, whose page says the points, the rules that gave them, and the letter sent."""
    page = desk.go("/console/customers/")
    page.get_by_role("link", name=f"Florestan {number}").first.click()
    page.wait_for_url(re.compile(rf"/customers/{walk.people[number]}/(\?|$)"))  # with its place in the list
    said = text_of(page.locator("main"))
    assert f"Points {20 + number + WELCOME} " in said
    assert f"+{20 + number} Un point par euro +{WELCOME} Bienvenue" in said
    assert "Points gagnés envoyé" in said


def refresh_insight(desk: Visit) -> None:
    """Leonore asks for a refresh; the worker's own function runs the job; the page shows the new figures."""
    page = desk.go("/console/insight/rfm/")
    press(page, "Actualiser maintenant")
    page.wait_for_selector("#f-refresh")
    job = Job.objects.get(kind="insight.refresh")
    run_job(job_id=job.id, clock=now)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    follow(page, page.get_by_role("link", name="Montrer les nouveaux chiffres"))
    page.wait_for_selector(".f-findings")
    assert f"{MEMBERS} clients" in text_of(page.locator("main"))


def define_segment(desk: Visit) -> None:
    page = desk.go("/console/segments/new/")
    fill(page, name_fr="Petits paniers", name_en="Small baskets", key="small", condition=SMALL)
    press(page, "Compter les clients")
    page.wait_for_selector("#f-preview .f-figure-value")
    assert page.locator("#f-preview .f-figure-value").inner_text() == "4"
    press(page, "Créer le segment")
    page.wait_for_url("**/segments/small/")


def draft_campaign(desk: Visit) -> None:
    """From the segment to a campaign of 50 points that leaves half of the people alone, and asks for approval."""
    page = desk.page
    page.get_by_role("link", name="Nouvelle campagne").click()
    page.wait_for_url("**/campaigns/new/?segment=small")
    fill(page, name_fr="Revenez nous voir", name_en="Come back", key="back")
    fill(page, offer="points: 50\nwhen: purchase.total >= 30")
    page.select_option("[name=template]", "campaign_offer")
    page.select_option("[name=control]", "50")
    press(page, "Enregistrer le brouillon")
    page.wait_for_url("**/campaigns/back/")
    confirm(page, "Demander l’accord", "L’accord est demandé")
    assert "une autre personne décide" in text_of(page.locator("main"))
    assert page.get_by_role("button", name="Donner l’accord").count() == 0


def approve_as_another(desk: Visit) -> None:
    """Fernando logs in, is told on Home what waits for him, and approves."""
    user = fernando()
    page = desk.go("/console/")
    fill(page, email=user.email, password=PASSWORD)
    press(page, "Entrer")
    page.wait_for_url("**/console/")
    assert "attend votre accord" in text_of(page.locator("main"))
    page = desk.go("/console/campaigns/")
    follow(page, page.get_by_role("link", name="Revenez nous voir"))
    press(page, "Donner l’accord")
    page.locator(".f-note.f-green", has_text="La campagne a reçu l’accord").wait_for()


def launch_campaign(desk: Visit) -> None:
    page = desk.go("/console/campaigns/back/")
    confirm(page, "Lancer la campagne", "La campagne est lancée")
    assert Campaign.objects.get().state == "running"


def see_reward(walk: Walk, desk: Visit, treated: int, control: int) -> None:
    """The same basket gives a treated member the offer and the other none; the page of each says why."""
    rewarded, left_alone = walk.buy(treated, "30.00"), walk.buy(control, "30.00")
    assert (rewarded["points"], left_alone["points"]) == ("80", "30")
    base = "Un point par euro +30 points sur 30,00 €. +30 pts"
    assert reasons_on_page(desk, rewarded)[:2] == [base, "Revenez nous voir +50 points. +50 pts"]
    why_less = reasons_on_page(desk, left_alone)
    assert why_less[0] == base
    assert "Revenez nous voir rien, sa condition n’est pas remplie." in why_less[1:]
    letters: dict[str, str] = {}
    for letter in walk.let_the_worker_work():  # one on the points, and where a tier was reached one on that
        letters[str(letter["To"])] = letters.get(str(letter["To"]), "") + parts_of(letter)[0]
    name = "Come back" if treated % 2 else "Revenez nous voir"
    assert name in letters[address_of(treated)]
    assert name not in letters[address_of(control)]


def reasons_on_page(desk: Visit, purchase: Json) -> list[str]:
    """What the page of a purchase says of each rule, those that gave points first."""
    page = desk.go(f"/console/purchases/{purchase['id']}/")
    title = page.get_by_role("heading", name=f"Pourquoi {purchase['points']} points")
    title.wait_for()
    card = page.locator(".f-card").filter(has=title)
    return [text_of(one) for one in card.locator("li").all()]


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"[name={name}]", value)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def confirm(page: Page, name: str, said: str) -> None:
    """Press a button of the dialog that it opens, and wait for what the page then says."""
    press(page, name)
    page.locator("dialog[open]").get_by_role("button", name=name).click()
    page.locator(".f-note.f-green", has_text=said).wait_for()


def text_of(part: Locator) -> str:
    """Return what is read there, with plain spaces."""
    return " ".join(part.inner_text().split())
