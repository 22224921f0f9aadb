"""Insight of a part: chosen on the page, written by a job, shown with its chips, given out as a workbook."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest

from fidelia.access.queries import actor_of
from fidelia.console.workbooks import read_cell, workbook_of
from fidelia.customers.models import Segment
from fidelia.insight.models import Slice
from fidelia.insight.operations import refresh, write_chapters
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel import clock
from tests.cast import SYSTEM, person

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
OVERVIEW = "/console/insight/"
SLICES = "/console/insight/slices/"


@pytest.fixture
def learnt(shop):
    for number, customer in enumerate(shop.members(6)):
        for purchase in range(number + 1):
            shop.buy(customer, 2_000, 100 - 10 * number - purchase)
    shop.segment()
    write_chapters(by=SYSTEM, at=shop.at, refresh=refresh(by=SYSTEM, at=shop.at))
    return shop


def test_a_period_is_chosen_written_and_shown(learnt):
    client = learnt.client(learnt.leonore)
    page = client.get(f"{OVERVIEW}sales/").content.decode()
    assert "Seulement une partie des achats" in page
    day = f"{clock.now():%Y-%m-%d}"
    asked = {"until": day, "segment": "everybody", "chapter": "sales"}
    waiting = client.post(SLICES, asked)
    again = client.post(SLICES, asked)
    assert waiting.status_code == 302
    assert again["Location"] == waiting["Location"]  # the same part is not written twice
    job = Job.objects.get(kind="insight.slice")
    assert "attend" in client.get(waiting["Location"]).content.decode()
    run_job(job_id=job.id, clock=clock.now)
    part = Slice.objects.get()
    assert f"{OVERVIEW}sales/?slice={part.id}" in client.get(waiting["Location"]).content.decode()
    assert client.post(SLICES, asked)["Location"] == f"{OVERVIEW}sales/?slice={part.id}"
    shown = client.get(f"{OVERVIEW}sales/?slice={part.id}").content.decode()
    assert "Tout le monde" in shown
    assert f"report.pdf?slice={part.id}" in shown
    of_all, of_part = (client.get(f"{OVERVIEW}rfm/{more}").content.decode() for more in ("", f"?slice={part.id}"))
    assert "f-slice-choice" in of_all
    assert "Tout le monde" in of_part, "recency and frequency of the part, not of everybody"
    overview = client.get(f"{OVERVIEW}?slice={part.id}").content.decode()
    assert f"{OVERVIEW}rfm/?slice={part.id}" in overview
    assert client.get(f"{OVERVIEW}report.pdf?slice={part.id}")["Content-Type"] == "application/pdf"


def test_the_people_of_a_cell_are_filtered_too_and_stay_on_their_list(learnt):
    client = learnt.client(learnt.leonore)
    cell = client.get(f"{OVERVIEW}rfm/5-5/").content.decode()
    assert '<input type="hidden" name="mark" value="cell/5/5">' in cell
    day = f"{clock.now():%Y-%m-%d}"
    asked = {"until": day, "segment": "everybody", "chapter": "rfm", "mark": "cell/5/5"}
    waiting = client.post(SLICES, asked)
    run_job(job_id=Job.objects.get(kind="insight.slice").id, clock=clock.now)
    people = f"{OVERVIEW}rfm/people/?mark=cell%2F5%2F5&slice={Slice.objects.get().id}"
    assert people.replace("&", "&amp;") in client.get(waiting["Location"]).content.decode()
    assert client.post(SLICES, asked)["Location"] == people
    assert client.get(f"{OVERVIEW}rfm/people/?mark=cell%2F9%2F9&slice={Slice.objects.get().id}").status_code == 404
    kept = client.get(f"{OVERVIEW}rfm/").content.decode()  # of so few people the chapter itself has no map
    assert "f-slice-choice" in kept


def test_pages_that_a_part_cannot_choose_from_say_so(learnt):
    client = learnt.client(learnt.leonore)
    day = f"{clock.now():%Y-%m-%d}"
    asked = {"until": day, "segment": "everybody", "chapter": "scores"}
    client.post(SLICES, asked)
    run_job(job_id=Job.objects.get(kind="insight.slice").id, clock=clock.now)
    part = Slice.objects.get()
    scores = client.get(f"{OVERVIEW}scores/?slice={part.id}").content.decode()
    assert f"{OVERVIEW}scores/versions/?slice={part.id}" in scores, "the way there keeps what was chosen"
    for language, words in (
        ("fr", "aucune partie ne choisit donc de version"), ("en", "no part of them chooses a version"),
    ):  # fmt: skip
        client = learnt.client(learnt.leonore, language)
        assert words in client.get(f"{OVERVIEW}scores/versions/?slice={part.id}").content.decode()
        assert words not in client.get(f"{OVERVIEW}scores/versions/").content.decode()
    effects = client.get(f"{OVERVIEW}effects/?slice={part.id}", follow=True)
    assert effects.redirect_chain == [(f"{OVERVIEW}effects/?until={day}", 302)], "the period is chosen there too"
    assert "No campaign was made to the segment chosen" in effects.content.decode()


@pytest.mark.parametrize("given", [{}, {"since": "2026-03-02", "until": "2026-03-01"}, {"store_id": "lyon"}])
def test_what_is_no_part_is_said_and_starts_nothing(learnt, given):
    client = learnt.client(learnt.leonore)
    answer = client.post(SLICES, given, follow=True)
    assert answer.redirect_chain == [(OVERVIEW, 302)]
    assert list(answer.context["messages"]) or "f-message" in answer.content.decode()
    assert not Job.objects.filter(kind="insight.slice").exists()


def test_a_part_that_is_gone_is_no_page(learnt):
    client = learnt.client(learnt.leonore)
    assert client.get(f"{OVERVIEW}?slice=0198c1f0-0000-7000-8000-000000000001").status_code == 404
    assert client.get(f"{OVERVIEW}sales/?slice=nothing").status_code == 404


def test_who_may_not_see_insight_may_not_choose(learnt):
    jaquino = person("Jaquino")
    assert not actor_of(jaquino).may("insight.see")
    assert learnt.client(jaquino).post(SLICES, {"until": "2026-01-01"}).status_code == 403
    assert not Job.objects.filter(kind="insight.slice").exists()


def test_the_tables_of_a_chapter_are_given_out_as_a_workbook(learnt):
    client = learnt.client(learnt.leonore)
    answer = client.get(f"{OVERVIEW}sales/tables.xlsx")
    book = openpyxl.load_workbook(BytesIO(answer.content))
    first = book.worksheets[0]
    assert isinstance(first["B2"].value, int | float)
    assert answer["Content-Disposition"].startswith('attachment; filename="sales-')
    assert client.get(f"{OVERVIEW}nothing/tables.xlsx").status_code == 404


@pytest.mark.parametrize(
    ("text", "language", "value", "look"),
    [
        ("1\u202f234,50\u00a0€", "fr", 1234.5, '#,##0.00\u00a0"€"'),
        ("\u22123,5\u00a0%", "fr", -0.035, "0.0%"),
        ("€1,234", "en", 1234.0, '#,##0\u00a0"€"'),
        ("12.5%", "en", 0.125, "0.0%"),
        ("0.7041", "en", 0.7041, "#,##0.0000"),
        ("janv. 2026", "fr", "janv. 2026", ""),
        ("0–10 %", "fr", "0–10 %", ""),
        ("=2+3", "en", "'=2+3", ""),
        ("1,2,3", "fr", "1,2,3", ""),
        ("", "en", "", ""),
    ],
)
def test_a_number_is_a_number_in_the_workbook(text, language, value, look):
    assert read_cell(text, language) == (pytest.approx(value) if isinstance(value, float) else value, look)


def test_sheets_of_one_name_are_told_apart():
    title = "How good is the score: [visit]? A long title"
    book = openpyxl.load_workbook(BytesIO(workbook_of([(title, ["A"], [["1"]])] * 2 + [("", ["=B"], [])], "en")))
    assert [len(name) <= 31 for name in book.sheetnames] == [True] * 3
    assert len(set(book.sheetnames)) == 3
    assert book.worksheets[2]["A1"].value == "'=B"


def test_a_stage_opens_its_people_as_a_segment_for_who_may_define_one(learnt):
    page = learnt.client(learnt.leonore).get(f"{OVERVIEW}lifecycle/").content.decode()
    assert "condition=has%28trait.lifecycle_stage%29" in page
    from fidelia.access.operations import create_role, grant_role
    from fidelia.kernel.localized import LocalizedText

    analyst = person("Don")
    name = LocalizedText(en="Reader", fr="Lecteur")
    create_role(by=SYSTEM, at=learnt.at, code="reader", name=name, rights=["insight.see"])
    grant_role(by=SYSTEM, at=learnt.at, user_id=analyst.id, role_code="reader")
    assert "condition=has" not in learnt.client(analyst).get(f"{OVERVIEW}lifecycle/").content.decode()


def test_a_person_asks_for_the_monthly_report_and_stops_it(shop):
    client = shop.client(shop.leonore)
    page = client.get(f"{OVERVIEW}monthly/").content.decode()
    assert "n’en reçoit pas" in page
    address = f"{OVERVIEW}monthly/{shop.leonore.id}/"
    assert client.post(address, {"wish": "begin"}).status_code == 302
    assert "part demain matin" in client.get(f"{OVERVIEW}monthly/").content.decode()
    assert client.post(address, {"wish": "stop"}).status_code == 302
    assert client.post(address, {"wish": "dance"}).status_code == 404
    assert "n’en reçoit pas" in client.get(f"{OVERVIEW}monthly/").content.decode()
    assert shop.client(person("Jaquino")).get(f"{OVERVIEW}monthly/").status_code == 403


def test_a_part_without_purchases_says_so_on_every_page(learnt):
    learnt.segment("nobody", 'customer.country == "JP"')
    refresh(by=SYSTEM, at=clock.now())
    client = learnt.client(learnt.leonore)
    waiting = client.post(SLICES, {"segment": "nobody", "chapter": "sales"})
    run_job(job_id=Job.objects.get(kind="insight.slice").id, clock=clock.now)
    part = Slice.objects.get()
    assert f"{OVERVIEW}sales/?slice={part.id}" in client.get(waiting["Location"]).content.decode()
    for key in ("sales", "rfm", "churn"):
        said = client.get(f"{OVERVIEW}{key}/?slice={part.id}", follow=True)
        assert said.redirect_chain == [(f"{OVERVIEW}?slice={part.id}", 302)]
        assert "Aucun achat dans cette partie" in said.content.decode()


def test_a_segment_younger_than_the_facts_is_no_segment_of_nobody(learnt):
    learnt.segment("younger", "true")
    Segment.objects.filter(key="younger").update(recorded_at=clock.now() + timedelta(hours=1))
    client = learnt.client(learnt.leonore)
    waiting = client.post(SLICES, {"segment": "younger", "chapter": "sales"})
    run_job(job_id=Job.objects.get(kind="insight.slice").id, clock=clock.now)
    page = client.get(waiting["Location"]).content.decode()
    assert "actualisez" in page.lower()
    assert not Slice.objects.exists()


def test_a_store_that_never_was_starts_nothing(learnt):
    client = learnt.client(learnt.leonore)
    answer = client.post(SLICES, {"store_id": "0198c1f0-0000-7000-8000-000000000001"}, follow=True)
    assert answer.redirect_chain == [(OVERVIEW, 302)]
    assert not Job.objects.filter(kind="insight.slice").exists()
