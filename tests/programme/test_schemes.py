"""Real schemes as whole documents: each publishes, gives what its terms say, and treats its members so for years."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.rules.cases import run_case

from .schemes.telling import JOINED, Life, schemes, whole

CASES = [(scheme, case) for scheme in schemes() for case in scheme.get("cases", [])]
LIVES = [(scheme, life) for scheme in schemes() for life in scheme.get("lives", [])]


@pytest.mark.parametrize(("scheme", "case"), CASES, ids=[f"{one['scheme']}: {case['case']}" for one, case in CASES])
def test_a_basket_gets_what_the_terms_say(scheme: dict[str, Any], case: dict[str, Any]) -> None:
    document = whole(scheme["document"])
    rules = {part: document[part] for part in ("rules", "groups", "checkout") if part in document}
    assert run_case({**rules, "currency": scheme.get("programme", {}).get("currency", "EUR"), **case}) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("scheme", "life"), LIVES, ids=[f"{one['scheme']}: {life['life']}" for one, life in LIVES])
def test_a_member_lives_as_the_terms_say(scheme: dict[str, Any], life: dict[str, Any]) -> None:
    lived = Life(
        {**scheme, "document": {**scheme["document"], **life.get("terms", {})}},
        life.get("joined", scheme.get("programme", {}).get("begun", JOINED)),
    )
    for day in life["days"]:
        lived.live(day)
