"""Groups of rules and caps over several of them, in a form of the draft."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import draft_version
from tests.cast import SYSTEM
from tests.programme.cast import DOCUMENT

from .test_tier_previews import Shop, shop

__all__ = ["shop"]  # a fixture

pytestmark = pytest.mark.django_db
AT = "/console/programmes/cercle/versions/2/together/"
NAME = {"en": "Cut", "fr": "Remise"}
CUTS = [{"key": key, "name": NAME, "percent_off": 10} for key in ("one", "two", "three")]
WITH_CUTS = {
    **DOCUMENT,
    "groups": [{"key": "spring", "policy": "best", "scope": "line", "cap": {"percent": "40", "per": "line"}}],
    "checkout": {"earning": {"tax": False}, "caps": [{"key": "codes", "amount": 10, "rules": ["one", "two"]}]},
    "rules": [*DOCUMENT["rules"], *CUTS],
}


@pytest.fixture
def draft(shop: Shop) -> ProgrammeVersion:
    return draft_version(by=SYSTEM, at=shop.at, programme=shop.programme, document=WITH_CUTS)


def sent_from(client: Client) -> dict[str, Any]:
    """What a browser sends of the page as it is."""
    form = client.get(AT).context["form"]
    rows = [*form.plain_fields(), *[each for row in (*form.group_rows(), *form.cap_rows()) for each in row]]
    return {each.html_name: each.value() for each in rows if each.value() not in (None, False)}


def test_saving_what_was_opened_changes_nothing(shop: Shop, draft: ProgrammeVersion) -> None:
    client = shop.client(shop.leonore)
    assert client.post(AT, sent_from(client)).status_code == 302
    draft.refresh_from_db()
    assert draft.document == WITH_CUTS | {
        "groups": [{"key": "spring", "policy": "best", "scope": "line", "cap": {"percent": 40, "per": "line"}}]
    }


def test_caps_and_groups_are_set_added_and_taken_out(shop: Shop, draft: ProgrammeVersion) -> None:
    client = shop.client(shop.leonore)
    sent = sent_from(client) | {
        "exclusive": "best", "combining": "best", "when_undone": "withdraw",
        "group_1_policy": "all", "group_1_amount": "12,50", "group_1_which": "higher",
        "group_2_key": "autumn", "group_2_policy": "first",
        "cap_1_key": "", "cap_2_key": "together", "cap_2_amount": "30", "cap_2_percent": "50",
        "cap_2_gives_way": "in_proportion", "cap_2_shipping": "on",
    }  # fmt: skip
    assert client.post(AT, sent).status_code == 302
    draft.refresh_from_db()
    assert draft.document["groups"] == [
        {"key": "spring", "policy": "all",
         "cap": {"amount": "12.50", "percent": 40, "per": "line", "which": "higher"}},
        {"key": "autumn", "policy": "first"},
    ]  # fmt: skip
    assert draft.document["checkout"] == {
        "earning": {"tax": False}, "exclusive": "best", "combining": "best", "when_undone": "withdraw",
        "caps": [{"key": "together", "amount": 30, "percent": 50, "gives_way": "in_proportion", "shipping": True}],
    }  # fmt: skip
    page = client.get("/console/programmes/cercle/versions/2/rules/one/").content.decode()
    assert AT in page
    assert "Ensemble, au plus" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"cap_1_amount": "much"}, "cap_1_amount"),
        ({"cap_1_percent": "140"}, "cap_1_percent"),
        ({"cap_1_amount": ""}, "cap_1_amount"),
        ({"cap_1_key": "Two Words"}, "cap_1_key"),
        ({"cap_1_rules": "one, nobody"}, "cap_1_rules"),
        ({"group_1_percent": "0"}, "group_1_percent"),
        ({"group_1_policy": "worst"}, "group_1_policy"),
        ({"group_2_key": "spring", "group_2_policy": "all"}, "group_2_key"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_saved(
    shop: Shop,
    draft: ProgrammeVersion,
    changed: dict[str, str],
    field: str,
) -> None:
    client = shop.client(shop.leonore)
    answer = client.post(AT, sent_from(client) | changed)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    draft.refresh_from_db()
    assert draft.document == WITH_CUTS


def test_a_group_that_rules_are_in_is_not_taken_out(shop: Shop, draft: ProgrammeVersion) -> None:
    draft.document["rules"][-1]["group"] = "spring"
    draft.save()
    client = shop.client(shop.leonore)
    answer = client.post(AT, sent_from(client) | {"group_1_key": ""})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["__all__"])


def test_a_version_in_force_is_not_changed(shop: Shop, draft: ProgrammeVersion) -> None:
    client = shop.client(shop.leonore)
    at = AT.replace("/2/", "/1/")
    assert client.post(at, sent_from(client)).status_code == 422
    assert ProgrammeVersion.objects.get(number=1).document == DOCUMENT


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("all", "chaque règle"),
        ("best", "donne le plus"),
        ("least", "donne le moins"),
        ("first", "première"),
        ("exclusive", "hors du groupe"),
    ],
)
def test_each_policy_of_a_group_is_said_beside_its_rules_and_in_the_builder(
    shop: Shop, policy: str, words: str
) -> None:
    cuts = [{**cut, "group": "spring"} for cut in CUTS[:2]]
    document = {**DOCUMENT, "groups": [{"key": "spring", "policy": policy}], "rules": [*DOCUMENT["rules"], *cuts]}
    draft_version(by=SYSTEM, at=shop.at, programme=shop.programme, document=document)
    client = shop.client(shop.leonore)
    for path in ("", "rules/one/"):
        answer = client.get(f"/console/programmes/cercle/versions/2/{path}")
        assert answer.status_code == 200
        assert words in answer.content.decode(), path
