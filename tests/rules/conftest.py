from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg
import pytest

from .shop import fill_duckdb, fill_postgres


@pytest.fixture(scope="session")
def in_duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    with fill_duckdb() as connection:
        yield connection


@pytest.fixture(scope="session")
def in_postgres() -> Iterator[psycopg.Connection[Any]]:
    address = os.environ.get("FIDELIA_DATABASE_URL")
    if not address:
        pytest.skip("FIDELIA_DATABASE_URL names no PostgreSQL")
    with fill_postgres(address) as connection:
        yield connection
