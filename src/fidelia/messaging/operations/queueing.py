"""Queue messages: consent asked first, a row for each, sent later by the worker.

A message that may not be sent is a row too, `suppressed` with its reason: that nothing was sent is never silent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.access.queries import find_users
from fidelia.customers.queries import find_addresses, last_words_at, list_customers_by_id, survivors_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.kernel.sealing import seal

from ..errors import MalformedTemplate, MissingVariables, TooManyMessages, UnknownPurpose, UnknownTemplate
from ..models import Channel, Message, Purpose, State, TemplateVersion
from ..queries.messages import latest_versions
from ..queries.senders import SEALED_PURPOSE, sender_domain

MESSAGES_MAX = 10_000
VARIABLES_LENGTH_MAX = 20_000
VALID_DAYS = 3
# Where a customer is reached by a message of each channel.
CONTACT_OF = {Channel.EMAIL.value: "email", Channel.SMS.value: "phone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """One message to be queued. `idempotency_key` names the cause, such as "messaging.inform_of_points:42".

    `variables` are JSON values, by language if `by_language` is set: {"en": {…}, "fr": {…}}; they hold no name and no
    address, which are read when the message is sent. A `purpose` of "service" needs no consent but an address and no
    objection; "marketing" needs consent; "access" is what the customer has just asked for (a code), and needs neither;
    "house" is told to a user of the console, by their id and address, in their `language`.
    Such an addressed code may go to a `customer_id` that is to be: `language` then says which.
    By the `channel` "sms" what the template says in short goes to a telephone, with consent and objection of its own.
    It leaves at `not_before`, or at once, and is given up `valid_for` later. `secrets` are variables that are kept
    sealed, and only until it is sent. It looks as `programme_id` does, or as the portal.
    `address` is one that it must go to, instead of the newest of the customer.
    """

    customer_id: UUID
    template: str
    purpose: str
    idempotency_key: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    by_language: bool = False
    cause_event_id: int | None = None
    not_before: datetime | None = None
    valid_for: timedelta = timedelta(days=VALID_DAYS)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    channel: str = Channel.EMAIL
    language: str = "fr"
    programme_id: UUID | None = None


def send_message(*, by: Actor, at: datetime, request: MessageRequest) -> Message:
    """Queue one message, or record why it is not sent; the same key again returns the message that it made.

    Raises Denied (message.send), UnknownTemplate, UnknownPurpose, MissingVariables, MalformedTemplate.
    """
    with transaction_of_use_case():
        queue_messages(by=by, at=at, requests=[request])
    return Message.objects.get(idempotency_key=request.idempotency_key)


def queue_messages(*, by: Actor, at: datetime, requests: Sequence[MessageRequest]) -> int:
    """Queue messages in the caller's transaction, ten statements whatever their number; return how many are new rows.

    Raises Denied (message.send), TooManyMessages (10,000), UnknownTemplate, UnknownPurpose, MissingVariables,
    MalformedTemplate (nothing to say as a text message).
    """
    by.require("message.send")
    require_transaction()
    if len(requests) > MESSAGES_MAX:
        raise TooManyMessages(f"At most {MESSAGES_MAX} messages are queued at once.")
    versions = latest_versions({request.template for request in requests})
    for request in requests:
        _check(request, versions)
    before = Message.objects.filter(idempotency_key__in=[request.idempotency_key for request in requests]).count()
    rows = _rows_of(requests, versions, at)
    Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
    return len({row.idempotency_key for row in rows}) - before


def withdraw_messages(*, by: Actor, at: datetime, key_prefix: str, reason: str) -> int:
    """Suppress, in the caller's transaction, what waits to be sent under keys that begin so; return how many.

    What a worker has claimed goes out. Raises Denied (message.send).
    """
    by.require("message.send")
    require_transaction()
    waiting = Message.objects.filter(idempotency_key__startswith=key_prefix, state=State.QUEUED)
    return waiting.update(state=State.SUPPRESSED, reason=reason, updated_at=at)


def forget_addressees(*, customer_ids: Sequence[UUID], at: datetime) -> int:
    """Building block: take away where messages went to people who never became customers; return how many it was."""
    require_transaction()
    theirs = Message.objects.filter(customer_id__in=list(customer_ids))
    return theirs.update(address="", sent_to="", sealed="", detail="", updated_at=at)


def reasons_against(
    customer_ids: Sequence[UUID], purpose: str, at: datetime, *, channel: str, is_addressed: bool = False
) -> dict[UUID, str]:
    """Return for each customer who may not be sent a message of this purpose now the code of the reason.

    A message that is addressed has its own address, and needs none of the customer's; a code may go to one of nobody.
    """
    if purpose == Purpose.HOUSE:
        return reasons_against_users(customer_ids)
    people = list_customers_by_id(customer_ids)
    addresses = find_addresses(customer_ids, CONTACT_OF[channel])
    asked = "marketing" if purpose == Purpose.MARKETING else "service"
    words = last_words_at(customer_ids, asked, channel, at)
    reasons = {}
    for customer_id in customer_ids:
        person = people.get(customer_id)
        if person is None and is_addressed and purpose == Purpose.ACCESS:
            continue  # who asks to join is nobody's customer yet
        if person is None or person.is_erased:
            reasons[customer_id] = "customer_gone"
        elif purpose == Purpose.MARKETING and not words.get(customer_id, False):
            reasons[customer_id] = "no_consent"
        elif purpose == Purpose.SERVICE and not words.get(customer_id, True):
            reasons[customer_id] = "objection"
        elif customer_id not in addresses and not is_addressed:
            reasons[customer_id] = "no_address"
    return reasons


def reasons_against_users(user_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return for each user who is not written to any more the code of the reason."""
    users = find_users(user_ids)
    return {id: "user_gone" for id in user_ids if id not in users or not users[id].is_active}


