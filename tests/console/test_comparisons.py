"""Two versions compared in words, and a version as a file."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest
from django.test import Client

from fidelia.programme.operations import draft_version
from tests.cast import actor_with, leonore, pizarro
from tests.programme.cast import AT, DOCUMENT, programme

pytestmark = pytest.mark.django_db
AUTHOR = actor_with("programme.*", number=9)
PAGE = "/console/programmes/cercle/versions/2/comparison/"


def compared(client: Client, language: str = "fr") -> str:
    made = programme()
    document = deepcopy(DOCUMENT)
    document["rules"].pop(1)
    document["points"]["validity_months"] = 12
    draft_version(by=AUTHOR, at=AT + timedelta(days=1), programme=made, document=document)
    user = leonore()
    user.language = language
    user.save()
    client.force_login(user)
    return client.get(PAGE).content.decode()


def test_it_says_in_french_what_differs(client: Client) -> None:
    page = compared(client)
    assert "Version 2 face à la version 1" in page
    assert "Double points café" in page
    assert "Les points vivent 12\u00a0mois après leur gain" in page


def test_it_says_in_english_what_differs(client: Client) -> None:
    page = compared(client, "en")
    assert "Version 2 against version 1" in page
    assert "Points live 12\u00a0months after they were earned" in page


def test_a_version_against_itself_differs_in_nothing(client: Client) -> None:
    compared(client)
    assert "mot pour mot" in client.get(PAGE, {"with": "2"}).content.decode()
    assert client.get(PAGE, {"with": "77"}).status_code == 404


def test_the_file_holds_the_head_and_the_document(client: Client) -> None:
    compared(client)
    answer = client.get("/console/programmes/cercle/versions/1/file/")
    assert answer["Content-Disposition"] == 'attachment; filename="cercle-v1.yaml"'
    assert answer.content.decode().startswith("programme:\n  slug: cercle\n")


def test_who_may_see_no_programme_sees_neither(client: Client) -> None:
    compared(client)
    client.force_login(pizarro())
    assert client.get(PAGE).status_code in (403, 404)
    assert client.get("/console/programmes/cercle/versions/1/file/").status_code in (403, 404)
