"""Pages by key: a cursor in the address, *Previous* and *Next*, and which rows these are; never page numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.http import HttpRequest

from fidelia.kernel.sealing import seal, unseal
from fidelia.ui.parts import Page

Row = TypeVar("Row")
Place = tuple[Any, ...]
PURPOSE = "the cursor of a page"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where in a list the address stands: after or before a row (its key as texts), and the number of the first row."""

    after: tuple[str, ...] | None
    before: tuple[str, ...] | None
    first: int

    def after_as(self, *readers: Callable[[str], Any]) -> Any:
        """Return the key after which the page begins, read by one reader per part; None at the beginning."""
        return _read_as(self.after, readers)

    def before_as(self, *readers: Callable[[str], Any]) -> Any:
        return _read_as(self.before, readers)


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """The rows of one page, and the pager below them."""

    rows: list[Row]
    pager: Page


def asked_place(request: HttpRequest) -> Asked:
    """Read `after`, `before` and `row` of the address; what cannot be read begins at the beginning."""
    row = request.GET.get("row", "1")
    first = int(row) if row.isdigit() and len(row) < 10 else 1
    before = _decode(request.GET.get("before", ""))
    return Asked(None if before else _decode(request.GET.get("after", "")), before, max(1, first))


def page_of(
    request: HttpRequest,
    asked: Asked,
    rows: Sequence[Row],
    size: int,
    *,
    key_of: Callable[[Row], Place],
    total: str,
    order: str = "",
) -> KeysetPage[Row]:
    """Cut the page of `size` out of `size` + 1 rows: the one more tells whether there is a page beyond it."""
    backwards = asked.before is not None
    has_more = len(rows) > size
    shown = list(rows[-size:] if backwards else rows[:size])
    first = max(1, asked.first)
    last = first + len(shown) - 1
    has_previous = has_more if backwards else asked.after is not None
    has_next = bool(shown) if backwards else has_more
    pager = Page(
        first=first if shown else 0,
        last=last if shown else 0,
        total=total,
        previous_url=_url(request, before=key_of(shown[0]), row=max(1, first - size)) if has_previous and shown else "",
        next_url=_url(request, after=key_of(shown[-1]), row=last + 1) if has_next and shown else "",
        order=order,
    )
    return KeysetPage(shown, pager)


def query_without(request: HttpRequest, *names: str, **values: str) -> str:
    """Return the address's query at the beginning of the list, without some filters and with others."""
    query = request.GET.copy()
    for name in ("after", "before", "row", *names):
        query.pop(name, None)
    for name, value in values.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _url(request: HttpRequest, *, row: int, after: Place | None = None, before: Place | None = None) -> str:
    query = request.GET.copy()
    for name in ("after", "before", "row"):
        query.pop(name, None)
    query["after" if after is not None else "before"] = _encode(after if after is not None else before or ())
    query["row"] = str(row)
    return f"?{query.urlencode()}"


def _encode(key: Place) -> str:
    texts = [part.isoformat() if hasattr(part, "isoformat") else str(part) for part in key]
    return seal(json.dumps(texts), purpose=PURPOSE)  # the key of a row may be a name


def _decode(text: str) -> tuple[str, ...] | None:
    said = unseal(text, purpose=PURPOSE) if text else None
    return None if said is None else tuple(json.loads(said))


def _read_as(key: tuple[str, ...] | None, readers: Sequence[Callable[[str], Any]]) -> Any:
    if key is None or len(key) != len(readers):
        return None
    try:
        return tuple(reader(part) for reader, part in zip(readers, key, strict=True))
    except ValueError:
        return None
