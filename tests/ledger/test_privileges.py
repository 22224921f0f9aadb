"""Append-only by privilege: the application writes through the functions or not at all."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from .client import Client

TABLES = ("ledger_account", "ledger_balance", "ledger_posting", "ledger_entry", "ledger_lot", "ledger_hold")


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "verb", ["insert into {0} select * from {0}", "delete from {0}", "update {0} set account_id = null"]
)
def test_the_application_cannot_write_a_table(table: str, verb: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table))


def test_the_inner_functions_do_nothing_for_the_application(client: Client) -> None:
    account = client.open()
    client.post("earn", account, 100)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        client.ask(
            """select public.ledger_write(%s, row('k', '', gen_random_uuid(), 'earn', 'points', 1, now(), now(), null,
                null, 'system', null, 'live', '', null, '', null, null, null, null, null, null, null, null, null,
                null)::public.ledger_request, b,
                array[row('issuance', 'member', 1, null, null, 'operator', 0)::public.ledger_move], false)
                from public.ledger_balance b where account_id = %s""",
            account,
            account,
        )
    assert client.available(account) == 100


def test_what_runs_with_the_rights_of_the_owner_looks_names_up_where_nobody_else_writes(client: Client) -> None:
    functions = client.ask(
        """select proname, coalesce(array_to_string(proconfig, ' '), '') from pg_proc
           where pronamespace = 'public'::regnamespace and starts_with(proname, 'ledger_') and prosecdef"""
    )
    assert len(functions) == 18
    assert [name for name, settings in functions if "search_path=pg_catalog, pg_temp" not in settings] == []
