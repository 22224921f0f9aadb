"""Receipts of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from .types import Output, shown

_HASH = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
_RECEIPT: dict[str, Any] = {
    "format": "fidelia-receipt/1",
    "account": "019a5c1e-8a11-7d02-9c3d-77c1e0a2bb02",
    "sequence": 1,
    "purchase": {
        "id": "019a5c1e-9b22-7e03-8d4c-66b0d1a3cc03", "kind": "sale", "receipt_number": "L-2026-118",
        "source": "till 3", "currency": "EUR", "total": 1550, "returns": None,
    },
    "programme": {
        "slug": "fidelio", "currency": "EUR", "time_zone": "Europe/Paris", "points": {"code": "NOTES", "scale": 0},
    },
    "version": {"id": "019a5c1e-5500-7000-8000-00000000000a", "number": 3, "hash": _HASH},
    "traits": {},
    "recorded_at": "2026-03-02T09:15:01Z",
    "decision": {
        "format": 1, "rule_version": "019a5c1e-5500-7000-8000-00000000000a",
        "occurred_at": "2026-03-02T09:15:00+00:00", "values": {"lines": [{"net": 1550, "quantity": 1000}]},
        "points": 15, "outcomes": [["base", 15, "granted", {"base": 1550}]], "lines": [[1000, 15, {"base": 15}]],
        "unassigned": 0,
    },
    "basket": None,
    "previous_hash": "00" * 32,
    "hash": _HASH,
    "digests": {"/account": "1e0bbd6c686ba050", "/decision/points": "e629fa6598d73276"},
    "seal": _HASH,
}  # fmt: skip


class ReceiptOut(Output):
    """One decision with its place in the chain of its account; docs/reference/receipts.md tells each part."""

    model_config = shown(_RECEIPT)
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

    model_config = shown({"format": "fidelia-receipts/1", "receipts": [_RECEIPT]})
    format: str
    receipts: list[ReceiptOut]
