"""The text of a programme: read with its head, and carried on from version to version as its document changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fidelia.kernel.localized import LocalizedText
from fidelia.rules.documents import change_text, read_text
from fidelia.rules.reading import read_object

from ..errors import MalformedDocument
from ..models import PointsCurrency, Programme

HEAD = "programme"
_HEAD_PARTS = {"slug", "name", "currency", "time_zone", "points"}
_POINTS_PARTS = {"code", "name", "scale", "look", "negative"}


@dataclass(frozen=True, slots=True)
class ProgrammeFile:
    """A text that was read: its head, None where it has none, and the document of the version."""

    text: str
    head: Mapping[str, Any] | None
    document: dict[str, Any]

    @property
    def slug(self) -> str:
        return str(self.head["slug"]) if self.head is not None else ""


def read_programme_text(text: str) -> ProgrammeFile:
    """Read the text of a programme. Raises UnreadableText, NameTwice, MalformedDocument, MalformedTerms."""
    whole = read_text(text)
    if not isinstance(whole, dict):
        raise MalformedDocument("A document of a programme has parts, such as rules.", pointer="")
    head = whole.pop(HEAD, None)
    if head is not None:
        _check_head(head)
    return ProgrammeFile(text, head, whole)


def _check_head(head: Any) -> None:
    known = read_object(head, f"/{HEAD}", _HEAD_PARTS)
    points = read_object(known.get("points", {}), f"/{HEAD}/points", _POINTS_PARTS)
    wanted = [(known, name, f"/{HEAD}/{name}") for name in sorted(_HEAD_PARTS)]
    wanted += [(points, name, f"/{HEAD}/points/{name}") for name in ("code", "name")]
    for part, name, pointer in wanted:
        if part.get(name) in (None, ""):
            raise MalformedDocument(f"The head of a programme names its {name}.", pointer=pointer)
    for part, name, pointer in wanted:
        if name == "name":
            LocalizedText.from_mapping(part[name], pointer=pointer)
        elif name != "points" and not isinstance(part[name], str):
            raise MalformedDocument("A text is expected here.", pointer=pointer)
    _check_points(points)


def _check_points(points: Mapping[str, Any]) -> None:
    scale = points.get("scale", 0)
    if isinstance(scale, bool) or not isinstance(scale, int) or not 0 <= scale <= 4:
        raise MalformedDocument("Points have 0 to 4 decimals.", pointer=f"/{HEAD}/points/scale")
    choices = {"look": PointsCurrency.Look.values, "negative": PointsCurrency.Negative.values}
    for name, known in choices.items():
        if points.get(name, known[0]) not in known:
            raise MalformedDocument(f"Choose one of {', '.join(known)}.", pointer=f"/{HEAD}/points/{name}")


def carry_text(programme: Programme, document: Mapping[str, Any]) -> str:
    """Return the text of a new version: that of the last one that was written as a text, made to say the document.

    So comments outlive a draft begun in the builder and a campaign that publishes. Empty where none was written.
    """
    last = programme.versions.exclude(text="").order_by("-number").only("text", "document").first()
    return rewritten(last.text, last.document, document) if last is not None else ""


def rewritten(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return a kept text made to say another document; its head stays."""
    if not text:
        return ""
    head = read_programme_text(text).head
    top = {HEAD: head} if head is not None else {}
    return change_text(text, {**before, **top}, {**after, **top})
