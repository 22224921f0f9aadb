"""`fidelia import FILE`: look at a file, say what it is understood as, check it whole, and record it when asked."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.worker.readiness import django_ready

from .set_up import read_yaml

if TYPE_CHECKING:
    from fidelia.intake.models import Import

HELP = "bring customers, products, purchases… in from a CSV, Excel, ODS or Parquet file"
EACH_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or TSV (gzipped too), Excel, ODS or Parquet")
    parser.add_argument("--target", help="what the file holds (purchases, customers…); found out unless told")
    parser.add_argument("--mapping", type=Path, help="a YAML file that says which column is what; proposed unless told")
    parser.add_argument("--saved", metavar="NAME", help="a mapping saved by name in the console")
    parser.add_argument(
        "--set", action="append", default=[], metavar="OPTION=VALUE", help="an option of the mapping: source=web"
    )
    parser.add_argument(
        "--own-fields", action="store_true", help="keep columns that nothing known is as custom fields (customers)"
    )
    parser.add_argument("--check", action="store_true", help="understand the whole file and write nothing")
    parser.add_argument("--yes", action="store_true", help="record without asking")
    parser.add_argument("--rejects", type=Path, help="where rejected rows go (FILE.rejects.csv here unless told)")


def run(arguments: argparse.Namespace) -> int:
    django_ready()
    from fidelia.intake.operations import check_now, open_import, record_now
    from fidelia.worker import importing as told

    by, at = Actor.system("fidelia import"), clock.now()
    target, document = _mapped(arguments, by, at)
    opened = open_import(by=by, at=at, target=target, path=arguments.file, name=arguments.file.name, document=document)
    if arguments.mapping is None:
        print("\n".join(told.how_understood(opened, arguments.file)))
    checked = check_now(by=by, at=at, import_id=opened.id, path=arguments.file, progress=_progress("rows read"))
    print("\n".join(told.report_of_check(by, checked)))
    rejects = arguments.rejects or Path(f"{arguments.file.name}.rejects.csv")
    if arguments.check:
        done = checked
    elif not _may_go_on(arguments, checked):
        return 0
    else:
        done = record_now(by=by, at=clock.now(), import_id=opened.id, progress=_progress("rows recorded"))
        print("\n".join(told.report_of_recording(done)))
    written = told.write_rejects_to(by, done, rejects)
    if written:
        print(f"{written:>12,} rejected, in {rejects}: mend them and import that file.")
    return 0


def _mapped(arguments: argparse.Namespace, by: Actor, at: datetime) -> tuple[str, dict[str, Any]]:
    """Return the target and the document of the mapping: as told, as saved, or as the file looks."""
    from fidelia.worker.importing import mapping_as_proposed, mapping_as_saved, mapping_as_told, with_own_fields

    options = dict(_option(text) for text in arguments.set)
    if arguments.mapping is not None:
        target, document = mapping_as_told(arguments.file, read_yaml(arguments.mapping), arguments.target)
    elif arguments.saved is not None:
        target, document = mapping_as_saved(arguments.file, arguments.saved, arguments.target)
    else:
        target, document = mapping_as_proposed(arguments.file, arguments.target)
    if arguments.own_fields:
        document = with_own_fields(arguments.file, target, document, by, at)
    return target, {**document, "options": {**document["options"], **options}}


def _option(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    known = {"true": True, "false": False}
    return name.strip(), known.get(value.strip().lower(), value.strip())


def _may_go_on(arguments: argparse.Namespace, checked: Import) -> bool:
    """Ask on a terminal; elsewhere a mapping that was written by hand, or --yes, is the answer."""
    ready = checked.check_report["ready_rows"]
    if arguments.yes or not ready:
        return True
    if sys.stdin.isatty():
        return input(f"Record these {ready:,} rows? [y/N] ").strip().lower() in ("y", "yes", "o", "oui")
    if arguments.mapping is None:
        print("Nothing is recorded: say --yes to record what was understood.", file=sys.stderr)
    return arguments.mapping is not None


def _progress(what: str) -> Any:
    from fidelia.intake.operations import Unwatched

    return Unwatched(_Line(what))


class _Line:
    """One line on the terminal, renewed each second; nothing where nobody watches."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._said_at = 0.0

    def __call__(self, done: int, total: int | None) -> None:
        if sys.stderr.isatty() and time.monotonic() - self._said_at >= EACH_SECONDS:
            self._said_at = time.monotonic()
            of = f" of {total:,}" if total else ""
            print(f"\r{done:>12,}{of} {self._what}", end="", file=sys.stderr, flush=True)
