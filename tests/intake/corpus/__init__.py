"""Header rows of files that are met in the world, with rows of our own below, and what each column is to be taken for.

`columns` of an entry: the name of a column | what its cell holds in a row | what it is. A cell may be one of several,
`a~b~c`: by the row (`n:`), the receipt (`o:`), the customer (`c:`) or the product (`p:`); names in braces are those of
`rows_of`. What it is: a column of the target; `-` for nothing; `a,b` for either; `a?` for that or nothing; `?` for
whatever, a person decides.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
KINDS = ("purchases", "customers", "members", "products", "stores")
ROWS = 42
_PRICES = tuple(map(Decimal, ("12.50", "3.20", "8.95", "24.00", "1.75", "5.60", "15.30", "49.90")))
_GOODS = (
    ("Green tea", "Drinks", "Tea"), ("Black tea", "Drinks", "Tea"), ("Mug blue", "Home", "Mugs"),
    ("Lamp small", "Home", "Lamps"), ("Ginger bread", "Food", "Bread"), ("Rye bread", "Food", "Bread"),
    ("Cup of glass", "Home", "Mugs"), ("Coffee beans", "Drinks", "Coffee"),
)  # fmt: skip
_PEOPLE = (("Anna", "Meyer"), ("Jean", "Dupont"), ("Zoe", "Novak"), ("Luis", "Garcia"), ("Ida", "Rossi"))
_TOWNS = (("Lyon", "69001"), ("Bordeaux", "33000"), ("Lille", "59800"))
_BEGIN = datetime(2024, 11, 3, 9, 5, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One file: `columns` are the name, the cells and the meaning of each."""

    of: str
    kind: str
    columns: tuple[tuple[str, str, str], ...]
    separator: str
    comma: bool

    def write(self, path: Path) -> Path:
        """Write it as a text file."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.separator)
            writer.writerow(name for name, _cell, _known in self.columns)
            for row in rows_of(comma=self.comma):
                writer.writerow(_cell_of(cell, row) for _name, cell, _known in self.columns)
        return path


def _cell_of(text: str, row: dict[str, Any]) -> str:
    by = "n"
    if text[1:2] == ":" and text[0] in "nocp" and "~" in text:
        by, text = text[0], text[2:]
    if "~" in text:
        choices = text.split("~")
        text = choices[row[by] % len(choices)]
    return text.format(**row)


@cache
def rows_of(*, comma: bool) -> list[dict[str, Any]]:
    """Return what stands in the rows: receipts of one to three lines, one customer and moment each."""
    rows: list[dict[str, Any]] = []
    sizes = cycle((2, 1, 3, 1, 2))
    receipt = 0
    while len(rows) < ROWS:
        receipt += 1
        goods = {(receipt * 5 + line * 3) % 8 for line in range(next(sizes))}
        lines = [_line(len(rows) + at, product) for at, product in enumerate(sorted(goods), start=1)]
        whole, paid = sum(line["t"] for line in lines), sum(line["y"] for line in lines)
        for at, line in enumerate(lines, start=1):
            line.update(_of_receipt(receipt), l=at, k=len(lines), s=whole, sy=paid, S=sum(one["T"] for one in lines))
        rows += lines
    if comma:
        rows = [{name: _comma(value) for name, value in row.items()} for row in rows]
    return rows


def _line(number: int, product: int) -> dict[str, Any]:
    count, price = (1, 2, 1, 3, 4)[number % 5], _PRICES[product]
    full = count * price
    off = (full / 10).quantize(Decimal("0.01")) if number % 3 == 0 else Decimal("0.00")
    before = (full / Decimal("1.2")).quantize(Decimal("0.01"))
    whole = int(price) * 30 + product
    return {
        "n": number, "p": product, "q": count, "u": price, "t": full, "z": off, "y": full - off, "w": before,
        "x": full - before, "tx": full + full - before, "ui": whole, "T": whole * count, "Cost": whole * count * 3 // 4,
        "uc": _comma(price), "uw": (price / Decimal("1.2")).quantize(Decimal("0.01")), "tc": _comma(full),
        "product": _GOODS[product][0], "cat": _GOODS[product][1],
        "sub": _GOODS[product][2], "brand": f"Brand{product % 3}", "ean": _ean(product),
    }  # fmt: skip


def _of_receipt(receipt: int) -> dict[str, Any]:
    customer = receipt * 7 % 13 + 1
    when = _BEGIN + timedelta(days=receipt, hours=receipt % 9, minutes=receipt * 7 % 60, seconds=receipt * 11 % 50)
    given, family = _PEOPLE[customer % 5]
    town, code = _TOWNS[customer % 3]
    return {
        "o": 100 + receipt, "c": customer, "st": 1 + receipt % 3, "when": when, "later": when + timedelta(days=3),
        "epoch": int(when.timestamp()), "epochms": int(when.timestamp()) * 1000, "given": given,
        "family": f"{family}{chr(96 + customer)}", "email": f"{given.lower()}{customer}@mel.example", "town": town,
        "zip": code,
        "ph": f"06 12 34 56 {customer + 10}", "ph33": f"+336123456{customer + 10}",
        "born": datetime(1950 + customer * 2, customer % 12 + 1, customer + 8, tzinfo=UTC), "pts": customer * 37,
        "more": customer * 61,
    }  # fmt: skip


def _comma(value: Any) -> Any:
    return str(value).replace(".", ",") if isinstance(value, Decimal) else value


def _ean(product: int) -> str:
    stem = f"40063813{product:04}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(stem))
    return f"{stem}{-total % 10}"


@cache
def entries() -> tuple[Entry, ...]:
    """Return all of them, in the order of the files."""
    return tuple(entry for path in sorted(HERE.glob("*.yaml")) for entry in _read(path))


def _read(path: Path) -> Iterator[Entry]:
    kind = path.stem.split("_")[0]
    for told in yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        columns = tuple(_column(line) for line in told["columns"].splitlines())
        yield Entry(told["of"], kind, columns, told.get("sep", ";"), bool(told.get("comma")))


def _column(line: str) -> tuple[str, str, str]:
    name, cell, known = (f" {line} ").split(" | ")
    return name.strip(), cell.strip(), known.strip()
