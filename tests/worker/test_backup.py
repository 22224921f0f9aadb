"""A backup holds everything; a damaged one is refused; restoring changes nothing unless told to."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import psycopg
import pytest

from fidelia.worker.backup.manifest import DUMP, MANIFEST
from fidelia.worker.backup.programs import address_of
from fidelia.worker.backup.programs import environ_of as program_environ
from fidelia.worker.postgres import ensure_running

from .conftest import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LETTER = b"O welche Lust"


@pytest.fixture
def shop(migrated_home: Path) -> str:
    """The address of a migrated database with something in it, whose server runs until the test ends."""
    url = ensure_running(migrated_home)
    add_user(url, "leonore@prison.example")
    return url


def add_user(url: str, email: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into access_user (id, password, email, name, language, theme, density, is_active, created_at, "
            "columns, hides_guide, single_keys) "
            "values (gen_random_uuid(), '', %s, 'Éléonore', 'fr', 'system', 'comfortable', true, now(), '{}', "
            "false, true)",
            [email],
        )


def users(url: str) -> list[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        return [email for (email,) in connection.execute("select email from access_user order by email").fetchall()]


def databases(url: str) -> set[str]:
    with psycopg.connect(address_of(url, "postgres"), autocommit=True) as connection:
        return {name for (name,) in connection.execute("select datname from pg_database where not datistemplate")}


def test_a_backup_is_verified_without_changing_anything(shop: str, fidelia: Run, tmp_path: Path) -> None:
    taken = fidelia("backup", str(tmp_path / "b.zip"))
    assert taken.returncode == 0, taken.stderr
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
    before = databases(shop)

    restored = fidelia("restore", str(tmp_path / "b.zip"))

    assert restored.returncode == 0, restored.stderr
    assert "It is sound: " in restored.stdout
    assert "Nothing was changed." in restored.stdout
    assert databases(shop) == before


def test_replacing_brings_back_what_was_and_keeps_what_is(shop: str, fidelia: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    assert fidelia("backup", file).returncode == 0
    add_user(shop, "pizarro@prison.example")

    restored = fidelia("restore", file, "--replace")

    assert restored.returncode == 0, restored.stderr
    assert users(shop) == ["leonore@prison.example"]
    kept = restored.stdout.strip().rpartition(" ")[2].rstrip(".")
    assert users(address_of(shop, kept)) == ["leonore@prison.example", "pizarro@prison.example"]
    assert fidelia("doctor", "--ledger").returncode == 0
    with psycopg.connect(shop, options="-c role=fidelia_app") as application:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("delete from access_audit")
        application.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("update kernel_outbox set name = 'x'")


def test_files_come_back_with_the_database(shop: str, home: Path, fidelia: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    content_hash = keep_letter(shop, home)
    kept = home / "files" / content_hash[:2] / content_hash
    taken = fidelia("backup", file)
    assert "1 files, 0.0 MB, are in it too." in taken.stdout
    kept.unlink()
    assert "1 stored files are not where they were kept, first “letter.csv”." in fidelia("doctor").stdout

    restored = fidelia("restore", file, "--replace")

    assert restored.returncode == 0, restored.stderr
    assert kept.read_bytes() == LETTER
    assert kept.stat().st_mode & 0o077 == 0


def keep_letter(url: str, home: Path) -> str:
    content_hash = hashlib.sha256(LETTER).hexdigest()
    folder = home / "files" / content_hash[:2]
    folder.mkdir(parents=True)
    (folder / content_hash).write_bytes(LETTER)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into files_storedfile (id, content_hash, name, size, purpose, personal, by_kind, by_label, "
            "kept_at) values (gen_random_uuid(), %s, 'letter.csv', %s, 'import', true, 'system', 'tests', now())",
            [content_hash, len(LETTER)],
        )
    return content_hash


def test_a_full_database_is_not_replaced_by_accident(shop: str, fidelia: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    assert fidelia("backup", file).returncode == 0

    refused = fidelia("restore", file, "--into-empty")

    assert refused.returncode == 1
    assert refused.stderr == (
        "fidelia: The database in use is not empty; --replace puts the backup in its place and keeps it.\n"
    )


def test_an_empty_database_is_filled(shop: str, fidelia: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    assert fidelia("backup", file).returncode == 0
    with psycopg.connect(address_of(shop, "postgres"), autocommit=True) as connection:
        connection.execute("drop database fidelia")
        connection.execute("create database fidelia")
        before = databases(shop)

    restored = fidelia("restore", file, "--into-empty")

    assert restored.returncode == 0, restored.stderr
    assert users(shop) == ["leonore@prison.example"]
    assert databases(shop) == before


def test_it_is_not_put_in_place_under_those_who_work(shop: str, fidelia: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    assert fidelia("backup", file).returncode == 0
    before = databases(shop)
    with psycopg.connect(shop):
        refused = fidelia("restore", file, "--replace")

    assert refused.returncode == 1
    assert "The database is in use (1 connections)" in refused.stderr
    assert databases(shop) == before


def test_a_file_that_is_there_is_not_overwritten(shop: str, fidelia: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_text("my thesis", encoding="utf-8")

    refused = fidelia("backup", str(file))

    assert refused.returncode == 1
    assert refused.stderr == f"fidelia: {file} is already there, and a backup is never overwritten.\n"
    assert file.read_text(encoding="utf-8") == "my thesis"
    assert list(tmp_path.glob("*.partial")) == []


def test_an_empty_database_is_nothing_to_back_up(home: Path, fidelia: Run, tmp_path: Path) -> None:
    refused = fidelia("backup", str(tmp_path / "b.zip"))

    assert refused.returncode == 1
    assert "it was never migrated" in refused.stderr
    assert not (tmp_path / "b.zip").exists()


def test_damage_is_found(shop: str, fidelia: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    assert fidelia("backup", str(file)).returncode == 0
    content = file.read_bytes()
    before = databases(shop)

    (tmp_path / "flipped.zip").write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
    flipped = fidelia("restore", str(tmp_path / "flipped.zip"))
    assert (flipped.returncode, "is damaged" in flipped.stderr) == (1, True), flipped.stderr

    (tmp_path / "short.zip").write_bytes(content[: len(content) // 2])
    short = fidelia("restore", str(tmp_path / "short.zip"))
    assert (short.returncode, "or it is cut off" in short.stderr) == (1, True), short.stderr

    (tmp_path / "other.zip").write_text("not a zip", encoding="utf-8")
    assert "is not a backup of Fidelia" in fidelia("restore", str(tmp_path / "other.zip")).stderr
    assert fidelia("restore", str(tmp_path / "absent.zip")).stderr == (
        f"fidelia: No such file or directory: {tmp_path / 'absent.zip'}\n"
    )
    assert databases(shop) == before


def test_a_manifest_that_promises_other_rows_is_found(shop: str, fidelia: Run, tmp_path: Path) -> None:
    assert fidelia("backup", str(tmp_path / "b.zip")).returncode == 0
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        manifest, dump = json.loads(archive.read(MANIFEST)), archive.read(DUMP)
    manifest["counts"]["access_user"] += 1
    with zipfile.ZipFile(tmp_path / "lying.zip", "w") as archive:
        archive.writestr(DUMP, dump)
        archive.writestr(MANIFEST, json.dumps(manifest))
    before = databases(shop)

    refused = fidelia("restore", str(tmp_path / "lying.zip"), "--replace")

    assert refused.returncode == 1
    assert "access_user should have 2 rows and has 1" in refused.stderr
    assert databases(shop) == before
    assert users(shop) == ["leonore@prison.example"]


def test_a_backup_of_another_owner_is_restored(shop: str, home: Path, fidelia: Run, tmp_path: Path) -> None:
    """On a server of your own the tables belong to another role than in the embedded one."""
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("create role rocco superuser login")
        connection.execute("create database prison owner rocco")
    conf = "pg_ident.conf"
    theirs = address_of(shop, "prison").replace("//fidelia@", "//rocco@")
    let_in(home, conf)
    assert fidelia("migrate", FIDELIA_DATABASE_URL=theirs).returncode == 0
    add_user(theirs, "rocco@prison.example")
    taken = fidelia("backup", str(tmp_path / "b.zip"), FIDELIA_DATABASE_URL=theirs)
    assert taken.returncode == 0, taken.stderr
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("drop database prison")
        connection.execute("drop role rocco")

    restored = fidelia("restore", str(tmp_path / "b.zip"), "--replace")

    assert restored.returncode == 0, restored.stderr
    assert users(shop) == ["rocco@prison.example"]
    with psycopg.connect(shop, autocommit=True) as connection:
        owners = connection.execute("select distinct tableowner from pg_tables where schemaname = 'public'").fetchall()
        roles = connection.execute("select count(*) from pg_roles where rolname = 'rocco'").fetchone()
        connection.execute("create table new_table (n int)")
        may = connection.execute("select has_table_privilege('fidelia_app', 'new_table', 'insert')").fetchone()
    assert (owners, roles, may) == ([("fidelia",)], (0,), (True,))


def let_in(home: Path, conf: str) -> None:
    """Let this account log in as rocco too."""
    from fidelia.worker.postgres.paths import find_places

    places = find_places(home)
    with (places.conf / conf).open("a", encoding="utf-8") as accounts:
        accounts.write("rocco /^(.*)$ rocco\n")
    (places.conf / "pg_hba.conf").write_text(
        "local all fidelia peer map=fidelia\nlocal all rocco peer map=rocco\n", encoding="utf-8"
    )
    with psycopg.connect(ensure_running(home), autocommit=True) as connection:
        connection.execute("select pg_reload_conf()")


def test_no_password_is_among_the_arguments_of_a_program() -> None:
    told = program_environ(
        "postgresql://me:secret@db.example:5433/shop?sslmode=require", {"PGUSER": "x", "PATH": "/bin"}
    )

    assert told == {
        "PATH": "/bin",
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "me",
        "PGPASSWORD": "secret",
        "PGDATABASE": "shop",
        "PGSSLMODE": "require",
    }
