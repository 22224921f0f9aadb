"""A version is published under the law of its day: warned of, refused, or nothing to say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from fidelia.access.models import Audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.organisation.errors import MalformedPolicy
from fidelia.organisation.models import LawPolicy
from fidelia.organisation.operations import set_policy, set_up_operator
from fidelia.organisation.queries import policies_on
from fidelia.programme.errors import LawForbids
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import draft_version, find_unlawful, publish_version
from tests.cast import PIZARRO, SYSTEM

from .cast import AT, DOCUMENT, programme

HALF_PRICE = {
    "key": "half",
    "name": {"en": "Half price", "fr": "Moitié prix"},
    "percent_off": "50",
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def circle() -> Programme:
    set_up_operator(
        by=SYSTEM, at=AT, name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    return programme()


def ceiling(action: str = "refuse", **changes: Any) -> LawPolicy:
    given: dict[str, Any] = {
        "valid_from": date(2026, 1, 1), "terms": {"share": [34, 100], "categories": ["*"]}, **changes,
    }  # fmt: skip
    return set_policy(by=SYSTEM, at=AT, country="FR", kind="promotion_ceiling", action=action, **given)


def draft(of: Programme) -> ProgrammeVersion:
    document = {**DOCUMENT, "rules": [*DOCUMENT["rules"], HALF_PRICE]}
    return draft_version(by=SYSTEM, at=AT, programme=of, document=document)


def test_what_the_policy_refuses_is_not_published(circle: Programme) -> None:
    ceiling()
    version = draft(circle)
    with pytest.raises(LawForbids) as refused:
        publish_version(by=Actor.system("other"), at=AT, version=version)
    assert refused.value.details == {"rules": ["half"], "kind": "promotion_ceiling"}
    version.refresh_from_db()
    assert version.state == "draft"


def test_what_it_warns_of_is_shown_and_published(circle: Programme) -> None:
    ceiling("warn")
    version = draft(circle)
    (told,) = find_unlawful(version, AT)
    assert [(one.where, one.found, one.allowed) for one in told.findings] == [("half", 5_000, 3_400)]
    assert publish_version(by=Actor.system("other"), at=AT, version=version).state == "published"


def test_a_policy_holds_from_its_first_day_to_its_last(circle: Programme) -> None:
    ceiling(valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31))
    version = draft(circle)
    assert find_unlawful(version, AT)
    assert find_unlawful(version, AT - timedelta(days=2)) == []  # the last of February in Paris
    assert find_unlawful(version, AT + timedelta(days=30)) == []


def test_the_latest_law_counts_and_an_ignored_one_says_nothing(circle: Programme) -> None:
    ceiling()
    ceiling("ignore", valid_from=date(2026, 3, 1))
    assert find_unlawful(draft(circle), AT) == []
    assert policies_on("FR", date(2026, 2, 1))["promotion_ceiling"].action == "refuse"


def test_saying_a_policy_anew_keeps_what_it_said_in_the_audit(circle: Programme) -> None:
    first, again = ceiling(), ceiling("warn")
    assert first.id == again.id
    row = Audit.objects.filter(verb="policy.change").latest("id")
    assert (row.before["action"], row.after["action"]) == ("refuse", "warn")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"terms": {"share": [120, 100], "categories": []}}, "/terms/share"),
        ({"terms": {"share": [34, 100], "categories": [""]}}, "/terms/categories"),
        ({"action": "shout"}, "/action"),
        ({"valid_until": date(2025, 1, 1)}, "/valid_until"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_its_place(
    circle: Programme, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(MalformedPolicy) as refused:
        ceiling(**changes)
    assert refused.value.pointer == pointer
    with pytest.raises(Denied):
        set_policy(by=PIZARRO, at=AT, country="FR", kind="prior_price", valid_from=date(2026, 1, 1), terms={"days": 30})
