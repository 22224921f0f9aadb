"""`fidelia migrate`."""

from __future__ import annotations

import argparse

from fidelia.worker.readiness import django_ready, list_pending_migrations

HELP = "bring the database to this version"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    django_ready(as_owner=True, migrated=False)
    from django.core.management import call_command

    pending = list_pending_migrations()
    call_command("migrate", interactive=False, verbosity=0)
    if pending:
        print(f"The database is now of this version ({len(pending)} migrations).", flush=True)
    else:
        print("The database is of this version.", flush=True)
    return 0
