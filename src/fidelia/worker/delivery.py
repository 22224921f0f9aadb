"""Delivering messages: the loops that hand what is due to the mail server and to the gateway of text messages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.worker.dispatch import Pause

IDLE_SECONDS = 1.0
MESSAGES_A_RUN = 100  # a run ends within seconds, so that a stop does not wait for a long queue
logger = logging.getLogger(__name__)


def run_delivery(stop: threading.Event) -> None:
    """Deliver e-mails until `stop` is set; the run under way comes to its end.

    A mail server or a database that does not answer is waited for. Several processes may run this: they share the
    messages.
    """
    from fidelia.messaging.jobs import deliver_due_messages

    _run(stop, deliver_due_messages)


def run_texting(stop: threading.Event) -> None:
    """Deliver text messages until `stop` is set, in a loop of its own: a code waits for no mail server."""
    from fidelia.messaging.jobs import deliver_due_texts

    _run(stop, deliver_due_texts)


def _run(stop: threading.Event, deliver: Callable[..., Any]) -> None:
    from django.db import DatabaseError, InterfaceError, connection

    by, trouble = Actor.system("delivery"), Pause()
    try:
        while not stop.is_set():
            try:
                run = deliver(by=by, clock=now, limit=MESSAGES_A_RUN)
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
