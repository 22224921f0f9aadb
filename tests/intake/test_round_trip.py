"""Whatever a program writes as CSV is read back as it was: any separator, quotation, line end and encoding."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.intake.errors import UnreadableFile
from fidelia.intake.reading import Reading
from fidelia.intake.tables import BadRow, Table

LETTERS = st.characters(exclude_categories=("Cs", "Cc"), max_codepoint=0x2FFF)
CELLS = st.text(alphabet=LETTERS | st.sampled_from("\n\t;,|\"'’ é€0123456789"), max_size=12)
ENCODINGS = st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-15", "mac_roman"))


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows of one width; none without a value, for such a line is no row."""
    width = draw(st.integers(2, 6))
    row = st.lists(CELLS, min_size=width, max_size=width).filter(any)
    return draw(st.lists(row, min_size=1, max_size=8))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=tables(),
    separator=st.sampled_from(",;\t|"),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)),
    quote=st.sampled_from("\"'"),
    end=st.sampled_from(("\n", "\r\n", "\r")),
    encoding=ENCODINGS,
)
def test_what_a_writer_wrote_is_read_back(
    tmp_path: Path, rows: list[list[str]], separator: str, quoting: int, quote: str, end: str, encoding: str
) -> None:
    rows = [[cell.encode(encoding, "ignore").decode(encoding) for cell in row] for row in rows]
    if end == "\r" and quoting != csv.QUOTE_ALL:  # the writer itself leaves such a cell unquoted
        rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    rows = [row for row in rows if any(row)]
    text = io.StringIO(newline="")
    header = [f"column {place}" for place in range(len(rows[0]) if rows else 2)]
    writer = csv.writer(text, delimiter=separator, quoting=quoting, quotechar=quote, lineterminator=end)
    writer.writerows([header, *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    table = Table(path, Reading(separator=separator, quote=quote, encoding=name))
    assert table.columns == header
    assert list(table.rows()) == rows


WORDS = st.text(alphabet="abcdefghij éèàç", min_size=1, max_size=12).map(str.strip).filter(bool)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    names=st.lists(WORDS, min_size=5, max_size=40),
    separator=st.sampled_from(",;\t|"),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    end=st.sampled_from(("\n", "\r\n")),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252")),
)
def test_what_a_till_wrote_is_sniffed_and_read_back(
    tmp_path: Path, names: list[str], separator: str, quoting: int, end: str, encoding: str
) -> None:
    rows = [[f"T{place}", f"2024-03-{place % 28 + 1:02}", name, f"{place}.50"] for place, name in enumerate(names)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerows([["ticket", "date", "libellé", "montant"], *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    table = Table(path)
    assert table.columns == ["ticket", "date", "libellé", "montant"]
    assert list(table.rows()) == rows


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    content=st.binary(min_size=1, max_size=300)
    | st.text(alphabet="aé1,;\t|\"' .-/:\n\r", min_size=1, max_size=300).map(lambda text: text.encode("cp1252"))
)
def test_whatever_the_bytes_a_file_is_read_or_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    try:
        table = Table(path)
    except UnreadableFile:
        return
    for row in table.rows():
        assert isinstance(row, BadRow) or len(row) >= len(table.columns)
        assert not any("\x00" in cell for cell in row)
