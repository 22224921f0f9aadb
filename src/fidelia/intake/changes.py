"""What an import changed, thing by thing, and how it is put back: for kinds whose rows stand alone (`plain`).

A book says where the things of a kind are kept. While rows are written, what was there before and what is there after
is kept with them; taking the import back writes the former again wherever the later is still what it wrote.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from fidelia.access.operations import record_audit
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.references import find_naming

from .errors import NotUndoable
from .models import Import, RecordedChange

TOGETHER = 5_000
COUNTS = ("put_back", "removed", "kept_as_changed", "kept_as_used")
Item = TypeVar("Item")
States = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Book(Generic[Item]):
    """Where the things of a kind are kept: `facts` are what a file says of one, `find` those that items speak of.

    `named_as` is the column by which other tables name one, where some do: what they name is not removed. `parts` are
    its own rows in other tables, with the field by which they point at it; `stamp` the field of its last change.
    """

    model: type[Model]
    facts: tuple[str, ...]
    find: Callable[[Sequence[Item]], QuerySet[Any]]
    named_as: str = ""
    parts: tuple[tuple[type[Model], str], ...] = ()
    stamp: str = ""

    def read(self, items: Sequence[Item]) -> States:
        """Return the things that items speak of, by their key, as they are."""
        return self._states(self.find(items)) if items else {}

    def read_again(self, keys: Sequence[str]) -> States:
        """Return the things of these keys as they are; locked until the transaction ends."""
        locked = self.model._default_manager.select_for_update().filter(pk__in=keys).order_by("pk")
        return self._states(locked)

    def _states(self, things: QuerySet[Any]) -> States:
        return {str(key): as_json(dict(zip(self.facts, facts, strict=True)))
                for key, *facts in things.values_list("pk", *self.facts)}  # fmt: skip

    def put_back(self, former: Mapping[str, Mapping[str, Any] | None], at: datetime) -> None:
        """Write facts as they were before."""
        things = list(self.model._default_manager.filter(pk__in=list(former)))
        for thing in things:
            for name, value in (former[str(thing.pk)] or {}).items():
                setattr(thing, name, self.model._meta.get_field(name).to_python(value))  # type: ignore[union-attr]
            if self.stamp:
                setattr(thing, self.stamp, at)
        fields = [*self.facts, *([self.stamp] if self.stamp else [])]
        if things:
            self.model._default_manager.bulk_update(things, fields, batch_size=1_000)

    def remove(self, keys: Sequence[str]) -> set[str]:
        """Remove things that nobody names; return the keys of those that stay."""
        things = list(self.model._default_manager.filter(pk__in=keys))
        staying = self._named([thing.pk for thing in things]) if self.named_as else set()
        gone = [thing.pk for thing in things if str(thing.pk) not in staying]
        for part, field in self.parts:
            part._default_manager.filter(**{f"{field}__in": gone}).delete()
        self.model._default_manager.filter(pk__in=gone).delete()
        return staying

    def _named(self, ids: Sequence[Any]) -> set[str]:
        own = [part._meta.db_table for part, _field in self.parts]
        naming = find_naming(self.named_as, ids, besides=own)
        return {str(one) for found in naming.values() for one in found}


def keep_changes(found: Import, before: States, after: States) -> None:
    """Building block: keep what a transaction of an import changed."""
    RecordedChange.objects.bulk_create(
        RecordedChange(import_id=found.id, thing=key, before=before.get(key), after=state)
        for key, state in after.items()
        if before.get(key) != state
    )


def undo_changes(
    book: Book[Any], right: str, found: Import, *, by: Actor, at: datetime, progress: Progress
) -> dict[str, int]:
    """Put back all that an import changed, the last first, in transactions that a run after a kill goes on from.

    What somebody has changed since stays as it is, and so does what is new by this import and named elsewhere by now;
    both are counted. Raises NotUndoable for an import of a release that kept no changes.
    """
    by.require(right)
    changes = RecordedChange.objects.filter(import_id=found.id)
    if found.totals.get("recorded_rows") and not changes.exists():
        raise NotUndoable("What this import changed was not kept by an earlier release.")
    progress.expect(progress.done + changes.filter(outcome="").count())
    for page in _pages(changes):
        with transaction_of_use_case():
            _put_back(book, page, at)
            progress.reach({"change": page[-1].id}, count=len(page))
        progress.show()
    counts = {name: changes.filter(outcome=name).count() for name in COUNTS}
    with transaction_of_use_case():
        record_audit(by=by, at=at, verb=right, object_type="import", object_id=found.id, before=counts)
    return counts


def _pages(changes: QuerySet[RecordedChange]) -> Iterator[list[RecordedChange]]:
    while page := list(changes.filter(outcome="").order_by("-id")[:TOGETHER]):
        yield page


def _put_back(book: Book[Any], page: Sequence[RecordedChange], at: datetime) -> None:
    """A page begins with the last change; of a thing that stands in it twice only the outermost states count."""
    of_thing: dict[str, list[RecordedChange]] = defaultdict(list)
    for change in page:
        of_thing[change.thing].append(change)
    current = book.read_again(list(of_thing))
    outcome = {
        thing: "kept_as_changed" if current.get(thing) != steps[0].after
        else "removed" if steps[-1].before is None else "put_back"
        for thing, steps in of_thing.items()
    }  # fmt: skip
    book.put_back({thing: of_thing[thing][-1].before for thing, came in outcome.items() if came == "put_back"}, at)
    for thing in book.remove([thing for thing, came in outcome.items() if came == "removed"]):
        outcome[thing] = "kept_as_used"
    for change in page:
        change.outcome = outcome[change.thing]
    RecordedChange.objects.bulk_update(page, ["outcome"], batch_size=1_000)


def as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as JSON keeps them: days, instants and ids as their texts."""
    read: dict[str, Any] = json.loads(json.dumps(facts, default=str))
    return read
