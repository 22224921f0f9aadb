"""Codes with which members agree that many points are spent."""

from __future__ import annotations

from datetime import datetime

from .customers import Language
from .types import Amount, Id, Input, Output, shown


class SpendingCodeIn(Input):
    """Who is about to spend up to how many points; the language, where it is not the member's own."""

    model_config = shown({"enrolment_id": "019a5c1e-8f00-7b00-8000-000000000003", "points": "1200"})
    enrolment_id: Id
    points: Amount
    language: Language | None = None


class SpendingCodeOut(Output):
    """The token that goes with the digits, and where they went, mostly hidden."""

    model_config = shown({"token": "nVq2…", "sent_to": "f•••@example.com", "expires_at": "2026-12-01T09:35:00Z"})
    token: str
    sent_to: str
    expires_at: datetime
