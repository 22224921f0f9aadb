"""Set up the pages for members: open or closed, the brand's name, colours, logo and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.ui.colors import CONTRAST_MIN, INK, contrast
from fidelia.ui.pictures import read_picture

from ..errors import MalformedColor, MalformedLogo, MalformedName, PoorContrast
from ..models import MemberPortal

NAME_LENGTH_MAX = 60
WELCOME_LENGTH_MAX = 300
CONTACT_LENGTH_MAX = 200
LOGO_BYTES_MAX = 200_000
_COLOR = re.compile(r"#[0-9A-F]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalLook:
    """How the pages look and what they say. Colours "#RRGGBB"; `logo` None leaves it as it is, b"" takes it away.

    `dark_logo` stands for the logo on dark grounds; without one the logo stands there too.
    """

    name: str
    brand_color: str
    accent_color: str
    paper_color: str
    welcome: LocalizedText
    contact: str = ""
    logo: bytes | None = None
    dark_logo: bytes | None = None


def set_portal(*, by: Actor, at: datetime, look: PortalLook, is_open: bool) -> MemberPortal:
    """Keep how the pages for members look, and whether they are open.

    The colour of texts is computed from these, so that it can be read; the paper must be light enough for ink. Raises
    Denied (portal.change), MalformedName, MalformedColor, PoorContrast, MalformedLogo.
    """
    by.require("portal.change")
    facts = _checked(look)
    with transaction_of_use_case():
        found, _ = MemberPortal.objects.update_or_create(
            id=1, defaults={**facts, "is_open": is_open, "changed_at": at, "changed_by": by.label}
        )
        record_audit(
            by=by, at=at, verb="portal.change", object_type="portal", object_id=1,
            after={"is_open": is_open, "name": found.name, "brand_color": found.brand_color},
        )  # fmt: skip
    return found


def _checked(look: PortalLook) -> dict[str, object]:
    name = " ".join(look.name.split())
    if not name or len(name) > NAME_LENGTH_MAX:
        raise MalformedName(f"A name has from one to {NAME_LENGTH_MAX} characters.", pointer="/name")
    for language, text in look.welcome.as_mapping().items():
        if not text.strip() or len(text) > WELCOME_LENGTH_MAX:
            message = f"A welcome has from one to {WELCOME_LENGTH_MAX} characters in each language."
            raise MalformedName(message, pointer=f"/welcome/{language}")
    if len(look.contact) > CONTACT_LENGTH_MAX:
        raise MalformedName(f"Where to ask has at most {CONTACT_LENGTH_MAX} characters.", pointer="/contact")
    facts: dict[str, object] = {"name": name, "welcome": look.welcome, "contact": look.contact.strip()}
    facts |= checked_colors(brand_color=look.brand_color, accent_color=look.accent_color, paper_color=look.paper_color)
    if look.logo is not None:
        facts |= {"logo": look.logo, "logo_type": type_of_logo(look.logo)}
    if look.dark_logo is not None:
        facts |= {"dark_logo": look.dark_logo, "dark_logo_type": type_of_logo(look.dark_logo, "/dark_logo")}
    return facts


def checked_colors(*, brand_color: str, accent_color: str, paper_color: str) -> dict[str, str]:
    """Return the three colors of a look in capitals. The color of texts is computed from these and always readable, but
    for the ink on the paper. Raises MalformedColor, PoorContrast (the paper is too dark).
    """
    given = {"brand_color": brand_color, "accent_color": accent_color, "paper_color": paper_color}
    colors = {name: color.strip().upper() for name, color in given.items()}
    for name, color in colors.items():
        if not _COLOR.fullmatch(color):
            raise MalformedColor(f"“{color}” is not a color such as #1F3D36.", pointer=f"/{name}")
    ratio = contrast(INK, colors["paper_color"])
    if ratio < CONTRAST_MIN:
        message = f"{INK} on {colors['paper_color']} has a contrast of {ratio:.1f}; text needs {CONTRAST_MIN}."
        raise PoorContrast(message, pointer="/paper_color", ratio=f"{ratio:.1f}")
    return colors


def type_of_logo(logo: bytes, pointer: str = "/logo") -> str:
    """Return the type of a logo, read from the picture itself; empty for none. Raises MalformedLogo."""
    if not logo:
        return ""
    if len(logo) > LOGO_BYTES_MAX:
        raise MalformedLogo("A logo is a picture of at most 200 kB.", pointer=pointer)
    found = read_picture(logo)
    if found is None:
        raise MalformedLogo("A logo is a whole PNG, JPEG or WebP picture.", pointer=pointer)
    return found.content_type
