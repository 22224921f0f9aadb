"""The terms of gift cards of a draft in a form: what they mean in words, mistakes at their field, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import change_draft, draft_version
from tests.cast import SYSTEM
from tests.programme.cast import DOCUMENT

from .test_terms_of_a_draft import page_of
from .test_tier_previews import Shop, shop  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db
AT = "/console/programmes/cercle/versions/2"
FORM = f"{AT}/gift-cards/"
SENT = {
    "least": "20", "most": "150", "validity_months": "24", "ends": "month", "charged": "on", "charged_least": "10,50",
    "most_held": "300", "undone_days": "7", "renews": "on",
}  # fmt: skip
MADE = {
    "least": "20", "most": "150", "validity": {"months": 24, "ends": "month"},
    "top_up": {"least": "10.50", "most_held": "300", "undone_days": 7},
}  # fmt: skip


@pytest.fixture
def draft(shop: Shop) -> ProgrammeVersion:  # noqa: F811
    return draft_version(by=SYSTEM, at=shop.at, programme=shop.programme, document=DOCUMENT)


def terms_of(draft: ProgrammeVersion) -> Any:
    draft.refresh_from_db()
    return draft.document.get("gift_cards")


def sent_back(client: Client) -> dict[str, Any]:
    """What a browser sends of a form that nobody touched."""
    form = client.get(FORM).context["form"]
    return {each.html_name: each.value() for each in form if each.value() is not None and each.value() is not False}


def test_gift_cards_get_their_terms_by_a_form_are_said_in_words_and_taken_out(
    shop: Shop,  # noqa: F811
    draft: ProgrammeVersion,
) -> None:
    client = shop.client(shop.leonore)
    page = page_of(client, f"{AT}/points/")
    assert "Rien n’en est dit" in page
    assert "gift-cards/" in page
    said = client.post(FORM, SENT | {"words": "1"}).content.decode().replace("\u00a0", " ")
    assert "Une carte cadeau est vendue avec 20,00 € à 150,00 €." in said
    assert "Elle ne contient jamais plus de 300,00 €." in said
    assert "Elle est rechargeable d’au moins 10,50 € à la fois." in said
    assert terms_of(draft) is None  # said, and not saved
    assert client.post(FORM, SENT).status_code == 302
    assert terms_of(draft) == MADE
    assert "Une recharge peut être annulée pendant 7 jours." in page_of(client, f"{AT}/points/")
    assert client.post(FORM, {"out": "1"}).status_code == 302
    assert terms_of(draft) is None


@pytest.mark.parametrize(
    "terms",
    [
        MADE,
        {"amounts": ["20", "50.5", "100"], "validity": {"days": 10, "ends": ["06-30", "12-31"]}},
        {"least": "5", "top_up": {"renews": False, "least": "1", "most": "9", "undone_days": 0}},
        {"top_up": {}},
    ],
)
def test_a_form_that_is_sent_back_as_it_was_changes_nothing(
    shop: Shop,  # noqa: F811
    draft: ProgrammeVersion,
    terms: dict[str, Any],
) -> None:
    client = shop.client(shop.leonore)
    change_draft(by=SYSTEM, at=shop.at, version=draft, document={**DOCUMENT, "gift_cards": terms}, note="")
    sent = sent_back(client)
    sent = {name: "; ".join(value) if isinstance(value, list) else value for name, value in sent.items()}
    assert client.post(FORM, sent).status_code == 302
    assert terms_of(draft) == terms
    assert draft.document == {**DOCUMENT, "gift_cards": terms}


@pytest.mark.parametrize(
    ("changes", "field", "mistake"),
    [
        ({"least": "0"}, "least", "Écrivez un montant supérieur à zéro avec au plus 2 décimales, comme 2,50."),
        ({"most": "19"}, "most", ""),
        ({"amounts": "20; 50"}, "amounts", ""),
        ({"amounts": "20,50,100"}, "amounts", "Écrivez un montant supérieur à zéro avec au plus 2 décimales"),
        ({"amounts": "; ".join(map(str, range(1, 22)))}, "amounts", "Au plus 20 montants."),
        ({"fixed_dates": "30-06"}, "fixed_dates", ""),
        ({"validity_months": "", "validity_days": "0", "ends": "day"}, "validity_months", ""),
        ({"most_held": "10"}, "most_held", ""),
        ({"charged_most": "5"}, "charged_most", ""),
        ({"undone_days": "-1"}, "undone_days", ""),
        ({"charged": ""}, "charged", "Cochez"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_saved(
    shop: Shop,  # noqa: F811
    draft: ProgrammeVersion,
    changes: dict[str, str],
    field: str,
    mistake: str,
) -> None:
    sent = {name: value for name, value in (SENT | changes).items() if value or name not in ("charged", "renews")}
    answer = shop.client(shop.leonore).post(FORM, sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert mistake in answer.content.decode().replace("\u00a0", " ")
    assert terms_of(draft) is None


def test_a_version_that_is_in_force_is_read_and_not_changed(shop: Shop) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    address = "/console/programmes/cercle/versions/1"
    assert f"{address}/gift-cards/" not in page_of(client, f"{address}/points/")
    for form in ("gift-cards/", "points/new-cheque/"):
        assert client.get(f"{address}/{form}")["Location"] == f"{address}/points/"
    assert client.post(f"{address}/gift-cards/", SENT).status_code == 422
    assert ProgrammeVersion.objects.get(number=1).document.get("gift_cards") is None
