"""Databases of their own for tests that need committed data, other connections or broken functions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from fidelia.kernel.ids import new_id
from tests.conftest import address_of, maintenance_url, template_of

from .client import Client


@pytest.fixture
def scratch(django_db_setup: None) -> Iterator[str]:
    """The address, as the owner, of a fresh clone of the migrated template."""
    name = f"test_ledger_{new_id().hex[-12:]}"
    with psycopg.connect(maintenance_url(), autocommit=True) as admin:
        template = template_of(admin, urlsplit(os.environ["FIDELIA_DATABASE_URL"]).path.lstrip("/"))
        admin.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
        yield address_of(name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def client(scratch: str) -> Iterator[Client]:
    """A client of the scratch database, with the rights of the application."""
    with Client(scratch) as client:
        yield client
