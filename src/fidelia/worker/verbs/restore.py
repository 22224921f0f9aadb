"""`fidelia restore FILE`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import psycopg
from psycopg import sql

from fidelia.kernel import clock
from fidelia.worker.backup import restoring
from fidelia.worker.backup.contents import check_files, files_folder, put_files_back
from fidelia.worker.backup.manifest import Manifest, read_manifest
from fidelia.worker.backup.programs import address_of
from fidelia.worker.postgres import database_url, find_home
from fidelia.worker.readiness import database_ready

HELP = "verify a backup by restoring it beside the database in use, and put it in its place only when told to"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that `fidelia backup` has written")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--into-empty", action="store_true", help="then put it in the place of an empty database")
    place.add_argument("--replace", action="store_true", help="then put it in the place of the database in use")


def run(arguments: argparse.Namespace) -> int:
    at = clock.now()
    manifest = read_manifest(arguments.file)
    print(f"{arguments.file} was made at {manifest.made_at} by Fidelia {manifest.fidelia}.")
    restoring.check_dump(arguments.file, manifest)
    check_files(arguments.file, manifest)
    database_ready()
    home = find_home(os.environ)
    url = database_url(home, os.environ)
    if arguments.into_empty:
        restoring.refuse_full(url)
    with restoring.scratch_database(url, at) as scratch:
        verify(scratch, arguments.file, manifest)
        if not (arguments.into_empty or arguments.replace):
            print("Nothing was changed. To use it: `fidelia stop`, then this command with --into-empty or --replace.")
            return 0
        put_files_back(arguments.file, manifest, files_folder(home, os.environ))
        kept = restoring.put_in_place(url, scratch, at)
    if arguments.into_empty:
        drop(url, kept)
        print("It is now the database in use.")
    else:
        print(f"It is now the database in use. The one before is kept on the same server under the name {kept}.")
    return 0


def verify(scratch: str, file: Path, manifest: Manifest) -> None:
    """Restore into the scratch database and look whether everything is there and adds up."""
    restoring.restore_into(scratch, file, manifest)
    restoring.check_application(scratch)
    print(f"It is sound: {manifest.rows} rows of {len(manifest.counts)} tables are as written, and the ledger adds up.")


def drop(url: str, name: str) -> None:
    """Remove the empty database that the restored one has replaced."""
    with psycopg.connect(address_of(url, "postgres"), autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))
