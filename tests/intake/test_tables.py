"""Tables: every row of a file comes as text, in bounded memory; what cannot be read is said row by row."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from datetime import date, time, timedelta
from pathlib import Path

import openpyxl
import pyarrow as arrow
import pytest
from pyarrow import parquet

from fidelia.intake import workbooks
from fidelia.intake.errors import MalformedMapping, UnreadableFile
from fidelia.intake.reading import Format, Reading, parse_reading
from fidelia.intake.tables import BadRow, Table
from fidelia.intake.workbooks import as_text

from .files import write, write_ods, write_workbook

HEADER = "ticket,date,montant\n"


def reasons(table: Table) -> list[str]:
    return [row.reason() for row in table.rows() if isinstance(row, BadRow)]


def good(table: Table) -> list[list[str]]:
    return [row for row in table.rows() if not isinstance(row, BadRow)]


def test_short_rows_are_filled_up_and_long_ones_keep_their_cells(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.csv", HEADER + "T1,2024-03-01\nT2,2024-03-01,1.00,more\nT3,2024-03-01,1.00,,\n"))
    assert list(table.rows()) == [
        ["T1", "2024-03-01", ""],
        ["T2", "2024-03-01", "1.00", "more"],
        ["T3", "2024-03-01", "1.00"],
    ]


def test_lines_without_any_value_are_no_rows(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.csv", HEADER + "\nT1,2024-03-01,1.00\n,,\n\nT2,2024-03-01,1.00\n,,,,,\n"))
    assert [row[0] for row in table.rows()] == ["T1", "T2"]


def test_names_of_columns_are_distinct_and_never_empty(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.csv", "date,prix, date,,date (2)\n2024-03-01,1.5,2024-03-02,x,2024-03-03\n"))
    assert table.columns == ["date", "prix", "date (3)", "#4", "date (2)"]


def test_a_quotation_mark_never_closed_costs_its_line_only(tmp_path: Path) -> None:
    lines = ["T1,2024-03-01,1.00", 'T2,"2024-03-01,1.00', *(f"T{place},2024-03-01,1.00" for place in range(3, 3_000))]
    table = Table(write(tmp_path / "a.csv", HEADER + "\n".join(lines) + "\n"))
    assert reasons(table) == ["a quotation mark in the row is never closed"]
    assert len(good(table)) == 2_998


@pytest.mark.parametrize("closes", ['T4,"x",1.00', 'T4,x",1.00'])
def test_a_quotation_mark_closed_in_a_later_line_swallows_no_row(tmp_path: Path, closes: str) -> None:
    lines = [f'T{place},"a{place}",1.00' for place in range(1, 60)]
    lines[20:20] = ['T1,"open,1.00', "T2,b2,2.00", "T3,c,3.00", closes]
    table = Table(write(tmp_path / "a.csv", "ticket,label,amount\n" + "\n".join(lines) + "\n"))
    assert reasons(table)[0] == "a quotation mark in the row is never closed"
    assert [row[0] for row in good(table)].count("T2") == 2, "its own row, and the other of that number"
    assert ["T3", "c", "3.00"] in good(table)


def test_marks_within_cells_that_nobody_escaped_are_part_of_them(tmp_path: Path) -> None:
    lines = [f'"T{place}","24" screen, "black"","{place}.00"' for place in range(1, 30)]
    lines[5] = '"T6","24" screen,\nblack","6.00"'
    table = Table(write(tmp_path / "a.csv", '"ticket","label","amount"\n' + "\n".join(lines) + "\n"))
    assert (reasons(table), len(good(table))) == ([], 29)
    assert good(table)[0] == ["T1", '24" screen, "black"', "1.00"]
    assert good(table)[5] == ["T6", '24" screen,\nblack', "6.00"]


def test_a_quotation_mark_open_at_the_end_of_the_file_costs_its_line_only(tmp_path: Path) -> None:
    rows = "T1,2024-03-01,1.00\n" * 5 + 'T2,"2024-03-01,1.00\nT3,2024-03-01,1.00\n'
    table = Table(write(tmp_path / "a.csv", HEADER + rows), Reading())
    assert reasons(table) == ["a quotation mark in the row is never closed"]
    assert good(table)[-1] == ["T3", "2024-03-01", "1.00"]


def test_characters_that_no_text_has_cost_their_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER.encode() + b"T1,2024-03-01,1.00\n" * 50 + "Thé,2024-03-01,1.00\n".encode() * 50)
    with path.open("ab") as file:
        file.write(b"T\x002,2024-03-01,1.00\nTh\xe9,2024-03-01,1.00\nT3,2024-03-01,1.00\n")
    table = Table(path)
    assert reasons(table) == [
        "the row holds a character that no text has",
        "the row holds characters that are not written in utf-8",
    ]
    assert [row[0] for row in table.rows() if isinstance(row, BadRow)] == ["T2", "Th\ufffd"]
    assert good(table)[-1][0] == "T3"


@pytest.mark.parametrize("quoted", [True, False])
def test_ten_million_characters_in_a_cell_cost_its_row_and_no_memory(tmp_path: Path, quoted: bool) -> None:
    cell = "x" * 10_000_000
    path = write(
        tmp_path / "a.csv",
        HEADER + f"T1,2024-03-01,{f'{chr(34)}{cell}{chr(34)}' if quoted else cell}\nT2,2024-03-01,1.00\n",
    )
    table = Table(path)
    assert reasons(table) == ["a cell of the row is longer than 20000 characters"]
    assert good(table) == [["T2", "2024-03-01", "1.00"]]
    assert max(len(cell) for row in table.rows() for cell in row) <= 200


def test_one_long_cell_among_short_ones_costs_its_row(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.csv", HEADER + f"T1,{'x' * 30_000},1\nT2,{'y' * 19_999},1\n"))
    assert reasons(table) == ["a cell of the row is longer than 20000 characters"]
    assert [row[0] for row in good(table)] == ["T2"]


def test_a_large_file_streams_under_a_small_ceiling(tmp_path: Path) -> None:
    """60 MB of rows, one of them without an end, in 60 MB of address space beyond what Python takes for itself."""
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        block = "".join(f"T{place},2024-03-01,{'é' * 40}\n" for place in range(10_000))
        for _copy in range(60):
            file.write(block)
        file.write("x" * 20_000_000)
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom fidelia.intake.tables import BadRow, Table\n"
        "size = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (size + (60 << 20),) * 2)\n"
        "rows = bad = 0\nfor row in Table(Path(sys.argv[1])).rows():\n"
        "    rows += 1\n    bad += isinstance(row, BadRow)\n"
        "print(rows, bad)"
    )
    told = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert told.stdout == "600001 1\n"
    assert path.stat().st_size > 60_000_000


def test_gzip_cut_off_is_told_when_its_end_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "T1,2024-03-01,1.00\n" * 1_000).encode())[:-20])
    with pytest.raises(UnreadableFile, match="damaged"):
        list(Table(path, Reading()).rows())


def test_the_same_bytes_have_the_same_hash_whatever_the_name(tmp_path: Path) -> None:
    one, other = write(tmp_path / "a.csv", HEADER + "T1,,1\n"), write(tmp_path / "b.txt", HEADER + "T1,,1\n")
    assert Table(one).content_hash() == Table(other).content_hash()
    assert len(Table(one).content_hash()) == 64


def test_a_header_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no header line"):
        Table(write(tmp_path / "a.csv", HEADER), Reading(header_row=9))
    path = write(tmp_path / "b.csv", ",".join(f"c{place}" for place in range(1_001)) + "\n")
    with pytest.raises(UnreadableFile, match="1001 columns; at most 1000"):
        Table(path, Reading())


# Spreadsheets


def test_values_of_a_sheet_are_written_exactly(tmp_path: Path) -> None:
    rows = [
        ["carte", "id", "somme", "jour", "heure", "actif", "vide"],
        ["0001234", 12345, 0.1 + 0.2, date(2024, 3, 1), time(9, 5), True, None],
        ["=1", 1e15, 1234.5, date(1979, 2, 3), timedelta(hours=30), False, " "],
    ]
    table = Table(write_workbook(tmp_path / "a.xlsx", Feuille=rows))
    assert next(iter(table.rows())) == ["0001234", "12345", "0.3", "2024-03-01", "09:05:00", "true", ""]
    assert list(table.rows())[1][1:6] == ["1000000000000000", "1234.5", "1979-02-03", "30:00:00", "false"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.0, "12345"),
        (-0.5, "-0.5"),
        (1e20, "100000000000000000000"),
        (1.5e-7, "0.00000015"),
        (3.860000000000001, "3.86"),
    ],
)
def test_a_number_is_written_without_exponent_and_noise(value: float, text: str) -> None:
    assert as_text(value) == text
    assert as_text(value, ",") == text.replace(".", ",")


def test_numbers_of_cells_are_written_with_the_decimals_of_the_texts_beside_them(tmp_path: Path) -> None:
    rows = [["code", "prix"], *[["A1", "12,50"]] * 9, ["A2", 3.5]]
    table = Table(write_workbook(tmp_path / "a.xlsx", Feuille=rows))
    assert (table.reading.decimal, list(table.rows())[-1]) == (",", ["A2", "3,5"])


def test_the_old_excel_is_read() -> None:
    table = Table(Path(__file__).parent / "samples" / "ventes.xls")
    assert table.columns == ["ticket", "date", "montant", "carte"]
    assert list(table.rows())[:2] == [
        ["1001", "2024-03-01 08:26:00", "12.5", "0001"],
        ["1002", "2024-03-02 08:26:00", "25", "0002"],
    ]


def test_a_damaged_old_workbook_at_which_its_reader_panics_is_told() -> None:
    with pytest.raises(UnreadableFile, match="cannot be read as a spreadsheet: it is damaged"):
        Table(Path(__file__).parent / "samples" / "damaged.xls")


def test_hidden_sheets_are_left_out(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    shown = book.active
    shown.append(["ticket", "montant"])
    shown.append(["T1", 1.5])
    hidden = book.create_sheet("Calculs")
    hidden.sheet_state = "hidden"
    for place in range(50):
        hidden.append([place, place])
    book.save(tmp_path / "a.xlsx")
    assert list(Table(tmp_path / "a.xlsx").rows()) == [["T1", "1.5"]]


def test_ods_is_read(tmp_path: Path) -> None:
    path = write_ods(tmp_path / "a.ods", [["ticket", "nom"], ["T1", "Café"], ["T2", "Thé"]])
    table = Table(path)
    assert (table.reading.format, table.columns) == (Format.ODS, ["ticket", "nom"])
    assert list(table.rows()) == [["T1", "Café"], ["T2", "Thé"]]


def test_a_small_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    far = write_workbook(tmp_path / "far.xlsx", Feuille=[["ticket", "montant"], ["T1", 1]])
    rewrite(
        far,
        "xl/worksheets/sheet1.xml",
        b"</sheetData>",
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
    )
    with pytest.raises(UnreadableFile, match="more than 40 million cells; send it as CSV"):
        Table(far)
    repeated = write_ods(tmp_path / "a.ods", [["ticket", "nom"], ["T1", "Café"]], repeated=900_000_00)
    with pytest.raises(UnreadableFile, match="more than 40 million cells"):
        Table(repeated)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "UNPACKED_BYTES_MAX", 1_000)
    with pytest.raises(UnreadableFile, match="million cells; send it as CSV"):
        Table(write_workbook(tmp_path / "a.xlsx", Feuille=[["ticket", "montant"], ["T1", 1]]))
    monkeypatch.setattr(workbooks, "FILE_BYTES_MAX", 1_000)
    with pytest.raises(UnreadableFile, match="is larger than"):
        Table(tmp_path / "a.xlsx")


def test_a_damaged_workbook_and_a_missing_sheet_are_told(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", Feuille=[["ticket", "montant"], ["T1", 1]])
    with pytest.raises(UnreadableFile, match="no sheet “Ventes”; it has Feuille"):
        Table(path, Reading(format=Format.EXCEL, sheets=("Ventes",)))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UnreadableFile, match="damaged"):
        Table(path)


def rewrite(path: Path, name: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


# Parquet


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {"id": [7.0, None], "when": [date(2024, 3, 1), None], "name": ["Thé", ""], "price": [3.86, 1.0]}
    parquet.write_table(arrow.table(columns), path)
    assert list(Table(path).rows()) == [["7", "2024-03-01", "Thé", "3.86"], ["", "", "", "1"]]


def test_lists_in_parquet_are_named_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"ticket": ["T1"], "tags": [["a", "b"]]}), path)
    with pytest.raises(UnreadableFile, match=r"“tags” of a\.parquet holds lists"):
        Table(path)


# Readings


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"separator": ";;"}, "/reading/separator"),
        ({"separator": "\n"}, "/reading/separator"),
        ({"decimal": "x"}, "/reading/decimal"),
        ({"decimal": ",", "thousands": ","}, "/reading/thousands"),
        ({"encoding": "klingon"}, "/reading/encoding"),
        ({"header_row": 101}, "/reading/header_row"),
        ({"date_order": "ydm"}, "/reading"),
        ({"colour": "red"}, "/reading/colour"),
    ],
)
def test_a_reading_that_cannot_be_is_refused(document: dict[str, object], pointer: str) -> None:
    with pytest.raises(MalformedMapping) as refused:
        parse_reading(document)
    assert refused.value.pointer == pointer


def test_a_reading_is_written_and_read_again() -> None:
    reading = Reading(format=Format.EXCEL, decimal=",", thousands=" ", sheets=("Ventes", "Suite"), quote="")
    assert parse_reading(reading.as_document()) == reading
