"""`fidelia web`: the web server alone."""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import signal
from collections.abc import Callable
from typing import Any, cast

from fidelia.worker.errors import WrongVariable
from fidelia.worker.large_pages import move_into_large_pages
from fidelia.worker.listening import read_address, refuse_taken
from fidelia.worker.postgres import find_home
from fidelia.worker.processes import MARK, end_with_parent
from fidelia.worker.readiness import APPLICATION_ROLE, database_ready

HELP = "serve the web alone (API, console, portal) at FIDELIA_LISTEN"
APPLICATION = "fidelia.config.wsgi:application"
DEFAULT_PROCESSES = 2
THREADS = 6  # per process; each holds at most one connection of the pool, beside those that hot calls keep
STOP_SECONDS_MAX = 20
GARBAGE_MAX = 50_000  # objects made and not yet gone, before Python looks for rings among them


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    if MARK in os.environ:
        end_with_parent(signal.SIGTERM)
    address = read_address(os.environ)
    if MARK not in os.environ:
        # Two servers may share a port of Linux, and each would get half of what is asked. `run` has looked already.
        refuse_taken(address)
    database_ready()
    os.environ["FIDELIA_DATABASE_ROLE"] = APPLICATION_ROLE
    (find_home(os.environ) / "static").mkdir(parents=True, exist_ok=True)  # whitenoise looks there, and warns
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    logging.getLogger("_granian").addFilter(_is_news)
    server = Granian(
        APPLICATION,
        address=address.host,
        port=address.port,
        interface=Interfaces.WSGI,
        workers=read_processes(),
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS_MAX,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=load_application)
    return 0


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out the server's doubt about the number of threads: ours was measured, and said at each start it alarms."""
    return "seems quite high compared to the number of CPU cores" not in record.getMessage()


def read_processes() -> int:
    """Return how many processes serve, from FIDELIA_WEB_PROCESSES. Raises WrongVariable."""
    text = os.environ.get("FIDELIA_WEB_PROCESSES") or str(DEFAULT_PROCESSES)
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise WrongVariable(f"FIDELIA_WEB_PROCESSES is “{text}”; write a whole number from 1 to 64.")
    return int(text)


def load_application(target: str) -> Callable[..., Any]:
    """Load the WSGI application in a process of the web server, which does not outlive the web server.

    What is loaded stays, so the collector of rings need not look at it ever again: that was a twentieth of a request.
    Large pages save as much again.
    """
    end_with_parent(signal.SIGKILL)
    module, _, name = target.partition(":")
    application = cast(Callable[..., Any], getattr(importlib.import_module(module), name))
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_MAX)
    move_into_large_pages()
    return application
