"""`fidelia status`."""

from __future__ import annotations

import argparse
import os

from fidelia.worker.listening import is_answering, read_address
from fidelia.worker.postgres import find_home
from fidelia.worker.postgres.leases import list_holders, read_holder
from fidelia.worker.postgres.paths import find_places
from fidelia.worker.postgres.server import find_server

HELP = "say what runs in FIDELIA_HOME (exit code 3 when nothing does)"
NOTHING_RUNS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    home = find_home(os.environ)
    places = find_places(home)
    supervisor = read_holder(home / "run" / "supervisor.lock")
    server = find_server(places)
    if supervisor is not None:
        address = read_address(os.environ)
        answers = "answers" if is_answering(address) else "does not answer"
        print(f"Fidelia runs in {home}: {supervisor}.\nThe web {answers} at {address.url}.")
    if server is not None:
        print(f"PostgreSQL runs (process {server}), its data in {places.data}.")
        for holder in list_holders(places):
            print(f"It is used by {holder}.")
    if supervisor is None and server is None:
        print(f"Nothing runs in {home}.")
        return NOTHING_RUNS
    return 0
