"""What a report is made from: purchases and lines as tables of facts, and what is known of the file they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.insight.measures.sales import Period
from fidelia.kernel.money import exponent_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why rows of the file were left out, how many, and the number of the first."""

    reason: str
    rows: int
    first_row: int


@dataclass(frozen=True, slots=True)
class FileQuality:
    """What the file holds: rows read, taken and left out, and what is odd about those taken.

    rows = taken + repeated + Σ refusals. `repeated` rows lie in two overlapping sheets and count once; `duplicates`
    repeat another row exactly and all count.
    """

    name: str
    rows: int
    taken: int
    repeated: int
    duplicates: int
    refusals: tuple[Refusal, ...]
    anonymous_rows: int
    matched_lines: int
    return_lines: int
    understood: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignColumn:
    """The column of the file that says the group of each customer (`lines.arm`), and who was left alone.

    `control` is empty where the column names campaigns and nobody who was left alone.
    """

    column: str
    control: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Purchases in a currency that is not told of: how many, and their total in its minor units, returns taken off."""

    currency: str
    purchases: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class ReportFacts:
    """`purchases` and `lines` as analytics reads them, in one currency; amounts are minor units.

    `has` names what the file says of a line: customer, product, category, store, discount, country, hour… A section
    that needs more says what is missing. `as_of` is the midnight after the last purchase: the file's own present.
    """

    purchases: ibis.Table
    lines: ibis.Table
    backend: Any
    currency: str
    first_at: datetime
    as_of: datetime
    has: frozenset[str]
    quality: FileQuality
    margin_rate: Fraction = DEFAULT_RATE
    arms: CampaignColumn | None = None
    satisfaction: str = ""  # the column of the file that says how satisfied each customer is (`lines.answer`)
    stock: ibis.Table | None = None  # product_code, units (thousandths, all places together); None: not known
    left_out: tuple[LeftOut, ...] = ()  # purchases in other currencies, which no chapter counts
    joined: ibis.Table | None = None  # customer_id, joined_at (the first membership); None: not known who is a member
    newest_at: datetime | None = None  # the newest purchase, where it may be older than the day before `as_of`
    _kept: dict[str, Any] = field(default_factory=dict)
    _totals: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        """Whether these are the rows of a file, not the facts of the platform, which knows who is a member."""
        return self.joined is None

    @property
    def last_at(self) -> datetime:
        """The last day of the history."""
        return self.as_of - timedelta(days=1)

    @property
    def bought_until(self) -> datetime:
        """The last day of the history on which something was bought or given back."""
        return self.newest_at or self.last_at

    @property
    def quiet_days(self) -> int:
        """Days without any purchase before `as_of`; none in a file, which ends with its last purchase."""
        return 0 if self.newest_at is None else max(0, (self.as_of - self.newest_at) // timedelta(days=1))

    @property
    def scale(self) -> int:
        """Minor units in a unit of the currency: 100 for euros."""
        return int(10 ** exponent_of(self.currency))

    @property
    def days(self) -> int:
        """Days from the first purchase to `as_of`."""
        return max(1, (self.as_of - self.first_at) // timedelta(days=1))

    def ends_within(self, period: Period) -> bool:
        """Whether the file ends before its last week or month does."""
        if period == "month":
            return self.as_of.day != 1
        return period == "week" and self.as_of.weekday() != 0

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Compute a table of totals; the same one is computed once, for the same chapter comes in each language."""
        key = expression.op()
        if key not in self._totals:
            self._totals[key] = self.backend.to_pyarrow(expression).to_pylist()
        return [dict(row) for row in self._totals[key]]

    def columns(self, expression: ibis.Table, names: Sequence[str]) -> list[NDArray[Any]]:
        """Compute a large table as one array per column."""
        table = self.backend.to_pyarrow(expression.select(*names))
        return [np.asarray(table[name].to_numpy(zero_copy_only=False)) for name in names]

    def once(self, name: str, compute: Any) -> Any:
        """Return what `compute` gives, computed once for all sections."""
        if name not in self._kept:
            self._kept[name] = compute()
        return self._kept[name]
