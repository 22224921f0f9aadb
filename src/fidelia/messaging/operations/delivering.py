"""Deliver one message after another: claim, commit, hand to the server, commit what it said.

Note [Killed between claim and answer]
    A claim is committed before the SMTP dialogue, so a worker that dies leaves the message `sending`, and no other
    worker takes it. After LEASE_MINUTES `recover_abandoned` queues it once more with the same Message-ID, by which mail
    systems know a repetition; found a second time it becomes `in_doubt`. One message is claimed at a time: a worker
    that dies leaves one in this state, not a batch.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models import F

from fidelia.customers.operations import mark_contact_bounced
from fidelia.customers.queries import find_address, ids_of, list_customers_by_id
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import announce

from ..errors import MalformedTemplate
from ..events import MessageFailed, MessageSent
from ..models import Channel, Message, Purpose, State
from ..queries.senders import Named, Stranger
from .composing import compose
from .queueing import CONTACT_OF, reasons_against

LEASE_MINUTES = 15
ATTEMPTS_MAX = 8
BACK_OFF_MINUTES = (1, 5, 15, 60, 180, 360, 720)
DETAIL_LENGTH_MAX = 300
# The address itself is refused for good; other refusals (5.7.x: policy, spam) say nothing about the address.
DEAD_ADDRESS_CODES = {550, 551, 553, 556}
logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of one message, or of the server."""

    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    DEFERRED = "deferred"
    SERVER_DOWN = "server_down"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the server said against a message: for good, for now, or that it serves nobody now."""

    outcome: Outcome
    reason: str
    detail: str
    address_is_dead: bool = False


def deliver_next(*, by: Actor, at: datetime, mail: BaseEmailBackend) -> Outcome | None:
    """Deliver the message that is due first; None when none is due. Raises Denied (message.send).

    `mail` is an SMTP backend of Django; it is opened if need be and stays open for the next message.
    """
    by.require("message.send")
    message = claim(at, Channel.EMAIL)
    if message is None:
        return None
    return prevented(message, at) or _hand_over(message, at, mail)


def recover_abandoned(*, by: Actor, at: datetime) -> tuple[int, int]:
    """Queue again what a dead worker left `sending`; what was left twice is in doubt. Returns (recovered, in doubt).

    Raises Denied (message.send).
    """
    by.require("message.send")
    with transaction_of_use_case():
        left = Message.objects.filter(state=State.SENDING, claimed_at__lt=at - timedelta(minutes=LEASE_MINUTES))
        in_doubt = left.filter(recoveries__gt=0).update(state=State.IN_DOUBT, reason="worker_died_twice", updated_at=at)
        recovered = left.filter(recoveries=0).update(
            state=State.QUEUED, recoveries=F("recoveries") + 1, next_attempt_at=at, claimed_at=None, updated_at=at
        )
    return recovered, in_doubt


_CLAIM = """
update messaging_message set state = 'sending', claimed_at = %(at)s, attempts = attempts + 1, updated_at = %(at)s
where id = (
    select id from messaging_message where state = 'queued' and next_attempt_at <= %(at)s and channel = %(channel)s
    order by next_attempt_at, id limit 1 for update skip locked)
