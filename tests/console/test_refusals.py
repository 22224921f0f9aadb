"""Pages of refusals: in both languages, with a way on, and safe headers on all of them."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.utils import translation

from fidelia.console.errors import failed
from tests.cast import leonore, rocco

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "sentence"), [("fr", "Il n’y a rien ici"), ("en", "There is nothing here")])
def test_it_says_that_there_is_nothing_in_both_languages(client, language, sentence):
    answer = client.get("/console/no-such-page/", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert sentence in answer.content.decode()


def test_it_names_the_right_that_is_missing(client):
    client.force_login(leonore())
    answer = client.get("/console/settings/style/")
    assert answer.status_code == 403
    assert "system.see" in answer.content.decode()


def test_a_refused_fragment_shows_in_its_card(client):
    client.force_login(leonore())
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = client.get("/console/settings/style/progress/", headers=headers)
    assert answer.status_code == 403
    assert "f-failed" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_form_out_of_date_says_so():
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/console/login/", {"email": "a@b.example"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()


def test_our_own_mistake_has_a_page():
    request = RequestFactory().get("/console/")
    with translation.override("en"):
        answer = failed(request)
    assert answer.status_code == 500
    assert "The mistake is ours" in answer.content.decode()


@pytest.mark.parametrize("path", ["/console/login/", "/console/", "/console/settings/style/", "/console/none/"])
def test_every_page_forbids_what_is_not_ours(client, path):
    client.force_login(rocco())
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_nothing_of_a_page_is_kept(client):
    client.force_login(rocco())
    assert client.get("/console/settings/style/")["Cache-Control"] == "private, no-store"
