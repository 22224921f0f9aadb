"""Colors that people can read: contrast as WCAG 2.2 defines it, and the color of a text computed from its ground.

Colors are "#RRGGBB". Two colors of a brand and its paper give every color of a page, in light and in dark; whatever
the brand's colors are, text reaches 4.5 : 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WHITE: Final = "#FFFFFF"
BLACK: Final = "#000000"
INK: Final = "#2A241D"
CONTRAST_MIN: Final = 4.5  # WCAG 2.2 AA for text
EDGE_MIN: Final = 3.0  # and for what is not text
EASY_MIN: Final = 6.5  # light on dark glares, and wants more
STEPS: Final = 50


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors as WCAG 2.2 defines it, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """Return a color with a share (0 to 1) of the other in it."""
    parts = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


def text_on(ground: str) -> str:
    """Return white where it can be read on a ground, else black: one of the two always reaches 4.5 : 1."""
    return WHITE if contrast(WHITE, ground) >= CONTRAST_MIN else BLACK


def readable_on(color: str, grounds: Sequence[str], least: float = CONTRAST_MIN) -> str:
    """Return a color itself, or as little darker (on dark grounds: lighter) as it takes to be read on all of them."""
    end = BLACK if all(contrast(BLACK, ground) >= contrast(WHITE, ground) for ground in grounds) else WHITE
    tried = (mix(color, end, step / STEPS) for step in range(STEPS + 1))
    return next((one for one in tried if all(contrast(one, ground) >= least for ground in grounds)), end)


def light_look(brand: str, accent: str, paper: str) -> dict[str, str]:
    """Return the colors of a page on its paper, by name."""
    tints = {"brand_tint": mix(brand, WHITE, 0.89), "accent_tint": mix(accent, WHITE, 0.85)}
    return {
        "paper": paper, "surface": WHITE, "ink": INK, "soft": readable_on("#6A5F52", [paper, WHITE]),
        "line": mix(paper, "#6B5A41", 0.16), "plain": "#ECE9E4", "good": "#14643C", "wrong": "#A4262C",
        **_of_card(brand), **_of_brand(brand, accent, [paper, WHITE], tints),
    }  # fmt: skip


def dark_look(brand: str, accent: str, paper: str) -> dict[str, str]:
    """Return the colors of a page in the dark: of the paper nothing but its hue is left; the card keeps its color."""
    ground, surface = mix(paper, BLACK, 0.925), mix(paper, BLACK, 0.88)
    tints = {"brand_tint": mix(brand, surface, 0.72), "accent_tint": mix(accent, surface, 0.72)}
    lighter = readable_on(brand, [surface, ground], EDGE_MIN), readable_on(accent, [surface, ground], EDGE_MIN)
    return {
        "paper": ground, "surface": surface, "ink": mix(paper, WHITE, 0.2), "soft": mix(paper, BLACK, 0.28),
        "line": mix(paper, BLACK, 0.78), "plain": mix(paper, BLACK, 0.8), "good": "#5CC48F", "wrong": "#F28B82",
        **_of_card(brand), **_of_brand(*lighter, [ground, surface], tints, EASY_MIN),
    }  # fmt: skip


def _of_card(brand: str) -> dict[str, str]:
    on_card = text_on(brand)
    far = mix(brand, BLACK if on_card == WHITE else WHITE, 0.16)
    ring = mix(brand, on_card, 0.06)
    is_read = contrast(on_card, ring) >= CONTRAST_MIN
    return {"card": brand, "on_card": on_card, "card_far": far, "ring": ring if is_read else far}


def _of_brand(
    brand: str, accent: str, grounds: Sequence[str], tints: dict[str, str], least: float = CONTRAST_MIN
) -> dict[str, str]:  # fmt: skip
    return {
        "brand": brand, "on_brand": text_on(brand), "accent": accent, "on_accent": text_on(accent),
        "brand_text": readable_on(brand, [*grounds, tints["brand_tint"]], least),
        "accent_text": readable_on(accent, [*grounds, tints["accent_tint"]], least),
        **tints,
    }  # fmt: skip


def _channels(color: str) -> list[int]:
    return [int(color[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(color: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # sRGB
        for value in (channel / 255 for channel in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
