"""Logging in and out, and who sees what in the menu."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from fidelia.console.menu import FOOT, MENU, menu_for
from tests.cast import PASSWORD, PIZARRO, SYSTEM, leonore, rocco

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN = "/console/login/"


def give(client: Client, email: str, password: str, **more: str):
    return client.post(LOGIN, {"email": email, "password": password, **more})


def test_it_lets_a_user_in_and_back_to_where_they_wanted(client):
    leonore()
    asked = client.get("/console/settings/")
    assert asked.url == "/console/login/?next=/console/settings/"
    answer = give(client, "Leonore@fidelio.example", PASSWORD, next="/console/settings/")
    assert (answer.status_code, answer.url) == (302, "/console/settings/")
    assert client.get("/console/settings/").status_code == 200


def test_it_does_not_say_which_of_the_two_is_wrong(client):
    leonore()
    wrong_password = give(client, "leonore@fidelio.example", "Töt erst sein Weib!")
    unknown = give(client, "pizarro@fidelio.example", PASSWORD)
    assert wrong_password.status_code == unknown.status_code == 422
    sentence = "Cet e-mail et ce mot de passe ne vont pas ensemble."
    assert sentence in wrong_password.content.decode()
    assert sentence in unknown.content.decode()


def test_it_makes_someone_who_guesses_wait(client):
    for _ in range(30):
        answer = give(client, "leonore@fidelio.example", "guess")
    assert "Trop d’essais" in answer.content.decode()


def test_it_goes_nowhere_else_after_log_in(client):
    leonore()
    answer = give(client, "leonore@fidelio.example", PASSWORD, next="https://pizarro.example/")
    assert answer.url == "/console/"


def test_it_logs_out_by_post_only(client):
    client.force_login(leonore())
    assert client.get("/console/logout/").status_code == 405
    client.post("/console/logout/")
    assert client.get("/console/").status_code == 302


def test_it_sends_a_fragment_of_a_stranger_to_the_login_page(client):
    answer = client.get("/console/search/?q=x", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer["HX-Redirect"].startswith(LOGIN)


def test_it_keeps_language_theme_and_density(client):
    user = leonore()
    client.force_login(user)
    for name, value in (("language", "en"), ("theme", "dark"), ("density", "compact"), ("theme", "pink")):
        client.post("/console/preferences/", {name: value, "next": "/console/"})
    user.refresh_from_db()
    assert (user.language, user.theme, user.density) == ("en", "dark", "compact")
    page = client.get("/console/").content.decode()
    assert '<html lang="en" data-theme="dark" data-density="compact">' in page


def test_it_remembers_the_language_of_a_stranger_on_the_device(client):
    client.post("/console/preferences/", {"language": "en", "next": LOGIN})
    assert "Password" in client.get(LOGIN).content.decode()


def test_every_entry_of_the_menu_leads_somewhere():
    entries = [*(entry for block in MENU for entry in block.entries), *FOOT]
    for entry in [*entries, *(child for parent in entries for child in parent.children)]:
        address = reverse(entry.url_name, args=(entry.argument,) if entry.argument else ())
        assert address.startswith(("/console/", "/till/"))


def test_an_entry_without_permission_is_absent():
    everything = {str(entry.url) for entry in menu_for(SYSTEM, "/console/", {}).every_entry()}
    nothing = {str(entry.url) for entry in menu_for(PIZARRO, "/console/", {}).every_entry()}
    assert "/console/settings/style/" in everything
    assert "/console/settings/style/" not in nothing


def test_the_menu_marks_where_one_is():
    menu = menu_for(SYSTEM, "/console/settings/style/", {})
    marks = {entry.url: (entry.current, entry.open) for entry in menu.every_entry()}
    assert marks["/console/"] == (False, False)
    assert marks["/console/settings/"] == (False, True)
    assert marks["/console/settings/style/"] == (True, True)


def test_it_finds_pages_without_accents_or_case(client):
    client.force_login(rocco())
    found = client.get("/console/search/?q=REGL").content.decode()
    assert 'href="/console/settings/"' in found


def test_a_search_answers_with_a_part_of_the_page_when_asked_for_one(client):
    client.force_login(rocco())
    part = client.get("/console/search/?q=style", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "<html" not in part.content.decode()
    assert "f-pop-item" in part.content.decode()
    assert "HX-Request" in part["Vary"]
