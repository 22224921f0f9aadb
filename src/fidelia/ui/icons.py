"""The names of the icons in the sprite, so that a wrong name fails at once instead of drawing nothing."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

SPRITE = Path(__file__).parent / "static/ui/icons.svg"


class UnknownIcon(LookupError):
    """The sprite has no icon of this name; `tools/icon_sprite.py` adds one."""


@cache
def icon_names() -> frozenset[str]:
    return frozenset(re.findall(r'<symbol id="([a-z0-9-]+)"', SPRITE.read_text(encoding="utf-8")))


def require_icon(name: str) -> str:
    """Return the name. Raises UnknownIcon when the sprite lacks it."""
    if name not in icon_names():
        raise UnknownIcon(f"“{name}” is not in the sprite; add it with tools/icon_sprite.py.")
    return name
