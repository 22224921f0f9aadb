"""Lists at work: orders, views, columns, files, the customer beside; queries that do not grow with the rows."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fidelia.access.models import Audit, SavedView, User
from fidelia.customers.models import Customer, FactChange, Identity
from fidelia.customers.operations import NewCustomer, add_customer, place_trait_definition, set_traits
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel import clock
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from tests.cast import SYSTEM, leonore, marzelline, pizarro

from .boutique import Shop, open_shop
from .test_customers import some_customers

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/console/customers/"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def signed_in(user: User, language: str = "en") -> Client:
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def text_of(answer: Any) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def names_on(client: Client, query: str) -> list[str]:
    return [row.name for row in client.get(f"{LIST}?{query}").context["rows"]]


def spend(amounts: dict[UUID, int]) -> None:
    with transaction_of_use_case():
        label = LocalizedText(en="Amount", fr="Montant")
        place_trait_definition(by=SYSTEM, at=clock.now(), name="rfm_net", type="number", label=label, unit="minor")
        rows = [(customer, "rfm_net", amount) for customer, amount in amounts.items()]
        set_traits(by=SYSTEM, at=clock.now(), rows=rows, source="insight", valid_from=clock.now())


@pytest.mark.parametrize("path", ["customers/", "customers/?sort=-spend", "purchases/", "customers/?q=abele"])
def test_it_asks_as_many_queries_for_fifty_rows_as_for_few(shop: Shop, path: str) -> None:
    client = signed_in(leonore())
    counts = []
    for more in (2, 48):
        some = some_customers(shop, more)
        spend({one.id: 100 for one in some})
        client.get(f"/console/{path}")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/console/{path}").status_code == 200
            counts.append(len(asked))
    # The few rows hold a member besides, whose points and tier are asked for; more rows never ask more.
    assert counts[1] <= counts[0]


def test_an_order_by_a_trait_goes_through_everybody_forwards_and_back(shop: Shop) -> None:
    people = some_customers(shop, 30)
    spend({one.id: 1_000 + place for place, one in enumerate(people)})
    for number in range(30):
        new = NewCustomer(source="till", family_name=f"Zola {number:02}")
        add_customer(by=SYSTEM, at=shop.today, customer=new)
    client, seen, url = signed_in(leonore()), [], "?sort=-spend&q="
    while url:
        answer = client.get(f"{LIST}{url}")
        seen.append([row.name for row in answer.context["rows"]])
        url = answer.context["page"].next_url
    flat = [name for page in seen for name in page]
    assert flat[:2] == ["Noël Abele 029", "Noël Abele 028"]
    assert len(flat) == len(set(flat)) == Customer.objects.count()
    assert flat[-1].startswith("Zola")
    back = client.get(f"{LIST}{answer.context['page'].previous_url}")
    assert [row.name for row in back.context["rows"]] == seen[-2]


def test_it_lists_the_newest_first(shop: Shop) -> None:
    for days in (3, 1, 2):
        new = NewCustomer(source="till", family_name=f"Jour {days}")
        add_customer(by=SYSTEM, at=clock.now() - timedelta(days=days), customer=new)
    client = signed_in(leonore())
    assert names_on(client, "sort=-added&q=jour") == ["Jour 1", "Jour 2", "Jour 3"]
    assert names_on(client, "sort=added&q=jour&added=7") == ["Jour 3", "Jour 2", "Jour 1"]


def test_a_view_is_ones_own_and_says_how_many_it_held(shop: Shop) -> None:
    some_customers(shop, 3)
    client = signed_in(leonore())
    client.post("/console/views/customers/new/", {"name": "Abele à Lyon", "query": "q=abele&after=x"})
    assert SavedView.objects.get().query == "q=abele"
    client.get(f"{LIST}?q=abele")
    assert SavedView.objects.get().row_count == 3
    assert "Abele à Lyon" in text_of(client.get(LIST))
    assert "Abele à Lyon" not in text_of(signed_in(marzelline()).get(LIST))
    taken = client.post("/console/views/customers/new/", {"name": "Abele à Lyon", "query": ""})
    assert taken.status_code == 422
    client.post(f"/console/views/customers/{SavedView.objects.get().id}/removal/")
    assert not SavedView.objects.exists()


def test_columns_are_chosen_and_brought_back(shop: Shop) -> None:
    client = signed_in(leonore())
    client.post(f"{LIST}columns/", {"column": ["store", "added"], "query": ""})
    shown = [column["name"] for column in client.get(LIST).context["columns"] if column["shown"]]
    assert shown == ["store", "added"]
    client.post(f"{LIST}columns/", {"default": "1"})
    shown = [column["name"] for column in client.get(LIST).context["columns"] if column["shown"]]
    assert shown == ["tier", "town", "last", "spend", "points"]


def test_a_list_is_taken_out_as_a_file_by_who_may(shop: Shop) -> None:
    some_customers(shop, 3)
    formula = NewCustomer(source="till", family_name="=2+2")
    add_customer(by=SYSTEM, at=shop.today, customer=formula)
    client = signed_in(leonore())
    asked = client.post(f"{LIST}exports/", {"query": "q=abele", "all": "1"})
    job = Job.objects.get(kind="customer.export")
    assert asked.headers["Location"] == f"/console/settings/jobs/{job.id}/"
    run_job(job_id=job.id, clock=clock.now)
    answer = client.get(f"{LIST}exports/{job.id}/")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[1].split(";")[2:4] == ["Noël", "Abele 000"]
    assert Audit.objects.get(verb="customer.export", object_type="file").after == {"customers": 3}
    assert signed_in(marzelline()).get(f"{LIST}exports/{job.id}/").status_code == 404
    assert signed_in(pizarro()).post(f"{LIST}exports/", {"all": "1"}).status_code == 403


def test_no_cell_of_the_file_is_a_formula(shop: Shop) -> None:
    one = add_customer(by=SYSTEM, at=shop.today, customer=NewCustomer(source="till", family_name="=2+2"))
    client = signed_in(leonore())
    client.post(f"{LIST}exports/", {"query": "", "customer": [str(one.id)]})
    job = Job.objects.get(kind="customer.export")
    run_job(job_id=job.id, clock=clock.now)
    lines = b"".join(client.get(f"{LIST}exports/{job.id}/").streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(";")[3] for line in lines[1:]] == ["'=2+2"]


def test_previous_and_next_lead_through_the_list(shop: Shop) -> None:
    first, second, third = some_customers(shop, 3)
    client = signed_in(leonore())
    rows = client.get(f"{LIST}?q=abele").context["rows"]
    page = client.get(f"{LIST}{second.id}/?{rows[1].query}")
    assert "Row 2 of the list" in text_of(page)
    assert page.context["previous_url"].startswith(f"{LIST}{first.id}/?")
    assert page.context["next_url"].startswith(f"{LIST}{third.id}/?")
    last = client.get(page.context["next_url"])
    assert (last.context["next_url"], "Row 3 of the list" in text_of(last)) == ("", True)


def test_no_address_that_a_list_gives_out_holds_a_name(shop: Shop) -> None:
    some_customers(shop, 60)
    client = signed_in(leonore())
    answer = client.get(f"{LIST}?sort=name")
    page = client.get(f"{LIST}{answer.context['rows'][1].customer.id}/?{answer.context['rows'][1].query}")
    given = [row.query for row in answer.context["rows"]]
    given += [answer.context["page"].next_url, page.context["previous_url"], page.context["next_url"]]
    assert all(given)
    for address in given:
        parts = re.findall(r"[\w-]{8,}", address)
        read = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts if len(part) % 4 != 1]
        assert not any("abele" in text.lower() for text in (address, *map(repr, read))), address


def test_facts_are_changed_with_their_former_values_kept(shop: Shop) -> None:
    client = signed_in(leonore())
    page = client.get(f"{LIST}{shop.customer_id}/facts/")
    given = {name: field or "" for name, field in page.context["form"].initial.items()}
    wrong = client.post(f"{LIST}{shop.customer_id}/facts/", given | {"country": "XX"})
    assert wrong.status_code == 422
    client.post(f"{LIST}{shop.customer_id}/facts/", given | {"town": "Villeurbanne"})
    assert Customer.objects.get(pk=shop.customer_id).town == "Villeurbanne"
    assert list(FactChange.objects.values_list("fact", "value", "source")) == [("town", "Villeurbanne", "console")]


def test_addresses_and_cards_come_and_go(shop: Shop) -> None:
    client, person = signed_in(leonore()), f"{LIST}{shop.customer_id}/"
    client.post(f"{person}contact-points/", {"channel": "email", "value": "Leonore@Seville.example"})
    assert "leonore@seville.example" in text_of(client.get(f"{person}record/"))
    client.post(f"{person}identities/", {"scheme": "external", "value": "ERP-77"})
    assert Identity.objects.filter(scheme="external", value="ERP-77", until__isnull=True).count() == 1
    client.post(f"{person}identities/end/", {"scheme": "external", "value": "ERP-77"})
    assert not Identity.objects.filter(scheme="external", value="ERP-77", until__isnull=True).exists()


def test_who_may_not_change_a_record_is_offered_nothing(shop: Shop) -> None:
    client, person = signed_in(marzelline()), f"{LIST}{shop.customer_id}/"
    assert client.get(f"{person}facts/").status_code == 403
    assert "Edit the record" not in text_of(client.get(person))


def test_purchases_are_filtered_by_days_channel_and_amount(shop: Shop) -> None:
    client = signed_in(leonore())
    total = shop.sale.total
    for query, count in (
        (f"least={(total + 1) / 100}", 0),
        (f"least={total / 100:.2f}&most={total / 100:.2f}&kind=sale", 1),
        ("since=2019-01-01&until=2019-12-31", 0),
        ("channel=web", 0),
        ("least=abc&since=yesterday&store=nowhere", 1),
    ):
        rows = client.get(f"/console/purchases/?{query}").context["rows"]
        assert (len(rows) > 0) == bool(count), query
