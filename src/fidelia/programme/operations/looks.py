"""Give a programme its own look for members, or take it away again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.errors import MalformedName
from fidelia.organisation.operations.portal import checked_colors, type_of_logo

from ..models import Programme, ProgrammeLook
from .audit import audit

CHANGE = "programme.change_look"
NAME_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a programme looks to members. Colors "#RRGGBB"; a logo of None stays as it is, b"" is taken away.

    `name` empty: the name of the programme. `dark_logo` stands for the logo on dark grounds.
    """

    brand_color: str
    accent_color: str
    paper_color: str
    name: str = ""
    logo: bytes | None = None
    dark_logo: bytes | None = None


def set_look(*, by: Actor, at: datetime, programme: Programme, look: Look) -> ProgrammeLook:
    """Give a programme a look; it counts at once. Any colors may be a brand's: those of texts are computed from them.

    Raises Denied (programme.change_look), MalformedName, MalformedColor, PoorContrast (the paper is too dark),
    MalformedLogo.
    """
    by.require(CHANGE, Scope(programme.partner_id))
    facts = _checked(look)
    with transaction_of_use_case():
        found, _ = ProgrammeLook.objects.update_or_create(
            programme=programme, defaults={**facts, "changed_at": at, "changed_by": by.label}
        )
        audit(by, at, CHANGE, programme.id, after={"name": found.name, "brand_color": found.brand_color})
    return found


def take_look_away(*, by: Actor, at: datetime, programme: Programme) -> None:
    """Let a programme look as the portal does again. Raises Denied (programme.change_look)."""
    by.require(CHANGE, Scope(programme.partner_id))
    with transaction_of_use_case():
        gone, _ = ProgrammeLook.objects.filter(programme=programme).delete()
        if gone:
            audit(by, at, CHANGE, programme.id, after={"look": None})


def _checked(look: Look) -> dict[str, object]:
    name = " ".join(look.name.split())
    if len(name) > NAME_LENGTH_MAX:
        raise MalformedName(f"A name has at most {NAME_LENGTH_MAX} characters.", pointer="/name")
    facts: dict[str, object] = {"name": name}
    facts |= checked_colors(brand_color=look.brand_color, accent_color=look.accent_color, paper_color=look.paper_color)
    for field, given in (("logo", look.logo), ("dark_logo", look.dark_logo)):
        if given is not None:
            facts |= {field: given, f"{field}_type": type_of_logo(given, f"/{field}")}
    return facts
