"""Behind each part of a chapter are as many people as it shows, of all purchases and of a part of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from fidelia.activity.models import Purchase
from fidelia.insight.errors import UnknownMark
from fidelia.insight.models import Refresh, Wanted
from fidelia.insight.operations import find_crowd, refresh, write_chapters, write_slice
from fidelia.insight.operations.chapters import facts_of
from fidelia.insight.operations.slicing import only_of
from fidelia.insight.privacy import collect, erase
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
from tests.insight.rhythms import people_of_rhythms

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", label="Rocco")


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


def sections(slice_id: UUID | None = None) -> list[Section]:
    found = []
    for one in list_chapters(by=ROCCO, language="en", slice_id=slice_id):
        if one.key != "cover":
            kept = get_chapter(by=ROCCO, key=one.key, language="en", slice_id=slice_id)
            assert kept is not None
            found.append(read_section(kept.key, kept.title, kept.finding, kept.blocks, kept.definitions))
    return found


def few_of(marked: Iterable[Marked], most: int) -> Iterator[Marked]:
    """At most so many of each kind of part in each drawing and table, from its whole length."""
    kinds: dict[tuple[str, str], list[Marked]] = defaultdict(list)
    for one in marked:
        kinds[one.title, read_mark(one.mark)[0]].append(one)
    for found in kinds.values():
        yield from found[:: -(-len(found) // most)]


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
    people_of_rhythms()
    learnt = refresh(by=SYSTEM, at=AT)
    write_chapters(by=SYSTEM, at=AT, refresh=learnt)
    part = write_slice(by=ROCCO, at=AT, refresh=learnt, wanted=Wanted(since=(AT - timedelta(days=500)).date()))
    seen, counted = set(), defaultdict(int)
    for piece in (None, part):
        only = only_of(ROCCO, piece.wanted, learnt) if piece else EVERYTHING
        with facts_of(learnt, get_operator(), only) as facts:
            for section in sections(piece.id if piece else None):
                for one in few_of(list_marked(section), 1 if piece else 4):
                    _is_as_long_as_it_says(facts, section, one, counted)
                    seen.add(read_mark(one.mark)[0])
            if piece is None:
                _is_of_the_month_that_it_names(facts)
                _refuses_what_is_no_part(facts, learnt)
    assert seen == set(BEHIND), set(BEHIND) - seen
    told = {"cell", "often", "band", "group", "type", "stage", "move", "cohort", "active", "tenth", "class", "discount"}
    assert told <= set(counted), told - set(counted)
    _is_kept_and_loses_who_is_erased(learnt)


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
        for one in few_of(list_marked(section), 4):
            kind, values = read_mark(one.mark)
            if kind in ("bought", "returned"):
                told = months["sale" if kind == "bought" else "return", values[1]]
                assert set(people_behind(facts, one.mark)) == told
                checked += 1
            elif kind == "cohort" and one.column and one.shown:
                size = len(people_behind(facts, f"cohort/{values[0]}/0"))
                share = 100 * len(people_behind(facts, one.mark)) / size
                assert one.shown == f"{int(share + 0.5)}%"  # a half goes up, as pages round
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


def _is_kept_and_loses_who_is_erased(learnt: Refresh) -> None:
    crowd = find_crowd(by=ROCCO, at=AT, refresh=learnt, chapter="cohorts", mark="best/50")
    assert find_crowd(by=ROCCO, at=AT, refresh=learnt, chapter="cohorts", mark="best/50").id == crowd.id
    found = get_crowd(by=ROCCO, refresh=learnt, chapter="cohorts", mark="best/50")
    assert found == (crowd.id, len(crowd.customer_ids))
    people = [UUID(str(one)) for one in crowd.customer_ids]
    given = collect([people[1]])["kept_lists"]
    assert given == [{"chapter": "cohorts", "part": "best/50", "found_at": AT}], "the person is told of it"
    assert list_crowd(by=ROCCO, crowd_id=crowd.id, first=2, limit=2) == people[1:3]
    with transaction_of_use_case():
        erase([people[1]], at=AT)  # a person who is erased is in no list
    assert list_crowd(by=ROCCO, crowd_id=crowd.id, limit=200) == [people[0], *people[2:]]
    assert not collect([people[1]])["kept_lists"]
