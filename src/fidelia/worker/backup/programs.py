"""Running pg_dump and pg_restore."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from fidelia.worker.postgres.binaries import find_client_binaries


def address_of(url: str, database: str) -> str:
    """Return the address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def database_of(url: str) -> str:
    """Return the name of the database that an address names."""
    return str(conninfo_to_dict(url).get("dbname", ""))


@contextmanager
def running(
    program: str, arguments: list[str], *, connection: psycopg.Connection[Any], url: str, error: type[Exception]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program on a database, with pipes to and from it; raise `error` with its words when it fails."""
    binaries = find_client_binaries(connection.info.server_version // 10000, os.environ)
    with TemporaryFile() as words:
        process = subprocess.Popen(
            [binaries.program(program), "--no-password", *arguments],
            env=environ_of(url, os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
        )
        try:
            with process:
                yield process
        except BrokenPipeError:
            pass  # it has ended before it had read all; its exit code says why
        if process.returncode != 0:
            raise error(f"{program} failed: {_last_words(words)}")


def environ_of(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that tells libpq where to connect: in arguments everybody could read the password."""
    names = {option.keyword.decode(): option.envvar for option in Conninfo.get_defaults()}
    told = {
        envvar.decode(): str(value)
        for keyword, value in conninfo_to_dict(url).items()
        if (envvar := names.get(keyword)) is not None
    }
    return {name: value for name, value in environ.items() if not name.startswith("PG")} | told


def _last_words(words: IO[bytes]) -> str:
    words.seek(0)
    return (
        " / ".join(words.read().decode("utf-8", errors="replace").split("\n")[-6:]).strip(" /") or "(it said nothing)"
    )


def free_name(file: Path) -> Path:
    """Return the name under which a file is written until it is whole."""
    return file.with_name(f".{file.name}.{os.getpid()}.partial")
