"""The pages by which people join: the form, the code, and in; several programmes of one member on one device."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from fidelia.customers.models import Consent, Customer
from fidelia.kernel.clock import now
from fidelia.kernel.localized import LocalizedText
from fidelia.members.models import Code, SignUp
from fidelia.members.queries import digits_of
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import create_programme, draft_version, enrol, publish_version
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM
from tests.programme.cast import AUTHOR, DOCUMENT

from .members_shop import EMAIL, inside, open_doors

pytestmark = pytest.mark.django_db
SAID = {"given_name": "Marzelline", "address": "marzelline@example.com", "marketing-email": "yes"}


def take_people_in(joining: Any, found: Programme | None = None) -> None:
    programme = found or get_programme("cercle")
    draft = draft_version(by=AUTHOR, at=now(), programme=programme, document={**DOCUMENT, "joining": joining})
    publish_version(by=SYSTEM, at=now(), version=draft)


def second_programme() -> Programme:
    """Another programme, of miles."""
    name, points = LocalizedText(en="Miles", fr="Voyages"), LocalizedText(en="miles", fr="miles")
    return create_programme(
        by=AUTHOR, at=now() - timedelta(days=3), slug="miles", name=name, currency="EUR",
        time_zone="Europe/Paris", points_code="MIL", points_name=points,
    )  # fmt: skip


def digits() -> str:
    return digits_of(Code.objects.latest("asked_at"))


def test_a_stranger_joins_and_is_in() -> None:
    open_doors()
    take_people_in({})
    client = Client(HTTP_ACCEPT_LANGUAGE="fr")
    assert "Pas encore adhérent" in client.get("/login/").content.decode()
    page = client.get("/join/").content.decode()
    assert 'type="checkbox" name="marketing-email" value="yes">' in page, "nothing is ticked beforehand"
    asked = client.post("/join/", SAID)
    assert (asked.status_code, asked["Location"]) == (302, "/join/code/")
    assert "marzelline@example.com" in client.get("/join/code/").content.decode()
    entered = client.post("/join/code/", {"digits": digits()})
    assert (entered.status_code, entered["Location"]) == (302, "/")
    home = client.get("/").content.decode()
    assert "Bienvenue" in home
    assert "Bonjour Marzelline" in home
    word = Consent.objects.get(customer__given_name="Marzelline")
    assert word.proof["wording"] == "Je souhaite recevoir par e-mail les nouveautés et les offres."
    again = client.post("/join/code/", {"digits": digits()})
    assert again["Location"] == "/", "a form sent twice ends where the first did"
    assert Customer.objects.filter(given_name="Marzelline").count() == 1


def test_the_form_answers_alike_for_a_member_and_lets_her_in() -> None:
    shop = open_doors()
    take_people_in({})
    pages = []
    for address in (EMAIL, "stranger@example.com"):
        client = Client()
        asked = client.post("/join/", {"given_name": "Léonore", "address": address})
        pages.append((asked.status_code, asked["Location"], len(client.cookies)))
    assert pages[0] == pages[1]
    client = Client(HTTP_ACCEPT_LANGUAGE="fr")
    client.post("/join/", {"given_name": "leonore", "address": EMAIL})
    client.post("/join/code/", {"digits": digits()})
    assert "Vous êtes déjà adhérent" in client.get("/").content.decode()
    assert SignUp.objects.get(person="member").customer_id == shop.customer_id


def test_a_mistake_is_said_beside_its_field_and_what_was_typed_stays() -> None:
    open_doors()
    take_people_in({"minimum_age": 15})
    before = Code.objects.count()
    client = Client(HTTP_ACCEPT_LANGUAGE="fr")
    for said, sentence in (
        ({"given_name": ""}, "Ce champ est obligatoire."),
        ({"address": "nothing"}, "Écrivez une adresse e-mail"),
        ({"birth_on": ""}, "Ce champ est obligatoire."),
        ({"birth_on": date.today().isoformat()}, "à partir de 15"),  # noqa: DTZ011 - a day of these days
        ({"birth_on": "2999-01-01"}, "ne peut pas être enregistré"),
        ({"birth_on": "31/31/31"}, "Saisissez une date valide."),
    ):
        answer = client.post("/join/", {**SAID, "birth_on": "1990-05-04", **said})
        page = answer.content.decode()
        assert answer.status_code == 422, said
        assert sentence.replace("'", "&#x27;") in page, said
        assert 'name="marketing-email" value="yes" checked' in page, said
    assert Code.objects.count() == before


def test_wrong_digits_are_said_and_leave_nobody_behind() -> None:
    open_doors()
    take_people_in({})
    client = Client(HTTP_ACCEPT_LANGUAGE="fr")
    assert client.get("/join/code/")["Location"] == "/join/"
    client.post("/join/", SAID)
    wrong = client.post("/join/code/", {"digits": "000000" if digits() != "000000" else "111111"})
    assert wrong.status_code == 422
    assert "4 essais" in wrong.content.decode()
    assert not Customer.objects.filter(given_name="Marzelline").exists()


def test_several_programmes_are_chosen_from_and_what_is_known_comes_along() -> None:
    open_doors()
    take_people_in({})
    take_people_in({}, second_programme())
    client = Client(HTTP_ACCEPT_LANGUAGE="fr")
    page = client.get("/join/?ref=abcd-1234&card=299").content.decode()
    assert "/join/?programme=miles&amp;ref=abcd-1234&amp;card=299" in page
    form = client.get("/join/?programme=miles&ref=abcd-1234&card=299").content.decode()
    assert 'value="ABCD-1234"' in form
    assert 'value="299"' in form
    client.post("/join/?programme=miles", SAID)
    client.post("/join/code/", {"digits": digits()})
    assert (
        Enrolment.objects.get(programme__slug="miles").customer_id == Customer.objects.get(given_name="Marzelline").id
    )


def test_a_member_of_several_programmes_switches_on_this_device() -> None:
    shop = open_doors()
    miles = second_programme()
    take_people_in({}, miles)
    enrol(by=SYSTEM, at=now(), programme=miles, customer_id=shop.customer_id, source="till")
    client, other = inside(shop.customer_id), inside(shop.customer_id)
    first = client.get("/").content.decode()
    assert 'aria-label="Voyages"' in first
    assert client.post("/programmes/cercle/choice/")["Location"] == "/"
    chosen = client.get("/").content.decode()
    assert 'aria-label="Cercle"' in chosen
    assert "/programmes/miles/choice/" in chosen
    assert 'aria-label="Voyages"' in other.get("/").content.decode()
    assert client.post("/programmes/nowhere/choice/").status_code == 404
    assert Client().post("/programmes/miles/choice/")["Location"].startswith("/login/")


def test_the_console_has_the_code_to_hang_at_the_till() -> None:
    from tests.cast import leonore

    open_doors()
    client = Client()
    client.force_login(leonore())
    assert "join.svg" not in client.get("/console/settings/portal/").content.decode()
    take_people_in({})
    assert "join.svg" in client.get("/console/settings/portal/").content.decode()
    drawn = client.get("/console/settings/portal/join.svg")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert drawn.content.startswith(b"<svg")
    assert Client().get("/console/settings/portal/join.svg").status_code == 302
