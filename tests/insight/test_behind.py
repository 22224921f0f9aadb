"""Behind each part of a chapter are as many people as it shows, of all purchases and of a part of them."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.insight.errors import UnknownMark
from fidelia.insight.models import Crowd, Refresh, Wanted
from fidelia.insight.operations import find_crowd, refresh, write_chapters, write_slice
from fidelia.insight.operations.chapters import facts_of
from fidelia.insight.operations.slicing import only_of
from fidelia.insight.privacy import erase
from fidelia.insight.queries import get_chapter, get_crowd, list_chapters, list_crowd
from fidelia.insight.report.behind import BEHIND, people_behind
from fidelia.insight.report.blocks import Drawing, Grid, Section, read_mark
from fidelia.insight.report.exported import EVERYTHING
from fidelia.insight.report.keeping import read_section
from fidelia.insight.report.marked import Marked, list_marked
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Denied
from fidelia.organisation.queries import get_operator
from tests.cast import AT, PIZARRO, SYSTEM, actor_with
from tests.insight.shop import customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", label="Rocco")
GOODS = ("Coffee/Beans", "Tea", "Cups and saucers")


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


def shop() -> list[UUID]:
    """People of different rhythms over two years, a third of whom stop; discounts, returns and nameless sales."""
    open_shop()
    found, chance = customers(130), random.Random(1805)
    rows, lines = [], []
    for place, person in enumerate([*found, None]):
        pace, at = (
            chance.choice([15, 30, 60, 200]),
            AT - timedelta(days=chance.randint(330 if place % 3 == 0 else 40, 720)),
        )
        ends = AT - timedelta(days=300 if place % 3 == 0 else 1)
        while at < ends:
            row = purchase(person, chance.randint(3, 90) * 100, at)
            code = chance.randrange(6)
            rows.append(row)
            lines.append(_line(row, code, chance.choice([0, 0, 100]), 1))
            if chance.random() < 0.4:
                lines.append(_line(row, (code + 1) % 6, 0, 2, net=50))
            if chance.random() < 0.08:
                back = purchase(person, -row.total, at + timedelta(hours=5), kind="return", returns_purchase_id=row.pk)
                rows.append(back)
                lines.append(_line(back, code, 0, 1))
            at += timedelta(days=1 + chance.expovariate(1 / pace) * (1 if place % 4 else 5))
    Purchase.objects.bulk_create(rows)
    PurchaseLine.objects.bulk_create(lines)
    return found


def _line(row: Purchase, code: int, discount: int, number: int, net: int | None = None) -> PurchaseLine:
    return PurchaseLine(
        purchase=row, line_number=number, product_code=f"P/{code}", category=GOODS[code % 3], is_product=True,
        net=row.total if net is None else net, discount=discount, quantity=1_000 if row.total > 0 else -1_000,
        returns_purchase_id=row.returns_purchase_id, points=0, description="",
    )  # fmt: skip


def sections(slice_id: UUID | None = None) -> list[Section]:
    found = []
    for one in list_chapters(by=ROCCO, language="en", slice_id=slice_id):
        if one.key != "cover":
            kept = get_chapter(by=ROCCO, key=one.key, language="en", slice_id=slice_id)
            assert kept is not None
            found.append(read_section(kept.key, kept.title, kept.finding, kept.blocks, kept.definitions))
    return found


def few_of(marked: Iterable[Marked]) -> Iterator[Marked]:
    """At most seven of each kind of part in each drawing and table, from its whole length."""
    kinds: dict[tuple[str, str], list[Marked]] = defaultdict(list)
    for one in marked:
        kinds[one.title, read_mark(one.mark)[0]].append(one)
    for found in kinds.values():
        yield from found[:: max(1, len(found) // 4)]


def number(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text.split(" · ", maxsplit=1)[0]))


# The column of the table that counts the people of a whole row, by the kind of the part.
COUNTED = {"group": 2, "type": 1, "stage": 1, "class": 1, "years": 1, "discount": 1, "tenth": 1}


def expected(section: Section, one: Marked) -> int | None:
    """How many people the chapter itself says; None where it shows money, or a share."""
    kind, values = read_mark(one.mark)
    blocks = [block for block in section.blocks if isinstance(block, Drawing | Grid) and block.title == one.title]
    for block in blocks:
        rows = block.chart.rows if isinstance(block, Drawing) else block.rows
        columns = block.chart.columns if isinstance(block, Drawing) else block.columns
        row = next(row for row in rows if row[0] == one.row)
        if kind in COUNTED and not one.column and columns[COUNTED[kind]] in ("Customers", "People"):
            return number(row[COUNTED[kind]])
        if kind == "active" and len(values) == 1:
            return number(row[1]) + number(row[2])
        if kind == "cohort" and values[1] == "0" and not one.column:
            return number(row[0].rpartition("(")[2])
        if kind == "move" and not one.column:  # rows of the same start have one name each
            return None
    if (
        kind in ("cell", "often", "band", "silent", "lately", "active")
        or (kind == "move" and one.column)
        or (kind == "tenth" and one.column == "Did it")
    ):
        return number(one.shown)
    return None


@pytest.mark.slow  # one refresh, its chapters and those of a part
def test_each_part_has_as_many_people_as_it_shows() -> None:
    shop()
    learnt = refresh(by=SYSTEM, at=AT)
    write_chapters(by=SYSTEM, at=AT, refresh=learnt)
    part = write_slice(by=ROCCO, at=AT, refresh=learnt, wanted=Wanted(since=(AT - timedelta(days=500)).date()))
    seen, counted = set(), defaultdict(int)
    for piece in (None, part):
        only = only_of(ROCCO, piece.wanted, learnt) if piece else EVERYTHING
        with facts_of(learnt, get_operator(), only) as facts:
            for section in sections(piece.id if piece else None):
                for one in few_of(list_marked(section)):
                    _is_as_long_as_it_says(facts, section, one, counted)
                    seen.add(read_mark(one.mark)[0])
            if piece is None:
                _is_of_the_month_that_it_names(facts)
                _refuses_what_is_no_part(facts, learnt)
    assert seen == set(BEHIND), set(BEHIND) - seen
    told = {"cell", "often", "band", "group", "type", "stage", "move", "cohort", "active", "tenth", "class", "discount"}
    assert told <= set(counted), told - set(counted)
    _is_kept_until_the_next_refresh(learnt)


def _is_as_long_as_it_says(facts: Any, section: Section, one: Marked, counted: dict[str, int]) -> None:
    people = people_behind(facts, one.mark)
    assert people, (section.key, one)
    assert len(set(people)) == len(people)
    wanted = expected(section, one)
    if wanted is not None:
        assert len(people) == wanted, (section.key, one)
        counted[read_mark(one.mark)[0]] += 1


def _is_of_the_month_that_it_names(facts: Any) -> None:
    """Who bought, gave back and came back in a month, counted from the rows themselves."""
    months: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in Purchase.objects.filter(customer_id__isnull=False):
        months[row.kind, f"{row.occurred_at.astimezone(ZoneInfo('Europe/Paris')):%Y-%m}-01"].add(str(row.customer_id))
    checked = 0
    for section in sections():
        for one in few_of(list_marked(section)):
            kind, values = read_mark(one.mark)
            if kind in ("bought", "returned"):
                told = months["sale" if kind == "bought" else "return", values[1]]
                assert set(people_behind(facts, one.mark)) == told
                checked += 1
            elif kind == "cohort" and one.column and one.shown:
                size = len(people_behind(facts, f"cohort/{values[0]}/0"))
                assert one.shown == f"{round(100 * len(people_behind(facts, one.mark)) / size)}%"
                checked += 1
    assert checked > 10


def _refuses_what_is_no_part(facts: Any, learnt: Refresh) -> None:
    for mark in ("", "nothing", "cell/9", "cell/a/b", "cohort/2026-99-99/1", "tenth/99"):
        with pytest.raises(UnknownMark):
            people_behind(facts, mark)
    with pytest.raises(UnknownMark):
        find_crowd(by=ROCCO, at=AT, refresh=learnt, chapter="rfm", mark="x" * 2_000)
    with pytest.raises(Denied):
        find_crowd(by=PIZARRO, at=AT, refresh=learnt, chapter="rfm", mark="group/champions")


def _is_kept_until_the_next_refresh(learnt: Refresh) -> None:
    crowd = find_crowd(by=ROCCO, at=AT, refresh=learnt, chapter="cohorts", mark="best/50")
    assert find_crowd(by=ROCCO, at=AT, refresh=learnt, chapter="cohorts", mark="best/50").id == crowd.id
    found = get_crowd(by=ROCCO, refresh=learnt, chapter="cohorts", mark="best/50")
    assert found == (crowd.id, len(crowd.customer_ids))
    people = [UUID(str(one)) for one in crowd.customer_ids]
    assert list_crowd(by=ROCCO, crowd_id=crowd.id, first=2, limit=2) == people[1:3]
    with transaction_of_use_case():
        erase([people[1]], at=AT)  # a person who is erased is in no list
    assert list_crowd(by=ROCCO, crowd_id=crowd.id, limit=200) == [people[0], *people[2:]]
    write_chapters(by=SYSTEM, at=AT + timedelta(days=1), refresh=learnt)
    assert not Crowd.objects.exists()
