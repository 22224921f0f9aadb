"""`fidelia migrate`."""

from __future__ import annotations

import argparse

from fidelia.worker.readiness import django_ready

HELP = "bring the database to this version"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    django_ready(as_owner=True, migrated=False)
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)
    return 0
