"""The delivery of what is due, called by the worker's loop again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.core.mail import get_connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.sms import find_gateway

from .operations import Outcome, deliver_next, deliver_next_text, recover_abandoned

MESSAGES_A_RUN = 500


@dataclass(frozen=True, slots=True)
class DeliveryRun:
    """What one run did: how many messages came to each outcome, and how many a dead worker had left."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    recovered: int = 0
    in_doubt: int = 0

    @property
    def server_is_down(self) -> bool:
        return self.outcomes[Outcome.SERVER_DOWN] > 0


def deliver_due_messages(*, by: Actor, clock: Callable[[], datetime], limit: int = MESSAGES_A_RUN) -> DeliveryRun:
    """Deliver up to `limit` messages that are due, over one connection; several workers may do it at once.

    Ends early when the server does not answer: that message waits by its back-off, the others are left as they are.
    Without a server in the settings nothing is claimed. `clock` is kernel.clock.now: a run lasts longer than a moment.
    Raises Denied (message.send).
    """
    by.require("message.send")
    recovered, in_doubt = recover_abandoned(by=by, at=clock())
    run = DeliveryRun(recovered=recovered, in_doubt=in_doubt)
    if not settings.EMAIL_HOST:
        return run
    mail = get_connection()
    try:
        _deliver(run, limit, lambda: deliver_next(by=by, at=clock(), mail=mail))
    finally:
        mail.close()
    return run


def deliver_due_texts(*, by: Actor, clock: Callable[[], datetime], limit: int = MESSAGES_A_RUN) -> DeliveryRun:
    """Deliver up to `limit` text messages that are due, as `deliver_due_messages` does e-mails.

    Without a gateway in the settings nothing is claimed. Raises Denied (message.send).
    """
    by.require("message.send")
    run, gateway = DeliveryRun(), find_gateway()
    if gateway is not None:
        _deliver(run, limit, lambda: deliver_next_text(by=by, at=clock(), gateway=gateway))
    return run


def _deliver(run: DeliveryRun, limit: int, next_one: Callable[[], Outcome | None]) -> None:
    for _number in range(limit):
        outcome = next_one()
        if outcome is None:
            break
        run.outcomes[outcome] += 1
        if outcome is Outcome.SERVER_DOWN:
            break
