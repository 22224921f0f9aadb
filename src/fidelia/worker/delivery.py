"""Delivering messages: the loop that hands what is due to the mail server."""

from __future__ import annotations

import logging
import threading

from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.worker.dispatch import Pause

IDLE_SECONDS = 1.0
MESSAGES_A_RUN = 100  # a run ends within seconds, so that a stop does not wait for a long queue
logger = logging.getLogger(__name__)


def run_delivery(stop: threading.Event) -> None:
    """Deliver messages until `stop` is set; the run under way comes to its end.

    A mail server or a database that does not answer is waited for. Several processes may run this: they share the
    messages.
    """
    from django.db import DatabaseError, InterfaceError, connection

    from fidelia.messaging.jobs import deliver_due_messages

    by, trouble = Actor.system("delivery"), Pause()
    try:
        while not stop.is_set():
            try:
                run = deliver_due_messages(by=by, clock=now, limit=MESSAGES_A_RUN)
            except (DatabaseError, InterfaceError) as failure:
                trouble = trouble.longer(now())
                logger.error("The delivery of messages waits %.0f s for the database: %s", trouble.seconds, failure)
                connection.close()
                stop.wait(trouble.seconds)
                continue
            if run.in_doubt:
                logger.error("%d messages are in doubt: their worker died twice while sending", run.in_doubt)
            trouble = trouble.longer(now()) if run.server_is_down else Pause()
            full = run.outcomes.total() == MESSAGES_A_RUN
            stop.wait(trouble.seconds or (0 if full else IDLE_SECONDS))
    finally:
        connection.close()
