"""A real SMTP server on the loopback, whose answers a test chooses, and which keeps what it took."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

from tests.serving import free_port


class PostOffice:
    """The server. `refusals` maps an address to the answer its RCPT gets; `data_answer` is the answer to DATA."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refusals: dict[str, str] = {}
        self.data_answer = "250 OK"
        self.asked = threading.Event()
        self.got_one = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.generation = 0
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=60)

    def __enter__(self) -> PostOffice:
        self._controller.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.may_answer.set()
        self.generation = 0
        self._controller.stop()

    def forget_those_under_way(self) -> None:
        """Let the conversations go on whose client is dead, without taking what they said."""
        self.generation += 1
        self.may_answer.set()

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.set()
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        generation = self.generation
        await asyncio.get_running_loop().run_in_executor(None, self.may_answer.wait, 30)
        if self.data_answer.startswith("250") and generation == self.generation:
            assert isinstance(envelope.content, bytes)
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients += envelope.rcpt_tos
            self.got_one.set()
        return self.data_answer


def parts_of(mail: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML of a message."""
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    return text.get_content(), page.get_content()
