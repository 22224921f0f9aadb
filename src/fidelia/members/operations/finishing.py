"""What follows a sign-up: the card that the newcomer holds, or one of their own, and the friend who brought them.

Each is a use case of its own, so a process that dies in between leaves some of it to do: the next who asks, or the
job, does the rest, and what is done already is not done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.cards.errors import CardNotProvisional
from fidelia.cards.models import CardSeries
from fidelia.cards.operations import give_card, look_up_card, register_card
from fidelia.cards.operations.registering import Person
from fidelia.cards.queries import cards_of, list_card_series
from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.kernel.sealing import unseal
from fidelia.programme.queries import get_enrolment
from fidelia.referral.operations import Evidence, record_referral

from ..models import SignUp

PURPOSE = "sign-up"
LEFT_AFTER = timedelta(minutes=1)
ROWS_MAX = 500


def finish_sign_up(*, at: datetime, sign_up_id: UUID) -> None:
    """See to the card and the friend of who joined; what cannot be is noted, and nobody is kept out for it."""
    row = SignUp.objects.filter(id=sign_up_id, finished_at=None).exclude(joined_at=None).first()
    written = unseal(row.answers, purpose=PURPOSE) if row is not None else None
    if row is None or written is None:
        return
    said, by = json.loads(written), Actor.system("sign-up")
    subject = f"ip:{said['network']}"
    card = _tried(lambda: _see_to_card(row, said["card"], by, at, subject))
    friend = _tried(lambda: _see_to_friend(row, said, by, at, subject))
    SignUp.objects.filter(id=row.id, finished_at=None).update(
        finished_at=at, card=card, referral=friend, answers=""
    )  # fmt: skip


def finish_left_sign_ups(*, at: datetime) -> int:
    """Finish those whose process died more than a minute ago; return how many."""
    left = SignUp.objects.filter(joined_at__lt=at - LEFT_AFTER, finished_at=None).order_by("joined_at")
    ids = list(left.values_list("id", flat=True)[:ROWS_MAX])
    for sign_up_id in ids:
        finish_sign_up(at=at, sign_up_id=sign_up_id)
    return len(ids)


def _tried(deed: Callable[[], str]) -> str:
    try:
        return deed()
    except FideliaError as refusal:
        return refusal.code[:12] if len(refusal.code) <= 12 else "refused"


def _see_to_card(row: SignUp, number: str, by: Actor, at: datetime, subject: str) -> str:
    """Register the card they hold, or give them one of the newest digital series; one who has a card has enough."""
    if number.strip():
        return _take_card(row, number, by, at, subject)
    series = _digital_series(by, row.programme_id)
    if series is None or cards_of(ids_of(row.customer_id), at=at):
        return ""
    programme = series.programme
    try:
        give_card(
            by=by, at=at, customer_id=row.customer_id, series_id=series.id, programme=programme, once=_once(row, "card")
        )
    except RequestRepeated:
        return "digital"
    return "digital"


def _take_card(row: SignUp, number: str, by: Actor, at: datetime, subject: str) -> str:
    card = look_up_card(by=by, at=at, number=number, subject=subject)
    if card.programme_id != row.programme_id:
        return "refused"
    if card.customer_id is not None and card.customer_id in ids_of(row.customer_id):
        return "taken"
    try:
        register_card(by=by, at=at, card=card.id, person=Person(customer_id=row.customer_id), source="portal")
    except CardNotProvisional:
        give_card(by=by, at=at, customer_id=row.customer_id, number=card.number, programme=card.programme)
    return "taken"


def _digital_series(by: Actor, programme_id: UUID) -> CardSeries | None:
    found = [one for one in list_card_series(by=by, programme_id=programme_id) if one.is_digital and not one.ended_at]
    return max(found, key=lambda one: one.created_at, default=None)


def _see_to_friend(row: SignUp, said: Mapping[str, Any], by: Actor, at: datetime, subject: str) -> str:
    """Note who brought them; who was a member before came by nobody."""
    if not said["friend"].strip() or row.person == SignUp.Person.MEMBER:
        return ""
    assert row.enrolment_id is not None, "who joined has a membership"
    enrolment = get_enrolment(row.enrolment_id)
    try:
        record_referral(
            by=by, at=at, code=said["friend"], enrolment=enrolment, evidence=Evidence(said["network"], said["device"]),
            subject=subject, once=_once(row, "friend"),
        )  # fmt: skip
    except RequestRepeated:
        return "noted"
    return "noted"


def _once(row: SignUp, deed: str) -> RequestKey:
    return RequestKey("sign-up", f"{row.id}:{deed}", hashlib.sha256(f"{row.id} {deed}".encode()).digest())
