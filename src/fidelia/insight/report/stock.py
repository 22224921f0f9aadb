"""Read a file of stock: how many units of each product lie there, all places together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import ibis
import numpy as np
import pyarrow

from fidelia.insight.errors import NothingToReport
from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _
from fidelia.intake.rows import BadRow
from fidelia.intake.tables import Table

from .people.recognising import numbers_in

PRODUCT: Final = re.compile(r"code|product|produit|article|sku|ref|ean|item", re.IGNORECASE)
UNITS: Final = re.compile(r"stock|quant|qt|units|unit[eé]s|level|on.?hand|count", re.IGNORECASE)
THOUSANDTHS: Final = 1_000
UNITS_MAX: Final = 10**12


def read_stock(path: Path) -> ibis.Table:
    """Return product_code and units (thousandths) of a file with a column of codes and one of quantities.

    Several rows of one product are added up; a count below zero counts as none. Raises UnreadableFile, NothingToReport.
    """
    table = Table(path)
    units = next((place for place, name in enumerate(table.columns) if UNITS.search(name)), None)
    codes = [place for place, name in enumerate(table.columns) if PRODUCT.search(name) and place != units]
    if units is None or not codes:
        told = _("The file of stock needs a column of product codes and one of quantities; it has {columns}.")
        raise NothingToReport(Sentence(told, columns=", ".join(table.columns)))
    rows = [row for row in table.rows() if not isinstance(row, BadRow) and len(row) > max(units, codes[0])]
    counts = numbers_in([row[units].strip() for row in rows])
    known = [
        (row[codes[0]].strip(), round(max(0.0, count) * THOUSANDTHS))
        for row, count in zip(rows, counts.tolist(), strict=True)
        if row[codes[0]].strip() and np.isfinite(count) and abs(count) <= UNITS_MAX
    ]
    if not known:
        raise NothingToReport(Sentence(_("No row of the file of stock has a product and a quantity.")))
    names, levels = zip(*known, strict=True)
    columns = {"product_code": pyarrow.array(names), "units": pyarrow.array(levels, pyarrow.int64())}
    read = ibis.memtable(pyarrow.table(columns))
    return read.group_by("product_code").agg(units=read.units.sum().cast("int64"))
