"""A customer refuses more, by the link or the one-click header of a message."""

from __future__ import annotations

from datetime import datetime

from fidelia.customers.operations import record_consent
from fidelia.customers.queries import last_words_at
from fidelia.kernel.actor import Actor

from ..queries.senders import read_unsubscribe_token


def unsubscribe(*, at: datetime, token: str, source: str) -> bool:
    """Withdraw the consent that a link names, or object to service messages; False if that was the last word already.

    The token, which only the receiver of a message has, is the right. Call it for a POST only: scanners of mail systems
    follow every link, and a GET that acts unsubscribes people who never asked. Raises MalformedToken, UnknownCustomer.
    """
    customer_id, purpose, channel = read_unsubscribe_token(token)
    if last_words_at([customer_id], purpose, channel, at).get(customer_id, True) is False:
        return False
    record_consent(
        by=Actor.system("unsubscribe link"),
        at=at,
        customer_id=customer_id,
        purpose=purpose,
        channel=channel,
        given=False,
        proof={"source": source},
    )
    return True
