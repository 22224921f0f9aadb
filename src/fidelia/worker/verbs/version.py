"""`fidelia version`."""

from __future__ import annotations

import argparse
import platform

from fidelia import __version__

HELP = "print the version of Fidelia"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    print(f"Fidelia {__version__} (Python {platform.python_version()})")
    return 0