returning id
"""


def claim(at: datetime, channel: Channel) -> Message | None:
    """Take the message of a channel that is due first, committed before anybody is talked to."""
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"at": at, "channel": channel.value})
        found: tuple[UUID] | None = cursor.fetchone()
    return None if found is None else Message.objects.select_related("version__template").get(id=found[0])


def prevented(message: Message, at: datetime) -> Outcome | None:
    """Ask once more: between queue and delivery a customer may have refused, moved or been erased."""
    if at >= message.expires_at:
        conclude(message, at, state=State.FAILED, reason="expired")
        return Outcome.FAILED
    reasons = reasons_against(
        [message.customer_id], message.purpose, at, channel=message.channel, is_addressed=bool(message.address)
    )
    if reasons:
        conclude(message, at, state=State.SUPPRESSED, reason=reasons[message.customer_id])
        return Outcome.SUPPRESSED
    return None


def receiver_of(message: Message) -> tuple[Named, str | None]:
    """Return who gets a message, and where."""
    known = list_customers_by_id([message.customer_id]).get(message.customer_id, Stranger())
    contact = CONTACT_OF[message.channel]
    return known, message.address or find_address(ids_of(message.customer_id), contact)


def _hand_over(message: Message, at: datetime, mail: BaseEmailBackend) -> Outcome:
    customer, address = receiver_of(message)
    if address is None:
        conclude(message, at, state=State.SUPPRESSED, reason="no_address")
        return Outcome.SUPPRESSED
    try:
        mail.open()
        mail.send_messages([compose(message, customer, address, at=at, connection=mail)])
    except MalformedTemplate as error:
        conclude(message, at, state=State.FAILED, reason="template", detail=error.message)
        return Outcome.FAILED
    except (smtplib.SMTPException, OSError) as error:
        _close(mail)
        return take_refusal(message, address, _read_refusal(error), at)
    conclude(message, at, state=State.SENT, sent_at=at, sent_to=address)
    return Outcome.SENT


def _read_refusal(error: Exception) -> Refusal:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _by_code(code, text, of_recipient=True)
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return _by_code(error.smtp_code, error.smtp_error, of_recipient=False)
    return Refusal(Outcome.SERVER_DOWN, "server_down", f"{type(error).__name__}: {error}")


def _by_code(code: int, text: bytes | str, *, of_recipient: bool) -> Refusal:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    outcome = Outcome.FAILED if code >= 500 else Outcome.DEFERRED
    policy = words.startswith("5.7.")
    dead = outcome is Outcome.FAILED and of_recipient and code in DEAD_ADDRESS_CODES and not policy
    return Refusal(outcome, f"smtp_{code}", words, address_is_dead=dead)


def take_refusal(message: Message, address: str, refusal: Refusal, at: datetime) -> Outcome:
    """Write down what was said against a message: given up, or tried again later."""
    detail = refusal.detail[:DETAIL_LENGTH_MAX]
    logger.warning("%s was not taken: %s", message.message_id, refusal.reason)
    if refusal.outcome is Outcome.FAILED or message.attempts >= ATTEMPTS_MAX:
        conclude(
            message, at, state=State.FAILED, reason=refusal.reason, detail=detail, sent_to=address,
            dead_address=address if refusal.address_is_dead else "",
        )  # fmt: skip
        return Outcome.SERVER_DOWN if refusal.outcome is Outcome.SERVER_DOWN else Outcome.FAILED
    pause = BACK_OFF_MINUTES[min(message.attempts, len(BACK_OFF_MINUTES)) - 1]
    conclude(
        message, at, state=State.QUEUED, reason=refusal.reason, detail=detail, claimed_at=None,
        next_attempt_at=at + timedelta(minutes=pause),
    )  # fmt: skip
    return refusal.outcome


def conclude(message: Message, at: datetime, *, state: State, dead_address: str = "", **facts: Any) -> None:
    """Write what became of the message, if it is still this worker's: a lease may have run out meanwhile."""
    with transaction_of_use_case():
        own = Message.objects.filter(id=message.id, state=State.SENDING, claimed_at=message.claimed_at)
        cleared: Mapping[str, Any] = {"reason": "", "detail": ""} | ({} if state is State.QUEUED else {"sealed": ""})
        if not own.update(**{**cleared, **facts, "state": state, "updated_at": at}):
            logger.error("%s was taken over by another worker and may be sent twice", message.message_id)
            return
        if dead_address:
            mark_contact_bounced(
                customer_ids=ids_of(message.customer_id), channel=CONTACT_OF[message.channel], value=dead_address, at=at
            )
        _announce(message, at, state, str(facts.get("reason", "")))


def _announce(message: Message, at: datetime, state: State, reason: str) -> None:
    if message.purpose == Purpose.HOUSE:
        return  # connectors hear of messages to customers
    if state is State.SENT:
        announce(MessageSent(occurred_at=at, customer_id=message.customer_id, message_id=message.id))
    elif state is State.FAILED:
        announce(MessageFailed(occurred_at=at, customer_id=message.customer_id, message_id=message.id, reason=reason))


def _close(mail: BaseEmailBackend) -> None:
    """Drop the connection after a refusal: what it was in the middle of is not known."""
    try:
        mail.close()
    except (smtplib.SMTPException, OSError):
        logger.debug("the connection was gone already")
