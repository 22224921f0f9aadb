"""Four eyes: who asks does not decide, and an approval holds for the content it was given for."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from fidelia.access.errors import (
    AnotherPersonDecides,
    ApprovalAlreadyAsked,
    ApprovalAlreadyDecided,
    ApprovalMissing,
    ApprovalUnknown,
)
from fidelia.access.models import Approval, Audit
from fidelia.access.operations import approve, ask_approval, reject
from fidelia.access.queries import find_approval, get_standing_approval, list_approvals_to_decide
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied
from tests.cast import AT, PIZARRO, SYSTEM, actor_with

pytestmark = pytest.mark.django_db
LEONORE = actor_with("programme.publish", label="Leonore", number=1)
FERNANDO = actor_with("programme.publish", label="Fernando", number=2)
VERSION = {"right": "programme.publish", "object_type": "programme_version", "object_id": UUID(int=8)}
PARTNER = Scope(UUID(int=1))


def ask(by: Actor = LEONORE, content_hash: str = "a1") -> Approval:
    with transaction.atomic():
        return ask_approval(by=by, at=AT, content_hash=content_hash, scope=PARTNER, note="Double points", **VERSION)


def test_another_person_approves() -> None:
    asked = ask()
    with pytest.raises(ApprovalMissing):
        get_standing_approval(content_hash="a1", **VERSION)
    assert list_approvals_to_decide(by=FERNANDO) == [asked]
    assert list_approvals_to_decide(by=LEONORE) == list_approvals_to_decide(by=PIZARRO) == []
    with transaction.atomic():
        approve(by=FERNANDO, at=AT, approval_id=asked.id, note="Go")
    standing = get_standing_approval(content_hash="a1", **VERSION)
    assert (standing.decided_by_label, standing.decision_note, standing.decided_at) == ("Fernando", "Go", AT)
    assert list(Audit.objects.order_by("id").values_list("by_label", "verb", "object_id", "partner_id")) == [
        ("Leonore", "approval.ask", str(UUID(int=8)), PARTNER.partner_id),
        ("Fernando", "approval.give", str(UUID(int=8)), PARTNER.partner_id),
    ]


def test_who_asks_does_not_decide() -> None:
    asked = ask()
    for decide in (approve, reject):
        with pytest.raises(AnotherPersonDecides), transaction.atomic():
            decide(by=LEONORE, at=AT, approval_id=asked.id)
    with pytest.raises(IntegrityError, match="who asks does not decide"), transaction.atomic():
        Approval.objects.update(state="approved", decided_by_id=LEONORE.id, decided_at=AT)
    assert Approval.objects.get().state == "asked"


def test_a_program_does_not_decide_nor_who_lacks_the_right() -> None:
    asked = ask()
    with pytest.raises(AnotherPersonDecides), transaction.atomic():
        approve(by=SYSTEM, at=AT, approval_id=asked.id)
    elsewhere = actor_with("programme.publish", number=3, scope=Scope(UUID(int=2)))
    for by in (PIZARRO, elsewhere):
        with pytest.raises(Denied), transaction.atomic():
            approve(by=by, at=AT, approval_id=asked.id)
    with pytest.raises(ApprovalUnknown), transaction.atomic():
        approve(by=FERNANDO, at=AT, approval_id=UUID(int=5))
    assert Approval.objects.get().state == "asked"


def test_it_is_asked_once_at_a_time_and_decided_once() -> None:
    asked = ask()
    with pytest.raises(ApprovalAlreadyAsked):
        ask(by=FERNANDO)
    with transaction.atomic():
        reject(by=FERNANDO, at=AT, approval_id=asked.id, note="Too dear")
    with pytest.raises(ApprovalAlreadyDecided), transaction.atomic():
        approve(by=FERNANDO, at=AT, approval_id=asked.id)
    with pytest.raises(ApprovalMissing):
        get_standing_approval(content_hash="a1", **VERSION)
    again = ask()
    latest = find_approval(**VERSION)
    assert latest is not None
    assert latest.id == again.id


def test_a_change_after_the_approval_asks_for_another() -> None:
    asked = ask(content_hash="a1")
    with transaction.atomic():
        approve(by=FERNANDO, at=AT, approval_id=asked.id)
    with pytest.raises(ApprovalMissing, match="changed"):
        get_standing_approval(content_hash="b2", **VERSION)
