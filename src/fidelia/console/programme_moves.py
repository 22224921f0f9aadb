"""What the tiers of a draft would do to members, in words: who would move from where to where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fidelia.programme.operations import TierPreview

from .programme_parts import VersionView, language


@dataclass(frozen=True, slots=True)
class TierMoves:
    """The moves from the most frequent on; `is_sample` says that only some members were looked at."""

    members: int
    looked_at: int
    moved: int
    rows: list[tuple[str, str, int]]

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.members


def tier_moves(found: TierPreview, view: VersionView) -> TierMoves:
    """Return a preview with the names of the tiers, of the draft and of the version in force."""
    names = _names(view.current.document if view.current else {}) | _names(view.version.document)
    rows = [
        (names.get(was, was) or _("no tier"), names.get(then, then) or _("no tier"), count)
        for (was, then), count in found.moves.most_common()
    ]
    return TierMoves(found.members, found.looked_at, found.moves.total(), rows)


def _names(document: Mapping[str, Any]) -> dict[str, str]:
    levels = (document.get("tiers") or {}).get("levels", [])
    return {level["key"]: level["name"][language()[:2]] for level in levels}
