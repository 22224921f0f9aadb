"""The refusals of messaging.

NotFound
├── UnknownTemplate
└── UnknownMessage
Invalid
├── MalformedTemplate
├── MissingVariables
├── UnknownPurpose
├── MalformedToken
└── TooManyMessages
Refused
└── MessageUnderWay
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class UnknownTemplate(NotFound):
    """There is no template of this key."""

    default_code = "unknown_template"


class UnknownMessage(NotFound):
    """There is no such message."""

    default_code = "unknown_message"


class MalformedTemplate(Invalid):
    """A text of the template is no Liquid or no MJML, or it breaks a limit; the pointer says which text."""

    default_code = "malformed_template"


class MissingVariables(Invalid):
    """The template needs variables that were not given, or are of no kind that a message can keep."""

    default_code = "missing_variables"


class UnknownPurpose(Invalid):
    """A message is either service or marketing."""

    default_code = "unknown_purpose"


class MalformedToken(Invalid):
    """The link to unsubscribe is not one that Fidelia made."""

    default_code = "malformed_token"


class TooManyMessages(Invalid):
    """More messages in one call than a batch may have."""

    default_code = "too_many_messages"


class MessageUnderWay(Refused):
    """The message is not in a state in which this can be done."""

    default_code = "message_under_way"
