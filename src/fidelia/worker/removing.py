"""Take the invented shop out again: its database is emptied and brought to this version, its files are deleted.

The application's own role may not delete what the ledger and the audit hold, so this is done by the owner of the
tables, while nothing runs. Log-ins that were there before the shop stay: whoever looked around goes on with theirs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.folding import fold
from fidelia.worker.errors import HeldByAnother, NotInvented, NotMigrated
from fidelia.worker.postgres.paths import short_hash
from fidelia.worker.readiness import database_ready, django_ready
from fidelia.worker.supervision import command_of, marked_environ

Connection = psycopg.Connection[Any]
TEAM_DOMAIN = "maison-eleonore.example"
# What people do to look at an invented shop leaves these; all else somebody may want to keep.
LOOKING = ("user.log_in", "user.change_preferences", "user.change_password")
_IS_THERE = (
    "select to_regclass('public.access_audit') is not null and to_regclass('public.files_storedfile') is not null"
)
_DEMO = "select verb, max(id) from access_audit where object_type = 'demo' group by verb"
_SINCE = """
select count(*), (array_agg(by_label || ': ' || verb order by id desc))[1]
from access_audit audit
where id > %(since)s and verb <> all(%(looking)s)
  and (by_kind <> 'system' or (by_label like 'fidelia %%' and by_label not in ('fidelia demo', 'fidelia migrate')))
  and (%(is_filled)s or by_id is null or by_id not in (select id from access_user where email like %(team)s))
"""
_OTHERS = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and usename is not null
"""
_EARLIER = """
select id from access_user
where email not like %(team)s and created_at < (select at from access_audit where id = %(begun)s)
"""
# In the order in which one refers to the other.
_KEPT = {
    "access_role": "select * from access_role",
    "access_user": "select * from access_user where id = any(%(users)s)",
    "access_role_grant": """
        select * from access_role_grant where user_id = any(%(users)s) and partner_id is null
            and granted_at < (select at from access_audit where id = %(begun)s)""",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What goes over: rows of a table as COPY writes them (with their columns), and the contents to delete."""

    rows: dict[str, tuple[list[str], bytes]]
    users: int
    contents: list[str]


def remove_shop(home: Path, url: str, *, typed: str) -> str:
    """Remove the invented shop from the stopped installation; return what was done, in a sentence.

    `typed` is the operator's name as the person wrote it: it is asked for where something else was recorded here since
    the shop was filled in. Raises HeldByAnother, NotMigrated, NotInvented.
    """
    database_ready()
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        begun = _require_invented(connection, typed)
        _require_alone(connection)
        kept = _read_kept(connection, begun)
        _empty(connection)
    code = subprocess.run(command_of("migrate"), env=marked_environ(home, short_hash(home)), check=False).returncode
    if code:
        raise NotMigrated("The invented shop is removed, but the empty database could not be prepared: see above.")
    with psycopg.connect(url, connect_timeout=10) as connection:
        _write_kept(connection, kept)
    _delete_files(home, kept.contents)
    _remember(kept)
    left = f" {kept.users} log-ins from before it were kept." if kept.users else ""
    return f"The invented shop is removed; the installation is empty.{left}"


def _require_invented(connection: Connection, typed: str) -> int:
    """Return the id of the audit row by which the shop began. Raises NotMigrated, NotInvented."""
    if not _one(connection, _IS_THERE):
        raise NotMigrated("There is no installation here: the database is empty.")
    demo = dict(connection.execute(_DEMO).fetchall())
    if "demo.begin" not in demo:
        raise NotInvented("This installation does not hold the invented shop. Nothing was changed.")
    since = {"since": demo.get("demo.fill", demo["demo.begin"]), "is_filled": "demo.fill" in demo}
    found = connection.execute(_SINCE, since | {"looking": list(LOOKING), "team": f"%@{TEAM_DOMAIN}"}).fetchone()
    count, last = found or (0, None)
    name = _one(connection, "select max(name) from organisation_operator") or "Maison Éléonore"
    if count and fold(typed.strip()) != fold(name):
        raise NotInvented(
            f"Since the invented shop was filled in, {count} acts were recorded here (the last is “{last}”), and they "
            f"would go with it. Nothing was changed. `fidelia backup` keeps them; `fidelia demo --remove --name "
            f"'{name}'` removes all the same."
        )
    return int(demo["demo.begin"])


def _require_alone(connection: Connection) -> None:
    """Raises HeldByAnother when another program is connected."""
    others = _one(connection, _OTHERS)
    if others:
        raise HeldByAnother(
            f"{others} other connections use this database. Stop `fidelia web`, `fidelia work` and whatever else reads "
            "it, then try again."
        )


def _read_kept(connection: Connection, begun: int) -> Kept:
    known = {"team": f"%@{TEAM_DOMAIN}", "begun": begun}
    users = [row[0] for row in connection.execute(_EARLIER, known).fetchall()]
    rows = {}
    for table, query in _KEPT.items():
        asked = {"users": users, "begun": begun}
        columns = [one.name for one in connection.execute(f"{query} limit 0", asked).description or ()]
        with connection.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout", asked) as copied:
            rows[table] = (columns, b"".join(bytes(part) for part in copied))
    contents = connection.execute("select distinct content_hash from files_storedfile").fetchall()
    return Kept(rows, len(users), [row[0] for row in contents])


def _empty(connection: Connection) -> None:
    """Drop everything at once or nothing; the migrations give the rights anew."""
    with connection.transaction():
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")


def _write_kept(connection: Connection, kept: Kept) -> None:
    with connection.cursor() as cursor:
        for table, (columns, rows) in kept.rows.items():
            into = sql.SQL("copy {} ({}) from stdin").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with cursor.copy(into) as copied:
                copied.write(rows)


def _delete_files(home: Path, contents: Sequence[str]) -> None:
    """Delete what was kept beside the database: the truth and log-ins, exported facts, the files of imports."""
    shutil.rmtree(home / "demo", ignore_errors=True)
    if not os.environ.get("FIDELIA_FACTS"):
        shutil.rmtree(home / "facts", ignore_errors=True)
    django_ready()
    from fidelia.files.operations.contents import remove

    for content_hash in contents:
        remove(content_hash)


def _remember(kept: Kept) -> None:
    from fidelia.access.operations import record_audit
    from fidelia.kernel.db import transaction_of_use_case

    with transaction_of_use_case():
        record_audit(
            by=Actor.system("fidelia demo"), at=clock.now(), verb="demo.remove", object_type="installation",
            object_id=1, after={"users_kept": kept.users, "files_deleted": len(kept.contents)},
        )  # fmt: skip


def _one(connection: Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
