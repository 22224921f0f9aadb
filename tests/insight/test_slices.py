"""Slices: the chapters of part of the purchases, kept until the next refresh, and nothing of the others in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from fidelia.access.queries import actor_of
from fidelia.customers.errors import UnknownSegment
from fidelia.customers.models import Customer, Trait
from fidelia.customers.operations import define_segment, refresh_segments
from fidelia.insight.errors import MalformedSlice, NoExport
from fidelia.insight.jobs import wanted_of
from fidelia.insight.models import Chapter, Crowd, FactExport, Slice, Wanted
from fidelia.insight.operations import export_facts, find_crowd, refresh, write_chapters, write_slice
from fidelia.insight.queries import compose_report, find_slice, get_chapter, list_chapters
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job, start_job
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.errors import StoreUnknown
from fidelia.organisation.models import Store
from fidelia.organisation.operations import add_banner, add_partner, add_store
from tests.cast import AT, PIZARRO, SYSTEM, actor_with, leonore
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", label="Rocco")


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


@pytest.fixture
def stores() -> list[Store]:
    """Two stores of one banner and one of another."""
    open_shop()
    partner = add_partner(by=SYSTEM, at=AT, code="maison", name="Maison", country="FR", currency="EUR")
    found = []
    for place, (code, town) in enumerate([("tea", "Lyon"), ("tea", "Nantes"), ("cake", "Brest")]):
        if place != 1:
            banner = add_banner(by=SYSTEM, at=AT, partner_id=partner.id, code=code, name=code.title())
        found.append(
            add_store(
                by=SYSTEM, at=AT, banner_id=banner.id, code=town.lower(), name=town, channel="store", country="FR",
                currency="EUR", time_zone="Europe/Paris", opened_on=AT.date(),
            )
        )  # fmt: skip
    return found


@pytest.fixture
def bought(stores: list[Store]) -> list[UUID]:
    """Thirty people in two years: place by place in Lyon, Nantes and Brest, the first ten for ten euros, and so on."""
    found = customers(30)
    rows = []
    for place, person in enumerate(found):
        for month in range(12):
            at = AT - timedelta(days=710 - 30 * month - place)
            rows.append(purchase(person, 1_000 * (1 + place // 10), at, store_id=stores[place // 10].id))
    buy(rows)
    return found


def written(**wanted: Any) -> Slice:
    return write_slice(by=ROCCO, at=AT, refresh=refresh(by=ROCCO, at=AT), wanted=Wanted(**wanted))


def sales_of(part: Slice | None) -> str:
    chapter = get_chapter(by=ROCCO, key="sales", language="en", slice_id=part.id if part else None)
    assert chapter is not None
    return chapter.finding


def test_a_store_and_a_banner_have_their_own_sales_and_the_whole_stays(bought: list[UUID], stores: list[Store]) -> None:
    last = refresh(by=ROCCO, at=AT)
    write_chapters(by=ROCCO, at=AT, refresh=last)
    part, banner = (
        write_slice(by=ROCCO, at=AT, refresh=last, wanted=wanted)
        for wanted in (Wanted(store_id=stores[1].id), Wanted(banner_id=stores[0].banner_id))
    )
    assert sales_of(part).startswith("€2,400 were sold in 120 purchases")
    assert sales_of(banner).startswith("€3,600 were sold in 240 purchases")
    assert sales_of(None).startswith("€7,200 were sold in 360 purchases")
    assert len(list_chapters(by=ROCCO, language="fr", slice_id=part.id)) == len(list_chapters(by=ROCCO, language="fr"))
    made = compose_report(by=ROCCO, language="fr", slice_id=part.id)
    assert made is not None
    assert made[1].startswith(b"%PDF")


def test_a_period_holds_its_first_and_last_day(bought: list[UUID], stores: list[Store]) -> None:
    """Only what was bought on these days, in the operator's zone."""
    day = (AT - timedelta(days=710)).date()  # of the first person's first purchase
    part = written(store_id=stores[0].id, since=day, until=day)
    assert sales_of(part).startswith("€10.00 were sold")


def test_a_segment_has_the_purchases_of_its_people(bought: list[UUID], stores: list[Store]) -> None:
    name = LocalizedText(en="Everybody", fr="Tous")
    define_segment(by=SYSTEM, at=AT, key="nobody", name=name, condition='customer.kind == "company"')
    define_segment(by=SYSTEM, at=AT, key="everybody", name=name, condition='customer.kind == "person"')
    refresh_segments(by=SYSTEM, at=AT)
    everybody = written(segment="everybody")
    assert sales_of(everybody).startswith("€7,200 were sold in 360 purchases")
    nobody = write_slice(by=ROCCO, at=AT, refresh=everybody.refresh, wanted=Wanted(segment="nobody"))
    assert not list_chapters(by=ROCCO, language="en", slice_id=nobody.id)


