"""The law of promotions in Settings, and what a draft is told of it."""

from __future__ import annotations

from datetime import date

import pytest

from fidelia.organisation.models import LawPolicy
from fidelia.organisation.operations import set_policy, set_up_operator
from fidelia.programme.operations import draft_version
from tests.cast import AT, SYSTEM, leonore, pizarro
from tests.programme.cast import DOCUMENT, programme

from .test_customers import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = "/console/settings/law/"
CEILING = {
    "kind": "promotion_ceiling", "country": "fr", "valid_from": "2026-03-01", "valid_until": "", "action": "refuse",
    "share": "34", "categories": "Food\n  Food/Tea \n", "counts_deferred": "on", "days": "", "source": "Article 125",
}  # fmt: skip


def test_a_policy_is_kept_listed_and_said_anew() -> None:
    client = signed_in(leonore())
    assert client.post(f"{PAGES}new/", CEILING).url == PAGES
    kept = LawPolicy.objects.get(country="FR", valid_from=date(2026, 3, 1))
    assert kept.terms == {"share": [3_400, 10_000], "categories": ["Food", "Food/Tea"], "counts_deferred": True}
    page = text_of(client.get(PAGES))
    assert f'href="{PAGES}{kept.id}/"' in page
    shown = client.get(f"{PAGES}{kept.id}/").context["form"].initial
    assert (shown["share"], shown["categories"]) == ("34", "Food\nFood/Tea")
    client.post(f"{PAGES}{kept.id}/", {**CEILING, "action": "warn", "share": "25.5"})
    kept.refresh_from_db()
    assert (kept.action, kept.terms["share"]) == ("warn", [2_550, 10_000])


def test_a_category_says_its_own_share_and_the_volume_is_counted() -> None:
    set_up_operator(
        by=SYSTEM, at=AT, name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    client = signed_in(leonore())
    client.post(f"{PAGES}new/", {**CEILING, "categories": "Food\nHygiene = 40 %\n", "volume": "25"})
    kept = LawPolicy.objects.get(country="FR", valid_from=date(2026, 3, 1))
    assert (kept.terms["categories"], kept.terms["shares"]) == (["Food", "Hygiene"], {"Hygiene": [4_000, 10_000]})
    assert kept.terms["volume"] == [2_500, 10_000]
    page = client.get(f"{PAGES}{kept.id}/")
    assert page.context["form"].initial["categories"] == "Food\nHygiene = 40"
    assert 'href="?volume=1"' in text_of(page)
    assert client.get(f"{PAGES}{kept.id}/?volume=1").context["volumes"] == []
    refused = client.post(f"{PAGES}new/", {**CEILING, "categories": "Hygiene = forty"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["categories"])


def test_what_cannot_be_stands_at_its_field() -> None:
    client = signed_in(leonore())
    refused = client.post(f"{PAGES}new/", {**CEILING, "valid_until": "2025-01-01"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["valid_until"]
    assert not LawPolicy.objects.filter(valid_from=date(2026, 3, 1)).exists()


def test_who_may_not_see_is_refused() -> None:
    client = signed_in(pizarro())
    assert [client.get(page).status_code for page in (PAGES, f"{PAGES}new/")] == [403, 403]


def test_a_draft_says_what_the_law_says_of_it() -> None:
    set_up_operator(
        by=SYSTEM, at=AT, name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    set_policy(
        by=SYSTEM, at=AT, country="FR", kind="promotion_ceiling", valid_from=date(2026, 1, 1), action="refuse",
        terms={"share": [34, 100], "categories": ["*"]}, source="Article 125",
    )  # fmt: skip
    half = {"key": "half", "name": {"en": "Half price", "fr": "Moitié prix"}, "percent_off": "50"}
    draft_version(by=SYSTEM, at=AT, programme=programme(), document={**DOCUMENT, "rules": [*DOCUMENT["rules"], half]})
    page = text_of(signed_in(leonore()).get("/console/programmes/cercle/versions/2/"))
    assert "half" in page
    assert "50 %" in page
    assert "34 %" in page
    assert "Article 125" in page
