"""Holes of a history: what happened that a replay cannot follow, counted from the facts and never passed over.

undecided   sales to members that no rules decided: brought in, or of a time when no version was in force
lost        decisions whose purchase is not in the facts: they are not replayed
gaps        places missing in the chains of accounts: decisions that are not in the facts
unsold      returns of sales that are not in the facts, or were never decided: they take back what they did then
unlined     sales whose lines are not in the facts: what the record of then does not tell is unknown
memberless  purchases of memberships that are not in the facts: no tier is known, they count for nobody's
unversioned decisions of versions that are not known: they are as they were
backwards   decisions written by a clock that ran back: they are replayed in the order of their accounts
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

Rows = Callable[..., list[tuple[Any, ...]]]

_OWN = """
with own as (
    select decisions.account_id, decisions.sequence, decisions.purchase_id, decisions.rule_version_id,
        decisions.recorded_at, purchases.kind, purchases.enrolment_id, purchases.returns_purchase_id,
        purchases.purchase_id is null as is_lost
    from decisions left join purchases using (purchase_id)
    where purchases.programme_id = $programme
        or (purchases.purchase_id is null and list_contains($versions, decisions.rule_version_id))
)
"""
_HOLES = {
    "undecided": """select count(*) from purchases where programme_id = $programme and kind = 'sale'
        and enrolment_id is not null and purchase_id not in (select purchase_id from decisions)
        and len($versions) >= 0""",
    "lost": _OWN + "select count(*) from own where is_lost",
    "gaps": _OWN + """select coalesce(sum(missing), 0) from (
        select max(sequence) - count(*) as missing from decisions
        where account_id in (select account_id from own) group by account_id)""",
    "unsold": _OWN + """, sold as (
        select own.purchase_id, own.returns_purchase_id as sold_id from own
        where own.kind = 'return' and own.returns_purchase_id is not null
        union select own.purchase_id, lines.returns_purchase_id from own join lines using (purchase_id)
        where own.kind = 'return' and lines.returns_purchase_id is not null)
        select count(distinct purchase_id) from sold
        where sold_id not in (select purchase_id from own where not is_lost)
        """,
    "unlined": _OWN + """select count(*) from own where kind = 'sale'
        and purchase_id not in (select purchase_id from lines)""",
    "memberless": _OWN + """select count(distinct purchase_id) from own where enrolment_id is not null
        and enrolment_id not in (select enrolment_id from enrolments)""",
    "unversioned": _OWN + """select count(*) from own where not is_lost
        and not coalesce(list_contains($versions, rule_version_id), false)""",
    "backwards": _OWN + """select count(*) from (
        select recorded_at < lag(recorded_at) over (partition by account_id order by sequence) as is_back from own)
        where is_back""",
}  # fmt: skip


def holes_of(rows: Rows, *, programme_id: str, versions: Collection[str]) -> dict[str, int]:
    """Return how many there are of each kind of hole, without those of which there is none."""
    asked = {"programme": programme_id, "versions": list(versions)}
    found = {kind: int(rows(sql, **asked)[0][0]) for kind, sql in _HOLES.items()}
    return {kind: count for kind, count in found.items() if count}
