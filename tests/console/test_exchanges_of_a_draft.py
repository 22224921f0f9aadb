"""The chèques and the exchanges of a draft in forms: what they mean in words, mistakes at their field, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import PointsCurrency, ProgrammeVersion
from fidelia.programme.operations import change_draft, draft_version
from fidelia.programme.operations.points import add_points_currency
from tests.cast import SYSTEM
from tests.programme.cast import DOCUMENT

from .test_terms_of_a_draft import page_of
from .test_tier_previews import Shop, shop  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db
AT = "/console/programmes/cercle/versions/2/points"
CHEQUE = {"key": "gift", "name": {"en": "Gift cheque", "fr": "Chèque cadeau"}, "points": "500", "money": "5",
          "validity": {"months": 1, "ends": ["06-30", "12-31"]}, "starts_after_days": 2}  # fmt: skip
SENT = {
    "key": "cheque", "name_en": "Loyalty cheque", "name_fr": "Chèque fidélité", "currency": "", "points": "200",
    "money": "10,50", "issued": "month", "each": "step", "maximum": "3", "remainder": "carried", "validity_months": "2",
    "ends": "month", "minimum_basket": "30", "per_checkout": "1", "purpose": "multi", "on_return": "withdraw",
    "debt": "next_cheque", "notice_days": "14, 3",
}  # fmt: skip


@pytest.fixture
def draft(shop: Shop) -> ProgrammeVersion:  # noqa: F811
    more = PointsCurrency.objects.create(code="EURC", name=LocalizedText(en="Kitty", fr="Cagnotte"), scale=2)
    add_points_currency(by=SYSTEM, at=shop.at, programme=shop.programme, currency=more, role="cagnotte")
    document = {**DOCUMENT, "cheques": [CHEQUE]}
    return draft_version(by=SYSTEM, at=shop.at, programme=shop.programme, document=document)


def part_of(draft: ProgrammeVersion, name: str) -> Any:
    draft.refresh_from_db()
    return draft.document.get(name)


def test_a_cheque_is_added_by_a_form_said_in_words_and_taken_out(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    assert "new-cheque/" in page_of(client, f"{AT}/")
    said = client.post(f"{AT}/new-cheque/", SENT | {"words": "1"}).content.decode().replace("\u00a0", " ")
    assert "Au début de chaque mois, tous les 200 points des mois précédents deviennent 10,50 €." in said
    assert part_of(draft, "cheques") == [CHEQUE]  # said, and not saved
    assert client.post(f"{AT}/new-cheque/", SENT).status_code == 302
    assert part_of(draft, "cheques")[1] == {
        "key": "cheque", "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"}, "points": "200", "money": "10.50",
        "issued": "month", "each": "step", "maximum": 3, "validity": {"months": 2, "ends": "month"},
        "minimum_basket": "30", "per_checkout": 1, "debt": "next_cheque", "notice_days": [14, 3],
    }  # fmt: skip
    page = page_of(client, f"{AT}/cheques/cheque/")
    assert "L’adhérent est prévenu 14 ou 3 jours avant." in page
    assert client.post(f"{AT}/cheques/2/removal/").status_code == 302
    assert part_of(draft, "cheques") == [CHEQUE]


def test_a_form_that_is_sent_back_as_it_was_changes_nothing(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    form = client.get(f"{AT}/cheques/gift/").context["form"]
    sent = {each.html_name: each.value() for each in form if each.value() not in (None, False)}
    assert client.post(f"{AT}/cheques/gift/", sent).status_code == 302
    assert part_of(draft, "cheques") == [CHEQUE]


SCALED = {name: value for name, value in CHEQUE.items() if name not in {"points", "money"}} | {
    "scale": [{"points": "500", "money": "5"}, {"points": "1000", "money": "12"}], "issued": ["03-31", "09-30"],
}  # fmt: skip


def sent_back(client: Client, address: str) -> dict[str, Any]:
    """What a browser sends of a form that nobody touched."""
    form = client.get(address).context["form"]
    return {each.html_name: each.value() for each in form if each.value() not in (None, False)}


def test_a_scale_and_dates_of_the_year_are_fields(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client, address = shop.client(shop.leonore), f"{AT}/cheques/gift/"
    change_draft(by=SYSTEM, at=shop.at, version=draft, document={**DOCUMENT, "cheques": [SCALED]}, note="")
    sent = sent_back(client, address)
    assert (sent["points"], sent["money_2"], sent["issued"], sent["issued_dates"]) == (
        "500", "12", "dates", "03-31, 09-30",
    )  # fmt: skip
    assert client.post(address, sent).status_code == 302
    assert part_of(draft, "cheques") == [SCALED]
    more = sent | {"points_3": "2000", "money_3": "30", "issued_dates": "06-30"}
    assert client.post(address, more).status_code == 302
    (made,) = part_of(draft, "cheques")
    assert (made["scale"][2], made["issued"]) == ({"points": "2000", "money": "30"}, ["06-30"])
    assert "points_4" in client.get(address).context["form"].fields
    assert client.post(address, sent | {"points_2": "", "money_2": "", "issued": "month"}).status_code == 302
    (made,) = part_of(draft, "cheques")
    assert (made["points"], made["money"], made["issued"], "scale" in made) == ("500", "5", "month", False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"money_2": ""}, "money_2"),
        ({"points_2": ""}, "points_2"),
        ({"points_2": "400"}, "points_2"),
        ({"money_2": "2,001"}, "money_2"),
        ({"issued_dates": ""}, "issued_dates"),
        ({"issued_dates": "31-03"}, "issued_dates"),
    ],
)
def test_a_mistake_in_a_scale_or_a_date_is_said_at_its_field(
    shop: Shop,  # noqa: F811
    draft: ProgrammeVersion,
    changes: dict[str, str],
    field: str,
) -> None:
    client, address = shop.client(shop.leonore), f"{AT}/cheques/gift/"
    change_draft(by=SYSTEM, at=shop.at, version=draft, document={**DOCUMENT, "cheques": [SCALED]}, note="")
    answer = client.post(address, sent_back(client, address) | changes)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert part_of(draft, "cheques") == [SCALED]


@pytest.mark.parametrize(
    ("field", "value", "mistake"),
    [
        ("points", "0", "Écrivez un montant entier supérieur à zéro, comme 100."),
        ("points", "12,5", "Écrivez un montant entier supérieur à zéro, comme 100."),
        ("money", "dix", "Écrivez un montant supérieur à zéro avec au plus 2 décimales, comme 2,50."),
        ("key", "2 lines", "Des lettres, des chiffres et des traits d’union, en commençant par une lettre."),
        ("notice_days", "soon", "Écrivez jusqu’à cinq nombres de jours de 1 à 366, comme 30, 7."),
        ("fixed_dates", "30-06", ""),
        ("maximum", "101", ""),
        ("key", "gift", ""),
        ("name_fr", "", ""),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_saved(
    shop: Shop,  # noqa: F811
    draft: ProgrammeVersion,
    field: str,
    value: str,
    mistake: str,
) -> None:
    answer = shop.client(shop.leonore).post(f"{AT}/new-cheque/", SENT | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert mistake in answer.content.decode().replace("\u00a0", " ")
    assert part_of(draft, "cheques") == [CHEQUE]


def test_points_are_exchanged_for_others_by_a_form(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    sent = {"source": "", "target": "EURC", "points": "100", "gives": "0,80", "minimum": "500", "step": "100",
            "rounding": "half_up"}  # fmt: skip
    assert client.post(f"{AT}/new-exchange/", sent).status_code == 302
    made = {"to": "EURC", "points": "100", "gives": "0.80", "minimum": "500", "step": "100",
            "rounding": "half_up"}  # fmt: skip
    assert part_of(draft, "conversions") == [made]
    assert "On échange au moins 500 points." in page_of(client, f"{AT}/exchanges/1/")
    twice = client.post(f"{AT}/new-exchange/", sent)
    assert (twice.status_code, list(twice.context["form"].errors)) == (422, ["target"])
    below = client.post(f"{AT}/exchanges/1/", sent | {"maximum": "400"})
    assert (below.status_code, list(below.context["form"].errors)) == (422, ["maximum"])
    assert part_of(draft, "conversions") == [made]
    more = sent | {"bonus_each": "6000", "bonus_gives": "5"}
    assert client.post(f"{AT}/exchanges/1/", more).status_code == 302
    assert part_of(draft, "conversions") == [made | {"bonus": {"each": "6000", "gives": "5"}}]
    assert 'value="6000"' in page_of(client, f"{AT}/exchanges/1/")
    assert " points à la fois, 5,00" in page_of(client, f"{AT}/exchanges/1/").replace("\u202f", " ")
    half = client.post(f"{AT}/exchanges/1/", sent | {"bonus_each": "6000"})
    assert (half.status_code, part_of(draft, "conversions")[0]["bonus"]["gives"]) == (422, "5")
    assert client.post(f"{AT}/exchanges/1/", sent).status_code == 302
    assert part_of(draft, "conversions") == [made]
    assert client.post(f"{AT}/conversions/1/removal/").status_code == 302
    assert part_of(draft, "conversions") is None


def test_what_is_not_there_is_not_found_and_a_stranger_changes_nothing(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    for address in ("cheques/nothing/", "exchanges/1/", "exchanges/0/"):
        assert client.get(f"{AT}/{address}").status_code == 404
    assert client.post(f"{AT}/rules/1/removal/").status_code == 404
    assert client.post(f"{AT}/cheques/9/removal/").status_code == 404
    assert part_of(draft, "cheques") == [CHEQUE]


def test_forms_keep_the_terms_that_they_do_not_show(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    """A tier kept to the end of the next period, grace of months, points that wait to the end of a month."""
    tiers = {
        "metric": "earned", "window": "year", "begins": "at_once", "kept": {"periods": 1}, "falls": "never",
        "on_return": "lower", "grace": {"months": 2, "days": 0}, "kept_from": "activity",
        "also": [{"metric": "purchases", "thresholds": {"gold": "5"}}], "levels": [
            {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "300", "permanent": True}],
    }  # fmt: skip
    points = {"validity_months": 12, "ends": "month", "counts_from": "activity", "renewed_by": ["earn"],
              "transfers": "keep", "pending": {"months": 1, "ends": "month"}, "kept_with": ["gold"]}  # fmt: skip
    ProgrammeVersion.objects.filter(pk=draft.pk).update(document={**DOCUMENT, "tiers": tiers, "points": points})
    client = shop.client(shop.leonore)
    for part, kept in (("tiers", tiers), ("points", points)):
        address = f"{AT.removesuffix('points')}{part}/form/"
        form = client.get(address).context["form"]
        sent = {each.html_name: each.value() for each in form if each.value() is not None}
        assert client.post(address, sent).status_code == 302
        assert part_of(draft, part) == kept
