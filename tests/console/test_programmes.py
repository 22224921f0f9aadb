"""The programme's pages: rules in words, drafts, publication by a second person, and baskets tried."""

from __future__ import annotations

import pytest

from fidelia.activity.models import Purchase
from fidelia.kernel import clock
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.queries import version_in_force
from tests.cast import jaquino, pizarro

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/programmes/cercle/"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def draft(client) -> str:
    return client.post(f"{PAGE}versions/").url.removesuffix("document/")


def test_one_programme_is_the_page_itself(shop):
    client = shop.client(shop.leonore)
    assert client.get("/console/programmes/").url == PAGE
    page = client.get(PAGE).content.decode()
    assert "Si c’est le premier achat de l’adhérent et le total de l’achat est d’au moins 20,00" in page
    assert "Grand Cru" in page


def test_who_may_not_see_programmes_gets_no_entry_and_no_page(shop):
    client = shop.client(pizarro())
    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/console/").content.decode()


def test_who_may_only_look_changes_nothing(shop):
    client = shop.client(jaquino())
    page = client.get(f"{PAGE}versions/1/").content.decode()
    assert "Nouveau brouillon" not in page
    assert "Retirer" not in page
    assert client.post(f"{PAGE}versions/").status_code == 403
    assert client.post(f"{PAGE}versions/1/withdrawal/").status_code == 403


def test_a_rule_stands_in_parts_text_and_words(shop):
    page = shop.client(shop.leonore, "en").get(f"{PAGE}versions/1/rules/coffee/").content.decode()
    assert "multiply_points" in page
    assert "The points of the lines where the category is “coffee” are multiplied by 2." in page


def test_a_draft_is_begun_changed_and_published_by_another(shop):
    client = shop.client(shop.leonore)
    version = draft(client)
    text = 'rules:\n  - {key: base, name: {en: Two, fr: Deux}, points_per: {amount: "1.00", points: "2"}}\n'
    assert client.post(f"{version}document/", {"document": text, "note": "Deux points"}).status_code == 302
    own = client.post(f"{version}publication/", {"in_force_from": ""}, follow=True).content.decode()
    assert "Une deuxième personne publie" in own
    assert "Publier la version 2" not in own
    other = shop.client(shop.fernando)
    assert "Publier la version 2" in other.get(version).content.decode()
    other.post(f"{version}publication/", {"in_force_from": ""})
    assert version_in_force(shop.programme, clock.now()).number == 2
    other.post(f"{version}withdrawal/")
    assert version_in_force(shop.programme, clock.now()).number == 1


def test_a_mistake_is_said_at_its_line_and_column_and_nothing_is_kept(shop):
    client = shop.client(shop.leonore)
    version = draft(client)
    text = "rules:\n  - key: base\n    name: {en: One, fr: Un}\n    when: purchase.totl >= 3\n    points: 5\n"
    answer = client.post(f"{version}document/", {"document": text, "note": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Ligne 4, colonne 11 du document" in page
    assert "Vouliez-vous dire «\u00a0purchase.total\u00a0»\u00a0?" in page
    assert "purchase.totl" in page
    assert "purchase.totl" not in str(ProgrammeVersion.objects.get(number=2).document)


def test_a_text_that_is_no_yaml_is_refused_where_it_breaks(shop):
    client = shop.client(shop.leonore, "en")
    page = client.post(f"{draft(client)}document/", {"document": "rules: [\n", "note": ""}).content.decode()
    assert "This text is not YAML." in page
    assert "Line 2, column 1 of the document" in page


def test_a_published_document_cannot_be_saved(shop):
    client = shop.client(shop.leonore)
    assert client.post(f"{PAGE}versions/1/document/", {"document": "rules: []", "note": ""}).status_code == 409


def basket(**changes):
    return {
        "member": "", "customer_id": "", "tier": "", "store": "", "channel": "store", "when": "2026-11-17T11:00",
        "product": ["moka", ""], "quantity": ["1", "1"], "amount": ["12,50", ""],
    } | changes  # fmt: skip


def test_a_basket_says_of_each_rule_what_it_gives_or_misses(shop):
    client = shop.client(shop.leonore)
    answer = client.post(f"{PAGE}versions/1/trial/", basket(is_first="on"), headers=HTMX)
    card = answer.content.decode()
    assert "<html" not in card
    assert "+12\u00a0points sur 12,50" in card
    assert "il manque 7,50" in card
    assert not Purchase.objects.exists()


def test_a_basket_of_a_member_reads_what_is_known_of_them(shop):
    florestan = shop.members(1)[0]
    shop.buy(florestan, 15_000, 30)
    client = shop.client(shop.leonore)
    card = client.post(f"{PAGE}versions/1/trial/", basket(member="Florestan"), headers=HTMX).content.decode()
    assert "Florestan Numéro 0" in card
    assert Purchase.objects.count() == 1


def test_several_people_of_a_name_are_offered(shop):
    shop.members(2)
    client = shop.client(shop.leonore)
    card = client.post(f"{PAGE}versions/1/trial/", basket(member="Florestan"), headers=HTMX).content.decode()
    assert "f-people" in card
    chosen = basket(member="Florestan", customer_id=str(shop.people[1].id))
    assert "Florestan Numéro 1" in client.post(f"{PAGE}versions/1/trial/", chosen, headers=HTMX).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": ["1.234", ""]}, "Un montant s’écrit comme 12,50."),
        ({"product": ["", ""], "amount": ["1", ""]}, "Nommez l’article."),
        ({"quantity": ["0", "1"]}, "Une quantité est supérieure à zéro."),
        ({"product": ["", ""], "amount": ["", ""]}, "Mettez au moins un article"),
        ({"when": "demain"}, "Dites quand l’achat a lieu."),
        ({"member": "Pizarro"}, "Aucun client ne correspond"),
    ],
)
def test_a_basket_says_what_it_lacks(shop, changes, said):
    answer = shop.client(shop.leonore).post(f"{PAGE}versions/1/trial/", basket(**changes), headers=HTMX)
    assert answer.status_code == 422
    assert said in answer.content.decode()
