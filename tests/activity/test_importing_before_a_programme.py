"""History before there is a programme: customers and sales are there, nobody is a member, nothing is earned."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.targets import PURCHASES
from fidelia.customers.models import Customer
from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, check_now, open_import, record_now
from fidelia.intake.proposing import propose
from fidelia.intake.tables import Table
from fidelia.ledger.models import Posting
from fidelia.programme.errors import UnknownProgramme
from fidelia.programme.models import Enrolment
from tests.cast import SYSTEM
from tests.intake.files import write
from tests.programme.cast import AT, programme

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = (
    "ticket,date,article,quantité,prix,client\nT1,2025-03-01,mug,2,10.00,C1\nT2,2025-03-02,mug,-2,10.00,C1\n"
    "T3,2025-03-03,pot,1,5.00,\n"
)


def checked(path: Path, **options: str) -> Import:
    document = propose(Table(path), PURCHASES, defaults={"currency": "EUR"}).mapping.as_document()
    document["options"] |= options
    found = open_import(by=SYSTEM, at=AT, target="purchases", path=path, name=path.name, document=document)
    return check_now(by=SYSTEM, at=AT, import_id=found.id, path=path, progress=Unwatched())


def recorded(path: Path) -> Import:
    return record_now(by=SYSTEM, at=AT, import_id=checked(path).id, progress=Unwatched())


def test_purchases_are_history_that_earns_nothing(tmp_path: Path) -> None:
    done = recorded(write(tmp_path / "a.csv", TEXT))
    assert (done.totals["sales"], done.totals["returns"], done.totals["matched_lines"]) == (2, 1, 1)
    assert (done.totals["net"], done.totals["points"], done.programme_id) == (500, 0, None)
    assert (Customer.objects.count(), Enrolment.objects.count(), Posting.objects.count()) == (1, 0, 0)
    assert set(Purchase.objects.values_list("programme_id", flat=True)) == {None}


def test_they_are_known_when_they_come_again_under_a_programme(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", TEXT)
    recorded(path)
    programme()
    done = recorded(path)
    assert (done.totals["recorded_rows"], done.totals["known_rows"]) == (0, 3)


def test_a_programme_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownProgramme):
        checked(write(tmp_path / "a.csv", TEXT), programme="cercle")
