"""`fidelia demo`: fill an empty installation with the invented shop, then serve it.

The filling is done by a process of its own (`fidelia demo --no-serve`), so that what supervises stays small and knows
no Django. A second `fidelia demo` finds the shop there and serves it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.worker.errors import HeldByAnother
from fidelia.worker.listening import read_address, refuse_taken
from fidelia.worker.postgres import database_url, ensure_running, find_home
from fidelia.worker.postgres.folders import prepare_home
from fidelia.worker.postgres.leases import only_one, read_holder
from fidelia.worker.postgres.paths import short_hash
from fidelia.worker.readiness import django_ready
from fidelia.worker.supervision import command_of, marked_environ

from .run import serve

HELP = "fill an empty installation with an invented shop, and serve it"
CUSTOMERS, CUSTOMERS_MIN, CUSTOMERS_MAX = 20_000, 100, 500_000
SEED = 1805  # the year in which Fidelio was first given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--customers", type=_customers, default=CUSTOMERS, metavar="N", help=f"how many customers ({CUSTOMERS:,})"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"another seed is another shop ({SEED})")
    parser.add_argument("--port", type=_port, metavar="P", help="the port of this machine to serve at (8000)")
    parser.add_argument("--password", help="the password of every log-in (random unless told)")
    parser.add_argument("--no-serve", action="store_true", help="fill and end")
    parser.add_argument("--keep", action="store_true", help="keep the files of purchases that were brought in")
    parser.add_argument("--remove", action="store_true", help="take the invented shop out of a stopped installation")
    parser.add_argument("--name", default="", help="with --remove: the shop's name, if more than the shop is there")


def run(arguments: argparse.Namespace) -> int:
    if arguments.port is not None:
        os.environ["FIDELIA_LISTEN"] = f"127.0.0.1:{arguments.port}"
        os.environ.setdefault("FIDELIA_BASE_URL", f"http://localhost:{arguments.port}")
    home = find_home(os.environ)
    prepare_home(home)
    if arguments.remove:
        return remove(home, arguments.name)
    if arguments.no_serve:
        return prepare(arguments, home)
    return prepare_and_serve(home)


def prepare_and_serve(home: Path) -> int:
    """Fill by a process of its own, then serve as `fidelia run` does. Raises HeldByAnother."""
    address = read_address(os.environ)
    lock = home / "run" / "supervisor.lock"
    with only_one(lock) as ours:
        if not ours:
            raise HeldByAnother(f"Fidelia already runs in {home}: {read_holder(lock)}. `fidelia stop` stops it.")
        refuse_taken(address)
        if not os.environ.get("FIDELIA_DATABASE_URL"):
            ensure_running(home)  # for as long as we live, so that it goes on between filling and serving
        filling = [*command_of("demo"), *sys.argv[2:], "--no-serve"]
        code = subprocess.run(filling, env=marked_environ(home, short_hash(home)), check=False).returncode
        return code or serve(home, address)


def remove(home: Path, typed: str) -> int:
    """Remove the invented shop. Raises HeldByAnother while Fidelia runs here, NotMigrated, NotInvented."""
    from fidelia.worker.removing import remove_shop

    lock = home / "run" / "supervisor.lock"
    with only_one(lock) as ours:
        if not ours:
            raise HeldByAnother(f"Fidelia runs in {home}: {read_holder(lock)}. First `fidelia stop`.")
        print(remove_shop(home, database_url(home, os.environ), typed=typed), flush=True)
    return 0


def prepare(arguments: argparse.Namespace, home: Path) -> int:
    """Migrate, fill what is empty, and print address and log-ins. Raises NotEmpty, Unfinished, PasswordTooWeak."""
    began = time.monotonic()
    if not os.environ.get("FIDELIA_DATABASE_URL"):
        ensure_running(home)
    code = subprocess.run(command_of("migrate"), env=marked_environ(home, short_hash(home)), check=False).returncode
    if code:
        return code
    django_ready()
    from fidelia.demo.filling import State, find_state
    from fidelia.demo.log_ins import read_log_ins

    by = Actor.system("fidelia demo")
    if find_state(by=by) is State.FILLED:
        print("The invented shop is here already.", flush=True)
    else:
        _fill(arguments, home / "demo", by, began)
    print(f"\n{read_address(os.environ).url}/console/\n\n{read_log_ins(home / 'demo')}", flush=True)
    return 0


def _fill(arguments: argparse.Namespace, folder: Path, by: Actor, began: float) -> None:
    from fidelia.demo.filling import fill
    from fidelia.demo.log_ins import keep_log_ins, make_password

    print(f"Filling in Maison Éléonore, which is invented (seed {arguments.seed}):", flush=True)
    password = arguments.password or make_password()
    filled = fill(
        by=by,
        at=clock.now(),
        customers=arguments.customers,
        seed=arguments.seed,
        password=password,
        folder=folder,
        keep=arguments.keep,
        told=lambda line: print(line, flush=True),
    )
    keep_log_ins(folder, password, filled.member)
    print(f"Ready in {time.monotonic() - began:.0f} s ({_cpu_seconds():.0f} s of CPU, PostgreSQL’s not counted).")
    print(f"\nAPI keys, shown this once:\n  {filled.team.live_key}\n  {filled.team.test_key}", flush=True)


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _customers(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not CUSTOMERS_MIN <= number <= CUSTOMERS_MAX:
        raise argparse.ArgumentTypeError(f"write a number from {CUSTOMERS_MIN} to {CUSTOMERS_MAX:,}")
    return number


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError("a port is from 1 to 65535")
    return number
