"""Whose facts they are, and whether they are facts: merged customers are one person, trials are nobody's."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _

_DOUBLINGS: Final = 3


def by_person(table: ibis.Table, customers: ibis.Table) -> ibis.Table:
    """Replace `customer_id` by the person's; rows of an erased person, like anonymous ones, have none.

    `customers`: the table of facts (customer_id, merged_into, is_erased).
    """
    persons = persons_of(customers)
    joined = table.left_join(persons, table.customer_id == persons.known_id)
    return joined.mutate(customer_id=_.person_id).select(*table.columns)


def persons_of(customers: ibis.Table) -> ibis.Table:
    """One row per customer: known_id and person_id, the survivor's at the end of a chain of at most eight merges.

    person_id is absent when the survivor was erased.
    """
    steps = customers.select(known_id="customer_id", person_id=ibis.coalesce(_.merged_into, _.customer_id))
    for _doubling in range(_DOUBLINGS):  # who leads to whom, then two steps at once, then four, then eight
        onward = steps.select(from_id="known_id", to_id="person_id")
        steps = steps.join(onward, steps.person_id == onward.from_id).select("known_id", person_id="to_id")
    living = customers.filter(~_.is_erased).select(living_id="customer_id")
    return steps.left_join(living, steps.person_id == living.living_id).select("known_id", person_id="living_id")


def that_happened(table: ibis.Table, programmes: ibis.Table) -> ibis.Table:
    """Leave out what a simulation recorded and what was tried in a sandbox: it never happened.

    `programmes`: the table of facts (programme_id, is_sandbox). A row of no programme happened.
    """
    sandboxes = programmes.filter(_.is_sandbox).select(sandbox_id="programme_id")
    real = table.filter(_.origin != "simulation")
    return (
        real.left_join(sandboxes, real.programme_id == sandboxes.sandbox_id)
        .filter(_.sandbox_id.isnull())
        .select(*table.columns)
    )
