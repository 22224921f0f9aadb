"""The `fidelia` command: one file per verb in `verbs/`, each with HELP, `add_arguments` and `run`.

It starts without Django, because `fidelia stop` and `fidelia status` must answer at once and also when a setting is
wrong; a verb that needs Django calls `readiness.django_ready`. A refusal is one plain sentence and exit code 1.
"""

from __future__ import annotations

import argparse
import atexit
import errno
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

from fidelia.kernel.errors import FideliaError

VERBS = (
    "demo",
    "run",
    "stop",
    "status",
    "doctor",
    "create-user",
    "set-up",
    "import",
    "reward-history",
    "programme",
    "verify",
    "shadow",
    "forecast",
    "report",
    "migrate",
    "web",
    "work",
    "backup",
    "restore",
    "version",
)
REFUSED = 1
INTERRUPTED = 130


class Verb(Protocol):
    """What a module in `verbs/` offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


def enter() -> NoReturn:
    """Be the process of the command: run a verb and end with its exit code."""
    code = REFUSED

    def end() -> None:
        # DuckDB's binding tells the terminal of everything that its module still holds while Python takes itself down.
        if "duckdb" in sys.modules and threading.active_count() == 1:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    atexit.register(end)  # first in, so last to be called: what others have to do as we end is done by then
    try:
        code = main()
    except SystemExit as wanted:
        code = wanted.code if isinstance(wanted.code, int) else int(wanted.code is not None)
        raise
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code: 0 done, 1 refused, 2 wrong usage."""
    arguments, unknown = make_parser().parse_known_args(argv)
    if unknown:  # said with the usage of the verb, which names what there is
        arguments.of_verb.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        return load_verb(arguments.verb).run(arguments)
    except FideliaError as refusal:
        print(f"fidelia: {refusal.message}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        print(f"fidelia: {sentence}", file=sys.stderr)
        return REFUSED


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command with all its verbs."""
    parser = argparse.ArgumentParser(prog="fidelia", description="Fidelia, the customer loyalty platform.")
    parser.add_argument("--version", action="version", version=load_verb("version").HELP)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in VERBS:
        verb = load_verb(name)
        of_verb = verbs.add_parser(name, help=verb.HELP, description=verb.HELP)
        of_verb.set_defaults(of_verb=of_verb)
        verb.add_arguments(of_verb)
    return parser


def load_verb(name: str) -> Verb:
    """Return the module of a verb. By name and not by import: the start of the command knows no Django."""
    return cast(Verb, importlib.import_module(f"fidelia.worker.verbs.{name.replace('-', '_')}"))


def explain(error: Exception) -> str | None:
    """Return the sentence for an error that is the world's and not ours, None for one that is ours."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"ImproperlyConfigured", "CommandError"}:
        return str(error)
    if "OperationalError" in names or "PoolTimeout" in names:
        return f"The database does not answer: {' '.join(str(error).split())}"
    if isinstance(error, OSError):
        if error.errno == errno.ENOSPC:
            return "The disk is full: make room, and run the command again."
        return f"{error.strerror}: {error.filename}" if error.filename else str(error)
    return None
