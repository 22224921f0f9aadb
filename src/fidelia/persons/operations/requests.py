"""Ask to be erased, think better of it, answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.access.operations import record_audit
from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import add_months, local_day, zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.queries import get_operator

from ..errors import AnswerMissing, RequestOver, UnknownRequest
from ..models import RightsRequest

NOTE_LENGTH_MAX = 500
MONTHS_TO_ANSWER = 1


def ask_erasure(*, by: Actor, at: datetime, customer_id: UUID, note: str = "", source: str) -> RightsRequest:
    """Ask that all about a customer is erased; asked twice it is the same request, due when it was due.

    Raises Denied (customer.change).
    """
    by.require("customer.change")
    survivor = ids_of(customer_id)[0]
    due_on = add_months(local_day(at, zone_of(get_operator().time_zone)), MONTHS_TO_ANSWER)
    with transaction_of_use_case():
        try:
            with transaction.atomic():
                asked = RightsRequest.objects.create(
                    customer_id=survivor, kind=RightsRequest.Kind.ERASURE, source=source, asked_at=at, due_on=due_on,
                    note=note.strip()[:NOTE_LENGTH_MAX],
                )  # fmt: skip
        except IntegrityError:
            return RightsRequest.objects.get(customer_id=survivor, kind="erasure", state="open")
        record_audit(
            by=by, at=at, verb="request.ask", object_type="request", object_id=asked.id,
            after={"customer_id": survivor, "kind": asked.kind, "due_on": due_on},
        )  # fmt: skip
    return asked


def withdraw_request(*, by: Actor, at: datetime, customer_id: UUID) -> None:
    """Think better of it while nobody has answered. Raises Denied (customer.change), UnknownRequest."""
    by.require("customer.change")
    with transaction_of_use_case():
        asked = RightsRequest.objects.filter(customer_id__in=ids_of(customer_id), state="open").first()
        if asked is None:
            raise UnknownRequest("Nothing was asked, or it was answered already.")
        _close(asked, "withdrawn", by=by, at=at, answer="")


def answer_request(*, by: Actor, at: datetime, request_id: UUID, is_done: bool, answer: str) -> RightsRequest:
    """Say that what was asked is done, or why it is not. Raises Denied, UnknownRequest, RequestOver, AnswerMissing."""
    by.require("request.answer")
    said = " ".join(answer.split())
    if not said or len(said) > NOTE_LENGTH_MAX:
        raise AnswerMissing(f"Say in up to {NOTE_LENGTH_MAX} characters what was done.", pointer="/answer")
    with transaction_of_use_case():
        asked = RightsRequest.objects.filter(id=request_id).first()
        if asked is None:
            raise UnknownRequest("There is no such request.")
        _close(asked, "done" if is_done else "refused", by=by, at=at, answer=said)
    return asked


def _close(asked: RightsRequest, state: str, *, by: Actor, at: datetime, answer: str) -> None:
    facts = {"state": state, "answered_at": at, "answered_by": by.label, "answer": answer}
    if not RightsRequest.objects.filter(id=asked.id, state="open").update(**facts):
        raise RequestOver("This request was answered before.")
    asked.state = state
    record_audit(
        by=by, at=at, verb="request.answer", object_type="request", object_id=asked.id,
        before={"state": "open"}, after={"state": state},
    )  # fmt: skip
