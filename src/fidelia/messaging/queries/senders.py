"""Who a message comes from, what every template may say, and the links that let a customer refuse more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core import signing

from fidelia.kernel.sealing import unseal
from fidelia.organisation.queries import find_portal
from fidelia.programme.queries.looks import find_look
from fidelia.ui.colors import light_look

from ..errors import MalformedToken

UNSUBSCRIBE_PATH = "/unsubscribe/"
PORTAL_PATH = "/from-message/"
PORTAL_LINK_DAYS = 7
SEALED_PURPOSE = "message variables"
_SALT = "fidelia.messaging.unsubscribe"
_PORTAL_SALT = "fidelia.messaging.portal"
# Every template may use these beside its own variables.
STANDARD_EXAMPLES: dict[str, Any] = {
    "customer": {"name": "Léonore Müller", "given_name": "Léonore", "family_name": "Müller"},
    "sender": "Fidelio",
    "unsubscribe_url": "https://example.com/unsubscribe/…",
    "portal_url": "https://example.com/from-message/…",
    "look": {
        "name": "Cercle Fidelio",
        "color": "#1F3D36",
        "on_color": "#FFFFFF",
        "paper": "#F3F4F6",
        "text": "#1F3D36",
    },
}


class Named(Protocol):
    """Somebody with names, as the customer file has them."""

    @property
    def given_name(self) -> str: ...

    @property
    def family_name(self) -> str: ...

    @property
    def display_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who asked for a code and is not in the customer file."""

    given_name: str = ""
    family_name: str = ""
    display_name: str = ""


def standard_variables(
    customer: Named, unsubscribe_url: str, portal_url: str, look: dict[str, str]
) -> dict[str, Any]:  # fmt: skip
    """Return what every template may say, read when the message is sent and not kept with it."""
    return {
        "customer": {
            "name": customer.display_name,
            "given_name": customer.given_name,
            "family_name": customer.family_name,
        },
        "sender": sender_name(),
        "unsubscribe_url": unsubscribe_url,
        "portal_url": portal_url,
        "look": look,
    }


def look_of(programme_id: UUID | None, language: str) -> dict[str, str]:
    """Return how a message looks: as its programme does, else as the portal; texts are in colors that can be read."""
    own = find_look(programme_id) if programme_id is not None else None
    shown = own or find_portal()
    if shown is None:
        return {**STANDARD_EXAMPLES["look"], "name": sender_name()}
    colors = light_look(shown.brand_color, shown.accent_color, shown.paper_color)
    name = shown.name or (own.programme.name.in_language(language) if own is not None else "")
    return {
        "name": name, "color": colors["card"], "on_color": colors["on_card"], "paper": colors["paper"],
        "text": colors["brand_text"],
    }  # fmt: skip


def sender_name() -> str:
    """Return the name in the sender's address, the address itself if it has none."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return name or address


def sender_domain() -> str:
    """Return the domain of the sender's address: a Message-ID ends with it."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return address.rpartition("@")[2] or "localhost"


def unsubscribe_url_for(customer_id: UUID, purpose: str, channel: str) -> str:
    """Return the address by which this customer refuses this purpose on this channel; it never expires."""
    token = signing.dumps([str(customer_id), purpose, channel], salt=_SALT, compress=True)
    return f"{settings.BASE_URL}{UNSUBSCRIBE_PATH}{token}"


def read_unsubscribe_token(token: str) -> tuple[UUID, str, str]:
    """Return (customer, purpose, channel) of a link we made. Raises MalformedToken."""
    try:
        customer_id, purpose, channel = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise MalformedToken("This link is incomplete. Copy all of it from the message.") from None
    return UUID(customer_id), purpose, channel


def portal_url_for(message_id: UUID) -> str:
    """Return the address by which the receiver of a message comes to what it is about, once, within seven days."""
    return f"{settings.BASE_URL}{PORTAL_PATH}{signing.dumps(str(message_id), salt=_PORTAL_SALT)}"


def read_portal_token(token: str) -> UUID:
    """Return the message of a link we made not longer than seven days ago. Raises MalformedToken."""
    try:
        return UUID(signing.loads(token, salt=_PORTAL_SALT, max_age=timedelta(days=PORTAL_LINK_DAYS)))
    except signing.BadSignature:
        raise MalformedToken("This link is incomplete or too old.") from None


def secrets_of(sealed: str) -> dict[str, Any]:
    """Return the variables that a message keeps sealed; none where it keeps none, or was sealed elsewhere."""
    text = unseal(sealed, purpose=SEALED_PURPOSE) if sealed else None
    found: dict[str, Any] = json.loads(text) if text is not None else {}
    return found
