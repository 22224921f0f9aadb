"""A draft is put forward, approved or refused by a second person, as it stands; a change asks again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from fidelia.access.errors import AnotherPersonDecides
from fidelia.access.models import Approval, Audit
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.errors import ApprovalOutdated, NothingWaits, SameAuthor, VersionNotDraft, VersionRefused
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import (
    approve_version,
    ask_approval_of_version,
    change_draft,
    draft_version,
    publish_version,
    refuse_version,
)
from fidelia.programme.queries.approvals import Standing, approval_of
from tests.cast import PIZARRO, actor_with
from tests.programme.cast import AT, DOCUMENT, programme

LEONORE = actor_with("programme.*", number=1)
FERNANDO = actor_with("programme.*", label="Fernando", number=2)
ROCCO = actor_with("programme.*", label="Rocco", number=3)
WRITER = actor_with("programme.draft", label="Marzelline", number=4)
OTHER = {**DOCUMENT, "points": {"validity_months": 12, "ends": "month"}}


def draft(of: Programme | None = None) -> ProgrammeVersion:
    return draft_version(by=LEONORE, at=AT, programme=of or programme(), document=DOCUMENT)


def standing(version: ProgrammeVersion) -> str:
    version.refresh_from_db()
    return approval_of(version).standing.value


@pytest.mark.django_db
def test_its_author_publishes_what_another_approved() -> None:
    version = draft()
    assert standing(version) == "not_asked"
    asked = ask_approval_of_version(by=LEONORE, at=AT, version=version, note="For the winter")
    assert (asked.standing, asked.approval and asked.approval.note) == (Standing.ASKED, "For the winter")
    with pytest.raises(SameAuthor):
        publish_version(by=LEONORE, at=AT, version=version)
    assert approve_version(by=FERNANDO, at=AT, version=version).standing is Standing.APPROVED
    publish_version(by=LEONORE, at=AT, version=version)
    verbs = Audit.objects.filter(object_id=str(version.id)).order_by("id")
    assert [row.verb for row in verbs][-3:] == ["approval.ask", "approval.give", "programme.publish"]


@pytest.mark.django_db
def test_asked_again_it_is_asked_once() -> None:
    version = draft()
    first = ask_approval_of_version(by=LEONORE, at=AT, version=version)
    again = ask_approval_of_version(by=LEONORE, at=AT, version=version, note="Please")
    assert first.approval == again.approval
    assert Approval.objects.count() == 1
    approve_version(by=FERNANDO, at=AT, version=version)
    assert ask_approval_of_version(by=LEONORE, at=AT, version=version).standing is Standing.APPROVED
    assert Approval.objects.count() == 1


@pytest.mark.django_db
def test_a_change_undoes_the_approval_and_the_question() -> None:
    version = draft()
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    change_draft(by=LEONORE, at=AT, version=version, document=OTHER, note="")
    assert standing(version) == "outdated"
    with pytest.raises(ApprovalOutdated):
        approve_version(by=FERNANDO, at=AT, version=version)
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    assert Approval.objects.count() == 1
    approve_version(by=FERNANDO, at=AT, version=version)
    change_draft(by=LEONORE, at=AT, version=version, document=DOCUMENT, note="")
    assert standing(version) == "outdated"
    with pytest.raises(SameAuthor):
        publish_version(by=LEONORE, at=AT, version=version)


@pytest.mark.django_db
def test_who_approved_and_then_changed_it_back_and_forth_approved_nothing() -> None:
    version = draft()
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    approve_version(by=FERNANDO, at=AT, version=version)
    change_draft(by=FERNANDO, at=AT, version=version, document=OTHER, note="")
    change_draft(by=FERNANDO, at=AT, version=version, document=DOCUMENT, note="")
    with pytest.raises(SameAuthor):
        publish_version(by=FERNANDO, at=AT, version=version)


@pytest.mark.django_db
def test_neither_its_author_nor_who_asked_decides() -> None:
    version = draft()
    ask_approval_of_version(by=ROCCO, at=AT, version=version)
    for person in (ROCCO, LEONORE):
        with pytest.raises(AnotherPersonDecides):
            approve_version(by=person, at=AT, version=version)
    assert standing(version) == "asked"
    approve_version(by=FERNANDO, at=AT, version=version)


@pytest.mark.django_db
def test_what_is_refused_nobody_publishes_until_it_is_changed() -> None:
    version = draft()
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    refused = refuse_version(by=FERNANDO, at=AT, version=version, note="Too dear")
    assert refused.approval is not None
    assert (refused.standing, refused.approval.decision_note) == (Standing.REFUSED, "Too dear")
    for person in (LEONORE, FERNANDO, ROCCO):
        with pytest.raises(VersionRefused):
            publish_version(by=person, at=AT, version=version)
    change_draft(by=LEONORE, at=AT, version=version, document=OTHER, note="")
    publish_version(by=ROCCO, at=AT, version=version)


@pytest.mark.django_db
def test_what_was_refused_may_be_put_forward_once_more() -> None:
    version = draft()
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    refuse_version(by=FERNANDO, at=AT, version=version)
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    approve_version(by=ROCCO, at=AT, version=version)
    publish_version(by=LEONORE, at=AT, version=version)


@pytest.mark.django_db
def test_who_publishes_what_another_put_forward_approves_it() -> None:
    version = draft()
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    publish_version(by=FERNANDO, at=AT, version=version)
    approval = Approval.objects.get()
    assert (approval.state, approval.decided_by_label) == ("approved", "Fernando")


@pytest.mark.django_db
def test_without_the_right_and_of_a_published_version_nothing_happens() -> None:
    version = draft()
    for verb, who in ((ask_approval_of_version, PIZARRO), (approve_version, WRITER), (refuse_version, WRITER)):
        with pytest.raises(Denied):
            verb(by=who, at=AT, version=version)
    with pytest.raises(NothingWaits):
        approve_version(by=FERNANDO, at=AT, version=version)
    publish_version(by=FERNANDO, at=AT, version=version)
    with pytest.raises(VersionNotDraft):
        ask_approval_of_version(by=LEONORE, at=AT, version=version)
    assert Approval.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_decides() -> None:
    version = draft()
    ask_approval_of_version(by=LEONORE, at=AT, version=version)
    barrier = Barrier(2)

    def decide(verb: Any, who: Any) -> str:
        barrier.wait(30)
        try:
            return str(verb(by=who, at=AT, version=version).standing.value)
        except FideliaError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = [each.result() for each in (pool.submit(decide, approve_version, FERNANDO),
                                           pool.submit(decide, refuse_version, ROCCO))]  # fmt: skip
    assert sorted(said) in (["approved", "nothing_waits"], ["nothing_waits", "refused"])
