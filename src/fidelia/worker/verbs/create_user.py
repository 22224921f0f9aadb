"""`fidelia create-user EMAIL`."""

from __future__ import annotations

import argparse
import getpass
import sys

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.worker.errors import PasswordsDiffer
from fidelia.worker.readiness import django_ready

HELP = "create a user of the console (the first is an administrator)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL", help="the address to log in with")
    parser.add_argument("--name", required=True, help="the name that colleagues see")
    parser.add_argument("--role", default="administrator", help="the role to give over everything")
    parser.add_argument("--language", choices=["fr", "en"], default="fr", help="the language of the console")


def run(arguments: argparse.Namespace) -> int:
    django_ready()
    from fidelia.access.operations import create_user, grant_role

    by, at = Actor.system("fidelia create-user"), clock.now()
    user = create_user(
        by=by,
        at=at,
        email=arguments.email,
        name=arguments.name,
        password=read_password(),
        language=arguments.language,
    )
    try:
        grant_role(by=by, at=at, user_id=user.id, role_code=arguments.role)
    except FideliaError:
        print(f"{user.email} can log in but holds no role yet.")
        raise
    print(f"{user.email} can log in, as {arguments.role}.")
    return 0


def read_password() -> str:
    """Ask for the password, or read it from standard input; as an argument everybody on the machine could see it.

    Raises PasswordsDiffer.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise PasswordsDiffer("The two passwords differ; nothing was done.")
    return password
