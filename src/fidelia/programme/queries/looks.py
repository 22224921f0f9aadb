"""How a programme looks to its members."""

from __future__ import annotations

from uuid import UUID

from ..models import ProgrammeLook


def find_look(programme_id: UUID) -> ProgrammeLook | None:
    """Return the look that a programme has of its own, without its pictures; None where it looks as the portal does."""
    return ProgrammeLook.objects.defer("logo", "dark_logo").filter(programme_id=programme_id).first()


def find_look_by_slug(slug: str) -> ProgrammeLook | None:
    """Return the look of the programme of a slug with its pictures; None as above, or where there is no such one."""
    return ProgrammeLook.objects.filter(programme__slug=slug).first()
