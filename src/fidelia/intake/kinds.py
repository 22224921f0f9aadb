"""The kinds of import that this release knows: declared by modules, registered in `config`, named by settings.IMPORTS.

A kind checks and records the rows that intake has staged as text (`intake_row`); it never opens the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .errors import UnknownTarget
from .models import Import
from .targets import Column, Target


class Step(Protocol):
    """Check, record or undo the staged rows of one import. Returns counts and sums, as JSON values.

    `check` marks each row of `intake_row` ready (as it is staged), known, double or rejected with its reason (see
    `rejections`), and writes nothing else that lasts; the engine counts the states and adds what it returns.
    `record` writes the ready rows, by set and in batches whose effects and checkpoint (`progress.reach`) are committed
    together; it returns what it recorded, `recorded_rows` among it: those of a run after a mending are added up.
    """

    def __call__(self, found: Import, *, by: Actor, at: datetime, progress: Progress) -> Mapping[str, Any]: ...


class Undo(Protocol):
    """Take back what one import recorded, or raise a refusal when something depends on it, and then write nothing.

    Returns counts, and sums whose names end as those of the totals they answer to. With `forget`, what was made besides
    and is named by nothing else goes too; a kind that does not `leave` anything takes no notice of it. It may be run
    again after it was killed, and goes on.
    """

    def __call__(
        self, found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Total:
    """One number of a check's report or of the totals, as people read it: pages show those that a kind declares.

    `unit` says what the number counts: things, minor units of the file's currency, or minor units of points. Of a
    file's control totals `place` says where each stands: "file" = "recorded" + "known" + "double" + "rejected", all
    sums of the same column. What is not part of that equation has none.
    """

    name: str
    label: LocalizedText
    definition: LocalizedText
    unit: Literal["count", "money", "points"] = "count"
    place: Literal["", "file", "recorded", "known", "double", "rejected"] = ""


@dataclass(frozen=True, slots=True)
class ImportKind:
    """A target with the right to bring it in and its steps; without `undo` it cannot be taken back.

    `leaves` says what its undoing leaves unless it is asked to take that too.

    `reasons` are the words of its own reasons for rejecting a row, beside those of intake; `totals` the numbers that
    pages show of what its steps return, in their order. `forget` deletes what its check keeps beside the staged rows.
    Of a kind that is recorded `one_at_a_time`, a second file waits for the end of the first: what both name is then
    known to the second. `own_columns` are those that the house has declared beside the target's. Where a kind
    `is_known_by_content`, a file that was recorded whole is told as it was told then, and not read again.
    """

    target: Target
    right: str
    check: Step
    record: Step
    undo: Undo | None = None
    leaves: LocalizedText | None = None
    forget: Callable[[UUID], None] | None = None
    reasons: Mapping[str, LocalizedText] = field(default_factory=dict)
    totals: tuple[Total, ...] = ()
    one_at_a_time: bool = True
    is_known_by_content: bool = False
    own_columns: Callable[[], tuple[Column, ...]] | None = None


def list_import_kinds() -> tuple[ImportKind, ...]:
    """Return every kind of this release, in layer order."""
    registered: tuple[ImportKind, ...] | Callable[[], tuple[ImportKind, ...]] = import_string(settings.IMPORTS)
    return registered() if callable(registered) else registered


def get_import_kind(target: str) -> ImportKind:
    """Raises UnknownTarget."""
    for kind in list_import_kinds():
        if kind.target.name == target:
            return _with_own_columns(kind)
    raise UnknownTarget(f"No file of “{target}” can be brought in.", pointer="/target")


def _with_own_columns(kind: ImportKind) -> ImportKind:
    if kind.own_columns is None:
        return kind
    target = replace(kind.target, columns=(*kind.target.columns, *kind.own_columns()))
    return replace(kind, target=target)
