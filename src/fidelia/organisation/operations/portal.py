"""Set up the pages for members: open or closed, the brand's name, colours, logo and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText

from ..errors import MalformedColor, MalformedLogo, MalformedName, PoorContrast
from ..models import MemberPortal

NAME_LENGTH_MAX = 60
WELCOME_LENGTH_MAX = 300
CONTACT_LENGTH_MAX = 200
LOGO_BYTES_MAX = 200_000
CONTRAST_MIN = 4.5  # WCAG 2.2 AA for text
WHITE, INK = "#FFFFFF", "#2A241D"
_COLOR = re.compile(r"#[0-9A-F]{6}")
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalLook:
    """How the pages look and what they say. Colours "#RRGGBB"; `logo` None leaves it as it is, b"" takes it away."""

    name: str
    brand_color: str
    accent_color: str
    paper_color: str
    welcome: LocalizedText
    contact: str = ""
    logo: bytes | None = None


def set_portal(*, by: Actor, at: datetime, look: PortalLook, is_open: bool) -> MemberPortal:
    """Keep how the pages for members look, and whether they are open.

    White on the brand's and the accent's colour, and these and the ink on the paper, must reach 4.5 : 1. Raises Denied
    (portal.change), MalformedName, MalformedColor, PoorContrast, MalformedLogo.
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


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours "#RRGGBB" as WCAG 2.2 defines it, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


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
    facts |= _checked_colors(look)
    if look.logo is not None:
        facts |= {"logo": look.logo, "logo_type": _type_of(look.logo)}
    return facts


def _checked_colors(look: PortalLook) -> dict[str, str]:
    names = ("brand_color", "accent_color", "paper_color")
    colors = {name: getattr(look, name).strip().upper() for name in names}
    for name, color in colors.items():
        if not _COLOR.fullmatch(color):
            raise MalformedColor(f"“{color}” is not a color such as #1F3D36.", pointer=f"/{name}")
    brand, accent, paper = colors.values()
    pairs = (("brand_color", WHITE, brand), ("accent_color", WHITE, accent), ("brand_color", brand, paper),
             ("accent_color", accent, paper), ("paper_color", INK, paper))  # fmt: skip
    for name, one, other in pairs:
        ratio = contrast(one, other)
        if ratio < CONTRAST_MIN:
            message = f"{one} on {other} has a contrast of {ratio:.1f}; text needs {CONTRAST_MIN}."
            raise PoorContrast(message, pointer=f"/{name}", ratio=f"{ratio:.1f}")
    return colors


def _type_of(logo: bytes) -> str:
    """Return the type of a picture by its first bytes. SVG is left out: it can carry scripts. Raises MalformedLogo."""
    if not logo:
        return ""
    if len(logo) > LOGO_BYTES_MAX:
        raise MalformedLogo("A logo is a picture of at most 200 kB.", pointer="/logo")
    for magic, kind in _PICTURES.items():
        if logo.startswith(magic):
            return kind
    if logo[:4] == b"RIFF" and logo[8:12] == b"WEBP":
        return "image/webp"
    raise MalformedLogo("A logo is a PNG, JPEG or WebP picture.", pointer="/logo")


def _luminance(color: str) -> float:
    channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # sRGB
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
