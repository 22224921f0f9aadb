"""One e-mail as it goes out: both parts, and the headers by which mail systems and customers know what it is."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from fidelia.organisation.queries import is_portal_open

from ..models import Message, Purpose
from ..queries.messages import texts_of
from ..queries.rendering import render
from ..queries.senders import Named, look_of, portal_url_for, secrets_of, standard_variables, unsubscribe_url_for


def compose(
    message: Message, customer: Named, address: str, *, at: datetime, connection: BaseEmailBackend
) -> EmailMultiAlternatives:
    """Render the message for its customer. Raises MalformedTemplate."""
    link, portal = _links_of(message)
    standard = standard_variables(customer, link, portal, look_of(message.programme_id, message.language))
    variables = {**message.variables, **secrets_of(message.sealed), **standard}
    rendered = render(texts_of(message.version), message.language, variables)
    mail = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        # The bare address: a name there would only be one more thing for a mail system to break.
        to=[address],
        headers=headers_of(message, link, at),
        connection=connection,
    )
    mail.attach_alternative(rendered.html, "text/html")
    return mail


def _links_of(message: Message) -> tuple[str, str]:
    """Return where the customer refuses more, and the way into their account; who works here has neither."""
    if message.purpose == Purpose.HOUSE:
        return "", ""
    refused = Purpose.SERVICE if message.purpose == Purpose.ACCESS else message.purpose
    link = unsubscribe_url_for(message.customer_id, refused, message.channel)
    return link, portal_url_for(message.id) if is_portal_open() else ""


def headers_of(message: Message, link: str, at: datetime) -> dict[str, str]:
    """Return the headers beside those of every e-mail."""
    headers = {
        "Message-ID": message.message_id,
        "Date": format_datetime(at),
        "Content-Language": message.language,
        "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office robots stay silent
    }
    if message.purpose == Purpose.MARKETING:
        headers["List-Unsubscribe"] = f"<{link}>"
        # RFC 8058: without https the one-click header is void, and some mail systems distrust the whole message.
        if link.startswith("https://"):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
