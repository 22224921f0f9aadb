"""Files as databases and public data sets name their columns: in capitals, shortened, with an hour of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fidelia.activity.targets import PURCHASES
from fidelia.intake.likeness import words_of
from fidelia.intake.preview import preview
from fidelia.intake.proposing import Proposal, propose
from fidelia.intake.reading import Reading
from fidelia.intake.tables import Table
from fidelia.intake.values import BadCell, join_moment, read_moment_of_two

from .files import write


def proposed(path: Path) -> Proposal:
    """Return what is proposed of a file, of which every cell looked at can be read so."""
    table = Table(path)
    found = propose(table, PURCHASES, defaults={"currency": "EUR"})
    assert not {name: bad for name, bad in preview(table, found.mapping, PURCHASES).bad.items() if bad}
    return found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ORDER_DATE", ("order", "date")),
        ("STORE_CODE", ("store", "code")),
        ("CUST_CODE", ("customer", "code")),
        ("PROD_CODE", ("product", "code")),
        ("SALES_PRICE", ("sales", "price")),
        ("COUPON_DISC", ("coupon", "discount")),
        ("T_TIERS", ("tiers",)),
        ("GL_QTEFACT", ("quantite", "fact")),
    ],
)
def test_only_the_letters_before_a_name_are_those_of_its_table(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_capitals_and_an_hour_in_figures_are_understood(tmp_path: Path) -> None:
    header = "SHOP_WEEK,SHOP_DATE,SHOP_HOUR,QUANTITY,SPEND,PROD_CODE,PROD_CODE_10,CUST_CODE,BASKET_ID,STORE_CODE\n"
    rows = "".join(
        f"2006{day // 7 + 10},200604{day:02},{hour},{hour % 3 + 1},{day}.{hour},PRD09{hour:05},CL0{hour:04},"
        f"CUST00{day:05},9941{day}{hour},STORE0000{day % 2}\n"
        for day in range(10, 29)
        for hour in (8, 9, 21)
    )
    found = proposed(write(tmp_path / "a.csv", header + rows))
    shown = preview(Table(tmp_path / "a.csv"), found.mapping, PURCHASES)
    assert [one.shown for row in shown.rows[:2] for one in row.cells if one.column == "occurred_at"] == [
        "2006-04-10 08:00",
        "2006-04-10 09:00",
    ]
    assert found.mapping.columns == {
        "receipt": "BASKET_ID",
        "occurred_at": "SHOP_DATE",
        "time": "SHOP_HOUR",
        "customer": "CUST_CODE",
        "product": "PROD_CODE",
        "quantity": "QUANTITY",
        "net": "SPEND",
        "store": "STORE_CODE",
    }


@pytest.mark.parametrize(
    ("hour", "moment"),
    [("9", "2024-03-01 9:00"), ("16", "2024-03-01 16:00"), ("930", "2024-03-01 0930"), ("93015", "2024-03-01 093015")],
)
def test_an_hour_in_figures_is_one_of_the_clock(hour: str, moment: str) -> None:
    assert join_moment("2024-03-01", hour) == moment


@pytest.mark.parametrize(
    ("day", "hour", "form"),
    [
        ("20240301", "16", None),
        ("20240301", "4:00 PM", None),
        ("01.03.24", "16:00", "%d.%m.%y"),
        ("45352", "1600", "serial"),
        ("2024-03-01 00:00:00", "16h00", None),
        ("2024-03-01 16:00", "16:00", None),
    ],
)
def test_a_day_and_its_hour_are_read_whatever_form_the_day_has(day: str, hour: str, form: str | None) -> None:
    moment = read_moment_of_two(day, hour, ZoneInfo("Europe/Paris"), form, Reading(date_format=form))
    assert moment == datetime(2024, 3, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hour"), [("20240301", "25"), ("20240301", "16:75"), ("20241301", "16"), ("", "16")])
def test_an_hour_or_a_day_that_there_is_not_is_refused(day: str, hour: str) -> None:
    with pytest.raises(BadCell):
        read_moment_of_two(day, hour, ZoneInfo("Europe/Paris"))


def of_pieces(each: str) -> str:
    """Rows of an “amount” of pieces and a price: `each` says whether that of the line or that of one."""
    header = "TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE\n"
    return header + "".join(
        f"11/{day}/2000,{day % 9:05},25-29,47{product:011},{count},{price * count // 2},"
        f"{price * count if each == 'line' else price}\n"
        for day in range(1, 31)
        for product, count, price in ((1, day % 4 + 1, 30), (2, day % 3 + 1, 52), (3, day % 2 + 1, 119))
    )


@pytest.mark.parametrize(("each", "column"), [("line", "net"), ("one", "unit_price")])
def test_an_amount_below_its_price_is_how_many(tmp_path: Path, each: str, column: str) -> None:
    found = proposed(write(tmp_path / "a.csv", of_pieces(each)))
    assert {"quantity": "AMOUNT", column: "SALES_PRICE"}.items() <= found.mapping.columns.items()
    assert "AGE_GROUP" not in found.mapping.columns.values()
    assert any("how many" in doubt.reason.en for doubt in found.doubts if doubt.about == "quantity")


def test_an_amount_that_is_money_stays_money(tmp_path: Path) -> None:
    rows = "".join(f"2024-03-{day:02},R{day},SKU{day % 5},{day % 9 + 2},{day % 9 + 2}\n" for day in range(1, 29))
    found = proposed(write(tmp_path / "a.csv", "date,receipt,sku,price,amount\n" + rows))
    assert found.mapping.columns["net"] == "amount"
    assert "quantity" not in found.mapping.columns


def test_a_channel_is_neither_receipt_nor_amount(tmp_path: Path) -> None:
    rows = "".join(
        f"2018-09-{day:02},{day % 7:064x},06637130{day % 10:02},{Decimal(day) / 1000},{day % 2 + 1}\n"
        for day in range(1, 29)
    )
    found = proposed(write(tmp_path / "a.csv", "t_dat,customer_id,article_id,price,sales_channel_id\n" + rows))
    assert "sales_channel_id" not in found.mapping.columns.values()
    assert found.mapping.columns["net"] == "price"


def test_states_with_a_word_before_them_are_understood(tmp_path: Path) -> None:
    states = ("complete", "canceled", "order_refunded", "received", "wc-on-hold")
    rows = "".join(
        f"{day},{states[day % 5]},{day % 12 + 1}/{day}/2016,SKU{day % 4},{day * 10},1,{day * 10},1001{day}\n"
        for day in range(1, 29)
    )
    header = "item_id,status,created_at,sku,price,qty_ordered,grand_total,increment_id\n"
    found = proposed(write(tmp_path / "a.csv", header + rows))
    assert found.mapping.columns["status"] == "status"
    assert found.mapping.options["not_sold"] == ["canceled", "order refunded", "wc on hold"]
