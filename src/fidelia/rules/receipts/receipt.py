"""A receipt: one decision, its place in the chain of its account, and a digest of each of its fields.

    {"format": "fidelia-receipt/1", "account": …, "sequence": 3, "purchase": {…}, "programme": {…}, "version": {…},
     "decision": {…}, "basket": …, "previous_hash": …, "hash": …, "digests": {"/decision/points": …}, "seal": …}

`decision` is the record to the letter, so `hash` is the SHA-256 of the hash before it and its canonical text: what the
chain of the account holds. `digests` tell which field was changed; `seal` covers them all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fidelia.kernel.errors import Invalid

from ..decision import GENESIS, canonical_text, chain_text

FORMAT = "fidelia-receipt/1"
FORMAT_OF_CHAIN = "fidelia-receipts/1"
DIGEST_LENGTH = 16  # hexadecimal digits; a digest names a field, the seal is what holds
SIZE_MAX = 64 * 1024 * 1024
RECEIPTS_MAX = 100_000
_DEEPEST = 40
_SEALS = ("digests", "seal")
_WANTED = {
    "format": str,
    "account": str,
    "sequence": int,
    "purchase": dict,
    "programme": dict,
    "version": dict,
    "decision": dict,
    "previous_hash": str,
    "hash": str,
    "digests": dict,
    "seal": str,
}


class MalformedReceipt(Invalid):
    """A file holds no receipt that can be read."""

    default_code = "malformed_receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it was read; nothing in it is true before it is verified."""

    content: Mapping[str, Any]

    @property
    def account(self) -> str:
        return str(self.content["account"])

    @property
    def sequence(self) -> int:
        return int(self.content["sequence"])

    @property
    def purchase_id(self) -> str:
        return str(self.content["purchase"].get("id", ""))

    @property
    def sold_id(self) -> str:
        """The purchase that a return gives back; empty where it names none."""
        return str(self.content["purchase"].get("returns") or "")

    @property
    def is_nobodys(self) -> bool:
        """Whether it stands in the chain that a sale of nobody is for itself."""
        return self.account in (self.purchase_id, self.sold_id)

    @property
    def decision(self) -> dict[str, Any]:
        found: dict[str, Any] = self.content["decision"]
        return found

    @property
    def version_hash(self) -> str:
        return str(self.content["version"].get("hash", ""))

    @property
    def hash(self) -> str:
        return str(self.content["hash"])

    @property
    def previous_hash(self) -> str:
        return str(self.content["previous_hash"])

    def changed_fields(self) -> list[str]:
        """Return the pointers of the fields that are not as they were sealed, "/digests" and "/seal" among them."""
        told: Mapping[str, Any] = self.content["digests"]
        found = digests_of(self.content)
        changed = [pointer for pointer in sorted({*told, *found}) if told.get(pointer) != found.get(pointer)]
        if seal_of(told) != self.content["seal"]:
            changed.append("/seal" if not changed else "/digests")
        return changed

    def is_chained(self) -> bool:
        """Tell whether the decision and the hash before it give the hash told."""
        try:
            previous = bytes.fromhex(self.previous_hash)
        except ValueError:
            return False
        if len(previous) != len(GENESIS):
            return False
        return chain_text(previous, canonical_text(self.decision)).hex() == self.hash


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a receipt with the digest of each field and the seal over them."""
    digests = digests_of(content)
    return {**content, "digests": digests, "seal": seal_of(digests)}


def digests_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of every field, by its pointer: a member of an object, or a row of a list of rows."""
    plain = {name: value for name, value in content.items() if name not in _SEALS}
    return {pointer: _digest(value) for pointer, value in _leaves(plain, "", 0)}


def seal_of(digests: Mapping[str, Any]) -> str:
    """Return the SHA-256 over all digests."""
    return hashlib.sha256(canonical_text(digests).encode()).hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_text(value).encode()).hexdigest()[:DIGEST_LENGTH]


def _leaves(value: Any, pointer: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth < _DEEPEST and isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{pointer}/{_in_pointer(str(name))}", depth + 1)
    elif depth < _DEEPEST and isinstance(value, list) and value and isinstance(value[0], list | dict):
        for place, each in enumerate(value):
            inner = f"{pointer}/{place}"
            yield from _leaves(each, inner, depth + 1) if isinstance(each, dict) else ((inner, each),)
    else:
        yield pointer, value


def _in_pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def chain_text_of(receipts: Sequence[Mapping[str, Any]]) -> str:
    """Return the file of several receipts of an account, in the order of their chain."""
    return canonical_text({"format": FORMAT_OF_CHAIN, "receipts": list(receipts)}) + "\n"


def read_receipts(text: str) -> list[Receipt]:
    """Read a file of one receipt or of several. Raises MalformedReceipt."""
    if len(text) > SIZE_MAX:
        raise MalformedReceipt(f"A file of receipts has at most {SIZE_MAX // 1024 // 1024} MB.")
    try:
        whole = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object_of)
    except (ValueError, RecursionError) as error:
        raise MalformedReceipt(f"This is not JSON: {error}.") from None
    if isinstance(whole, dict) and whole.get("format") == FORMAT_OF_CHAIN:
        listed = whole.get("receipts")
        if not isinstance(listed, list) or not 1 <= len(listed) <= RECEIPTS_MAX:
            raise MalformedReceipt(f"A file of receipts has 1 to {RECEIPTS_MAX} of them.", pointer="/receipts")
        return [_read(each, f"/receipts/{place}") for place, each in enumerate(listed)]
    return [_read(whole, "")]


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _read(content: Any, pointer: str) -> Receipt:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise MalformedReceipt(f"This is no receipt of the format {FORMAT}.", pointer=f"{pointer}/format")
    for name, kind in _WANTED.items():
        if not isinstance(content.get(name), kind) or isinstance(content[name], bool):
            raise MalformedReceipt(f"A receipt has “{name}”, and of its kind.", pointer=f"{pointer}/{name}")
    _check_moment(content["decision"].get("occurred_at"), f"{pointer}/decision/occurred_at")
    if not isinstance(content["decision"].get("values"), dict):
        raise MalformedReceipt("A decision has the values that were read.", pointer=f"{pointer}/decision/values")
    return Receipt(content)


def _check_moment(text: Any, pointer: str) -> None:
    try:
        fits = datetime.fromisoformat(text).tzinfo is not None
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise MalformedReceipt("This is no instant such as 2026-03-02T09:30:00+00:00.", pointer=pointer)
