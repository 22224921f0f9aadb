"""`fidelia backup FILE`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from fidelia.kernel import clock
from fidelia.worker.backup.taking import take_backup
from fidelia.worker.postgres import database_url, find_home
from fidelia.worker.readiness import database_ready

HELP = "write the database into one file, while everything goes on working"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write; it must not be there yet")


def run(arguments: argparse.Namespace) -> int:
    database_ready()
    manifest = take_backup(database_url(find_home(os.environ), os.environ), arguments.file, clock.now())
    megabytes = manifest.dump_bytes / 1_000_000
    print(f"{arguments.file} holds {manifest.rows} rows of {len(manifest.counts)} tables in {megabytes:.1f} MB.")
    print("It holds personal data: keep it as you keep the database, and the secret key of FIDELIA_HOME with it.")
    return 0
