"""Look at a file that was handed in, and open it as what it seems to hold, mapped as far as can be guessed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.cache import cache

from fidelia.files.models import StoredFile
from fidelia.files.queries import local_path
from fidelia.intake.kinds import get_import_kind
from fidelia.intake.mapping import FileMapping
from fidelia.intake.models import Import, SavedMapping
from fidelia.intake.operations import open_import
from fidelia.intake.proposing import Proposal, guess_target, propose
from fidelia.intake.queries import list_saved_mappings
from fidelia.intake.reading import Reading, with_told_order
from fidelia.intake.sniff import Sniffed, is_order_unclear, sniff
from fidelia.intake.tables import Table
from fidelia.kernel.actor import Actor
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.queries import get_operator

KEPT_SECONDS = 24 * 3600


def open_kept_file(by: Actor, at: datetime, kept: StoredFile, *, targets: Sequence[str]) -> Import:
    """Open a stored file as one of the targets. Raises UnreadableFile and what `open_import` does."""
    with local_path(kept.id) as path:
        found = sniffed(path, kept.content_hash)
        reading = found.reading
        table = Table(path, reading)
        target = targets[0] if len(targets) == 1 else _likeliest(table, targets)
        mapping = proposed(table, kept.content_hash, target).mapping
        saved = recognise(table.columns, list_saved_mappings(by=by, target=target))
        mapping = mapping if saved is None else as_saved(mapping, saved, is_unclear=is_order_unclear(found.doubts))
        return open_import(
            by=by, at=at, target=target, path=path, name=kept.name, file_id=kept.id,
            document=mapping.as_document(), whole=False,
        )  # fmt: skip


def sniffed(path: Path, content_hash: str) -> Sniffed:
    """Return how the file is read and what is doubtful of it. Raises UnreadableFile."""
    key = f"sniffed:{content_hash}"
    kept: Sniffed | None = cache.get(key)
    if kept is None:
        kept = sniff(path)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def proposed(table: Table, content_hash: str, target: str) -> Proposal:
    """Return what is proposed for a target of the file as it is read; kept for a day, since it looks at all rows."""
    key = f"proposed:{content_hash}:{hash_of_reading(table.reading)}:{target}"
    kept: Proposal | None = cache.get(key)
    if kept is None:
        kept = propose(table, get_import_kind(target).target, defaults=_usual())
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def hash_of_reading(reading: Reading) -> str:
    return hashlib.sha256(json.dumps(reading.as_document(), sort_keys=True).encode()).hexdigest()[:16]


def recognise(columns: Sequence[str], saved: Sequence[SavedMapping]) -> SavedMapping | None:
    """Return the saved mapping whose columns the file all has, the fullest; None without one."""
    fitting = [each for each in saved if set(each.document["columns"].values()) <= set(columns)]
    return max(fitting, key=lambda each: (len(each.document["columns"]), each.saved_at), default=None)


def as_saved(mapping: FileMapping, saved: SavedMapping, *, is_unclear: bool = False) -> FileMapping:
    """Return columns and options as they were saved, of a file read as this one was found to be.

    Where its own days do not tell their order (`is_unclear`), it is the one that was chosen for the sender's files.
    """
    document = saved.document
    reading = with_told_order(mapping.reading, document.get("reading")) if is_unclear else mapping.reading
    return FileMapping(mapping.target, reading, dict(document["columns"]), dict(document["options"]))


def _likeliest(table: Table, targets: Sequence[str]) -> str:
    return guess_target(table, [get_import_kind(name).target for name in targets])[0][0].name


def _usual() -> dict[str, Any]:
    """What holds for the operator holds for a file that does not say otherwise."""
    try:
        operator = get_operator()
    except OperatorNotSetUp:
        return {}
    return {"currency": operator.currency, "country": operator.country, "time_zone": operator.time_zone}
