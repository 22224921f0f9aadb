"""The first run: shops, own file, a programme from the template, published; hidden and found again."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.access.models import User
from fidelia.access.operations import grant_role
from fidelia.demo.filling.state import BEGUN, remember
from fidelia.insight.operations.counting import count_figures
from fidelia.jobs.models import Job
from fidelia.kernel import clock
from fidelia.organisation.models import Operator, Store
from fidelia.programme.models import Programme, ProgrammeVersion
from tests.cast import SYSTEM, leonore

pytestmark = pytest.mark.django_db(transaction=True)
GUIDE = "/console/first-run/"


@pytest.fixture
def client() -> Client:
    user = leonore()
    grant_role(by=SYSTEM, at=clock.now(), user_id=user.id, role_code="administrator")
    User.objects.filter(pk=user.pk).update(language="fr")
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def name_the_shops(client: Client, **others: str) -> object:
    said = {"name": "Maison Éléonore", "country": "FR", "stores": "Lyon Presqu’île\n\nParis Batignolles", **others}
    return client.post(f"{GUIDE}shops/", said)


def text_of(answer: object) -> str:
    return answer.content.decode().replace("\u00a0", " ").replace("&#x27;", "'")  # type: ignore[attr-defined]


def test_home_is_the_guide_until_it_is_hidden_and_help_finds_it_again(client: Client) -> None:
    assert "0 sur 4 faites" in text_of(client.get("/console/"))
    client.post("/console/preferences/", {"hides_guide": "yes", "next": "/console/"})
    assert "Nommez vos magasins" not in text_of(client.get("/console/"))
    assert GUIDE in text_of(client.get("/console/"))
    assert "Le remettre sur l’accueil" in text_of(client.get(GUIDE))


def test_the_country_fills_in_money_and_zone(client: Client) -> None:
    name_the_shops(client, web="maison-eleonore.example")
    operator = Operator.objects.get()
    assert (operator.currency, operator.time_zone, operator.language) == ("EUR", "Europe/Paris", "fr")
    named = [("S01", "Lyon Presqu’île"), ("S02", "Paris Batignolles"), ("WEB", "maison-eleonore.example")]
    assert list(Store.objects.order_by("code").values_list("code", "name")) == named


def test_a_second_try_adds_what_the_first_could_not(client: Client) -> None:
    refused = name_the_shops(client, currency="EURO")
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert not Operator.objects.exists()
    name_the_shops(client)
    name_the_shops(client)
    assert Store.objects.count() == 2


def test_the_template_is_read_in_words_and_becomes_a_draft(client: Client) -> None:
    name_the_shops(client)
    page = text_of(client.get(f"{GUIDE}programmes/points-and-tiers/"))
    assert "Un point par euro" in page
    assert "dès 1 000 points en 365 jours" in page
    answer = client.post(f"{GUIDE}programmes/points-and-tiers/", {"name": "Le Cercle"})
    assert answer.headers["Location"] == "/console/programmes/le-cercle/versions/1/"
    draft = ProgrammeVersion.objects.get()
    assert (draft.state, draft.programme.currency, draft.programme.points_currency_id) == ("draft", "EUR", "PTS")
    assert client.get(answer.headers["Location"]).status_code == 200
    assert "Ouvrir le brouillon" in text_of(client.get(GUIDE))


def test_a_name_that_is_taken_is_said_at_its_field(client: Client) -> None:
    name_the_shops(client)
    for _ in range(2):
        answer = client.post(f"{GUIDE}programmes/points-and-tiers/", {"name": "Le Cercle"})
    assert answer.status_code == 422
    assert Programme.objects.count() == 1


def test_an_invented_shop_is_asked_for_once_and_only_while_nothing_is_here(client: Client) -> None:
    assert "Remplir plutôt avec un magasin inventé" in text_of(client.get("/console/"))
    for _ in range(2):
        asked = client.post(f"{GUIDE}invented-shop/")
        job = Job.objects.get(kind="demo.fill")
        assert asked.headers["Location"] == f"/console/settings/jobs/{job.id}/"
    Job.objects.all().delete()
    name_the_shops(client)
    assert "Remplir plutôt" not in text_of(client.get("/console/"))
    refused = client.post(f"{GUIDE}invented-shop/")
    assert refused.status_code == 409
    assert "contient déjà des données" in text_of(refused)
    assert "Ce magasin est inventé" not in text_of(client.get("/console/")), "a real house of the same name"


def test_every_page_says_that_the_shop_is_invented_and_how_it_goes(client: Client) -> None:
    name_the_shops(client)
    remember(BEGUN, by=SYSTEM, at=clock.now(), facts={})
    for address in ("/console/", "/console/customers/"):
        page = text_of(client.get(address))
        assert "Ce magasin est inventé" in page
        assert "fidelia demo --remove" in page


def test_the_nightly_count_of_home_waits_for_the_shops_to_be_named(client: Client) -> None:
    assert count_figures(by=SYSTEM, at=clock.now()) == 0
