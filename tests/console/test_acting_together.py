"""Acts on many customers from the list: said first, then a job whose page tells, gives the file and takes it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from fidelia.customers.models import Segment
from fidelia.customers.queries import member_ids_at
from fidelia.jobs.models import Job
from fidelia.kernel import clock
from fidelia.programme.models import Enrolment
from tests.cast import marzelline
from tests.customers.people import added

from .shop import Shop, shop
from .test_customers import text_of
from .test_imports import work

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
ACT = "/console/customers/acts/"


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()


def test_those_ticked_are_enrolled_after_a_look_and_it_is_taken_back(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    one, other = added(), added(identities=())
    assert 'formaction="/console/customers/acts/"' in text_of(client.get("/console/customers/"))
    ticked = {"act": "enrol", "customer": [str(one.id)], "query": ""}
    shown = client.post(ACT, ticked)
    assert "1 client choisi" in text_of(shown)
    assert not Job.objects.filter(kind="customer.act").exists()
    answer = client.post(ACT, {**ticked, "confirmed": "1", "programme": shop.programme.slug})
    job = Job.objects.get(kind="customer.act")
    assert answer["Location"] == reverse("console:job", args=[job.id])
    work()
    assert set(Enrolment.objects.values_list("customer_id", flat=True)) == {one.id}
    page = text_of(client.get(reverse("console:job", args=[job.id])))
    assert "f-take-back" in page
    file = client.get(reverse("console:customer-export-file", args=[job.id]))
    told = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert told == ["customer_id;result;code;reason", f"{one.id};done;;"]
    client.post(reverse("console:customers-act-undo", args=[job.id]))
    work()
    assert not Enrolment.objects.filter(ended_at=None).exists()
    assert other.id != one.id


def test_the_whole_list_goes_into_a_new_segment(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    people = {added().id, added(identities=()).id}
    said = {"act": "segment", "all": "1", "query": "kind=person", "confirmed": "1", "segment": "", "name": ""}
    refused = client.post(ACT, said)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["name"])
    client.post(ACT, {**said, "name": "Invités du salon"})
    work()
    segment = Segment.objects.get(key="invites_du_salon")
    assert (segment.is_fixed, set(member_ids_at(segment.id, clock.now()))) == (True, people)


def test_an_amount_that_cannot_be_read_stands_at_its_field(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    one = added()
    said = {"act": "points", "customer": [str(one.id)], "query": "", "confirmed": "1", "reason": "Désolés"}
    for points in ("many", "0", "1.5"):
        refused = client.post(ACT, {**said, "programme": shop.programme.slug, "points": points})
        assert (refused.status_code, "points" in refused.context["form"].errors) == (422, True), points
    assert not Job.objects.filter(kind="customer.act").exists()


def test_who_may_do_none_of_it_is_refused(shop: Shop) -> None:
    client = shop.client(marzelline())
    assert client.post(ACT, {"act": "points", "customer": [str(added().id)], "query": ""}).status_code == 403
    assert client.post(ACT, {"act": "erase", "customer": []}).status_code == 403
