"""A retailer's own file of customers: who is new, who is known, what is kept of each, and taking all of it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.customers.errors import ImportDependedOn
from fidelia.customers.models import (
    Acquisition,
    Consent,
    ContactPoint,
    Customer,
    FactChange,
    Identity,
    ImportedCustomer,
)
from fidelia.customers.operations import update_customer
from fidelia.customers.queries import search_customers
from fidelia.customers.queries.identities import find_by_identity
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.programme.operations import enrol
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import programme

from .files import brought_in, checked, counts, reasons, undone, write
from .people import added

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "external_id,card,title,given_name,family_name,email,phone,birth_on,country,postal_code,town,address"
LEONORE = (
    "C1,2900 0000 0024,Mme,Léonore,Pizarro-Lefèvre,Leonore@Exemple.FR,06 12 34 56 78,1975-04-01,France,69002,Lyon,"
    "3 rue de la Liberté"
)
ROCCO = "C2,,M.,Rocco,Geôlier,,,,,,,"


def customer(external_id: str) -> Customer:
    return Customer.objects.get(identities__scheme="external", identities__value=external_id)


def test_each_row_becomes_a_customer_with_all_that_it_says(tmp_path: Path) -> None:
    done = brought_in(write(tmp_path, HEADER, LEONORE, ROCCO), "customers", at=AT)
    assert counts(done) == {"recorded": 2, "known": 0, "double": 0, "rejected": 0}
    assert (done.totals["added_customers"], done.totals["changed_customers"]) == (2, 0)
    leonore = customer("C1")
    assert (leonore.title, leonore.given_name, leonore.family_name) == ("Mme", "Léonore", "Pizarro-Lefèvre")
    assert (leonore.birth_on, leonore.country, leonore.town, leonore.postal_code) == (
        date(1975, 4, 1), "FR", "Lyon", "69002"
    )  # fmt: skip
    assert (leonore.search_key, leonore.sort_key) == ("leonore pizarro lefevre", "pizarro lefevre leonore")
    assert find_by_identity("card", "290000000024") == leonore.id
    points = ContactPoint.objects.filter(customer=leonore).order_by("channel").values_list("channel", "value")
    assert list(points) == [
        ("email", "leonore@exemple.fr"),
        ("phone", "+33612345678"),
        ("post", "3 rue de la Liberté\n69002 Lyon\nFR"),
    ]
    assert (customer("C2").source, customer("C2").acquired_at) == ("import", AT)
    assert Consent.objects.count() == 0
    events = OutboxEvent.objects.filter(name__startswith="customer").values_list("name", "origin")
    assert list(events) == [("customers.added", "backfill")]


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, LEONORE, ROCCO)
    brought_in(path, "customers", at=AT)
    again = brought_in(path, "customers", at=AT + timedelta(days=1), known_customers="overwrite")
    assert counts(again) == {"recorded": 0, "known": 2, "double": 0, "rejected": 0}
    assert (Customer.objects.count(), FactChange.objects.count(), ContactPoint.objects.count()) == (2, 0, 3)


@pytest.mark.parametrize(
    ("policy", "given_name", "town", "emails", "changes"),
    [
        ("keep", "Florestan", "", ["florestan@exemple.fr"], 0),
        ("fill", "Florestan", "Séville", ["florestan@exemple.fr"], 1),
        ("overwrite", "Florestán", "Séville", ["f@exemple.es", "florestan@exemple.fr"], 2),
    ],
)
def test_known_customers_follow_the_declared_policy(
    tmp_path: Path, policy: str, given_name: str, town: str, emails: list[str], changes: int
) -> None:
    known = added()
    path = write(tmp_path, "card,external_id,given_name,town,email", "290000000017,C9,Florestán,Séville,f@exemple.es")
    done = brought_in(path, "customers", at=AT, known_customers=policy)
    known.refresh_from_db()
    assert (known.given_name, known.town) == (given_name, town)
    found = ContactPoint.objects.filter(customer=known, channel="email").values_list("value", flat=True)
    assert sorted(found) == emails
    assert FactChange.objects.filter(customer=known).count() == changes
    assert find_by_identity("external", "C9") == known.id  # an identity is gained under each policy
    assert (done.totals["added_customers"], done.totals["changed_customers"]) == (0, 1)


def test_a_customer_who_comes_twice_in_the_file_is_one(tmp_path: Path) -> None:
    rows = ["C1,,Léonore", "C1,,Leonore", "C1,290000000099,Fidelio", "C2,290000000099,Nobody"]
    done = brought_in(write(tmp_path, "external_id,card,given_name", *rows), "customers", at=AT)
    assert counts(done) == {"recorded": 3, "known": 0, "double": 1, "rejected": 0}
    (only,) = Customer.objects.all()
    assert only.given_name == "Léonore"
    assert set(Identity.objects.values_list("scheme", "value")) == {
        ("external", "C1"), ("external", "C2"), ("card", "290000000099")
    }  # fmt: skip


def test_what_cannot_be_is_rejected_with_its_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    added(identities=(("card", "290000000017"), ("external", "KNOWN")))
    added(identities=(("card", "290000000024"),), email="other@exemple.fr")
    rows = [
        ",,nobody@exemple.fr,",
        "C1,290000000031,pas une adresse,1990-01-01",
        "C2,290000000048,a@exemple.fr,1990-02-30",
        "C3,290000000055,a@exemple.fr,1790-02-20",
        "KNOWN,290000000024,b@exemple.fr,",
        "C4,290000000062,c@exemple.fr,1990-02-20",
    ]
    found = checked(write(tmp_path, "external_id,card,email,birth_on", *rows), "customers", at=AT)
    assert reasons(found) == {
        1: "the row names nobody: no customer number, card, e-mail or telephone.",
        2: "“pas une adresse” is not an e-mail address.",
        3: "“1990-02-30” is out of the calendar.",
        4: "nobody among customers was born on 1790-02-20.",
        5: "the row names two customers who are known apart (card, external).",
    }
    assert reasons(found, language="fr")[4] == "aucun client n’est né le 1790-02-20."
    assert found.check_report["new_customers"] == 1
    assert Customer.objects.count() == 2


def test_consents_are_none_unless_the_file_proves_them(tmp_path: Path) -> None:
    header = "external_id,consent_email,consent_sms,consent_on,consent_source,consent_text"
    rows = ["C1,oui,non,2025-06-01,caisse,v3", "C2,oui,,,,", "C3,,non,,,"]
    path = write(tmp_path, header, *rows)
    assert brought_in(path, "customers", at=AT).totals["consents"] == 0
    found = checked(path, "customers", at=AT, consents="file")
    assert (found.check_report["consents"], found.check_report["unproved_consents"]) == (3, 1)
    done = brought_in(path, "customers", at=AT, consents="file")
    assert done.totals["consents"] == 3
    said = Consent.objects.filter(customer=customer("C1")).order_by("channel")
    assert [(one.purpose, one.channel, one.given, one.occurred_at.date()) for one in said] == [
        ("marketing", "email", True, date(2025, 6, 1)),
        ("marketing", "sms", False, date(2025, 6, 1)),
    ]
    assert (said[0].proof["source"], said[0].proof["text"]) == ("caisse", "v3")
    assert not Consent.objects.filter(customer=customer("C2")).exists()
    assert not Consent.objects.get(customer=customer("C3")).given  # a no needs no proof
    assert brought_in(path, "customers", at=AT, consents="file").totals["known_rows"] == 3
    assert OutboxEvent.objects.filter(name="consent.given").count() == 0


def test_a_yes_may_be_proved_for_the_whole_file(tmp_path: Path) -> None:
    path = write(tmp_path, "external_id,consent_email", "C1,1")
    options: dict[str, Any] = {"consent_source": "site", "consent_text": "CGU v2", "consent_on": "2025-01-15"}
    assert brought_in(path, "customers", at=AT, consents="file", **options).totals["consents"] == 1


def test_what_it_cost_to_win_a_customer_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path, "external_id,source,acquired_on,acquisition_cost", "C1,salon,2024-05-06,12.50", "C2,web,,-1")
    done = brought_in(path, "customers", at=AT, currency="EUR")
    assert counts(done)["rejected"] == 1
    found = Acquisition.objects.get()
    assert (found.cost, found.currency) == (1250, "EUR")
    assert (customer("C1").source, customer("C1").acquired_at.date()) == ("salon", date(2024, 5, 6))


def test_without_numbers_customers_are_known_by_their_address(tmp_path: Path) -> None:
    path = write(tmp_path, "email,given_name", "A@exemple.fr,Anna", "a@exemple.fr,Anna", ",Nobody")
    done = brought_in(path, "customers", at=AT)
    assert counts(done) == {"recorded": 1, "known": 0, "double": 1, "rejected": 1}
    assert find_by_identity("email", "a@exemple.fr") is not None


def test_it_is_taken_back_whole(tmp_path: Path) -> None:
    known = added()
    rows = ["C1,,Léonore,", "C9,290000000017,Florestán,Séville"]
    path = write(tmp_path, "external_id,card,given_name,town", *rows)
    done = brought_in(path, "customers", at=AT, known_customers="overwrite")
    update_customer(by=SYSTEM, at=AT, customer_id=known.id, changes={"town": "Madrid"}, source="till")
    back = undone(done, at=AT + timedelta(hours=1))
    assert back.totals["undone"] == {
        "erased_customers": 1, "facts_put_back": 1, "facts_kept": 1, "identities_ended": 1, "contacts_retired": 0
    }  # fmt: skip
    known.refresh_from_db()
    assert (known.given_name, known.town) == ("Florestan", "Madrid")
    assert find_by_identity("external", "C1") is None
    assert find_by_identity("external", "C9") is None
    assert ImportedCustomer.objects.count() == 0
    again = brought_in(path, "customers", at=AT + timedelta(hours=2))
    assert again.totals["added_customers"] == 1


def test_it_is_not_taken_back_once_something_depends_on_it(tmp_path: Path) -> None:
    done = brought_in(write(tmp_path, "external_id", "C1"), "customers", at=AT)
    enrol(by=SYSTEM, at=AT, programme=programme(), customer_id=customer("C1").id)
    with pytest.raises(ImportDependedOn, match=r"memberships \(1\)"):
        undone(done, at=AT)
    assert customer("C1").erased_at is None


def test_who_may_not_import_customers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Denied):
        checked(write(tmp_path, "external_id", "C1"), "customers", at=AT, by=PIZARRO)
    assert Customer.objects.count() == 0


COMPANIES = "external_id,company_name,registration,vat_number,role,family_name,country"


def test_companies_come_with_their_numbers_checked_and_people_with_their_role(tmp_path: Path) -> None:
    path = write(
        tmp_path, COMPANIES, "E1,Fidelio SA,732 829 320 00074,FR 40 303 265 045,,,FR",
        "E2,Fidelio SA,,,Achats,Rocco,FR", "E3,Wien GmbH,HRB 12345,DE136695976,,,DE",
        "E4,Faux SARL,732 829 320 00075,,,,FR", "E5,Faux SAS,,FR41303265045,,,FR",
    )  # fmt: skip
    done = brought_in(path, "customers", at=AT)
    assert reasons(done) == {
        4: "“732 829 320 00075” is no SIREN or SIRET: its digits do not add up.",
        5: "“FR41303265045” is not a VAT number.",
    }
    rows = Customer.objects.order_by("company_name", "role").values_list(
        "kind", "company_name", "registration_number", "vat_number", "role"
    )
    assert list(rows) == [
        ("company", "Fidelio SA", "73282932000074", "FR40303265045", ""),
        ("person", "Fidelio SA", "", "", "Achats"),
        ("company", "Wien GmbH", "HRB12345", "DE136695976", ""),
    ]
    for text in ("732829320", "732 829 320 00074", "fr40303265045", "Fidelio"):
        assert customer("E1").id in {one.id for one in search_customers(by=SYSTEM, text=text)}, text
    again = brought_in(path, "customers", at=AT + timedelta(days=1), known_customers="overwrite")
    assert (again.totals["known_rows"], FactChange.objects.count()) == (3, 0)
