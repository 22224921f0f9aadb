"""The same three hundred receipts in the dialects of the world come to the same totals, with nothing put right."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from fidelia.activity.targets import PURCHASES
from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, check_now, open_import
from fidelia.intake.proposing import Proposal, propose
from fidelia.intake.tables import Table
from tests.cast import SYSTEM
from tests.intake.shop import others, programs, retailers, tills
from tests.intake.shop.receipts import cents, lines, truth
from tests.intake.shop.writing import DIALECTS, Dialect
from tests.programme.cast import AT

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["others", "programs", "retailers", "tills"]  # they register their dialects
_READ = """
select to_char(occurred_at at time zone 'Europe/Paris', 'YYYY-MM-DD'), net, customer, line_count,
    (select sum(one) from unnest(quantities) one) / 1000
from activity_import_receipt where import_id = %s
"""


def checked(path: Path, found: Proposal) -> Import:
    opened = open_import(
        by=SYSTEM, at=AT, target="purchases", path=path, name=path.name, document=found.mapping.as_document()
    )
    return check_now(by=SYSTEM, at=AT, import_id=opened.id, path=path, progress=Unwatched())


def came_to(found: Import, dialect: Dialect) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_READ, [found.id])
        rows = cursor.fetchall()
    by_customer: Counter[str] = Counter()
    for _day, net, customer, _lines, _pieces in rows:
        by_customer[customer or ""] += net
    anonymous = by_customer.pop("", 0)
    told: dict[str, Any] = {
        "net": sum(row[1] for row in rows),
        "by_receipt": Counter((row[0], row[1]) for row in rows),
    }
    if dialect.knows_customers:
        told |= {"by_customer": tuple(sorted(by_customer.values())), "anonymous": anonymous}
    if not dialect.by_receipt:
        told |= {"lines": sum(row[3] for row in rows), "pieces": sum(row[4] for row in rows)}
    return told


@pytest.mark.parametrize("start", [0, *(pytest.param(place, marks=pytest.mark.slow) for place in (1, 2))])
def test_every_dialect_comes_to_the_totals_of_the_shop(tmp_path: Path, start: int) -> None:
    """Several in one test: emptying the database after each takes longer than all of them."""
    wanted, wrong = truth(), {}
    for dialect in DIALECTS[start::3]:
        path = tmp_path / dialect.file
        path.write_bytes(dialect.write())
        found = propose(Table(path), PURCHASES, defaults={"currency": "EUR", "time_zone": "Europe/Paris"})
        report = checked(path, found)
        said, told = report.check_report, came_to(report, dialect)
        is_whole = said["file_net"] == told["net"] + said["double_net"] + said["rejected_net"] + said["known_net"]
        if not is_whole or told != {name: getattr(wanted, name) for name in told}:
            wrong[dialect.name] = (found.mapping.as_document(), told, said)
    assert wrong == {}


def test_there_are_dialects_of_many_kinds() -> None:
    assert len(DIALECTS) >= 45
    assert {dialect.by_receipt for dialect in DIALECTS} == {True, False}


def test_two_sheets_that_overlap_say_what_was_counted_once(tmp_path: Path) -> None:
    (dialect,) = [one for one in DIALECTS if one.name == "two_sheets_that_overlap"]
    path = tmp_path / dialect.file
    path.write_bytes(dialect.write())
    report = checked(path, propose(Table(path), PURCHASES, defaults={"currency": "EUR"})).check_report
    in_both = [line for line in lines() if line.at.month in (6, 7) and line.at.year == 2025]
    assert report["double_rows"] == len(in_both) > 0
    assert report["double_net"] == sum(cents(line.net) for line in in_both)
