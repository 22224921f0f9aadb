"""Sniffing: how a file is read is found out from its content, and what is doubtful is said."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet

from fidelia.intake.errors import UnreadableFile
from fidelia.intake.reading import DateOrder, Format
from fidelia.intake.sniff import Sniffed, sniff
from fidelia.intake.tables import Table

from .files import TILL, TILL_ROWS, write, write_ods, write_rows, write_workbook


def doubted(found: Sniffed) -> set[str]:
    return {doubt.about for doubt in found.doubts}


# Encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "mac_roman", "cp850"]
)
def test_a_french_till_is_read_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "ventes.csv", TILL * 3, encoding)
    table = Table(path)
    assert table.columns[:5] == ["N° ticket", "Date", "Heure", "Code article", "Libellé"]
    assert [";".join(row) for row in table.rows()][: len(TILL_ROWS)] == list(TILL_ROWS)


@pytest.mark.parametrize(("encoding", "found"), [("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("iso8859-1", "cp1252")])
def test_the_encoding_is_named(tmp_path: Path, encoding: str, found: str) -> None:
    assert sniff(write(tmp_path / "ventes.csv", TILL, encoding)).reading.encoding == found


def test_the_euro_of_iso_8859_15_is_told_from_that_of_windows(tmp_path: Path) -> None:
    rows = "ref;prix;libelle\n" + "A1;12,50 €;Cœur de bœuf à l’ancienne\n".replace("’", "'") * 20
    assert sniff(write(tmp_path / "a.csv", rows, "iso8859-15")).reading.encoding == "iso8859-15"
    assert sniff(write(tmp_path / "b.csv", rows, "cp1252")).reading.encoding == "cp1252"


def test_accents_that_come_late_are_seen(tmp_path: Path) -> None:
    text = "code;libelle\n" + "A1;the\n" * 400_000 + "A2;Thé vert à la menthe\n"
    assert sniff(write(tmp_path / "ventes.csv", text, "cp1252")).reading.encoding == "cp1252"


def test_one_bad_byte_in_utf8_costs_its_row_and_not_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "ventes.csv"
    path.write_bytes(TILL.encode() * 20 + b"T9;03/02/2024;09:05;1;Caf\xe9;1;1,00;1,00;C1;Lyon\n")
    found = sniff(path)
    assert (found.reading.encoding, doubted(found)) == ("utf-8", {"encoding"})
    assert "is: 1. Their rows are given back" in found.doubts[0].reason.en


# Separators and quotation marks


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_separator_is_told_although_cells_hold_it_and_line_ends(tmp_path: Path, separator: str) -> None:
    rows = [[f"A{place}", f'Thé "vert"{separator} en vrac\n100 g', "12.50", "2024-03-01"] for place in range(30)]
    path = write_rows(tmp_path / "a.csv", "code,name,price,day", rows, separator)
    assert sniff(path).reading.separator == separator
    assert list(Table(path).rows()) == rows


@pytest.mark.parametrize("mark", ['"', ""])
def test_texts_with_as_many_commas_each_do_not_separate(tmp_path: Path, mark: str) -> None:
    text = f"{mark}Théière, fonte, émail, coffret{mark}"
    rows = "".join(f"T{n};{n % 28 + 1:02}/01/2025;{text};{n},50\n" for n in range(60))
    table = Table(write(tmp_path / "a.csv", "Ticket;Date;Libellé;Montant\n" + rows))
    assert (table.reading.separator, len(table.columns)) == (";", 4)


def test_figures_set_out_by_blanks_are_columns(tmp_path: Path) -> None:
    lines = [f" {n:05} 1997{n % 12 + 1:02}{n % 28 + 1:02} {n % 3 + 1:2} {n + 0.5:8.2f}" for n in range(1, 60)]
    table = Table(write(tmp_path / "a.txt", "\r\n".join(lines) + "\r\n"))
    assert (table.reading.separator, table.reading.header_row, len(table.columns)) == (" ", 0, 4)
    assert next(table.rows()) == ["00001", "19970202", "2", "1.50"]
    titled = Table(write(tmp_path / "b.txt", "client date  quantity amount\n" + "\n".join(lines) + "\n"))
    assert (titled.columns, titled.reading.header_row) == (["client", "date", "quantity", "amount"], 1)


def test_prose_has_no_columns(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.txt", "note\n" + "Vu le 3 mars 2025 par Anne\nRien à dire ce jour\n" * 9))
    assert table.columns == ["note"]


def test_commas_of_decimals_do_not_separate(tmp_path: Path) -> None:
    reading = sniff(write(tmp_path / "a.csv", "ticket;montant\n" + "T1;12,50\nT2;3,20\n" * 5)).reading
    assert (reading.separator, reading.decimal) == (";", ",")


def test_one_column_is_one_column(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.csv", "montant\n12,50\n3,20\n"))
    assert (table.columns, list(table.rows())) == (["montant"], [["12,50"], ["3,20"]])


def test_inches_quote_nothing(tmp_path: Path) -> None:
    lines = [f'P{place}\t"{place} inch pipe\t{place}.50' for place in range(1, 21)]
    table = Table(write(tmp_path / "a.tsv", "code\tname\tprice\n" + "\n".join(lines)))
    assert table.reading.quote == ""
    assert ["\t".join(row) for row in table.rows()] == lines


def test_single_quotation_marks_are_known(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "'code','name'\n" + "'A1','Thé, vert'\n'A2','Café'\n" * 5)
    assert list(Table(path).rows())[:2] == [["A1", "Thé, vert"], ["A2", "Café"]]


def test_a_separator_that_the_file_announces_is_no_row(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.csv", "sep=;\n" + TILL))
    assert (table.reading.header_row, len(list(table.rows()))) == (2, len(TILL_ROWS))


# Numbers


@pytest.mark.parametrize(
    ("amounts", "decimal", "thousands"),
    [
        (["1 234,56", "12,50"], ",", " "),
        (["1\u00a0234,56", "12,50"], ",", " "),
        (["1\u202f234,56", "12,50"], ",", " "),
        (["1.234,56", "12,50"], ",", "."),
        (["1,234.56", "12.50"], ".", ","),
        (["1'234.56", "12.50"], ".", "'"),
        (["1234.56", "12.50"], ".", ""),
        (["0.250", "1.500"], ".", ""),
        (["1.234.567", "5,5"], ",", "."),
        (["12,50 €", "3,20 €"], ",", ""),
        (["12", "3"], ".", ""),
    ],
)
def test_decimals_and_thousands_are_told_apart(
    tmp_path: Path, amounts: list[str], decimal: str, thousands: str
) -> None:
    path = write_rows(
        tmp_path / "a.csv", "code,amount", [[f"A{place}", amount] for place, amount in enumerate(amounts * 5)], "\t"
    )
    found = sniff(path)
    assert (found.reading.decimal, found.reading.thousands, doubted(found)) == (decimal, thousands, set())


def test_three_digits_behind_a_point_alone_are_a_doubt(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "code;poids\n" + "A1;1.250\nA2;3.500\n" * 5)
    found = sniff(path)
    assert doubted(found) == {"decimal"}
    assert "1.250" in found.doubts[0].reason.en


def test_telephone_numbers_and_versions_say_nothing_of_decimals(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "tel;ca\n" + "01.23.45.67.89;12,5\n" * 10)
    assert sniff(path).reading.decimal == ","


# Days


@pytest.mark.parametrize(
    ("days", "order", "doubts"),
    [
        (["2024-03-01", "2024-12-31"], DateOrder.YEAR_FIRST, set()),
        (["20240301", "20241231"], DateOrder.YEAR_FIRST, set()),
        (["01/03/2024", "31/12/2024"], DateOrder.DAY_FIRST, set()),
        (["03/01/2024", "12/31/2024"], DateOrder.MONTH_FIRST, set()),
        (["12/1/2010 8:26", "12/13/2010 8:26"], DateOrder.MONTH_FIRST, set()),
        (["31/12/2024", "13/01/2024", "12/31/2024"], DateOrder.DAY_FIRST, {"date_order"}),
        (["03/04/2024", "05/06/2024"], DateOrder.MONTH_FIRST, {"date_order"}),
    ],
)
def test_the_order_of_dates_is_decided_over_the_whole_file(
    tmp_path: Path, days: list[str], order: DateOrder, doubts: set[str]
) -> None:
    rows = [[f"A{place}", day, "12.50"] for place, day in enumerate(days * 5)]
    found = sniff(write_rows(tmp_path / "a.csv", "code,day,price", rows))
    assert (found.reading.date_order, doubted(found)) == (order, doubts)


def test_a_french_header_reads_the_day_first_where_nothing_else_tells(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "ticket,date,montant\n" + "T1,03/04/2024,12.50\n" * 5)
    assert sniff(path).reading.date_order is DateOrder.DAY_FIRST


def test_days_in_the_order_of_time_tell_the_order_of_their_parts(tmp_path: Path) -> None:
    days = [f"{month}/{day}/2024" for month in range(1, 13) for day in range(1, 13)]
    found = sniff(write_rows(tmp_path / "a.csv", "ticket,date,montant", [["T", day, "1.0"] for day in days]))
    assert (found.reading.date_order, doubted(found)) == (DateOrder.MONTH_FIRST, {"date_order"})


def test_a_day_late_in_a_large_file_decides(tmp_path: Path) -> None:
    rows = [["T1", "03/04/2024", "12.50", "x" * 40]] * 60_000 + [["T2", "12/25/2024", "12.50", "x" * 40]] * 30_000
    found = sniff(write_rows(tmp_path / "a.csv", "code,day,price,note", rows))
    assert (found.reading.date_order, doubted(found)) == (DateOrder.MONTH_FIRST, set())


@pytest.mark.parametrize(
    ("days", "form"),
    [
        (["31122024", "01022024", "15032024"], "%d%m%Y"),
        (["12312024", "02012024", "03152024"], "%m%d%Y"),
        (["20241231", "20240201", "20240315"], None),
        (["40441788", "29904417", "99999999"], None),
    ],
)
def test_days_of_eight_digits_are_told_from_numbers(tmp_path: Path, days: list[str], form: str | None) -> None:
    rows = [[f"A{place}", day] for place, day in enumerate(days * 5)]
    assert sniff(write_rows(tmp_path / "a.csv", "code,jour", rows)).reading.date_format == form


def test_days_are_seen_over_the_whole_of_a_large_utf16_file(tmp_path: Path) -> None:
    text = "code;jour\n" + "A1;03/04/2024\n" * 90_000 + "A2;12/25/2024\n" * 60_000
    assert sniff(write(tmp_path / "a.csv", text, "utf-16")).reading.date_order is DateOrder.MONTH_FIRST


# Headers


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ([], 1),
        (["Export des ventes", ""], 3),
        (["Maison Éléonore;;;;;;;;;", "Période : février 2024;;;;;;;;;", ";;;;;;;;;"], 4),
    ],
)
def test_titles_above_the_header_are_left_out(tmp_path: Path, above: list[str], row: int) -> None:
    table = Table(write(tmp_path / "a.csv", "\n".join([*above, TILL])))
    assert (table.reading.header_row, table.columns[0]) == (row, "N° ticket")
    assert len(list(table.rows())) == len(TILL_ROWS)


def test_of_two_header_rows_the_fuller_and_nearer_is_taken_with_a_doubt(tmp_path: Path) -> None:
    first = "Ticket;;;Article;;;Prix;;Client;"
    table = Table(write(tmp_path / "a.csv", f"{first}\n{TILL}"))
    assert table.columns[0] == "N° ticket"
    second = "receipt;day;time;code;label;qty;unit;total;customer;store"
    found = sniff(write(tmp_path / "b.csv", f"{second}\n{TILL}"))
    assert (found.reading.header_row, doubted(found)) == (2, {"header_row"})
    assert found.doubts[-1].alternatives == (1,)


def test_a_file_without_header_has_numbered_columns(tmp_path: Path) -> None:
    found = sniff(path := write(tmp_path / "a.csv", "\n".join(TILL_ROWS)))
    assert (found.reading.header_row, doubted(found)) == (0, {"header_row"})
    table = Table(path)
    assert (table.columns[:3], len(list(table.rows()))) == (["#1", "#2", "#3"], len(TILL_ROWS))


def test_a_table_of_words_has_its_header_in_the_first_row(tmp_path: Path) -> None:
    assert Table(write(tmp_path / "a.csv", "nom,ville\nMarie,Lyon\nPaul,Metz\n")).columns == ["nom", "ville"]


# Containers


def test_the_suffix_says_nothing(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "ventes.csv", Ventes=[["ticket", "montant"], ["T1", 12.5]])
    assert sniff(book).reading.format is Format.EXCEL
    packed = tmp_path / "ventes.xlsx"
    packed.write_bytes(gzip.compress(TILL.encode("cp1252")))
    assert (sniff(packed).reading.format, sniff(packed).reading.encoding) == (Format.CSV, "cp1252")
    assert len(list(Table(packed).rows())) == len(TILL_ROWS)
    columns = tmp_path / "ventes.txt"
    parquet.write_table(arrow.table({"ticket": ["T1"], "montant": [12.5]}), columns)
    assert sniff(columns).reading.format is Format.PARQUET
    assert sniff(write_ods(tmp_path / "a", [["ticket", "nom"], ["T1", "Marie"]])).reading.format is Format.ODS


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a.csv is empty."),
        (b"\xef\xbb\xbf", "a.csv is empty."),
        (b"\n \n\n", "a.csv is empty."),
        (bytes(range(256)) * 20, "a.csv is a binary file, not a table."),
        (b"%PDF-1.7 ...", "a.csv is a PDF file; export the table as CSV or as a spreadsheet."),
        (b"\x89PNG\r\n\x1a\n", "a.csv is a picture."),
        (b"<html><table><tr>", "a.csv is a web page; open it in a spreadsheet and save it as .xlsx or .csv."),
        (b'<?xml version="1.0"?>', "a.csv is XML; open it in a spreadsheet and save it as .xlsx or .csv."),
        (b'[{"ticket": 1}]', "a.csv is JSON; send it through the API, or export it as CSV."),
        (b"PK\x03\x04 and no more", "a.csv is damaged: it begins as a spreadsheet and ends too early."),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "a.csv is damaged and cannot be unpacked"),
        (gzip.compress(bytes(range(256)) * 20, mtime=0), "a.csv is a binary file, not a table."),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as refused:
        sniff(path)
    assert str(refused.value).startswith(sentence)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"There is no file a\.csv\."):
        sniff(tmp_path / "a.csv")


# Sheets

SOLD_AT = datetime(2009, 12, 1, 7, 45)  # noqa: DTZ001 - a spreadsheet knows no zones
HEADER = ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID"]


def sold(first: int, last: int) -> list[list[object]]:
    return [[str(place), f"85{place:03}", 2, SOLD_AT, 6.95, 13085] for place in range(first, last)]


def test_sheets_of_one_header_are_read_together_and_notes_left_out(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx",
        Notes=[["Read me"], ["Sold in the shop"]],
        Year_2009=[HEADER, *sold(1, 20)],
        Year_2010=[["Sales of the second year"], HEADER, *sold(20, 30)],
    )
    found = sniff(path)
    assert found.reading.sheets == ("Year 2009", "Year 2010")
    assert ("Notes",) in [doubt.alternatives for doubt in found.doubts]
    table = Table(path, found.reading)
    assert [row[0] for row in table.rows()] == [str(place) for place in range(1, 30)]
    assert (table.sheet_of(1), table.sheet_of(19), table.sheet_of(20)) == ("Year 2009", "Year 2009", "Year 2010")
    assert [place for place, _row in table.sheeted_rows()] == [0] * 19 + [1] * 10


def test_sheets_that_overlap_are_read_and_named_as_a_doubt(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", A=[HEADER, *sold(1, 20)], B=[HEADER, *sold(15, 30)])
    found = sniff(path)
    assert found.reading.sheets == ("A", "B")
    assert [doubt.reason.en for doubt in found.doubts] == ["5 rows of “B” stand in “A” too: the sheets overlap."]


def test_days_of_a_sheet_are_iso_whatever_their_look(tmp_path: Path) -> None:
    rows = [["ticket", "date", "montant"], ["T1", date(2024, 3, 1), 12.5], ["T2", SOLD_AT, 3]]
    table = Table(write_workbook(tmp_path / "a.xlsx", Ventes=rows))
    assert list(table.rows()) == [["T1", "2024-03-01", "12.5"], ["T2", "2009-12-01 07:45:00", "3"]]
    assert table.reading.date_order is DateOrder.YEAR_FIRST


# Rare signs


@pytest.mark.parametrize("sign", ["^", "~", "\x1f", "|"])
def test_a_rare_separator_is_found_beside_decimal_commas(tmp_path: Path, sign: str) -> None:
    rows = [["ticket", "date", "montant", "libellé"]]
    rows += [[f"T{i}", f"{i + 10}/02/2024", f"{i},50", "Tasse, grande"] for i in range(1, 9)]
    path = write(tmp_path / "ventes.csv", "".join(f"{sign.join(row)}\n" for row in rows))
    found = sniff(path)
    assert (found.reading.separator, found.reading.decimal, doubted(found)) == (sign, ",", set())
    assert list(Table(path, found.reading).rows()) == rows[1:]


@pytest.mark.parametrize("header", ["Nom", '"Nom"'])
def test_one_quoted_column_stays_one_whatever_its_cells_hold(tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "clients.csv", f"{header}\n" + "".join(f'"Dupont{i}, Jean"\n' for i in range(8)))
    table = Table(path, sniff(path).reading)
    assert (list(table.columns), next(iter(table.rows()))) == (["Nom"], ["Dupont0, Jean"])


def test_words_for_nothing_do_not_hide_that_a_column_is_of_amounts(tmp_path: Path) -> None:
    cells = ["-", "N/A", "NULL", "12,50", "8,90", "n/d", "3,20", "-"]
    path = write(tmp_path / "ventes.csv", "ticket;montant\n" + "".join(f"T{i};{one}\n" for i, one in enumerate(cells)))
    assert sniff(path).reading.decimal == ","
