"""What a gateway of text messages does: hands one over, and reads what the provider calls back with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Sms:
    """One text. `to` is E.164 (+33612345678); `reference` is ours, the same at each attempt."""

    to: str
    text: str
    reference: str


@dataclass(frozen=True, slots=True)
class Handed:
    """The gateway took it; `provider_id` is its own name of the text, by which it reports later; may be empty."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text that a telephone sent to us; `sender` as the provider wrote it."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a text: on the telephone (True), never to be there (False), or still under way (None)."""

    name: str
    is_delivered: bool | None
    detail: str = ""


class SmsRefused(Exception):
    """The gateway refuses this text for good; `number_is_dead` where it says that nobody is reached there."""

    def __init__(self, reason: str, detail: str = "", *, number_is_dead: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.number_is_dead = reason, detail, number_is_dead


class SmsLater(Exception):
    """The gateway does not take this text now: it goes out later."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class SmsUnavailable(SmsLater):
    """The gateway serves nobody now: it does not answer, or does not know us."""


@runtime_checkable
class SmsGateway(Protocol):
    """The port. An object of it is used by one worker after another, and keeps nothing between two texts."""

    @property
    def stop_notice(self) -> str:
        """Say how offers are stopped, such as "STOP au 36111"; empty where the provider adds it."""

    def send(self, sms: Sms) -> Handed:
        """Hand one text over, in 20 seconds at most. Raises SmsRefused, SmsLater, SmsUnavailable, and nothing else."""

    def read_inbound(self, told: Mapping[str, Any]) -> Inbound | None:
        """Read what the provider posts for a text that came in; None if it is none."""

    def read_receipt(self, told: Mapping[str, Any]) -> Receipt | None:
        """Read what the provider posts about a text that went out; None if it is no report."""

    def describe(self) -> str:
        """Say in half a sentence where texts go, without a secret."""
