"""The door: nobody is told who is a member, nobody guesses in, nobody brings a session along or meets another's."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from fidelia.customers.models import Customer
from fidelia.kernel.clock import now
from fidelia.members.models import Code, MemberSession
from fidelia.members.operations import use_session
from fidelia.members.queries import digits_of, list_open_sessions
from fidelia.messaging.operations import MessageRequest, send_message
from fidelia.messaging.queries import portal_url_for
from tests.cast import SYSTEM, leonore
from tests.console.boutique import MUG, buy
from tests.members.company import merge, open_portal

from .members_shop import COOKIE, EMAIL, inside, newcomer, open_doors, session_of

pytestmark = pytest.mark.django_db
MEMBERS_PAGES = ("/", "/card/", "/points/", "/tiers/", "/rewards/", "/me/", "/me/details/", "/me/email/",
                 "/me/devices/", "/me/consents/", "/me/data/", "/me/data/file/", "/me/erasure/")  # fmt: skip


def come_in(client: Client, email: str = EMAIL, wanted: str = "") -> str:
    """Ask for a code and enter it; return where that leads."""
    asked = client.post("/login/", {"address": email, "next": wanted})
    assert asked.status_code == 302
    digits = digits_of(Code.objects.latest("asked_at"))
    return str(client.post(asked["Location"], {"digits": digits, "next": wanted})["Location"])


def test_a_stranger_is_sent_to_the_log_in_and_comes_back() -> None:
    open_doors()
    stranger = Client()
    for page in MEMBERS_PAGES:
        answer = stranger.get(page)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login/"), page
    for page in ("/", "/points/", "/me/data/file/"):  # an address gets five codes an hour
        client = Client()
        assert come_in(client, wanted=page) == page
    assert [page for page in MEMBERS_PAGES if client.get(page).status_code != 200] == []


def test_the_answer_is_the_same_for_an_address_that_nobody_has() -> None:
    open_doors()
    pages = []
    for address in (EMAIL, "nobodyy@example.com"):
        client = Client()
        asked = client.post("/login/", {"address": address})
        page = client.get(asked["Location"]).content.decode().replace(address, "…")
        pages.append((asked.status_code, asked["Location"], re.sub(r'value="[\w]{64}"', "", page)))
    assert pages[0] == pages[1]


def test_a_session_that_was_brought_along_opens_nothing() -> None:
    open_doors()
    client = Client()
    client.cookies[COOKIE] = "chosen by somebody else"
    come_in(client)
    assert client.cookies[COOKIE].value != "chosen by somebody else"
    assert use_session(at=now(), token="chosen by somebody else") is None
    assert client.cookies[COOKIE]["httponly"] is True
    assert client.cookies[COOKIE]["samesite"] == "Lax"


def test_the_session_is_not_the_consoles_and_the_consoles_opens_nothing_here() -> None:
    shop = open_doors()
    member = inside(shop.customer_id)
    assert member.get("/console/").status_code == 302
    assert Session.objects.count() == 0
    user = Client()
    user.force_login(leonore())
    assert user.get("/points/")["Location"].startswith("/login/")


def test_the_way_back_never_leads_elsewhere() -> None:
    open_doors()
    for next_page in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        assert come_in(Client(), wanted=next_page) == "/", next_page


def test_forms_want_their_token() -> None:
    shop = open_doors()
    client = inside(shop.customer_id, enforce_csrf_checks=True)
    for path in ("/login/", "/logout/", "/me/consents/none/", "/me/details/", "/me/erasure/", "/me/email/"):
        assert client.post(path, {}).status_code == 403, path
    assert "Maison Éléonore" in client.post("/me/erasure/", {}).content.decode()
    assert MemberSession.objects.get().ended_at is None


def test_what_changes_something_is_no_link() -> None:
    client = inside(open_doors().customer_id)
    for path in ("/logout/", "/me/consents/none/", "/me/erasure/withdrawal/", "/offers/tea/activation/"):
        assert client.get(path).status_code == 405, path


def test_another_members_things_are_as_if_they_were_not_there() -> None:
    shop = open_doors()
    other = newcomer(shop)
    theirs = buy(other, now(), shop.lyon, "R-9", MUG)
    session_of(other, "new@example.com")
    device = list_open_sessions(other, now())[0]
    client = inside(shop.customer_id)
    assert client.get(f"/purchases/{theirs.purchase_id}/").status_code == 404
    assert client.get(f"/purchases/{other}/").status_code == 404
    assert client.post(f"/me/devices/{device.id}/end/").status_code == 404
    assert client.post("/me/consents/marketing-carrier-pigeon/", {"given": "yes"}).status_code == 404
    assert client.get(f"/purchases/{shop.sale.purchase_id}/").status_code == 200
    assert [one.ended_at for one in MemberSession.objects.all()] == [None, None]


def test_logged_out_the_device_is_nobodys() -> None:
    client = inside(open_doors().customer_id)
    token = client.cookies[COOKIE].value
    answer = client.post("/logout/")
    assert answer["Clear-Site-Data"] == '"cache"'
    client.cookies[COOKIE] = token
    assert client.get("/points/").status_code == 302


def test_a_household_says_who_it_is() -> None:
    shop = open_doors()
    zoe = newcomer(shop, EMAIL)
    client = Client()
    assert come_in(client).startswith("/login/person/")
    page = client.get("/login/person/").content.decode()
    assert "Léonore Müller" in page
    assert "Zoé" in page
    stranger = newcomer(shop, "other@example.com")
    assert client.post("/login/person/", {"person": str(stranger)}).status_code == 404
    assert client.post("/login/person/", {"person": "x"}).status_code == 404
    assert client.post("/login/person/", {"person": str(zoe)})["Location"] == "/"
    assert "Bonjour Zoé" in client.get("/").content.decode()
    assert Client().get("/login/person/")["Location"] == "/login/"


def test_wrong_digits_are_counted_and_then_another_code_is_wanted() -> None:
    open_doors()
    client = Client()
    client.post("/login/", {"address": EMAIL}, headers={"accept-language": "en"})
    code = Code.objects.get()
    wrong = f"{(int(digits_of(code)) + 1) % 1_000_000:06d}"
    said = [client.post("/login/code/", {"digits": wrong}, headers={"accept-language": "en"}) for _try in range(6)]
    assert [answer.status_code for answer in said] == [422] * 6
    assert "4 tries left" in said[0].content.decode()
    assert "1 try left" in said[3].content.decode()
    assert "This code is over" in said[5].content.decode()
    assert client.post("/login/code/", {"digits": digits_of(code)}).status_code == 422
    assert MemberSession.objects.count() == 0


def test_too_many_codes_are_refused_in_a_sentence() -> None:
    open_doors()
    for _number in range(5):
        assert Client().post("/login/", {"address": EMAIL}).status_code == 302
    refused = Client().post("/login/", {"address": EMAIL}, headers={"accept-language": "fr"})
    assert refused.status_code == 429
    assert "Patientez une heure" in refused.content.decode()
    assert "Écrivez une adresse" in Client().post("/login/", {"address": "x"}).content.decode()


def test_the_link_of_a_letter_does_nothing_on_get_and_opens_its_page_once() -> None:
    shop = open_doors()
    request = MessageRequest(
        customer_id=shop.customer_id, template="points_expiring", purpose="service", idempotency_key="a letter",
        variables={"points": "1", "unit": "points", "until": "demain", "programme": "Cercle"},
    )  # fmt: skip
    path = "/from-message/" + portal_url_for(send_message(by=SYSTEM, at=now(), request=request).id).rpartition("/")[2]
    for _scanner in range(2):
        page = Client().get(path)
        assert page.status_code == 200
        assert "Léonore" not in page.content.decode()
    assert MemberSession.objects.count() == 0
    client = Client()
    assert client.post(path)["Location"] == "/points/"
    assert client.get("/points/").status_code == 200
    assert client.get("/me/data/")["Location"] == "/login/?next=%2Fme%2Fdata%2F"
    assert Client().post(path)["Location"] == "/login/"
    assert client.post(path)["Location"] == "/"


def test_who_is_merged_meanwhile_sees_the_survivors_pages_and_who_is_erased_nothing() -> None:
    shop = open_doors()
    old = newcomer(shop)
    client = inside(old, "new@example.com")
    merge(old, shop.customer_id)
    assert "Léonore" in client.get("/").content.decode()
    Customer.objects.filter(id=shop.customer_id).update(erased_at=now())
    assert client.get("/")["Location"] == "/login/"


def test_closed_there_is_nothing_here_and_the_front_door_is_the_consoles() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    open_portal(now(), is_open=False)
    assert client.get("/")["Location"] == "/console/"
    for page in (*MEMBERS_PAGES[1:], "/login/", "/service-worker.js", "/manifest.webmanifest"):
        assert client.get(page).status_code == 404, page


def test_a_device_can_be_ended_from_another() -> None:
    shop = open_doors()
    phone, laptop = inside(shop.customer_id), inside(shop.customer_id)
    assert phone.get("/me/devices/").content.decode().count("Chrome, Android") == 2
    other = MemberSession.objects.latest("began_at")
    assert phone.post(f"/me/devices/{other.id}/end/").status_code == 302
    assert laptop.get("/").status_code == 302


def test_the_app_says_its_name_and_colours() -> None:
    open_doors()
    facts = json.loads(Client().get("/manifest.webmanifest").content)
    assert (facts["name"], facts["theme_color"], facts["start_url"]) == ("Maison Éléonore", "#1F3D36", "/")
    for one in facts["icons"]:
        picture = Client().get(one["src"]).content
        side = int(one["sizes"].split("x")[0])
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(picture[16:20]) == int.from_bytes(picture[20:24]) == side
    assert Client().get("/icon-31.png").status_code == 404
    assert "--brand:#1F3D36;" in Client().get("/theme.css").content.decode()
