"""A purchase over HTTP takes at most seven SQL statements, whatever its lines and the rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.programme.cast import DOCUMENT, member, programme

from .caller import Caller, basket

STATEMENTS_MAX = 7
FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


def document_of(rules: int) -> dict[str, Any]:
    base = DOCUMENT["rules"][0]
    more = [
        {**base, "key": f"rule-{n}", "when": f"purchase.total >= {n} && lines.exists(l, l.quantity > {n})"}
        for n in range(1, rules)
    ]
    return {**DOCUMENT, "rules": [base, *more]}


def statements_of(till: Caller, lines: int) -> list[str]:
    body = basket(lines=[{"product": f"p{n}", "quantity": "1", "net": "3.10"} for n in range(lines)])
    with CaptureQueriesContext(connection) as captured:
        answer = till.post("/purchases", body)
    assert answer.status == 201, answer.json()
    assert answer.json()["points"] != "0"
    statements = [query["sql"] or "a prepared statement" for query in captured]
    return [statement for statement in statements if not statement.upper().startswith(FRAMES)]


@pytest.mark.parametrize(("lines", "rules"), [(1, 1), (5, 3), (100, 20)])
def test_it_takes_the_same_few_statements(till: Caller, lines: int, rules: int) -> None:
    member(programme(document_of(rules)))
    statements_of(till, 1)  # what is compiled and looked up once per process is not counted
    found = statements_of(till, lines)
    assert len(found) == 3 < STATEMENTS_MAX, "\n".join(statement[:120] for statement in found)
