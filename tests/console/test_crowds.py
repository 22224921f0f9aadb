"""From a part of a chart to the customers behind it, and to a segment that keeps them."""

from __future__ import annotations

import re
from html import unescape

import pytest

from fidelia.console import crowds
from fidelia.customers.models import Segment, SegmentMembership
from fidelia.customers.operations import add_identity
from fidelia.insight.models import Crowd
from fidelia.insight.operations import refresh, write_chapters
from fidelia.insight.queries.naming import with_names
from fidelia.insight.report.blocks import Grid, Section
from fidelia.insight.report.speech import Speech
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel import clock
from fidelia.kernel.ids import new_id
from tests.cast import SYSTEM, actor_with, person

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
SALES = "/console/insight/sales/"


@pytest.fixture
def learnt(shop):
    """Six people: the first bought once, the last six times, all within hundred days; two of them in one instant, so
    that a week holds two whatever day it is.
    """
    for number, customer in enumerate(shop.members(6)):
        for purchase in range(number + 1):
            shop.buy(customer, 2_000, 100 - 10 * number - purchase)
    shop.buy(shop.people[1], 2_000, 50)
    write_chapters(by=SYSTEM, at=shop.at, refresh=refresh(by=SYSTEM, at=shop.at))
    return shop


def links_of(client, page=SALES) -> list[str]:
    found = re.findall(r'href="(/console/insight/[a-z]+/people/\?[^"]+)"', client.get(page).content.decode())
    return [unescape(one) for one in found]


def test_a_week_opens_its_customers_and_they_are_kept_as_a_segment(learnt):
    client = learnt.client(learnt.leonore)
    links = links_of(client)
    assert links
    counts = {}
    for link in dict.fromkeys(links):
        page = client.get(link).content.decode()
        rows = page.count('href="/console/customers/0')
        assert re.search(rf"{rows}\s+clients?", page)
        counts[link] = rows
    link = max(counts, key=counts.__getitem__)
    assert counts[link] > 1
    kept = client.post(link.replace("/people/", "/people/segment/"), {"name": "Venus en été"})
    segment = Segment.objects.get()
    assert kept["Location"] == f"/console/segments/{segment.key}/"
    assert segment.is_fixed
    members = set(SegmentMembership.objects.filter(valid_until=None).values_list("customer_id", flat=True))
    assert len(members) == counts[link] == segment.member_count
    again = client.post(link.replace("/people/", "/people/segment/"), {"name": "Venus en été"}, follow=True)
    assert again.redirect_chain == [(link, 302)], "the name is taken, and the list is shown again"
    assert Segment.objects.count() == 1
    crowd = Crowd.objects.get(mark__in=[one.partition("mark=")[2].replace("%2F", "/") for one in [link]])
    assert set(crowd.customer_ids) == members


def test_in_a_large_shop_a_job_finds_them(learnt, monkeypatch):
    monkeypatch.setattr(crowds, "AT_ONCE_MAX", 1)
    client = learnt.client(learnt.leonore)
    link = links_of(client)[0]
    assert "Trouver ces clients" in client.get(link).content.decode()
    assert not Crowd.objects.exists()
    waiting = client.post(link)["Location"]
    assert client.post(link)["Location"] == waiting, "the same people are not looked for twice"
    run_job(job_id=Job.objects.get(kind="insight.people").id, clock=clock.now)
    assert link in unescape(client.get(waiting).content.decode())
    assert 'href="/console/customers/0' in client.get(link).content.decode()


def test_what_is_no_part_of_the_chapter_is_no_page_and_asks_for_nothing(learnt):
    client = learnt.client(learnt.leonore)
    for wrong in ("", "?mark=", "?mark=active/90", "?mark=bought/day/x", f"?mark=bought&slice={new_id()}"):
        assert client.get(f"{SALES}people/{wrong}").status_code == 404
    assert client.get(f"/console/insight/nothing/people/?{links_of(client)[0].partition('?')[2]}").status_code == 404
    assert learnt.client(person("Jaquino")).get(links_of(client)[0]).status_code == 403
    assert not Crowd.objects.exists()


def test_a_store_that_is_gone_and_an_archived_segment_do_not_show_everybody(learnt):
    client = learnt.client(learnt.leonore)
    learnt.segment()
    key = Segment.objects.get().key
    everybody = client.get("/console/customers/").content.decode()
    assert 'href="/console/customers/0' in everybody
    for store in (str(new_id()), "lyon"):
        page = client.get(f"/console/customers/?store={store}").content.decode()
        assert f"{store} (n’existe pas)" in page
        assert 'href="/console/customers/0' not in page
    Segment.objects.update(state="archived")
    page = client.get(f"/console/customers/?segment={key}").content.decode()
    assert "Tout le monde (archivé)" in page


def test_customers_in_the_report_have_names_for_who_may_see_them(learnt):
    named, nameless = learnt.people[:2]
    type(named).objects.filter(id=nameless.id).update(given_name="", family_name="")
    add_identity(by=SYSTEM, at=learnt.at, customer_id=nameless.id, scheme="crm", value="K-17", source="test")
    table = Grid(
        "Whom to call first", ["Customer", "Days"], [[str(named.id), "3"], [str(nameless.id), "4"], ["All", "7"]]
    )
    speech = Speech("fr", "EUR", 100)

    def shown(by):
        (section,) = with_names([Section("churn", "", "", [table])], by, speech)
        return [row[0] for row in section.blocks[0].rows]

    assert shown(SYSTEM) == [named.display_name, "K-17", "All"]
    assert shown(actor_with("insight.see")) == ["Un client que vous ne pouvez pas voir"] * 2 + ["All"]
