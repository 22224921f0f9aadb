"""What a distributed ledger would need: every key begins with the account, and nothing needs a trigger."""

from __future__ import annotations

from .client import Client


def test_every_key_begins_with_the_account(client: Client) -> None:
    firsts = client.ask(
        """select i.indexrelid::regclass::text, a.attname
           from pg_index i join pg_class t on t.oid = i.indrelid
           join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
           where i.indisunique and t.relkind = 'r' and starts_with(t.relname, 'ledger_')"""
    )
    assert len(firsts) == 8
    assert {first for _index, first in firsts} == {"account_id"}


def test_there_are_no_triggers_but_those_of_the_one_foreign_key(client: Client) -> None:
    assert client.ask(
        """select count(*) from pg_trigger g join pg_class t on t.oid = g.tgrelid
           where starts_with(t.relname, 'ledger_') and not g.tgisinternal"""
    ) == [(0,)]


def test_no_changing_column_is_in_an_index_of_a_hot_table(client: Client) -> None:
    definitions = client.ask(
        "select indexdef from pg_indexes where tablename in ('ledger_balance', 'ledger_lot') and schemaname = 'public'"
    )
    for (definition,) in definitions:
        assert not {"posted", "held,", "owed", "version", "remaining"} & set(definition.replace("(", " ").split())
