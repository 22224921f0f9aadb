"""`fidelia backup FILE`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from fidelia.kernel import clock
from fidelia.worker.backup.contents import files_folder
from fidelia.worker.backup.taking import take_backup
from fidelia.worker.postgres import database_url, find_home
from fidelia.worker.readiness import database_ready

HELP = "write the database and the stored files into one file, while everything goes on working"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write; it must not be there yet")


def run(arguments: argparse.Namespace) -> int:
    database_ready()
    home = find_home(os.environ)
    files = files_folder(home, os.environ)
    manifest = take_backup(database_url(home, os.environ), arguments.file, clock.now(), files=files)
    megabytes = manifest.dump_bytes / 1_000_000
    print(f"{arguments.file} holds {manifest.rows} rows of {len(manifest.counts)} tables in {megabytes:.1f} MB.")
    if files is None:
        print("The files that people handed in lie in the object store that FIDELIA_FILES names: keep them there.")
    elif manifest.files:
        print(f"{len(manifest.files)} files, {sum(manifest.files.values()) / 1_000_000:.1f} MB, are in it too.")
    print("It holds personal data: keep it as you keep the database, and the secret key of FIDELIA_HOME with it.")
    return 0
