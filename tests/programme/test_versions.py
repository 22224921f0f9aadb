"""Versions of a programme: checked whole, published by a second person, never changed after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fidelia.kernel.errors import Denied, Invalid
from fidelia.kernel.models import OutboxEvent
from fidelia.programme.errors import PublishedInThePast, SameAuthor, VersionNotDraft, VersionNotInForce
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import change_draft, draft_version, publish_version, withdraw_version
from fidelia.programme.queries import version_in_force
from tests.cast import PIZARRO, actor_with
from tests.programme.cast import AT, DOCUMENT, programme

pytestmark = pytest.mark.django_db
LEONORE = actor_with("programme.*", number=1)
FERNANDO = actor_with("programme.*", label="Fernando", number=2)


def draft(of: Programme, **changes: Any) -> ProgrammeVersion:
    return draft_version(by=LEONORE, at=AT, programme=of, document={**DOCUMENT, **changes})


def test_a_second_person_publishes_and_it_is_in_force_from_then() -> None:
    made = programme()
    version = draft(made)
    later = AT + timedelta(days=2)
    publish_version(by=FERNANDO, at=AT, version=version, in_force_from=later)
    before, after = version_in_force(made, AT), version_in_force(made, later)
    assert before is not None
    assert (before.number, after and after.number) == (1, 2)
    assert OutboxEvent.objects.filter(name="version.published").count() == 2


def test_its_author_cannot_publish_it() -> None:
    version = draft(programme())
    with pytest.raises(SameAuthor):
        publish_version(by=LEONORE, at=AT, version=version)
    version.refresh_from_db()
    assert version.state == "draft"


def test_who_changes_a_draft_is_its_author() -> None:
    version = draft(programme())
    change_draft(by=FERNANDO, at=AT, version=version, document=DOCUMENT, note="mine now")
    with pytest.raises(SameAuthor):
        publish_version(by=FERNANDO, at=AT, version=version)
    publish_version(by=LEONORE, at=AT, version=version)


def test_it_never_begins_in_the_past_but_for_the_first() -> None:
    version = draft(programme())
    with pytest.raises(PublishedInThePast):
        publish_version(by=FERNANDO, at=AT, version=version, in_force_from=AT - timedelta(seconds=1))


def test_what_is_published_is_never_changed_nor_published_again() -> None:
    version = draft(programme())
    publish_version(by=FERNANDO, at=AT, version=version)
    with pytest.raises(VersionNotDraft):
        change_draft(by=LEONORE, at=AT, version=version, document=DOCUMENT, note="")
    with pytest.raises(VersionNotDraft):
        publish_version(by=FERNANDO, at=AT, version=version)


def test_withdrawn_the_one_before_is_in_force_again() -> None:
    made = programme()
    version = draft(made)
    publish_version(by=FERNANDO, at=AT, version=version)
    withdraw_version(by=FERNANDO, at=AT + timedelta(days=1), version=version)
    during, after = (version_in_force(made, AT + timedelta(hours=hours)) for hours in (1, 48))
    assert (during and during.number, after and after.number) == (2, 1)
    with pytest.raises(VersionNotInForce):
        withdraw_version(by=FERNANDO, at=AT + timedelta(days=2), version=version)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"surprise": 1}, "/surprise"),
        ({"rules": [{**DOCUMENT["rules"][0], "when": "purchase.totall >= 5"}]}, "/rules/0/when"),
        ({"rules": [{**DOCUMENT["rules"][0], "name": {"en": "only"}}]}, "/rules/0/name"),
        ({"points": {"validity_months": -1}}, "/points/validity_months"),
        ({"points": {"ends": "weekend"}}, "/points/ends"),
        ({"tiers": {**DOCUMENT["tiers"], "levels": DOCUMENT["tiers"]["levels"][::-1]}}, "/tiers/levels"),
        ({"tiers": {**DOCUMENT["tiers"], "window_days": True}}, "/tiers/window_days"),
    ],
)
def test_a_document_that_cannot_be_is_refused_with_its_place(changes: dict[str, Any], pointer: str | None) -> None:
    made = programme()
    with pytest.raises(Invalid) as refusal:
        draft(made, **changes)
    assert refusal.value.pointer == pointer
    assert made.versions.count() == 1


def test_without_the_right_nothing_is_drafted() -> None:
    made = programme()
    with pytest.raises(Denied):
        draft_version(by=PIZARRO, at=AT, programme=made, document=DOCUMENT)
    assert made.versions.count() == 1
