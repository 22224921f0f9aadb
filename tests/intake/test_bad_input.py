"""What retailers send by mistake: refused with a sentence, or read so that each bad row alone comes back."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from fidelia.activity.targets import PURCHASES
from fidelia.intake import encodings, workbooks
from fidelia.intake.errors import UnreadableFile
from fidelia.intake.preview import preview
from fidelia.intake.proposing import Proposal, guess_target, propose
from fidelia.intake.quoting import are_wrapped
from fidelia.intake.rows import BadRow
from fidelia.intake.sniff import sniff
from fidelia.intake.tables import Table
from fidelia.intake.values import read_money

from .files import write, write_ods, write_workbook

HEADER = "ticket;date;carte;article;qté;montant\n"
COLUMNS = {
    "receipt": "ticket",
    "occurred_at": "date",
    "customer": "carte",
    "product": "article",
    "quantity": "qté",
    "net": "montant",
}


def till(*, amount: str = "", day: str = "", rows: int = 30) -> str:
    lines = (
        f"T{n};{day or f'{n % 28 + 1:02}/02/2024'};C{n};CAFE;1;{amount or f'{n},50'}\n" for n in range(1, rows + 1)
    )
    return HEADER + "".join(lines)


GOOD = till()


def of(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def understood(path: Path) -> tuple[Table, Proposal, dict[str, int]]:
    """Return a file as a table, what is proposed of it, and how many cells of each column mean nothing."""
    table = Table(path)
    found = propose(table, PURCHASES, defaults={"currency": "EUR"})
    bad = preview(table, found.mapping, PURCHASES).bad
    return table, found, {column: count for column, count in bad.items() if count}


def bad_rows(table: Table) -> list[str]:
    return [row.code for row in table.rows() if isinstance(row, BadRow)]


def archive(name: str = "a.csv") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as folder:
        part = tarfile.TarInfo(name)
        part.size = len(GOOD.encode())
        folder.addfile(part, io.BytesIO(GOOD.encode()))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\n \n\n", "is empty"),
        (b"\n\n;;;\n;;;\n", "has no header line"),
        (b"\x00" * 5000, "is empty"),
        (bytes(range(256)) * 40, "is a binary file"),
        (b"a" * 3_000_000, "longer than 20000 characters"),
        ((";".join(f"c{n}" for n in range(300_000)) + "\n").encode(), "longer than 20000 characters"),
        (
            (";".join(f"c{n}" for n in range(1_500)) + "\n" + ("1;" * 1_499 + "1\n") * 9).encode(),
            "1500 columns; at most 1000",
        ),
        (f"ticket;{'x' * 30_000};montant\n1;2;3\n".encode(), "longer than 20000 characters"),
        (GOOD.encode("cp500"), "is written in EBCDIC"),
        (GOOD.encode("cp037"), "is written in EBCDIC"),
        (archive(), "is a tar archive"),
        (gzip.compress(archive(), mtime=0), "is a tar archive"),
        (gzip.compress(gzip.compress(GOOD.encode(), mtime=0), mtime=0), "packed twice by gzip"),
        (gzip.compress(b"PK\x03\x04 and so on", mtime=0), "unpack it first"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-30], "is damaged and cannot be unpacked"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "is not a Parquet file"),
    ],
)
def test_what_holds_no_table_is_refused_in_words(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        understood(of(tmp_path / "a.csv", content))


def test_a_header_alone_is_a_table_of_no_rows(tmp_path: Path) -> None:
    for name, content in (
        ("a.csv", HEADER.encode()),
        ("b.csv", HEADER.encode("utf-8-sig")),
        ("c.csv", HEADER[:-1].encode()),
    ):
        table, found, _bad = understood(of(tmp_path / name, content))
        assert (found.mapping.columns, list(table.rows())) == (COLUMNS, [])
    parquet.write_table(pyarrow.table({"ticket": pyarrow.array([], pyarrow.string())}), tmp_path / "d.parquet")
    assert list(Table(tmp_path / "d.parquet").rows()) == []
    book = write_workbook(tmp_path / "e.xlsx", Ventes=[["ticket", "date", "montant"]])
    assert (Table(book).columns, list(Table(book).rows())) == (["ticket", "date", "montant"], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp850", "mac_roman"])
def test_every_encoding_of_an_export_is_read_or_doubted(tmp_path: Path, encoding: str) -> None:
    text = GOOD.replace("CAFE", "Café crème, brûlé")
    table, found, bad = understood(of(tmp_path / "a.csv", text.encode(encoding)))
    assert (found.mapping.columns, bad) == (COLUMNS, {})
    assert next(iter(table.rows()))[3] == "Café crème, brûlé"


def test_rows_in_another_encoding_than_the_file_come_back(tmp_path: Path) -> None:
    odd = "T98;01/02/2024;C1;Café;1;3,00\n"
    table, found, _bad = understood(of(tmp_path / "a.csv", GOOD.encode() + odd.encode("cp1252") + odd.encode()))
    assert (table.reading.encoding, found.mapping.columns) == ("utf-8", COLUMNS)
    assert bad_rows(table) == ["undecodable"]


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        (b"T99;01/02/2024;C1;Ca\x00fe;1;3,00\n", ["no_text"]),
        (b"\x00" * 10_000, ["no_text"]),
        (b"T99;01/02/2024;C1;" + b"x" * 2_000_000 + b";1;3,00\n", ["cell_too_long"]),
        (b"1;" * 600_000 + b"\n", ["cell_too_long"]),
        (b'"T99;01/02/2024;C1;X;1;3,00\nT98;01/02/2024;C1;X;1;3,00\n', ["open_quote"]),
    ],
)
def test_what_no_cell_holds_costs_its_own_row(tmp_path: Path, more: bytes, codes: list[str]) -> None:
    table, found, _bad = understood(of(tmp_path / "a.csv", GOOD.encode() + more))
    assert (found.mapping.columns, bad_rows(table)) == (COLUMNS, codes)
    assert sum(not isinstance(row, BadRow) for row in table.rows()) == 30 + more.count(b"T98")


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_a_byte_order_mark_and_mixed_line_ends_are_no_cells(tmp_path: Path, ends: str) -> None:
    first, last = GOOD[:400], GOOD[400:]
    content = (first.replace("\n", ends) + last.replace("\n", "\r\n" if ends == "\n" else ends)).encode("utf-8-sig")
    table, found, bad = understood(of(tmp_path / "a.csv", content))
    assert (found.mapping.columns, bad, len(list(table.rows()))) == (COLUMNS, {}, 30)


@pytest.mark.parametrize(
    ("header", "row"),
    [("Vente;;Client;Produit;;\n" + HEADER, 2), (HEADER + HEADER, 2), ("Export du 1/2/2024\n\n" + HEADER, 3)],
)
def test_of_two_header_rows_one_is_taken(tmp_path: Path, header: str, row: int) -> None:
    table, found, bad = understood(of(tmp_path / "a.csv", GOOD.replace(HEADER, header)))
    assert (table.reading.header_row, found.mapping.columns, bad) == (row, COLUMNS, {})


@pytest.mark.parametrize("day", ["31/02/2024", "30/02/2023", "31/04/2024", "00/00/0000", "29/02/2023"])
def test_days_that_no_calendar_has_are_counted_and_not_moved(tmp_path: Path, day: str) -> None:
    _table, found, bad = understood(of(tmp_path / "a.csv", GOOD + f"T99;{day};C1;CAFE;1;3,00\n"))
    assert (found.mapping.columns, bad) == (COLUMNS, {"occurred_at": 1})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.234,56 €", "1234.56"), ("(12,00)", "-12.00"), ("1\u202f234,56", "1234.56"), ("1\xa0234,56\xa0€", "1234.56"),
        ("12,50-", "-12.50"), ("\u221212,50", "-12.50"), ("EUR 12,50", "12.50"), ("12,50EUR", "12.50"),
        ("+12,50", "12.50"), ("1.234.567,89", "1234567.89"),
    ],
)  # fmt: skip
def test_amounts_as_people_and_programs_write_them_are_read(tmp_path: Path, written: str, read: str) -> None:
    table, found, bad = understood(of(tmp_path / "a.csv", till(amount=written)))
    assert (found.mapping.columns, bad) == (COLUMNS, {})
    assert {read_money(row[5], table.reading, "EUR") for row in table.rows()} == {Decimal(read)}


@pytest.mark.parametrize("written", ["inf", "NaN", "########", "#DIV/0!", "=1+2", "12%", "1.23.456,78", "0x10", "１２"])
def test_what_is_no_amount_is_no_amount(tmp_path: Path, written: str) -> None:
    _table, found, bad = understood(of(tmp_path / "a.csv", GOOD + f"T99;01/02/2024;C1;CAFE;1;{written}\n"))
    assert (found.mapping.columns, bad) == (COLUMNS, {"net": 1})


def test_rows_of_all_lengths_under_a_header_are_cut_by_its_sign(tmp_path: Path) -> None:
    lines = GOOD.splitlines(keepends=True)
    ragged = "".join(line if place % 3 else ";".join(line.split(";")[:3]) + "\n" for place, line in enumerate(lines, 1))
    mixed = "".join(lines[:20]) + "".join(line.replace(";", ",") for line in lines[20:])
    for name, text in (("ragged.csv", ragged), ("mixed.csv", mixed)):
        table, found, _bad = understood(of(tmp_path / name, text))
        assert (table.reading.separator, len(table.columns)) == (";", 6), name
        assert found.mapping.columns == COLUMNS, name


def test_lines_in_marks_as_a_whole_are_cut_within_them(tmp_path: Path) -> None:
    """As a spreadsheet saves what was pasted into its first column; marks inside are doubled."""
    wrapped = "".join(f'"{line}"\n' for line in GOOD.replace("CAFE", '""Café; crème""').splitlines())
    table, found, bad = understood(of(tmp_path / "a.csv", wrapped))
    assert (found.mapping.columns, bad) == (COLUMNS, {})
    assert next(iter(table.rows())) == ["T1", "02/02/2024", "C1", "Café; crème", "1", "1,50"]
    names = "".join(f'"Dupont, Jean, {n}"\n' for n in range(40))
    assert not are_wrapped(f'"Nom"\n{names}'), "one quoted column"
    assert not are_wrapped('"a";"b";"c"\n' * 40), "every cell is quoted"


def test_accents_spoilt_before_the_file_was_sent_are_a_doubt(tmp_path: Path) -> None:
    text = GOOD.replace("CAFE", "Café crème")
    assert not sniff(of(tmp_path / "a.csv", text)).doubts
    spoilt = sniff(of(tmp_path / "b.csv", text.encode().decode("cp1252")))
    assert [doubt.about for doubt in spoilt.doubts] == ["encoding"]
    assert "CafÃ©" in str(spoilt.doubts[0].reason.en) or "qtÃ©" in str(spoilt.doubts[0].reason.en)


def test_columns_by_the_hundred_are_proposed_in_seconds(tmp_path: Path) -> None:
    """Each name against each synonym, and each three columns of numbers against each other, took hours."""
    names, cells = (";".join(one) for one in ([f"Mesure {n}" for n in range(200)], ["12"] * 200))
    table = Table(write(tmp_path / "a.csv", f"{names}\n" + f"{cells}\n" * 20))
    assert guess_target(table, [PURCHASES])[0][0] is PURCHASES
    assert propose(table, PURCHASES).missing[:1] == ("occurred_at",)


def test_parquet_of_too_many_columns_or_of_bytes_is_named(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({f"c{n}": [1] for n in range(1_200)}), tmp_path / "a.parquet")
    with pytest.raises(UnreadableFile, match="1200 columns; at most 1000"):
        Table(tmp_path / "a.parquet")
    parquet.write_table(pyarrow.table({"ticket": ["a"], "photo": [b"\xff\x00"]}), tmp_path / "b.parquet")
    with pytest.raises(UnreadableFile, match="“photo” holds bytes"):
        understood(tmp_path / "b.parquet")


@pytest.mark.parametrize(
    "column",
    [
        pyarrow.array([[1, 2]]),
        pyarrow.array([{"x": 1}]),
        pyarrow.array([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int32())),
    ],
)
def test_nested_parquet_is_named(tmp_path: Path, column: pyarrow.Array) -> None:
    parquet.write_table(pyarrow.table({"ticket": ["a"], "lignes": column}), tmp_path / "a.parquet")
    with pytest.raises(UnreadableFile, match="“lignes”"):
        Table(tmp_path / "a.parquet")


def test_parquet_cut_or_overwritten_is_told(tmp_path: Path) -> None:
    whole = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"ticket": ["a"] * 50, "montant": [1.5] * 50}), whole)
    content = whole.read_bytes()
    for name, broken in (("b", content[: len(content) // 2]), ("c", content[:20] + b"\xff" * 60 + content[80:])):
        with pytest.raises(UnreadableFile):
            understood(of(tmp_path / name, broken))


def test_spreadsheets_that_are_broken_are_told(tmp_path: Path) -> None:
    good = write_workbook(tmp_path / "a.xlsx", Ventes=[["ticket", "montant"], ["T1", 1.5]]).read_bytes()
    for cut in (40, len(good) // 2, len(good) - 30):
        with pytest.raises(UnreadableFile, match="damaged"):
            understood(of(tmp_path / "b.xlsx", good[:cut]))
    with pytest.raises(UnreadableFile, match="No sheet of the workbook holds a table"):
        understood(write_workbook(tmp_path / "c.xlsx", Vide=[]))


def test_a_small_spreadsheet_that_unpacks_to_far_more_is_refused_before_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "PACKED_FREE_BYTES", 1 << 20)
    source = write_workbook(tmp_path / "a.xlsx", Ventes=[["ticket", "montant"], ["T1", 1.5]])
    Table(source)
    bomb = tmp_path / "b.xlsx"
    with zipfile.ZipFile(source) as parts, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for part in parts.infolist():
            padding = b" " * (4 << 20) if part.filename.endswith("sheet1.xml") else b""
            made.writestr(part.filename, parts.read(part.filename) + padding)
    with pytest.raises(UnreadableFile, match="unpacks to far more"):
        Table(bomb)


def test_a_small_gzip_that_unpacks_to_far_more_is_refused_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "UNPACKED_FREE_BYTES", 1 << 20)
    honest = HEADER + "".join(f"T{n};01/02/2024;C{n % 997};P{n % 71};1;{n % 89},50\n" for n in range(30_000))
    assert len(list(Table(of(tmp_path / "a.csv.gz", gzip.compress(honest.encode()))).rows())) == 30_000
    with pytest.raises(UnreadableFile, match="unpacks to far more"):
        Table(of(tmp_path / "b.csv.gz", gzip.compress(b"a;b\n" * 800_000)))


def test_merged_cells_of_a_spreadsheet_stand_in_their_first_place(tmp_path: Path) -> None:
    """A title over all columns; what a merged cell hides is empty."""
    rows = [
        ["Ventes", "", ""],
        ["ticket", "date", "montant"],
        *([f"T{n}", f"{n % 28 + 1:02}/02/2024", f"{n},50"] for n in range(1, 31)),
    ]
    path = write_ods(tmp_path / "a.ods", rows)
    with zipfile.ZipFile(path) as parts:
        contents = {name: parts.read(name) for name in parts.namelist()}
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    whole = contents["content.xml"].decode()
    spanned = cell.format("Ventes").replace("<table:table-cell", '<table:table-cell table:number-columns-spanned="3"')
    merged = whole.replace(cell.format("Ventes") + 2 * cell.format(""), spanned + 2 * "<table:covered-table-cell/>")
    assert merged != whole
    merged = merged.replace(cell.format("T2"), "<table:covered-table-cell/>")
    with zipfile.ZipFile(path, "w") as made:
        for name, content in contents.items():
            made.writestr(name, merged if name == "content.xml" else content)
    table, found, bad = understood(path)
    assert found.mapping.columns == {"receipt": "ticket", "occurred_at": "date", "net": "montant"}
    assert ([row[0] for row in table.rows()][:3], bad) == (["T1", "", "T3"], {})