def test_it_is_written_once_and_deleted_by_the_next_refresh(bought: list[UUID], stores: list[Store]) -> None:
    part = written(store_id=stores[0].id)
    assert write_slice(by=ROCCO, at=AT, refresh=part.refresh, wanted=part.wanted) == part
    assert find_slice(by=ROCCO, wanted=part.wanted) == part
    assert not Trait.objects.filter(name="lifecycle_stage").exists()
    for piece in (None, part):
        crowd = find_crowd(by=ROCCO, at=AT, refresh=part.refresh, chapter="rfm", mark="best/50", part=piece)
        assert len(crowd.customer_ids) == (15 if piece is None else 5)
    write_chapters(by=ROCCO, at=AT, refresh=refresh(by=ROCCO, at=AT))
    assert not Crowd.objects.exists(), "who was behind a part of a chart is found anew"
    assert not Slice.objects.exists()
    assert not Chapter.objects.filter(slice__isnull=False).exists()


def test_what_a_refresh_exported_stays_for_its_lists_until_a_person_is_erased(bought: list[UUID]) -> None:
    """Each backtest and each forecast exports the facts, too."""
    last = refresh(by=ROCCO, at=AT)
    for minute in (1, 2, 3):
        export_facts(by=SYSTEM, at=AT + timedelta(minutes=minute))
    assert FactExport.objects.filter(purged_at__isnull=True).count() == 3, "the two newest, and that of the refresh"
    assert len(find_crowd(by=ROCCO, at=AT, refresh=last, chapter="rfm", mark="best/50").customer_ids) == 15
    Customer.objects.filter(id=bought[0]).update(erased_at=AT, updated_at=AT)
    export_facts(by=SYSTEM, at=AT + timedelta(minutes=4))
    assert FactExport.objects.filter(purged_at__isnull=True).count() == 1, "nothing of the person is left"
    with pytest.raises(NoExport, match="refresh insight first"):
        find_crowd(by=ROCCO, at=AT, refresh=last, chapter="rfm", mark="best/40")
    with pytest.raises(NoExport):
        write_slice(by=ROCCO, at=AT, refresh=last, wanted=Wanted(until=AT.date()))


def test_a_part_of_an_older_refresh_is_not_kept(bought: list[UUID], stores: list[Store]) -> None:
    older = refresh(by=ROCCO, at=AT)
    refresh(by=ROCCO, at=AT + timedelta(seconds=1))
    with pytest.raises(MalformedSlice, match="newer refresh"):
        write_slice(by=ROCCO, at=AT, refresh=older, wanted=Wanted(store_id=stores[0].id))
    assert not Slice.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({}, MalformedSlice),
        ({"since": AT.date(), "until": AT.date() - timedelta(days=1)}, MalformedSlice),
        ({"store_id": uuid4()}, StoreUnknown),
        ({"segment": "never"}, UnknownSegment),
    ],
)
def test_what_is_no_part_is_refused(bought: list[UUID], wanted: dict[str, Any], error: type[FideliaError]) -> None:
    with pytest.raises(error):
        written(**wanted)
    assert not Slice.objects.exists()


def test_a_store_of_another_banner_is_refused(bought: list[UUID], stores: list[Store]) -> None:
    with pytest.raises(MalformedSlice, match="no store of this banner"):
        written(store_id=stores[0].id, banner_id=stores[2].banner_id)


def test_who_may_not_see_insight_may_not_slice_it(bought: list[UUID], stores: list[Store]) -> None:
    last = refresh(by=ROCCO, at=AT)
    with pytest.raises(Denied):
        write_slice(by=PIZARRO, at=AT, refresh=last, wanted=Wanted(store_id=stores[0].id))


@pytest.mark.parametrize("given", [{"store_id": "lyon"}, {"since": "31/03/2026"}, {"until": 5}])
def test_arguments_that_cannot_be_read_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(MalformedSlice):
        wanted_of(given)


def test_the_job_says_what_it_wrote_and_refuses_before_the_first_refresh(
    bought: list[UUID], stores: list[Store]
) -> None:
    asked = {"store_id": str(stores[2].id)}
    by = actor_of(leonore())
    early = start_job(by=by, at=AT, kind="insight.slice", arguments=asked)
    run_job(job_id=early.id, clock=lambda: AT)
    assert (Job.objects.get(id=early.id).state, Job.objects.get(id=early.id).error_code) == ("failed", "no_refresh_yet")
    last = refresh(by=ROCCO, at=AT)
    job = start_job(by=by, at=AT, kind="insight.slice", arguments=asked)
    run_job(job_id=job.id, clock=lambda: AT)
    part = Slice.objects.get(refresh=last)
    assert Job.objects.get(id=job.id).result == {"slice_id": str(part.id), "chapters": part.chapters.count()}
