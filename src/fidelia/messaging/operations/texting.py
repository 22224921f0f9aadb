"""Text messages: hand what is due to the gateway, take its reports, and let a telephone say STOP.

A code goes to whoever asks for it and needs no consent; every other text needs what its purpose needs on the channel
"sms". The claim is committed before the gateway is asked, as for e-mail (see `delivering`), and each attempt bears the
same reference, by which a provider that knows references sends once.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from fidelia.customers.operations import record_consent
from fidelia.customers.queries import last_words_at, list_everybody_at
from fidelia.kernel.actor import Actor
from fidelia.kernel.addresses import MalformedPhone, country_of_phone, is_landline, normalise_phone
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.folding import fold
from fidelia.kernel.outbox import announce
from fidelia.kernel.sms import Inbound, Receipt, Sms, SmsGateway, SmsLater, SmsRefused, SmsUnavailable, count_parts
from fidelia.organisation.queries import get_operator, is_portal_open

from ..errors import MalformedTemplate
from ..events import MessageFailed
from ..models import Channel, Message, Purpose, State
from ..queries.messages import texts_of
from ..queries.rendering import render_short
from ..queries.senders import Named, look_of, portal_url_for, secrets_of, standard_variables
from .delivering import (
    DETAIL_LENGTH_MAX,
    Outcome,
    Refusal,
    claim,
    conclude,
    prevented,
    receiver_of,
    take_refusal,
)

STOP_WORDS = frozenset({"stop", "arret", "arreter", "stopall", "unsubscribe", "desabonnement", "cancel", "end", "quit"})
STOPPED = ("marketing", "service")
ADDRESSEES_MAX = 1_000


def deliver_next_text(*, by: Actor, at: datetime, gateway: SmsGateway) -> Outcome | None:
    """Hand over the text message that is due first; None when none is due. Raises Denied (message.send)."""
    by.require("message.send")
    message = claim(at, Channel.SMS)
    if message is None:
        return None
    return prevented(message, at) or _hand_over(message, at, gateway)


def take_receipt(*, by: Actor, at: datetime, receipt: Receipt) -> bool:
    """Note what a gateway reports of a text that it took; False where it changes nothing: unknown, or told already.

    A text that never arrived has failed, with the gateway's word. Raises Denied (message.send).
    """
    by.require("message.send")
    if receipt.is_delivered is None:
        return False
    with transaction_of_use_case():
        named = Q(provider_message_id=receipt.name) | Q(id=_uuid(receipt.name))
        texts = Message.objects.select_for_update().filter(named, channel=Channel.SMS, state=State.SENT)
        message = texts.filter(delivered_at=None).first()
        if message is None:
            return False
        if receipt.is_delivered:
            Message.objects.filter(id=message.id).update(delivered_at=at, updated_at=at)
        else:
            detail = receipt.detail[:DETAIL_LENGTH_MAX]
            Message.objects.filter(id=message.id).update(
                state=State.FAILED, reason="sms_undelivered", detail=detail, updated_at=at
            )
            failed = MessageFailed(
                occurred_at=at, customer_id=message.customer_id, message_id=message.id, reason="sms_undelivered"
            )
            announce(failed)
    return True


def take_text(*, at: datetime, inbound: Inbound) -> int:
    """Obey a telephone that says STOP: no offer and no news by text to anybody who is reached there; return how many.

    Whose telephone it is has the right. Codes that somebody asks for go on. Any other text changes nothing, nor does a
    second STOP; a number that nobody has is nobody's.
    """
    if not _says_stop(inbound.text):
        return 0
    try:
        number = normalise_phone(_with_plus(inbound.sender), country=get_operator().country, pointer="/from")
    except MalformedPhone:
        return 0
    ids = list_everybody_at("phone", number, limit=ADDRESSEES_MAX)
    return sum(_stop(ids, purpose, at, inbound) for purpose in STOPPED)


def may_be_texted(number: str) -> bool:
    """Tell whether a number in E.164 may get a text: no landline, and of a country that the operator pays for."""
    allowed = settings.SMS_COUNTRIES
    return not is_landline(number) and (not allowed or country_of_phone(number) in allowed)


def _hand_over(message: Message, at: datetime, gateway: SmsGateway) -> Outcome:
    customer, number = receiver_of(message)
    if number is None or not may_be_texted(number):
        conclude(message, at, state=State.SUPPRESSED, reason="no_mobile" if number else "no_address")
        return Outcome.SUPPRESSED
    try:
        text = _composed(message, customer, gateway.stop_notice)
        handed = gateway.send(Sms(number, text, str(message.id)))
    except MalformedTemplate as error:
        conclude(message, at, state=State.FAILED, reason="template", detail=error.message)
        return Outcome.FAILED
    except (SmsRefused, SmsLater) as refusal:
        return take_refusal(message, number, _read(refusal), at)
    conclude(
        message, at, state=State.SENT, sent_at=at, sent_to=number, provider_message_id=handed.provider_id,
        parts=count_parts(text).parts,
    )  # fmt: skip
    return Outcome.SENT


def _composed(message: Message, customer: Named, stop_notice: str) -> str:
    portal = portal_url_for(message.id) if is_portal_open() else ""
    # How to refuse more is one word in answer: an address of 150 characters would cost a part of its own.
    standard = standard_variables(customer, "", portal, look_of(message.programme_id, message.language))
    variables = {**message.variables, **secrets_of(message.sealed), **standard}
    said = render_short(texts_of(message.version), message.language, variables)
    if message.purpose == Purpose.MARKETING and stop_notice and stop_notice not in said:
        return f"{said}\n{stop_notice}"
    return said


def _read(refusal: SmsRefused | SmsLater) -> Refusal:
    if isinstance(refusal, SmsRefused):
        dead = refusal.number_is_dead
        return Refusal(Outcome.FAILED, refusal.reason, refusal.detail, address_is_dead=dead)
    outcome = Outcome.SERVER_DOWN if isinstance(refusal, SmsUnavailable) else Outcome.DEFERRED
    return Refusal(outcome, refusal.reason, refusal.detail)


def _says_stop(text: str) -> bool:
    words = re.findall(r"[a-z]+", fold(text[:160]))
    return bool(words) and words[0] in STOP_WORDS and len(words) <= 3


def _stop(ids: list[UUID], purpose: str, at: datetime, inbound: Inbound) -> int:
    words = last_words_at(ids, purpose, Channel.SMS.value, at)
    # Offers nobody agreed to are refused all the same: the word is kept as proof of what was asked of us.
    left = [id for id in ids if words.get(id) is not False]
    for customer_id in left:
        record_consent(
            by=Actor.system("text message"), at=at, customer_id=customer_id, purpose=purpose, channel="sms",
            given=False, proof={"source": "sms", "text": inbound.text[:160]},
        )  # fmt: skip
    return len(left)


def _with_plus(sender: str) -> str:
    """Most providers write 33612345678 for +33612345678."""
    digits = re.sub(r"[^\d+]", "", sender)
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return digits if digits.startswith(("+", "0")) else f"+{digits}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
