"""Bringing a friend: only where the programme promises something, a code by a POST, friends by an initial."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.customers.models import ContactPoint
from fidelia.kernel.clock import now
from fidelia.organisation.operations import set_up_operator
from fidelia.referral.models import ReferralCode
from tests.cast import SYSTEM
from tests.members.company import open_portal
from tests.referral.cast import bring, newcomer, old_member, running

from .members_shop import inside, open_doors

pytestmark = pytest.mark.django_db


def test_without_a_promise_there_is_no_page_and_no_entry() -> None:
    client = inside(open_doors().customer_id)
    assert client.get("/me/friends/").status_code == 404
    assert client.post("/me/friends/").status_code == 404
    assert "Parrainer" not in client.get("/me/").content.decode()


def test_the_code_is_made_when_it_is_asked_for_and_friends_are_shown_by_a_letter() -> None:
    of = running()
    set_up_operator(
        by=SYSTEM, at=now(), name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    open_portal(now())
    member = old_member(of, email="florestan@example.com", given_name="Florestan")
    client = inside(member.customer_id, "florestan@example.com")
    assert "Parrainer" in client.get("/me/").content.decode()
    assert "500" in client.get("/me/friends/").content.decode()
    assert ReferralCode.objects.count() == 0
    client.post("/me/friends/")
    client.post("/me/friends/")
    code = ReferralCode.objects.get().code
    assert f"/join/?ref={code}" in client.get("/me/friends/").content.decode()
    bring(member, newcomer(of, given_name="Zacharie", family_name="Quelquun"))
    page = client.get("/me/friends/").content.decode()
    assert "Z." in page
    assert "Zacharie" not in page
    assert ContactPoint.objects.filter(value="florestan@example.com").exists()


@pytest.mark.parametrize(("ref", "shown"), [("abcd-1234", "ABCD-1234"), ("<script>", ""), ("x" * 99, ""), ("", "")])
def test_the_link_of_a_friend_says_the_code_and_nothing_that_is_none(ref: str, shown: str) -> None:
    open_doors()
    page = Client().get("/join/", {"ref": ref}).content.decode()
    assert ("Dites ce code" in page) is bool(shown)
    assert shown in page
    assert "<script>" not in page.replace('<script src="', "")
