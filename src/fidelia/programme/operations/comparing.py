"""Compare a draft with what was published since it was begun, part by part: each rule by its key, the rest whole.

A draft is a whole document. Begun before a campaign was launched (or a colleague published) and published after, it
would silently take out the rule that came in meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..errors import ChangesWouldBeLost
from ..models import ProgrammeVersion
from ..queries import version_in_force

Document = dict[str, Any]
RULE = "rules/"


def missed_changes(draft: ProgrammeVersion, at: datetime) -> list[str]:
    """Return the parts, such as "rules/coffee" or "tiers", that changed since the draft was begun and it lacks."""
    documents = documents_of(draft, at)
    return [] if documents is None else [name for name, _part in missed_parts(*documents)]


def check_nothing_lost(draft: ProgrammeVersion, at: datetime) -> None:
    """Raise ChangesWouldBeLost when publishing the draft would take back what was published since it was begun."""
    missed = missed_changes(draft, at)
    if missed:
        raise ChangesWouldBeLost(
            f"Version {draft.number} was begun before {', '.join(missed)} changed: bring it up to date first.",
            parts=missed,
        )


def documents_of(draft: ProgrammeVersion, at: datetime) -> tuple[Document, Document, Document] | None:
    """Return the document in force when the draft was begun, the one in force now, and the draft's own."""
    begun, current = (version_in_force(draft.programme, moment) for moment in (draft.created_at, at))
    if current is None or begun == current:
        return None
    return begun.document if begun else {"rules": []}, current.document, draft.document


def missed_parts(begun: Document, current: Document, own: Document) -> Iterator[tuple[str, Any]]:
    """Yield each part that is another in `current` than in `begun` and was not made the same in `own`."""
    before, now, mine = _parts_of(begun), _parts_of(current), _parts_of(own)
    for name in [*now, *(name for name in before if name not in now)]:
        part = now.get(name)
        if part != before.get(name) and part != mine.get(name):
            yield name, part


def merged(begun: Document, current: Document, own: Document) -> Document:
    """Return `own` with what it missed; where both changed a part, its own stays."""
    before, parts = _parts_of(begun), _parts_of(own)
    for name, part in missed_parts(begun, current, own):
        if parts.get(name) == before.get(name):  # nobody touched it here
            parts[name] = part
    whole = {name: part for name, part in parts.items() if not name.startswith(RULE) and part is not None}
    rules = [part for name, part in parts.items() if name.startswith(RULE) and part is not None]
    return whole | {"rules": rules}


def _parts_of(document: Document) -> dict[str, Any]:
    """Return the parts that are compared: each rule by its key, and every other part whole."""
    parts = {name: part for name, part in document.items() if name != "rules"}
    return parts | {f"{RULE}{rule['key']}": rule for rule in document.get("rules", ())}
