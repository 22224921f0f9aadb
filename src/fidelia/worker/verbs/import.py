"""`fidelia import FILE --mapping M.yaml`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money
from fidelia.worker.readiness import django_ready

from .set_up import read_yaml

if TYPE_CHECKING:
    from fidelia.activity.operations.imports import ImportResult

HELP = "bring past purchases in from a CSV or Parquet file, by a mapping of its columns"
EACH_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or TSV (gzipped too) or Parquet")
    parser.add_argument("--mapping", type=Path, required=True, help="a YAML file that says which column is what")
    parser.add_argument("--rejects", type=Path, help="where rejected rows go (FILE.rejects.csv here unless told)")


def run(arguments: argparse.Namespace) -> int:
    django_ready()
    from fidelia.activity.operations.imports import import_purchases, parse_mapping
    from fidelia.programme.queries import get_programme_by_id

    mapping = parse_mapping(read_yaml(arguments.mapping))
    result = import_purchases(
        by=Actor.system("fidelia import"),
        at=clock.now(),
        path=arguments.file,
        mapping=mapping,
        rejects_path=arguments.rejects or Path(f"{arguments.file.name}.rejects.csv"),
        progress=_Progress(),
    )
    scale = get_programme_by_id(result.programme_id).points_currency.scale
    print(report(result, mapping.currency, scale))
    return 0


def report(result: ImportResult, currency: str, points_scale: int) -> str:
    """Return the control totals: recorded + known before + rejected = the file."""
    lines = [
        f"{result.rows:>12,} rows in the file; {result.duplicate_rows:,} repeat another row exactly, and all count",
        f"{result.recorded_rows:>12,} recorded: {result.sales:,} sales, {result.returns:,} returns "
        f"({result.matched_lines:,} lines matched to the purchase they give back)",
        f"{result.known_rows:>12,} known before",
        f"{result.rejected_rows:>12,} rejected" + (f", in {result.rejects}" if result.rejects else ""),
        f"{Money(result.file_net, currency).text():>16} {currency} in the rows understood, "
        f"{Money(result.net, currency).text()} {currency} recorded now",
        f"{_points(result.points, points_scale):>12} points granted, returns deducted",
    ]
    return "\n".join(lines)


def _points(points: int, scale: int) -> str:
    from fidelia.kernel.points import format_points

    return format_points(points, scale)


class _Progress:
    """One line on the terminal, renewed each second; nothing where nobody watches."""

    def __init__(self) -> None:
        self._said_at = 0.0

    def __call__(self, what: str, done: int) -> None:
        if sys.stderr.isatty() and time.monotonic() - self._said_at >= EACH_SECONDS:
            self._said_at = time.monotonic()
            print(f"\r{done:>12,} {what}", end="", file=sys.stderr, flush=True)
