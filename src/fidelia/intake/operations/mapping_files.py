"""Open an import, and say which column of its file is what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case

from ..errors import ImportNotReady, ImportUnknown, MalformedMapping, SavedMappingUnknown
from ..kinds import get_import_kind
from ..mapping import FileMapping, check_mapping, parse_file_mapping
from ..models import Import, ImportState, SavedMapping
from ..reading import DateOrder
from ..tables import Table

NAME_LENGTH_MAX = 80
OPEN_TO_CHANGE = (ImportState.MAPPING, ImportState.CHECKED, ImportState.STOPPED, ImportState.FAILED)


def open_import(
    *,
    by: Actor,
    at: datetime,
    target: str,
    path: Path,
    name: str,
    file_id: UUID | None = None,
    document: Any,
    whole: bool = True,
) -> Import:
    """Open a file as an import of this target, mapped as the document of a mapping says.

    `path` is where the file lies now, `file_id` the stored file a later check reads. A mapping that is not `whole` may
    lack parts, which a person adds before the check. Writes nothing of its rows.
    Raises Denied, UnknownTarget, UnreadableFile, MalformedMapping.
    """
    kind = get_import_kind(target)
    by.require(kind.right)
    mapping = parse_file_mapping(document, kind.target, whole=whole)
    table = Table(path, mapping.reading)
    require_columns(mapping, table.columns)
    with transaction_of_use_case():
        found = Import.objects.create(
            target=target,
            file_id=file_id,
            file_name=name[-200:],
            file_hash=_content_hash(path),
            file_size=path.stat().st_size,
            columns=list(table.columns),
            mapping=mapping.as_document(),
            by_label=by.label,
            created_at=at,
        )
        audit(by, at, kind.right, found, after={"target": target, "file_hash": found.file_hash})
    return found


def change_mapping(
    *,
    by: Actor,
    at: datetime,
    import_id: UUID,
    document: Any,
    columns: Sequence[str] | None = None,
    whole: bool = True,
) -> Import:
    """Put the mapping of an import right, its target too; what was checked before no longer counts.

    `columns` are the file's where it is read in another way now. Raises Denied, ImportUnknown, UnknownTarget,
    ImportNotReady, MalformedMapping.
    """
    with transaction_of_use_case():
        return _mapped_anew(by, at, locked(by, import_id), document, columns, whole=whole)


def tell_day_order(*, by: Actor, at: datetime, import_id: UUID, order: DateOrder) -> Import:
    """Say which of day and month comes first in a file whose days do not tell; a mapping saved by name keeps it.

    What was checked under the other order no longer counts. Raises Denied, ImportUnknown, ImportNotReady.
    """
    with transaction_of_use_case():
        found = locked(by, import_id)
        reading = found.mapping.get("reading", {})
        counts = found.state == ImportState.CHECKED and found.checked_mapping_hash == hash_of_mapping(found)
        told = {**reading, "date_order": order.value, "order_told": True}
        changed = _mapped_anew(by, at, found, {**found.mapping, "reading": told})
        if counts and reading.get("date_order") == order:
            changed.state, changed.checked_mapping_hash = ImportState.CHECKED, hash_of_mapping(changed)
            changed.save(update_fields=["state", "checked_mapping_hash"])
    return changed


def save_mapping(*, by: Actor, at: datetime, import_id: UUID, name: str) -> SavedMapping:
    """Keep the mapping of an import by name, in the place of one of that name. Raises Denied, ImportUnknown."""
    with transaction_of_use_case():
        found = locked(by, import_id)
        saved, _is_new = SavedMapping.objects.update_or_create(
            target=found.target,
            name=" ".join(name.split())[:NAME_LENGTH_MAX],
            defaults={"document": found.mapping, "by_label": by.label, "saved_at": at},
        )
        audit(by, at, get_import_kind(found.target).right, found, after={"saved_mapping": saved.name})
    return saved


def use_saved_mapping(*, by: Actor, at: datetime, import_id: UUID, name: str) -> Import:
    """Map an import as a mapping saved by name says. Raises SavedMappingUnknown, and what `change_mapping` does."""
    found = Import.objects.filter(pk=import_id).first()
    saved = SavedMapping.objects.filter(name=name, target=found.target).first() if found is not None else None
    if found is not None and saved is None:
        raise SavedMappingUnknown(f"No mapping is saved as “{name}”.", pointer="/saved")
    document = saved.document if saved is not None else None
    return change_mapping(by=by, at=at, import_id=import_id, document=document)


def forget_mapping(*, by: Actor, at: datetime, mapping_id: UUID) -> None:
    """Forget a mapping saved by name; imports mapped by it stay as they are. Raises Denied, SavedMappingUnknown."""
    with transaction_of_use_case():
        saved = SavedMapping.objects.select_for_update().filter(pk=mapping_id).first()
        if saved is None:
            raise SavedMappingUnknown("There is no such saved mapping.")
        right = get_import_kind(saved.target).right
        by.require(right)
        record_audit(
            by=by, at=at, verb=right, object_type="import_mapping", object_id=saved.id, before={"name": saved.name}
        )  # fmt: skip
        saved.delete()


def locked(by: Actor, import_id: UUID) -> Import:
    """Return an import to be changed, its row locked. Raises Denied, ImportUnknown."""
    require_transaction()
    found = Import.objects.select_for_update().filter(pk=import_id).first()
    if found is None:
        raise ImportUnknown("There is no such import.")
    by.require(get_import_kind(found.target).right)
    return found


def _mapped_anew(
    by: Actor, at: datetime, found: Import, document: Any, columns: Sequence[str] | None = None, *, whole: bool = True
) -> Import:
    kind = get_import_kind((document or {}).get("target") or found.target)
    by.require(kind.right)
    mapping = parse_file_mapping(document, kind.target, whole=whole)
    found.columns = list(columns) if columns is not None else found.columns
    require_columns(mapping, found.columns)
    if found.state not in OPEN_TO_CHANGE or (found.started_at is not None and kind.target.name != found.target):
        raise ImportNotReady(f"This import is {found.state}: its mapping stays as it is.")
    before, found.mapping, found.state = found.mapping, mapping.as_document(), ImportState.MAPPING
    found.target = kind.target.name
    found.save(update_fields=["mapping", "state", "columns", "target"])
    audit(by, at, kind.right, found, before=before, after=found.mapping)
    return found


def checked_mapping(found: Import) -> FileMapping:
    """Return the mapping of an import, whole for its target as it is now. Raises MalformedMapping."""
    mapping = found.file_mapping
    check_mapping(mapping, get_import_kind(found.target).target)
    return mapping


def require_columns(mapping: FileMapping, columns: Sequence[str]) -> None:
    """Raise MalformedMapping for a column that the file does not have."""
    for known, name in mapping.columns.items():
        if name not in columns:
            raise MalformedMapping(
                f"The file has no column “{name}”; it has {', '.join(columns)}.", pointer=f"/columns/{known}"
            )


def hash_of_mapping(found: Import) -> str:
    """Return what tells whether a check still speaks of the mapping as it is."""
    return hashlib.sha256(json.dumps(found.mapping, sort_keys=True).encode()).hexdigest()


def audit(by: Actor, at: datetime, verb: str, found: Import, **states: Any) -> None:
    record_audit(by=by, at=at, verb=verb, object_type="import", object_id=found.id, **states)


def _content_hash(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, by which the same file is known again whatever its name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
