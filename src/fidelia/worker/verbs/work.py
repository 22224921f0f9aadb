"""`fidelia work`: the worker alone."""

from __future__ import annotations

import argparse
import os
import signal

from fidelia.worker.loops import Loop, run_loops
from fidelia.worker.processes import MARK, end_with_parent
from fidelia.worker.readiness import django_ready
from fidelia.worker.verbs.run import stop_on_signals

HELP = "run the jobs and the dispatcher of events alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    if MARK in os.environ:
        end_with_parent(signal.SIGTERM)
    django_ready(pooled=True)
    stop = stop_on_signals()
    return 0 if run_loops(list_loops(), stop) else 1


def list_loops() -> list[Loop]:
    """Return what the worker does side by side."""
    from fidelia.worker.delivery import run_delivery, run_texting
    from fidelia.worker.dispatch import run_dispatcher
    from fidelia.worker.queue import run_queue

    return [run_queue, run_dispatcher, run_delivery, run_texting]
