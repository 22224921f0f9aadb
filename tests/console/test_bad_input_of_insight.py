"""What makes no sense, on the pages of insight, in both languages: said, never shown as if it were a result."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from fidelia.customers.models import Segment
from fidelia.insight.models import Chapter, Slice
from fidelia.insight.operations import refresh, write_chapters
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel import clock
from fidelia.organisation.operations import add_banner, add_partner, add_store, close_store
from tests.cast import SYSTEM

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
OVERVIEW = "/console/insight/"
SLICES = "/console/insight/slices/"
LANGUAGES = ("en", "fr")
NOBODY = {"en": "No purchase in this part", "fr": "Aucun achat dans cette partie"}
BACKWARDS = {"en": "The period ends before it begins.", "fr": "La période finit avant de commencer."}
UNTOLD = {"en": "This cannot be told yet", "fr": "Cela ne peut pas encore se dire"}
SOLD = {"en": "were sold in", "fr": "ont été vendus en"}


@pytest.fixture
def learnt(shop):
    partner = add_partner(by=SYSTEM, at=shop.at, code="maison", name="Maison", country="FR", currency="EUR")
    banner = add_banner(by=SYSTEM, at=shop.at, partner_id=partner.id, code="tea", name="Tea")
    shop.store = add_store(
        by=SYSTEM, at=shop.at, banner_id=banner.id, code="lyon", name="Lyon", channel="store", country="FR",
        currency="EUR", time_zone="Europe/Paris", opened_on=(shop.at - timedelta(days=400)).date(),
    )  # fmt: skip
    for number, customer in enumerate(shop.members(6)):
        for purchase in range(number + 1):
            shop.buy(customer, 2_000, 100 - 10 * number - purchase, store="lyon")
    shop.segment("everybody", 'customer.kind == "person"')
    shop.segment("nobody", 'customer.country == "JP"')
    write_chapters(by=SYSTEM, at=shop.at, refresh=refresh(by=SYSTEM, at=shop.at))
    return shop


def part_of(shop, **asked: str) -> Slice:
    shop.client(shop.leonore).post(SLICES, asked)
    job = Job.objects.filter(kind="insight.slice").latest("created_at")
    run_job(job_id=job.id, clock=clock.now)
    return Slice.objects.latest("made_at")


def test_a_segment_of_nobody_is_said_on_every_chapter_and_one_of_everybody_is_the_whole(learnt):
    nobody, everybody = (part_of(learnt, segment=key) for key in ("nobody", "everybody"))
    chapters = [one.key for one in Chapter.objects.filter(language="en", slice=None) if one.key != "cover"]
    assert len(chapters) > 9
    for language in LANGUAGES:
        client = learnt.client(learnt.leonore, language)
        for key in chapters:
            answer = client.get(f"{OVERVIEW}{key}/?slice={nobody.id}", follow=True)
            assert answer.redirect_chain == [(f"{OVERVIEW}?slice={nobody.id}", 302)], key
            page = unescape(answer.content.decode())
            assert NOBODY[language] in page
            assert "f-chart" not in page
        told = [
            unescape(client.get(f"{OVERVIEW}sales/{more}").content.decode())
            .partition('f-lead">')[2]
            .partition("</p>")[0]
            for more in ("", f"?slice={everybody.id}")
        ]
        assert told[0] == told[1]
        assert "420" in told[0], "six people, one to six purchases of 20 euros"


def test_dates_that_contradict_are_said_and_start_nothing(learnt):
    wrong = {"since": "2026-03-02", "until": "2026-03-01", "chapter": "sales"}
    for language in LANGUAGES:
        client = learnt.client(learnt.leonore, language)
        answer = client.post(SLICES, wrong, follow=True)
        assert answer.redirect_chain == [(f"{OVERVIEW}sales/", 302)]
        assert BACKWARDS[language] in unescape(answer.content.decode())
        versions = client.get(f"{OVERVIEW}scores/versions/?since=2026-03-02&until=2026-03-01")
        assert BACKWARDS[language] in unescape(versions.content.decode())
    assert not Job.objects.filter(kind="insight.slice").exists()


def test_a_store_that_is_closed_keeps_its_past_and_is_called_closed(learnt):
    close_store(by=SYSTEM, at=learnt.at, store_id=learnt.store.id, closed_on=learnt.at.date())
    part = part_of(learnt, store_id=str(learnt.store.id))
    for language, closed in (("en", "Lyon (closed)"), ("fr", "Lyon (fermé)")):
        client = learnt.client(learnt.leonore, language)
        page = unescape(client.get(f"{OVERVIEW}sales/?slice={part.id}").content.decode())
        assert f">{closed}</option>" in page
        assert closed in page.partition("<dialog")[0], "the chip says so, too"
        assert "420" in page.partition('f-lead">')[2].partition("</p>")[0]


def test_of_too_few_people_a_chapter_says_so_and_shows_no_chart(learnt):
    untold = set()
    for one in Chapter.objects.filter(language="en", slice=None).exclude(key="cover"):
        if any(block["kind"] == "missing" for block in one.blocks) and len(one.blocks) == 1:
            untold.add(one.key)
    assert {"changes", "frat", "value", "scores", "portfolio", "profit", "members"} <= untold, untold
    for language in LANGUAGES:
        client = learnt.client(learnt.leonore, language)
        for key in untold - {"rfm"}:
            page = unescape(client.get(f"{OVERVIEW}{key}/").content.decode())
            assert UNTOLD[language] in page, key
            assert "f-chart" not in page, key
            assert "f-figures" not in page, key
        churn = unescape(client.get(f"{OVERVIEW}churn/").content.decode())
        assert UNTOLD[language] in churn, "a model of the whole needs more people; who is silent can be counted"
        assert "f-chart" not in churn


def test_a_trait_that_never_was_is_said_where_a_chapter_offers_a_segment(learnt):
    """The form that a chapter fills in, its condition changed by hand to a trait that nobody ever set."""
    new = {"name_fr": "Jamais", "name_en": "Never", "key": "never", "condition": "has(trait.never_was)"}
    for language in LANGUAGES:
        client = learnt.client(learnt.leonore, language)
        answer = client.post("/console/segments/new/", new)
        assert answer.status_code == 422
        assert "never_was" in unescape(answer.content.decode()).partition('id="id_condition_error"')[2][:300]
    assert not Segment.objects.filter(key="never").exists()
