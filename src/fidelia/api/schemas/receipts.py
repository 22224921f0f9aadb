"""Receipts of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from .types import Output


class ReceiptOut(Output):
    """One decision with its place in the chain of its account; docs/reference/receipts.md tells each part."""

    format: str
    account: UUID
    sequence: int = Field(description="Its place in the chain of the account, from 1.")
    purchase: dict[str, Any]
    programme: dict[str, Any]
    version: dict[str, Any] = Field(description="The version that decided, with the hash of its document.")
    traits: dict[str, str] = Field(description="The types of the traits that its rules read.")
    recorded_at: datetime
    decision: dict[str, Any] = Field(description="The decision record to the letter.")
    basket: dict[str, Any] | None = Field(description="Of a closed checkout: what the engine was given.")
    previous_hash: str
    hash: str = Field(description="SHA-256 of the hash before it and the canonical text of the decision.")
    digests: dict[str, str] = Field(description="A digest of each field, by its JSON pointer.")
    seal: str = Field(description="SHA-256 over all digests.")


class ReceiptsOut(Output):
    """The receipts of an account in the order of their chain, without a gap."""

    format: str
    receipts: list[ReceiptOut]
