"""Customers in the tables of a chapter by name, for a reader who may see them: what is kept knows ids alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from fidelia.customers.queries import list_customers_by_id, list_identities
from fidelia.kernel.actor import Actor, Scope

from ..report.blocks import Block, Grid, Section
from ..report.speech import Speech

CONTACTS: Final = ("email", "phone")  # for them another right is asked


def with_names(sections: Sequence[Section], by: Actor, speech: Speech) -> list[Section]:
    """Return the sections with each customer's name in place of the id in the first column of a table.

    Who has no name is called by what the house's own files call them, so that somebody can be found by it. Whom the
    reader may not see is said to be so.
    """
    ids = [id for section in sections for block in section.blocks for id in _ids_in(block)]
    if not ids:
        return list(sections)
    known = list_customers_by_id(ids) if by.may_somewhere("customer.see") else {}
    seen = {id: one for id, one in known.items() if by.may("customer.see", Scope(one.partner_id, one.home_store_id))}
    unnamed = [id for id, one in seen.items() if not one.display_name]
    called = {
        one.customer_id: one.value
        for one in reversed(list_identities(unnamed))
        if one.until is None and one.scheme not in CONTACTS
    }
    nameless = speech.text("Customer without a name")
    names = {str(id): one.display_name or called.get(one.id) or nameless for id, one in seen.items()}
    names |= {str(id): speech.text("A customer you may not see") for id in ids if id not in seen}
    return [replace(one, blocks=[_named(block, names) for block in one.blocks]) for one in sections]


def _ids_in(block: Block) -> list[UUID]:
    return [id for row in block.rows if (id := _id_of(row[0])) is not None] if isinstance(block, Grid) else []


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _named(block: Block, names: dict[str, str]) -> Block:
    if not isinstance(block, Grid):
        return block
    return replace(block, rows=[[names.get(row[0], row[0]), *row[1:]] for row in block.rows])
