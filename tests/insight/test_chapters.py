"""Chapters: written on what was exported, in both languages, with what they say of each customer as dated traits."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.customers.models import Customer, Trait
from fidelia.customers.queries import traits_at
from fidelia.insight.models import Chapter, Refresh, folder_of
from fidelia.insight.operations import refresh, write_chapters
from fidelia.insight.operations.learning import LEARNT
from fidelia.insight.queries import compose_report, get_chapter, list_chapters
from fidelia.insight.report.blocks import Drawing, Grid, Numbers
from fidelia.insight.report.exported import open_export
from fidelia.insight.report.keeping import (
    blocks_as_values,
    definitions_as_values,
    read_changes,
    read_cover,
    read_section,
)
from fidelia.insight.report.making import make_report
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.products.models import Product
from fidelia.products.operations import NewCost, NewProduct, add_products_in_bulk, set_costs_in_bulk
from fidelia.ui.formats import plain_date
from tests.cast import AT, PIZARRO, SYSTEM, actor_with
from tests.cast import person as staff
from tests.insight.shop import buy, customers, line_of, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", label="Rocco")
LEARNT_NAMES = {name for name, *_rest in LEARNT}


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


@pytest.fixture
def people() -> list[UUID]:
    """Sixty customers over two years: a third came once, a third come each month, a third came monthly until June."""
    open_shop()
    found = customers(60)
    rows = []
    for place, person in enumerate(found):
        months = (1, 24, 15)[place % 3]
        begun = AT - timedelta(days=715 - place % 7)
        rows += [purchase(person, 1_500 + 10 * place, begun + timedelta(days=30 * month)) for month in range(months)]
    buy(rows)
    return found


def written(at: datetime = AT) -> int:
    return write_chapters(by=ROCCO, at=at, refresh=refresh(by=ROCCO, at=at))


def learnt(person: UUID, at: datetime = AT) -> dict[str, Any]:
    return {name: value for name, value in traits_at(person, at).items() if name in LEARNT_NAMES}


def test_every_chapter_is_written_in_both_languages(people: list[UUID]) -> None:
    count = written()
    keys = {language: [one.key for one in list_chapters(by=ROCCO, language=language)] for language in ("en", "fr")}
    assert keys["en"] == keys["fr"]
    assert keys["en"][:4] == ["cover", "changes", "sales", "rfm"]
    assert "contents" not in keys["en"]
    assert count == 2 * len(keys["en"])
    lifecycle = get_chapter(by=ROCCO, key="lifecycle", language="fr")
    assert lifecycle is not None
    assert lifecycle.finding == "20 clients sur 60 n’ont acheté qu’une fois\xa0; 20 ne sont pas venus depuis 357 jours."
    assert {offer["key"]: offer["people"] for offer in lifecycle.offers} == {"customer": 40, "left": 20}


def test_the_overview_says_what_changed_the_worst_first_and_why(client: Client) -> None:
    """Eighty came a year before for 20 euros; sixty come now, twice each, for 15: the parts by hand."""
    open_shop()
    found = customers(80)
    then, now = (AT - timedelta(days=days) for days in (364 + 10, 10))
    rows = [purchase(one, 2_000, then) for one in found]
    rows += [purchase(one, 1_500, now - timedelta(days=days)) for one in found[:60] for days in (0, 5)]
    buy([*rows, purchase(found[0], 100, AT - timedelta(days=500)), purchase(None, 90_000, now)])
    written()
    chapter = get_chapter(by=ROCCO, key="changes", language="en")
    assert chapter is not None
    assert chapter.finding == (
        "Sales of the last four weeks: €2,700, +€1,100 against the same weeks a year before (+68.8%)."
    )
    (grid,) = (block for block in chapter.blocks if block["kind"] == "grid")
    assert [row[1] for row in grid["rows"]] == ["−€400", "+€1,200", "−€600", "+€900", "+€1,100"]
    cover = get_chapter(by=ROCCO, key="cover", language="en")
    assert cover is not None
    told = read_changes(cover.blocks)
    assert [(one.title, one.chapter) for one in told] == [
        ("Each purchase was smaller.", "products"), ("Fewer customers came.", "churn"),
        ("More sales name nobody.", "sales"), ("Each came more often.", "lifecycle"),
    ]  # fmt: skip
    client.force_login(staff("Leonore", "loyalty_manager"))
    shown = client.get("/console/insight/").content.decode()
    assert "Ce qui a changé" in shown
    assert "Chaque achat était plus petit." in shown
    assert "/console/insight/products/" in shown


def test_kinds_of_goods_are_those_of_the_catalogue_else_those_sold_as() -> None:
    """The exported lines have a category of their own too, mostly empty: it had hidden that of the catalogue."""
    open_shop()
    goods = [NewProduct(code="MOKA", name="Moka", category="Coffee/Beans"), NewProduct(code="SENCHA", name="Sencha")]
    with transaction.atomic():
        add_products_in_bulk(by=SYSTEM, at=AT, rows=goods)
    ids = dict(Product.objects.values_list("code", "id"))
    found = customers(60)
    rows = [purchase(one, 2_000, AT - timedelta(days=days)) for one in found for days in (60, 30)]
    Purchase.objects.bulk_create(rows)
    lines = [line_of(row) for row in rows]
    for place, line in enumerate(lines):
        line.product_id, line.category = (ids["MOKA"], "") if place % 4 < 2 else (ids["SENCHA"], "Tea/Green")
    PurchaseLine.objects.bulk_create(lines)
    written()
    chapter = get_chapter(by=ROCCO, key="frat", language="en")
    assert chapter is not None
    said = json.dumps(chapter.blocks)
    assert "no product has a category" not in said
    assert "Coffee" in said
    assert "Tea" in said


def test_margins_are_by_known_costs_and_say_what_is_assumed() -> None:
    """Eighty buy for 20 euros each month; half of what is sold cost 15 euros, of the other half nobody told a cost."""
    open_shop()
    costly = NewCost(code="MOKA", cost=Money(1_500, "EUR"), valid_from=date(2000, 1, 1))
    with transaction.atomic():
        add_products_in_bulk(by=SYSTEM, at=AT, rows=[NewProduct(code="MOKA", name="Moka")])
        set_costs_in_bulk(by=SYSTEM, at=AT, rows=[costly])
    moka = Product.objects.get(code="MOKA")
    rows = [purchase(one, 2_000, AT - timedelta(days=20 + 30 * month)) for one in customers(80) for month in range(24)]
    Purchase.objects.bulk_create(rows)
    lines = [line_of(row) for row in rows]
    for place, line in enumerate(lines):
        line.product_id = moka.id if place % 2 else None
    PurchaseLine.objects.bulk_create(lines)
    written()
    chapter = get_chapter(by=ROCCO, key="profit", language="en")
    assert chapter is not None
    (grid,) = (block for block in chapter.blocks if block["kind"] == "grid")
    assert grid["rows"] == [["1 year", "80", "12.00", "€20.00", "€66.00"]], "6 × (20 − 15) + 6 × 30 % of 20"
    said = json.dumps(chapter.blocks, ensure_ascii=False)
    assert "The margin was 27.5% of sales" in said
    assert "For 50.0% of the sales no cost is known" in said


def test_what_is_left_out_in_other_currencies_is_said(people: list[UUID], client: Client) -> None:
    buy([purchase(people[0], 12_345, AT - timedelta(days=5), currency="CHF"),
         purchase(people[1], 5_000, AT - timedelta(days=4), currency="CHF"),
         purchase(people[1], 900, AT - timedelta(days=4), currency="JPY")])  # fmt: skip
    written()
    said = "non compté, car dans une autre devise\xa0: 173,45\xa0CHF de 2 achats, 900\xa0¥ de 1 achat"
    cover, sales, churn = (get_chapter(by=ROCCO, key=key, language="fr") for key in ("cover", "sales", "churn"))
    assert cover is not None
    assert sales is not None
    assert churn is not None
    assert said in cover.finding
    assert said in sales.blocks[-1]["text"]
    assert any(said in one["text"] for one in churn.definitions)
    client.force_login(staff("Leonore", "loyalty_manager"))
    assert "173,45" in client.get("/console/insight/").content.decode()


def test_too_few_people_are_not_compared(people: list[UUID]) -> None:
    written()
    chapter = get_chapter(by=ROCCO, key="changes", language="fr")
    assert chapter is not None
    assert [block["kind"] for block in chapter.blocks] == ["missing"]
    assert "Trop peu de personnes pour comparer" in chapter.blocks[0]["reason"]


def test_what_is_kept_is_read_again_as_it_was(people: list[UUID]) -> None:
    done = refresh(by=ROCCO, at=AT)
    with open_export(
        folder_of(done.export_id), name="Shop", currency="EUR", zone=zone_of("Europe/Paris"), as_of=AT
    ) as facts:
        report = make_report(facts, language="en", made_at=AT)
    for section in report.sections:
        values = json.loads(json.dumps([blocks_as_values(section), definitions_as_values(section)]))
        again = read_section(section.key, section.title, section.finding, *values)
        assert json.loads(json.dumps([blocks_as_values(again), definitions_as_values(again)])) == values
    kinds = {type(block) for section in report.sections for block in section.blocks}
    assert {Drawing, Grid, Numbers} <= kinds


def test_what_is_said_of_a_customer_is_a_dated_trait(people: list[UUID]) -> None:
    written()
    once, regular, silent = (learnt(person) for person in people[:3])
    assert once["lifecycle_stage"] == "left"
    assert "usual_days" not in once, "who bought once has no rhythm"
    assert (regular["lifecycle_stage"], regular["usual_days"], regular["is_silent"]) == ("customer", 30, False)
    assert (silent["lifecycle_stage"], silent["usual_days"], silent["is_silent"]) == ("customer", 30, True)
    assert silent["probability_active"] < 5 < 90 < regular["probability_active"] <= 100
    assert silent["expected_value"] < regular["expected_value"]
    assert regular["portfolio_class"] in {"stars", "profit_customers", "question_marks", "to_select"}
    assert learnt(people[0], AT - timedelta(seconds=1)) == {}


def test_only_what_changed_is_written_anew(people: list[UUID]) -> None:
    written()
    before = OutboxEvent.objects.filter(name="traits.set").count()
    written(AT + timedelta(minutes=5))
    assert OutboxEvent.objects.filter(name="traits.set").count() == before
    assert Chapter.objects.filter(key="sales").count() == 2, "the former chapters made room"
    Customer.objects.filter(id=people[1]).update(merged_into=people[2])
    later = AT + timedelta(hours=1)
    written(later)
    held = Trait.objects.filter(customer_id=people[1], name__in=LEARNT_NAMES)
    assert {trait.valid_until for trait in held} == {later}, "they held until the two were found to be one person"
    assert learnt(people[2], later)["lifecycle_stage"] == "customer"


def test_without_a_purchase_there_is_no_chapter() -> None:
    open_shop()
    customers(3)
    assert written() == 0
    assert list_chapters(by=ROCCO, language="en") == []
    assert compose_report(by=ROCCO, language="en") is None


def test_a_few_purchases_are_told_without_a_model() -> None:
    open_shop()
    (leonore,) = customers(1)
    buy([purchase(leonore, 2_000, AT - timedelta(days=2))])
    written()
    value = get_chapter(by=ROCCO, key="value", language="fr")
    assert value is not None
    assert [block["kind"] for block in value.blocks] == ["missing"]
    assert set(learnt(leonore)) == {"lifecycle_stage"}, "no probability is made up"


def test_days_are_those_of_the_shop(people: list[UUID]) -> None:
    buy([purchase(people[0], 100, datetime(2026, 2, 27, 23, 30, tzinfo=UTC))])  # half past midnight in Paris
    done = refresh(by=ROCCO, at=AT)
    with open_export(
        folder_of(done.export_id), name="Shop", currency="EUR", zone=zone_of("Europe/Paris"), as_of=AT
    ) as facts:
        found = facts.rows(facts.purchases.filter(facts.purchases.total == 100).select("occurred_at"))
    assert [row["occurred_at"].replace(tzinfo=UTC) for row in found] == [datetime(2026, 2, 28, 0, 30, tzinfo=UTC)]


def test_all_chapters_make_one_pdf_and_need_the_right(people: list[UUID]) -> None:
    written()
    made = compose_report(by=ROCCO, language="fr")
    assert made is not None
    assert made[0] == f"fidelia-{AT:%Y-%m-%d}.pdf"
    assert made[1].startswith(b"%PDF-")
    with CaptureQueriesContext(connection) as asked:
        assert all(one.finding is not None for one in list_chapters(by=ROCCO, language="fr"))
    assert len(asked) == 1
    for question in (
        lambda: list_chapters(by=PIZARRO, language="fr"),
        lambda: get_chapter(by=PIZARRO, key="sales", language="fr"),
        lambda: compose_report(by=PIZARRO, language="fr"),
        lambda: write_chapters(by=PIZARRO, at=AT, refresh=Refresh.objects.get()),
    ):
        with pytest.raises(Denied):
            question()


def test_where_nothing_was_bought_for_long_it_says_so_first_and_names_the_last_day() -> None:
    open_shop()
    last = AT - timedelta(days=400)
    buy([
        purchase(one, 1_500 + 40 * place + 90 * (month % 3), last - timedelta(days=30 * month + place * bool(month)))
        for place, one in enumerate(customers(60)) for month in range((1, 9, 4)[place % 3])
    ])  # fmt: skip
    written()
    for language, told in (("en", "Bring in newer purchases"), ("fr", "Apporter des achats plus récents")):
        cover = get_chapter(by=ROCCO, key="cover", language=language)
        assert cover is not None
        _numbers, advice = read_cover(cover.blocks)
        assert advice[0].title == told
        day = plain_date(last, language)
        assert day in advice[0].reason
        assert day in cover.finding, "the history ends with its last purchase, not today"
        assert "400" in advice[0].reason or "399" in advice[0].reason
    value = get_chapter(by=ROCCO, key="value", language="en")
    assert value is not None
    said = json.dumps(value.blocks)
    assert "close enough to plan with" not in said, "nothing came in the last third, and a model can say so of anybody"
    assert "too few to judge it by" in said
    members = get_chapter(by=ROCCO, key="members", language="en")
    assert members is not None
    assert "0 joined" in json.dumps(members.blocks)


def test_while_the_shop_sells_no_newer_purchases_are_asked_for(people: list[UUID]) -> None:
    written()
    cover = get_chapter(by=ROCCO, key="cover", language="en")
    assert cover is not None
    assert "Bring in newer purchases" not in json.dumps(cover.blocks)