def _check(request: MessageRequest, versions: Mapping[str, TemplateVersion]) -> None:
    version = versions.get(request.template)
    if version is None:
        raise UnknownTemplate(f"There is no template “{request.template}”.", key=request.template)
    if request.purpose not in Purpose.values:
        raise UnknownPurpose(f"“{request.purpose}” is not one of {', '.join(Purpose.values)}.", pointer="/purpose")
    if request.channel not in Channel.values:
        raise UnknownPurpose(f"“{request.channel}” is not one of {', '.join(Channel.values)}.", pointer="/channel")
    if request.channel == Channel.SMS and version.short is None:
        raise MalformedTemplate(f"“{request.template}” says nothing as a text message.", pointer="/short")
    sets = request.variables.values() if request.by_language else [request.variables]
    for given in sets:
        missing = sorted(set(version.variables) - set(given) - set(request.secrets))
        if missing:
            raise MissingVariables(f"The template needs “{missing[0]}”.", pointer=f"/variables/{missing[0]}")
    if len(json.dumps(request.variables)) > VARIABLES_LENGTH_MAX:
        raise MissingVariables(f"Variables have at most {VARIABLES_LENGTH_MAX} characters.", pointer="/variables")


def _rows_of(
    requests: Sequence[MessageRequest], versions: Mapping[str, TemplateVersion], at: datetime
) -> list[Message]:
    survivors = survivors_of([request.customer_id for request in requests])
    ids = list({survivors.get(request.customer_id, request.customer_id) for request in requests})
    languages = {id: person.language for id, person in list_customers_by_id(ids).items()}
    kinds = {_kind_of(request) for request in requests}
    reasons = {
        (purpose, channel, is_addressed): reasons_against(ids, purpose, at, channel=channel, is_addressed=is_addressed)
        for purpose, channel, is_addressed in kinds
    }
    domain = sender_domain()
    rows = []
    for request in requests:
        customer_id = survivors.get(request.customer_id, request.customer_id)
        reason = reasons[_kind_of(request)].get(customer_id, "")
        language = languages.get(customer_id, request.language)
        id, due_at = new_id(), max(at, request.not_before or at)
        rows.append(
            Message(
                id=id, customer_id=customer_id, version=versions[request.template], language=language,
                programme_id=request.programme_id,
                channel=request.channel, purpose=request.purpose, reason=reason,
                state=State.SUPPRESSED if reason else State.QUEUED,
                variables=dict(request.variables[language] if request.by_language else request.variables),
                cause_event_id=request.cause_event_id, idempotency_key=request.idempotency_key, queued_at=at,
                sealed=seal(json.dumps(dict(request.secrets)), purpose=SEALED_PURPOSE) if request.secrets else "",
                address=request.address, expires_at=due_at + request.valid_for, next_attempt_at=due_at,
                message_id=f"<{id}@{domain}>", updated_at=at,
            )
        )  # fmt: skip
    return rows


def _kind_of(request: MessageRequest) -> tuple[str, str, bool]:
    return request.purpose, str(request.channel), bool(request.address)
