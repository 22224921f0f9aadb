"""The programme as one document: its head (who it is) and its version (what it gives), as a text that lives in git.

    programme: {slug: cercle, name: {en: Circle, fr: Cercle}, currency: EUR, time_zone: Europe/Paris,
                points: {code: PTS, name: {en: points, fr: points}, scale: 0}}
    rules: […]

What is written is kept to the letter with the version; what the builder changes is changed in that text. The head is
optional where the programme is known; where it is there, it must be true.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.localized import LocalizedText
from fidelia.rules.documents import ordered, write_text

from ..errors import HeadDiffers, NothingToApply, UnknownProgramme
from ..models import PointsCurrency, Programme, ProgrammeVersion
from ..queries import check_document, version_in_force
from ..queries.differences import NOWHERE
from .programmes import create_programme
from .texts import HEAD, ProgrammeFile, read_programme_text
from .versions import draft_version


def head_of(programme: Programme) -> dict[str, Any]:
    """Return the head of a programme as its document has it."""
    points = programme.points_currency
    return {
        "slug": programme.slug,
        "name": programme.name.as_mapping(),
        "currency": programme.currency,
        "time_zone": programme.time_zone,
        "points": {
            "code": points.code,
            "name": points.name.as_mapping(),
            "scale": points.scale,
            "look": str(points.look),
            "negative": str(points.negative_policy),
        },
    }


def check_head(programme: Programme, read: ProgrammeFile) -> None:
    """Raise HeadDiffers where a text says of the programme what is not so; the head of a programme never changes."""
    if read.head is None:
        return
    true = head_of(programme)
    points = {"scale": 0, **read.head["points"]}
    said = {**read.head, "points": points}
    for name, value in said.items():
        if name != "points" and value != true[name]:
            raise HeadDiffers(f"This programme’s {name} is {true[name]}.", pointer=f"/{HEAD}/{name}")
    for name, value in points.items():
        if value != true["points"][name]:
            raise HeadDiffers(
                f"The {name} of this programme’s points is {true['points'][name]}.", pointer=f"/{HEAD}/points/{name}"
            )


def text_of(version: ProgrammeVersion) -> str:
    """Return the version as it was written, or in the usual order where nobody wrote it as a text."""
    return version.text or write_text(ordered(version.document))


def export_text(*, by: Actor, version: ProgrammeVersion) -> str:
    """Return the one document of a programme at a version, with its head; what was written comes back to the letter.

    Raises Denied (programme.see).
    """
    by.require("programme.see", Scope(version.programme.partner_id))
    text = text_of(version)
    if read_programme_text(text).head is not None:
        return text
    return f"{write_text({HEAD: ordered(head_of(version.programme))})}\n{text}"


def find_programme(read: ProgrammeFile, slug: str = "") -> Programme | None:
    """Return the programme of a text: by its head, by the name given, or the only one; None where there is none.

    Raises HeadDiffers when the two names differ, UnknownProgramme when neither says which.
    """
    if slug and read.slug and slug != read.slug:
        raise HeadDiffers(f"The document is of “{read.slug}”.", pointer=f"/{HEAD}/slug")
    named = slug or read.slug
    if named:
        return Programme.objects.select_related("points_currency").filter(slug=named).first()
    several = list(Programme.objects.select_related("points_currency").filter(is_sandbox=False)[:2])
    if len(several) == 1:
        return several[0]
    raise UnknownProgramme("Name the programme, in the head of the document or beside it.")


def apply_text(*, by: Actor, at: datetime, text: str, slug: str = "", note: str = "") -> ProgrammeVersion:
    """Write a text as the next draft of its programme, which is created where there is none and the head says how.

    A document that is in force to the letter changes nothing; sent twice in a row by the same person it is one draft.
    Raises Denied (programme.draft, programme.create),
    UnreadableText, NameTwice, MalformedDocument, HeadDiffers, UnknownProgramme, NothingToApply and every refusal of the
    rule language.
    """
    if not by.may_somewhere("programme.draft"):
        by.require("programme.draft")
    read = read_programme_text(text)
    programme = find_programme(read, slug)
    if programme is None:
        programme = _create(by, at, read)
    else:
        check_head(programme, read)
        current = version_in_force(programme, at)
        if current is not None and (current.document, text_of(current)) == (read.document, text):
            raise NothingToApply(f"Version {current.number} says this to the letter.", number=current.number)
        known = _own_draft(by, programme, text)
        if known is not None:
            return known
    return draft_version(by=by, at=at, programme=programme, document=read.document, note=note, text=text)


def _own_draft(by: Actor, programme: Programme, text: str) -> ProgrammeVersion | None:
    """Return the newest version where it is the draft that the same person made of the same text."""
    newest = programme.versions.order_by("-number").select_related("programme__points_currency").first()
    if newest is None or newest.state != ProgrammeVersion.State.DRAFT or newest.text != text:
        return None
    return newest if (newest.author_id, newest.author_label) == (by.id, by.label) else None


def _create(by: Actor, at: datetime, read: ProgrammeFile) -> Programme:
    if read.head is None:
        raise UnknownProgramme("There is no such programme, and the document has no head to create it by.")
    by.require("programme.create")
    head, points = read.head, read.head["points"]
    check_document(_unsaved(read), read.document, version_id=NOWHERE)  # before anything is created
    return create_programme(
        by=by,
        at=at,
        slug=head["slug"],
        name=LocalizedText.from_mapping(head["name"]),
        currency=head["currency"],
        time_zone=head["time_zone"],
        points_code=points["code"],
        points_name=LocalizedText.from_mapping(points["name"]),
        points_scale=points.get("scale", 0),
        negative_policy=points.get("negative"),
        points_look=points.get("look", PointsCurrency.Look.POINTS),
    )


def _unsaved(read: ProgrammeFile) -> Programme:
    assert read.head is not None, "asked before"
    points = read.head["points"]
    currency = PointsCurrency(
        code="", name=LocalizedText.from_mapping(points["name"]), scale=points.get("scale", 0)
    )  # fmt: skip
    return Programme(
        slug=read.slug, name=LocalizedText.from_mapping(read.head["name"]), currency=read.head["currency"],
        points_currency=currency, time_zone=read.head["time_zone"],
    )  # fmt: skip
