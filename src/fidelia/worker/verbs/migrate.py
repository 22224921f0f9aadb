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
    _install_what_the_product_brings()
    if pending:
        print(f"The database is now of this version ({len(pending)} migrations).", flush=True)
    else:
        print("The database is of this version.", flush=True)
    return 0


def _install_what_the_product_brings() -> None:
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.clock import now
    from fidelia.messaging.operations import install_default_templates

    install_default_templates(by=Actor.system("fidelia migrate"), at=now())
