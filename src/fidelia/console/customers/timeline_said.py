"""What we wrote to a customer, and what the customer agreed to, in the timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fidelia.customers.models import Consent
from fidelia.customers.queries import list_consents
from fidelia.messaging.models import Message
from fidelia.messaging.queries import list_messages
from fidelia.ui.parts import TimelineItem

from ..words import CHANNELS, MESSAGE_REASONS, MESSAGE_STATES, PROOFS, PURPOSES, SOURCES, word
from .reading import Dossier


def messages_sent(dossier: Dossier, before: datetime, limit: int) -> list[tuple[datetime, TimelineItem]]:
    """Return the newest messages before a moment, those that were not sent too."""
    found = list_messages(by=dossier.by, customer_ids=dossier.ids, before=before, limit=limit)
    return [(message.queued_at, _message(dossier, message)) for message in found]


def _message(dossier: Dossier, message: Message) -> TimelineItem:
    is_sent = message.state == "sent"
    return TimelineItem(
        "mail" if message.state in ("sent", "queued", "sending") else "mail-off",
        message.version.template.name.in_language(dossier.speech.language),
        lead=_("E-mail"),
        rest=word(MESSAGE_STATES, message.state),
        detail="" if is_sent else word(MESSAGE_REASONS, message.reason),
        when=dossier.speech.when(message.sent_at or message.queued_at),
    )


def consents_said(dossier: Dossier) -> list[tuple[datetime, TimelineItem]]:
    """Return each word on consent, with how we know it."""
    return [(said.occurred_at, _consent(dossier, said)) for said in list_consents(dossier.customer.id)]


def _consent(dossier: Dossier, said: Consent) -> TimelineItem:
    return TimelineItem(
        "shield-check" if said.given else "shield-x",
        word(PURPOSES, said.purpose),
        lead=_("Agrees to") if said.given else _("Refuses"),
        rest=_("by %(channel)s") % {"channel": word(CHANNELS, said.channel)},
        detail=say_proof(said.proof),
        when=dossier.speech.when(said.occurred_at),
        tone="green" if said.given else "grey",
    )


def say_proof(proof: dict[str, Any]) -> str:
    """Say how we know of a consent: where it was said, its wording, and who noted it."""
    recorder = str(proof.get("recorded_by", ""))
    parts = [
        say_place(proof),
        str(proof.get("wording", "")),
        _("noted by %(who)s") % {"who": recorder} if recorder else "",
    ]
    return " · ".join(part for part in parts if part)


def say_place(proof: dict[str, Any]) -> str:
    """Say where a consent was given or refused."""
    place = str(proof.get("place") or proof.get("form") or proof.get("source") or "")
    return word(PROOFS, place) if place in PROOFS else word(SOURCES, place)
