"""A gateway for development: the text is written to standard error and goes nowhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .parts import count_parts
from .port import Handed, Inbound, Receipt, Sms


class ConsoleGateway:
    """Writes each text where the one who develops sees it."""

    stop_notice = ""

    def send(self, sms: Sms) -> Handed:
        cost = count_parts(sms.text)
        sys.stderr.write(f"SMS to {sms.to} ({cost.parts} × {cost.alphabet}): {sms.text}\n")
        return Handed(f"console-{sms.reference}")

    def read_inbound(self, told: Mapping[str, Any]) -> Inbound | None:
        sender, text = told.get("from"), told.get("text")
        return Inbound(sender, text) if isinstance(sender, str) and isinstance(text, str) else None

    def read_receipt(self, told: Mapping[str, Any]) -> Receipt | None:
        name, state = told.get("id"), told.get("state")
        return Receipt(name, state == "delivered") if isinstance(name, str) and isinstance(state, str) else None

    def describe(self) -> str:
        return "standard error, for development: no telephone gets them"
