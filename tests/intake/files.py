"""Files as retailers send them, made for a test."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl

TILL_HEADER = "N° ticket;Date;Heure;Code article;Libellé;Qté;PU TTC;Montant TTC;Code client;Magasin"
TILL_ROWS = (
    "T0001;03/02/2024;09:05;3017620422003;Café moulu 250 g;2;4,95;9,90;C0017;Lyon",
    "T0001;03/02/2024;09:05;3017620422010;Crème brûlée;1;12,50;12,50;C0017;Lyon",
    "T0002;14/02/2024;18:40;3017620422003;Café moulu 250 g;3;4,95;14,85;;Lyon",
    "T0003;15/02/2024;10:12;3017620422027;Théière fonte;1;1 049,00;1 049,00;C0021;Annecy",
    "T0004;28/02/2024;11:55;3017620422010;Crème brûlée;4;12,50;50,00;C0022;Annecy",
    "T0005;01/03/2024;16:20;3017620422003;Café moulu 250 g;-1;4,95;-4,95;C0017;Lyon",
    "T0006;02/03/2024;16:20;3017620422003;Café moulu 250 g;5;4,95;24,75;C0017;Lyon",
    "T0007;02/03/2024;17:20;3017620422010;Crème brûlée;6;12,50;75,00;C0017;Lyon",
)
TILL = "\n".join((TILL_HEADER, *TILL_ROWS)) + "\n"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def write_rows(path: Path, header: str, rows: Iterable[Sequence[Any]], separator: str = ",") -> Path:
    """Write a CSV whose header is a text, cut by commas."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def write_workbook(path: Path, **sheets: Iterable[Sequence[Any]]) -> Path:
    """Write sheets by name; an underscore stands for a blank."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def write_ods(path: Path, rows: Iterable[Sequence[str]], *, repeated: int = 1) -> Path:
    """Write one sheet of texts; each row says that it stands `repeated` times."""
    body = io.StringIO()
    for row in rows:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        body.write(f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>')
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Ventes">{body.getvalue()}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path
