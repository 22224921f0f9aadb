"""`fidelia doctor`."""

from __future__ import annotations

import argparse
import os

from fidelia.worker.doctor import examine
from fidelia.worker.postgres import find_home

HELP = "say what is right and what is wrong with this installation (exit code 1 when something is)"
WORDS = {"right": "ok   ", "wrong": "WRONG", "note": "note "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ledger", action="store_true", help="check every invariant of the ledger too")


def run(arguments: argparse.Namespace) -> int:
    wrongs = 0
    for finding in examine(find_home(os.environ), os.environ, ledger=arguments.ledger):
        print(f"{WORDS[finding.verdict]} {finding.sentence}", flush=True)
        wrongs += finding.is_wrong
    if wrongs:
        print(f"{wrongs} thing{'s are' if wrongs > 1 else ' is'} wrong.")
    return 1 if wrongs else 0
