"""A draft begun before others published takes nothing back: it is refused, and a successor holds both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fidelia.kernel.errors import Denied
from fidelia.programme.errors import ChangesWouldBeLost, NothingToCatchUp, VersionNotDraft
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import catch_up, draft_version, missed_changes, publish_version
from tests.cast import actor_with
from tests.programme.cast import AT, DOCUMENT, programme

pytestmark = pytest.mark.django_db
LEONORE = actor_with("programme.*", number=1)
FERNANDO = actor_with("programme.*", label="Fernando", number=2)
LATER = AT + timedelta(days=1)
BASE, COFFEE, FIRST = DOCUMENT["rules"]
TEA = {**COFFEE, "key": "tea", "name": {"en": "Tea", "fr": "Thé"}, "lines": 'line.category == "tea"'}
TRIPLE = {**COFFEE, "multiply_points": {"by": "3"}}
FOURFOLD = {**COFFEE, "multiply_points": {"by": "4"}}


def drafted(of: Programme, *rules: dict[str, Any], **parts: Any) -> ProgrammeVersion:
    return draft_version(by=LEONORE, at=AT, programme=of, document={**DOCUMENT, "rules": list(rules), **parts})


def published_meanwhile(of: Programme, *rules: dict[str, Any], **parts: Any) -> None:
    publish_version(by=FERNANDO, at=AT + timedelta(hours=1), version=drafted(of, *rules, **parts))


def keys_of(version: ProgrammeVersion) -> list[str]:
    return [rule["key"] for rule in version.document["rules"]]


def test_what_was_published_meanwhile_is_not_taken_back() -> None:
    made = programme()
    draft = drafted(made, BASE, TRIPLE, FIRST)
    published_meanwhile(made, BASE, COFFEE, FIRST, TEA)
    with pytest.raises(ChangesWouldBeLost) as refused:
        publish_version(by=FERNANDO, at=LATER, version=draft)
    assert refused.value.details == {"parts": ["rules/tea"]}
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_successor_holds_both_and_is_published_by_another_person() -> None:
    made = programme()
    draft = drafted(made, BASE, TRIPLE, FIRST)
    published_meanwhile(made, BASE, COFFEE, FIRST, TEA, points={"validity_months": 12, "ends": "month"})
    successor = catch_up(by=LEONORE, at=LATER, version=draft)
    assert keys_of(successor) == ["base", "coffee", "first", "tea"]
    assert successor.document["rules"][1] == TRIPLE
    assert successor.document["points"] == {"validity_months": 12, "ends": "month"}
    assert missed_changes(successor, LATER) == []
    publish_version(by=FERNANDO, at=LATER, version=successor)


def test_where_both_changed_a_rule_the_draft_keeps_its_own() -> None:
    made = programme()
    draft = drafted(made, BASE, TRIPLE, FIRST)
    published_meanwhile(made, BASE, FOURFOLD, FIRST)
    assert missed_changes(draft, LATER) == ["rules/coffee"]
    assert catch_up(by=LEONORE, at=LATER, version=draft).document["rules"][1] == TRIPLE


def test_a_rule_taken_out_meanwhile_does_not_come_back() -> None:
    made = programme()
    draft = drafted(made, BASE, COFFEE, FIRST, TEA)
    published_meanwhile(made, BASE, FIRST)
    assert missed_changes(draft, LATER) == ["rules/coffee"]
    assert keys_of(catch_up(by=LEONORE, at=LATER, version=draft)) == ["base", "first", "tea"]


def test_the_same_change_made_twice_is_no_conflict() -> None:
    made = programme()
    draft = drafted(made, BASE, COFFEE, FIRST, TEA)
    published_meanwhile(made, BASE, COFFEE, FIRST, TEA)
    assert missed_changes(draft, LATER) == []
    publish_version(by=FERNANDO, at=LATER, version=draft)


def test_a_draft_that_lacks_nothing_has_no_successor() -> None:
    made = programme()
    draft = drafted(made, BASE, COFFEE)
    with pytest.raises(NothingToCatchUp):
        catch_up(by=LEONORE, at=LATER, version=draft)
    publish_version(by=FERNANDO, at=LATER, version=draft)
    with pytest.raises(VersionNotDraft):
        catch_up(by=LEONORE, at=LATER, version=draft)
    assert made.versions.count() == 2


def test_who_may_not_draft_may_not_catch_up() -> None:
    made = programme()
    draft = drafted(made, BASE, TRIPLE, FIRST)
    published_meanwhile(made, BASE, COFFEE, FIRST, TEA)
    with pytest.raises(Denied):
        catch_up(by=actor_with("programme.publish"), at=LATER, version=draft)
