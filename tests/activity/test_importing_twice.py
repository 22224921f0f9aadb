"""One file by two hands, or sent again in part: nothing is recorded twice, and nothing waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from fidelia.activity.errors import ImportRunning
from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations.imports import record
from fidelia.customers.operations import add_identity
from fidelia.intake.errors import ImportNotReady, NoRoom
from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, check_now, open_import, record_now
from fidelia.intake.tables import Table
from fidelia.jobs.operations import StopRequested
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import end_enrolment
from tests.cast import SYSTEM
from tests.conftest import address_of
from tests.intake.files import write, write_workbook
from tests.programme.cast import AT, DOCUMENT, programme

from .importing import COLUMNS, HEADER, document, trigger
from .network import stores

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [f"T{n:02},2025-03-{n:02},mug,1,10.00,C{n % 4}" for n in range(1, 13)]
WITHOUT_RECEIPT = {name: column for name, column in COLUMNS.items() if name != "receipt"}


def looked_at(path: Path, columns: dict[str, str] = COLUMNS, **options: Any) -> Import:
    told = document(columns, **options) | {"reading": Table(path).reading.as_document()}
    found = open_import(by=SYSTEM, at=AT, target="purchases", path=path, name=path.name, document=told)
    return check_now(by=SYSTEM, at=AT, import_id=found.id, path=path, progress=Unwatched())


def recorded(found: Import) -> Import:
    return record_now(by=SYSTEM, at=AT, import_id=found.id, progress=Unwatched())


def of_rows(path: Path, *rows: str, header: str = HEADER) -> Path:
    return write(path, "\n".join([header, *rows]) + "\n")


class _StoppedAfterOne(Unwatched):
    def reach(self, checkpoint: Any, *, count: int = 0) -> None:
        super().reach(checkpoint, count=count)
        self.is_stopped = True

    def show(self) -> None:
        if getattr(self, "is_stopped", False):
            raise StopRequested


def test_a_file_that_was_stopped_is_known_under_another_name_of_its_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme()
    monkeypatch.setattr(record, "RECEIPTS_PER_BATCH", 1)
    path = of_rows(tmp_path / "a.csv", *ROWS)
    with pytest.raises(StopRequested):
        record_now(by=SYSTEM, at=AT, import_id=looked_at(path).id, progress=_StoppedAfterOne())
    before = Purchase.objects.count()
    assert 0 < before < 12
    done = recorded(looked_at(path, source="another name"))
    assert (done.totals["recorded_rows"], done.totals["known_rows"]) == (12 - before, before)
    assert Purchase.objects.count() == 12
    assert find_broken_invariants() == []


def test_one_file_under_two_names_at_once_is_recorded_by_one_of_them(tmp_path: Path) -> None:
    programme()
    found = looked_at(of_rows(tmp_path / "a.csv", *ROWS), source="mine")
    with psycopg.connect(address_of(str(connection.settings_dict["NAME"]))) as other:
        other.execute("select pg_advisory_lock(hashtextextended('import ' || %s, 0))", [found.file_hash])
        with pytest.raises(ImportRunning):
            recorded(found)
    assert not Purchase.objects.exists()


def test_names_that_became_one_customer_since_the_check_are_checked_again(tmp_path: Path) -> None:
    programme()
    recorded(looked_at(of_rows(tmp_path / "a.csv", "T0,2025-02-01,mug,1,10.00,C1")))
    path = of_rows(tmp_path / "b.csv", *ROWS)
    found = looked_at(path)
    add_identity(by=SYSTEM, at=AT, customer_id=Enrolment.objects.get().customer_id, scheme="card", value="C2")
    with pytest.raises(ImportNotReady, match="joined"):
        recorded(found)
    assert recorded(looked_at(path)).totals["sales"] == 12


def test_a_batch_waits_no_longer_than_a_minute_for_an_account(tmp_path: Path) -> None:
    programme()
    found = looked_at(of_rows(tmp_path / "a.csv", *ROWS))
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    waits: list[str] = []
    decide = record.load_members

    def look(**arguments: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("show lock_timeout")
            waits.append(cursor.fetchone()[0])
        return decide(**arguments)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1):
        patch.setattr(record, "load_members", look)
        recorded(found)
    assert set(waits) == {"1min"}


def test_a_return_of_the_same_day_comes_after_its_sale_whatever_their_numbers(tmp_path: Path) -> None:
    programme()
    rows = ["FA12,2025-03-01,mug,1,10.00,C1", "AV11,2025-03-01,mug,-1,10.00,C1"]
    done = recorded(looked_at(of_rows(tmp_path / "a.csv", *rows)))
    assert (done.totals["matched_lines"], done.totals["points"]) == (1, 0)


def test_rows_without_receipts_are_known_in_an_export_with_more_of_them(tmp_path: Path) -> None:
    programme()
    header = "date,article,quantité,prix,client"
    rows = [f"2025-03-{day:02},mug,1,10.00,C1" for day in (1, 2, 2, 3)]
    recorded(looked_at(of_rows(tmp_path / "a.csv", *rows, header=header), WITHOUT_RECEIPT))
    more = [*rows[1:], "2025-03-04,mug,1,10.00,C1"]
    done = recorded(looked_at(of_rows(tmp_path / "b.csv", *more, header=header), WITHOUT_RECEIPT))
    assert (done.totals["recorded_rows"], done.totals["known_rows"]) == (1, 3)
    assert Purchase.objects.count() == 5


def test_sheets_without_receipts_overlap_row_by_row(tmp_path: Path) -> None:
    programme()
    header = ["date", "article", "quantité", "prix", "client"]
    rows = [[f"2025-03-{day:02}", "mug", 1, 10, "C1"] for day in (1, 2, 2, 3, 4)]
    path = write_workbook(tmp_path / "a.xlsx", Eins=[header, *rows[:4]], Zwei=[header, *rows[1:]])
    report = looked_at(path, WITHOUT_RECEIPT).check_report
    assert (report["ready_rows"], report["double_rows"]) == (5, 3)


@pytest.mark.parametrize(("borne_by", "place"), [("purchase", 0), ("return", 1)])
def test_what_comes_back_elsewhere_is_borne_as_the_terms_say(tmp_path: Path, borne_by: str, place: int) -> None:
    places = stores()
    programme({**DOCUMENT, "purchases": {"returns_borne_by": borne_by}})
    columns = {**COLUMNS, "store": "magasin"}
    rows = ["T1,2025-03-01,mug,1,10.00,C1,seville", "T2,2025-03-05,mug,-1,10.00,C1,lyon"]
    recorded(looked_at(of_rows(tmp_path / "a.csv", *rows, header=f"{HEADER},magasin"), columns))
    returned = Purchase.objects.get(kind="return")
    assert (returned.store_id, returned.borne_by_store_id) == (places[1].id, places[place].id)


def test_who_has_left_is_not_made_a_member_again_by_a_file(tmp_path: Path) -> None:
    programme()
    recorded(looked_at(of_rows(tmp_path / "a.csv", "T1,2025-03-01,mug,1,10.00,C1")))
    end_enrolment(by=SYSTEM, at=AT, enrolment=Enrolment.objects.get())
    done = recorded(looked_at(of_rows(tmp_path / "b.csv", "T2,2025-03-02,mug,1,10.00,C1")))
    assert (done.totals["sales"], done.totals["points"], Enrolment.objects.count()) == (1, 0, 1)


def test_what_was_taken_off_is_kept_with_its_line(tmp_path: Path) -> None:
    programme()
    columns = {**{name: name for name in ("receipt", "occurred_at", "product", "quantity", "net", "customer")},
               "discount": "discount", "coupon": "coupon", "coupon_match": "match"}  # fmt: skip
    header = "receipt,occurred_at,product,quantity,net,discount,coupon,match,customer"
    rows = ["T1,2025-03-01,mug,2,8.00,-1.00,-0.60,-0.40,C1", "T1,2025-03-01,pot,1,5.00,0,0,0,C1",
            "T2,2025-03-02,mug,-2,-8.00,1.00,1.00,0,C1"]  # fmt: skip
    done = recorded(looked_at(of_rows(tmp_path / "a.csv", *rows, header=header), columns))
    lines = PurchaseLine.objects.order_by("purchase__receipt_number", "line_number")
    assert list(lines.values_list("gross", "discount", "net")) == [(1000, 200, 800), (500, 0, 500), (-1000, -200, -800)]
    sums = Purchase.objects.order_by("receipt_number").values_list("gross", "discount", "total")
    assert list(sums) == [(1500, 200, 1300), (-1000, -200, -800)]
    assert (done.totals["file_discount"], done.totals["file_coupon"], done.totals["file_coupon_match"]) == (
        200,
        160,
        40,
    )


def test_a_file_that_was_recorded_whole_is_told_as_it_was_and_not_read_again(tmp_path: Path) -> None:
    programme()
    path = of_rows(tmp_path / "a.csv", *ROWS)
    first = recorded(looked_at(path))
    again = looked_at(path.rename(tmp_path / "b.csv"), source="another name")
    assert (again.check_report["same_as"], again.check_report["known_net"]) == (str(first.id), 12000)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from intake_row")
        assert cursor.fetchone() == (0,)
    done = recorded(again)
    named = ("rows", "recorded_rows", "known_rows", "double_rows", "rejected_rows", "file_net", "net", "known_net")
    assert [done.totals[name] for name in named] == [12, 0, 12, 0, 0, 12000, 0, 12000]
    assert done.programme_id == first.programme_id


def test_one_with_rows_to_mend_is_read_again(tmp_path: Path) -> None:
    programme()
    path = of_rows(tmp_path / "a.csv", *ROWS, "T99,someday,mug,1,10.00,C1")
    recorded(looked_at(path))
    again = looked_at(path).check_report
    assert ("same_as" in again, again["known_rows"], again["rejected_rows"]) == (False, 12, 1)


def test_a_command_that_ends_badly_says_so_on_its_import(tmp_path: Path) -> None:
    programme()
    path = of_rows(tmp_path / "a.csv", *ROWS)
    told = document() | {"reading": Table(path).reading.as_document()}
    found = open_import(by=SYSTEM, at=AT, target="purchases", path=path, name=path.name, document=told)
    with trigger("intake_row", "raise disk_full;"), pytest.raises(NoRoom):
        check_now(by=SYSTEM, at=AT, import_id=found.id, path=path, progress=Unwatched())
    found.refresh_from_db()
    assert found.state == "failed"
    again = check_now(by=SYSTEM, at=AT, import_id=found.id, path=path, progress=Unwatched())
    assert again.check_report["ready_rows"] == 12
