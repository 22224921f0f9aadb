"""Whose pages they are: the portal's look, or the look of the programme that the member chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.models import MemberPortal
from fidelia.programme.models import Enrolment, ProgrammeLook
from fidelia.programme.queries.looks import find_look


@dataclass(frozen=True, slots=True)
class Brand:
    """What pages show of a brand. `slug` names the programme whose own look it is, empty for the portal's."""

    slug: str
    name: str
    brand_color: str
    accent_color: str
    paper_color: str
    logo_type: str
    dark_logo_type: str
    changed_at: datetime
    welcome: LocalizedText
    contact: str

    @property
    def asked(self) -> str:
        """The query by which the style sheet, the manifest and the pictures of this look are asked for."""
        version = f"{self.changed_at.timestamp():.0f}"
        return urlencode({"programme": self.slug, "v": version} if self.slug else {"v": version})


def brand_of(portal: MemberPortal, enrolment: Enrolment | None, language: str) -> Brand:
    """Return the brand of a membership: that of its programme where this has a look of its own."""
    look = find_look(enrolment.programme_id) if enrolment is not None else None
    if enrolment is None or look is None:
        return portals_own(portal)
    return dressed(portal, look, enrolment.programme.slug, look.name or enrolment.programme.name.in_language(language))


def portals_own(portal: MemberPortal) -> Brand:
    """Return the brand that the portal was set up with."""
    return _brand("", portal.name, portal, portal)


def dressed(portal: MemberPortal, look: ProgrammeLook, slug: str, name: str) -> Brand:
    """Return the brand of a programme with a look of its own; what it says is the portal's."""
    return _brand(slug, name, look, portal)


def _brand(slug: str, name: str, look: MemberPortal | ProgrammeLook, portal: MemberPortal) -> Brand:
    return Brand(
        slug=slug, name=name, brand_color=look.brand_color, accent_color=look.accent_color,
        paper_color=look.paper_color, logo_type=look.logo_type, dark_logo_type=look.dark_logo_type,
        changed_at=look.changed_at, welcome=portal.welcome, contact=portal.contact,
    )  # fmt: skip
