"""The tabs of a version about rewards and limits: what its rules give to keep, what is counted, what nothing bounds."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.test import Client

from fidelia.programme.models import Programme
from tests.cast import leonore
from tests.programme.cast import DOCUMENT, programme

from .test_budgets import SOLD, count
from .test_customers import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
VERSION = "/console/programmes/cercle/versions/1/"
GIVEN: list[dict[str, Any]] = [
    {"key": "mug", "name": {"en": "A mug", "fr": "Une tasse"}, "costs_points": 40, "gift": {"product": "mug"}},
    {
        "key": "next",
        "name": {"en": "Next time", "fr": "À bientôt"},
        "issue_coupon": {"series": "next"},
        "active": False,
    },
    {"key": "ten", "name": {"en": "Ten off", "fr": "Dix"}, "percent_off": 10},
]


def page_of(client: Client, part: str) -> str:
    answer = client.get(f"{VERSION}{part}/")
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


def office_of(document: dict[str, Any]) -> tuple[Programme, Client]:
    return programme(document), signed_in(leonore())


def test_what_rules_give_to_choose_or_to_keep_says_how_a_member_comes_by_it(db):
    _of, office = office_of({**DOCUMENT, "rules": [*DOCUMENT["rules"], *copy.deepcopy(GIVEN)]})
    page = page_of(office, "rewards")
    assert "chosen, for 40 points" in page
    assert "Next time" in page
    assert ">off<" in page
    assert "Ten off" not in page.partition("What rules give")[2]
    assert "Rewards" in page


def test_limits_stand_with_what_was_counted_and_near_their_end_they_are_on_the_tab(db):
    of, office = office_of({**SOLD, "rules": [*SOLD["rules"], *copy.deepcopy(GIVEN)]})
    page = page_of(office, "limits")
    assert "2 alerts" not in page
    assert "Sale" in page
    unlimited = page.partition("Rules that nothing limits")[2]
    assert ">Ten off<" in unlimited
    assert ">Sale<" not in unlimited
    assert "Next time" not in unlimited, "it is switched off"
    count(of, "campaign:spring/0", 10, 10)
    assert "1 alert" in page_of(office, "points")


def test_a_version_without_any_says_so(db):
    _of, office = office_of(DOCUMENT)
    assert "No limits in this version" in page_of(office, "limits")
    assert "No rule gives a coupon" in page_of(office, "rewards")
