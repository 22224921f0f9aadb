"""A file becomes facts: every row is counted, and amounts are those of the file to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fidelia.insight.errors import NothingToReport
from fidelia.insight.report import ReportFacts, open_purchases
from fidelia.insight.report.cells import EARLIEST, _Readers
from fidelia.intake.errors import MalformedMapping, UnreadableFile
from fidelia.intake.mapping import FileMapping
from fidelia.intake.reading import Reading
from fidelia.intake.values import BadCell, read_moment
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import Invalid
from tests.insight.report.files import NOW, shop_file, write


def totals(facts: ReportFacts) -> dict[str, Any]:
    lines = facts.lines
    return facts.rows(lines.agg(rows=lines.count(), net=lines.net.sum(), people=lines.customer_id.nunique()))[0]


def test_a_french_till_is_understood_without_a_mapping(tmp_path: Path) -> None:
    with open_purchases(shop_file(tmp_path), language="fr", now=NOW) as facts:
        assert {"receipt", "occurred_at", "time", "product", "quantity", "unit_price", "discount"} <= facts.has
        assert facts.quality.refusals == ()
        assert facts.quality.taken == facts.quality.rows == totals(facts)["rows"]
        assert facts.currency == "EUR"


def test_amounts_are_exact(tmp_path: Path) -> None:
    path = write(
        tmp_path, "receipt;date;product;quantity;unit price;discount;customer",
        "1;2026-01-05;tea;3;0,335;0,10;a", "1;2026-01-05;cup;1;1 204,10;;a", "2;2026-01-06;tea;-1;0,34;;a",
    )  # fmt: skip
    with open_purchases(path, language="en", now=NOW, currency="EUR") as facts:
        rows = facts.rows(facts.lines.order_by("row_number"))
        assert [(row["quantity"], row["net"], row["discount"]) for row in rows] == [
            (3000, 91, 10), (1000, 120_410, 0), (-1000, -34, 0),
        ]  # fmt: skip
        kinds = {row["purchase_id"]: (row["kind"], row["total"]) for row in facts.rows(facts.purchases)}
        assert kinds == {"1": ("sale", 120_501), "2": ("return", -34)}


def test_rows_that_cannot_be_read_are_told_with_their_reason(tmp_path: Path) -> None:
    path = write(
        tmp_path, "date,amount,customer", "2026-01-05,10.00,a", "2026-02-30,10.00,a", "2026-01-06,ten,b",
        "2027-01-01,5.00,b", "2026-01-07,20.00,b",
    )  # fmt: skip
    with open_purchases(path, language="en", now=NOW) as facts:
        quality = facts.quality
        assert (quality.rows, quality.taken, sum(refusal.rows for refusal in quality.refusals)) == (5, 2, 3)
        reasons = {refusal.reason: refusal.first_row for refusal in quality.refusals}
        assert reasons["“2026-02-30” is out of the calendar"] == 2
        assert reasons["“2027-01-01” lies after today"] == 4
        assert reasons["“ten” is not a number"] == 3


def test_a_return_names_the_sale_it_gives_back(tmp_path: Path) -> None:
    path = write(
        tmp_path, "receipt,date,product,quantity,amount,customer", "1,2026-01-05,tea,2,10.00,a",
        "2,2026-01-09,tea,2,10.00,a", "3,2026-01-10,tea,-2,-10.00,a", "4,2026-01-11,tea,-2,-10.00,b",
        "5,2026-01-12,tea,-2,-10.00,a",
    )  # fmt: skip
    with open_purchases(path, language="en", now=NOW) as facts:
        found = {row["purchase_id"]: row["returns_purchase_id"] for row in facts.rows(facts.lines)}
        assert found == {"1": None, "2": None, "3": "2", "4": None, "5": "1"}


def test_equal_rows_count_and_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, "date,amount,customer", *["2026-01-05,10.00,a"] * 3, "2026-01-06,5.00,b")
    with open_purchases(path, language="en", now=NOW) as facts:
        assert facts.quality.duplicates == 2
        assert totals(facts)["net"] == 3500


def test_a_currency_without_decimals_keeps_its_units(tmp_path: Path) -> None:
    path = write(tmp_path, "date,amount,customer", "2026-01-05,1200,a", "2026-01-06,800,b")
    with open_purchases(path, language="en", now=NOW, currency="JPY") as facts:
        assert (totals(facts)["net"], facts.scale) == (2000, 1)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["date,amount,customer"], Invalid),
        (["date,amount,customer", "2099-01-05,3.00,a", "2099-01-06,4.00,b"], NothingToReport),
        (["colour,size", "red,4", "blue,5"], MalformedMapping),
    ],
)
def test_a_file_without_purchases_is_refused(tmp_path: Path, lines: list[str], error: type[Exception]) -> None:
    path = write(tmp_path, *lines)
    with pytest.raises(error), open_purchases(path, language="en", now=NOW):
        raise AssertionError("the file was opened")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    with pytest.raises(UnreadableFile), open_purchases(path, language="en", now=NOW):
        raise AssertionError("the file was opened")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
def test_moments_read_at_once_are_those_of_the_import(zone: str) -> None:
    """Around a change of the clock, out of the calendar, at its edges, in other forms: the same value or refusal."""
    texts = ["2026-03-29 02:30:00", "2026-10-25T02:30:00", "2024-02-29 23:59:59", "2026-02-29 10:00:00", "2026-01-05",
             "1999-12-31 24:00:00", "2026-01-05 10:61:00", " 2026-01-05 10:00:00", "2026-01-05 10:00:00+02:00",
             "0001-01-01 00:00:00", "2026-13-01 00:00:00", "٢٠٢٦-01-05 10:00:00", "2026/01/05 10:00:00"]  # fmt: skip
    mapping = FileMapping("purchases", Reading(), {}, {"time_zone": zone, "currency": "EUR"})
    readers = _Readers(mapping, NOW)
    for text in texts:
        assert told(lambda text=text: readers._occurred_at((text, ""))) == told(lambda text=text: plainly(text, zone))


def plainly(text: str, zone: str) -> datetime:
    moment = read_moment(text, zone_of(zone))
    if moment > NOW:
        raise BadCell.because("after_today", text=text)
    if moment < EARLIEST:
        raise BadCell.because("impossible_date", text=text)
    return moment


def told(read: Callable[[], datetime]) -> datetime | str:
    try:
        return read()
    except BadCell as bad:
        return str(bad)


@pytest.mark.slow
def test_online_retail_has_its_published_totals(shared_data: Path) -> None:
    with open_purchases(shared_data / "online_retail" / "online_retail.parquet", language="en", now=NOW) as facts:
        lines = facts.lines
        assert (facts.quality.rows, facts.quality.taken, facts.quality.duplicates) == (541_909, 541_909, 5_268)
        sold = lines.filter(lines.quantity > 0, lines.net > 0, lines.customer_id.notnull())
        (found,) = facts.rows(
            sold.agg(net=sold.net.sum(), people=sold.customer_id.nunique(), receipts=sold.purchase_id.nunique())
        )
        assert (found["net"], found["people"], found["receipts"]) == (891_140_790, 4_338, 18_532)
        # Published: 397,884 lines; four of them, one piece at 0.001, come to no penny.
        assert facts.rows(sold.agg(rows=sold.count())) == [{"rows": 397_884 - 4}]
        back = lines.filter(lines.purchase_id.startswith("C"), lines.customer_id.notnull())
        found_back = facts.rows(back.agg(net=back.net.sum(), rows=back.count(), people=back.customer_id.nunique()))
        assert found_back == [{"net": -61_134_209, "rows": 8_905, "people": 1_589}]
