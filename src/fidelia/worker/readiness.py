"""The one place where the command loads Django."""

from __future__ import annotations

import os

import psycopg

from fidelia.worker.errors import NotMigrated
from fidelia.worker.postgres import database_url, ensure_running, find_home

APPLICATION_ROLE = "fidelia_app"
NO_DATABASE = "postgresql://nobody@localhost:1/none"  # nothing listens there
NOT_MIGRATED = "The database is not of this version yet: run `fidelia migrate` first."


def database_ready() -> None:
    """Make sure that there is a server: the one that FIDELIA_DATABASE_URL names, else the embedded one."""
    home = find_home(os.environ)
    os.environ["FIDELIA_HOME"] = str(home)
    if not os.environ.get("FIDELIA_DATABASE_URL"):
        ensure_running(home)


def django_ready(*, as_owner: bool = False, migrated: bool = True, pooled: bool = False) -> None:
    """Load Django with its database at hand.

    `as_owner` connects as the role that owns the tables, for migrations and restoring; all else works as the
    application does, with the role that cannot change the ledger's past. With `migrated` a database of another
    version is refused. A command with one thread wants no pool of connections, and without one it learns at once that
    the server does not answer. Raises NotMigrated and what `ensure_running` raises.
    """
    database_ready()
    if not as_owner and not has_role():
        raise NotMigrated(NOT_MIGRATED)
    os.environ["FIDELIA_DATABASE_ROLE"] = "" if as_owner else APPLICATION_ROLE
    if not pooled:
        os.environ["FIDELIA_DATABASE_POOL_MAX"] = "0"
    os.environ["DJANGO_SETTINGS_MODULE"] = "fidelia.config.settings"
    import django

    django.setup()
    if migrated and list_pending_migrations():
        raise NotMigrated(NOT_MIGRATED)


def django_offline() -> None:
    """Load Django for a verb that asks no database: none is started, and none is connected to."""
    os.environ.setdefault("FIDELIA_DATABASE_URL", NO_DATABASE)
    os.environ["FIDELIA_DATABASE_POOL_MAX"] = "0"
    os.environ["DJANGO_SETTINGS_MODULE"] = "fidelia.config.settings"
    import django

    django.setup()


def has_role() -> bool:
    """Tell whether the application's role is there; the first migration makes it. Raises psycopg.OperationalError."""
    url = database_url(find_home(os.environ), os.environ)
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        return (
            connection.execute("select 1 from pg_roles where rolname = %s", [APPLICATION_ROLE]).fetchone() is not None
        )


def list_pending_migrations() -> list[str]:
    """Return the migrations that the database has not seen, as `app.name`."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
