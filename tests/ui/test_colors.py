"""Whatever a brand's colors are, every text of its pages can be read: 4.5 : 1, in light and in the dark."""

from __future__ import annotations

from itertools import product

import pytest

from fidelia.ui.colors import contrast, dark_look, light_look, mix, readable_on, text_on

BRANDS = ("#1F3D36", "#FFCC00", "#000000", "#FFFFFF", "#777777", "#FF0000", "#00FF00", "#0000FF", "#767676", "#BCBCBC")
PAPERS = ("#FBF6EE", "#FFFFFF", "#E8F4FF", "#C9C9C9")
# Each text with every ground that it stands on.
TEXTS = (
    ("on_card", ("card", "card_far", "ring")), ("on_brand", ("brand",)), ("on_accent", ("accent",)),
    ("ink", ("paper", "surface")),
    ("brand_text", ("paper", "surface", "brand_tint")), ("accent_text", ("paper", "surface", "accent_tint")),
    ("good", ("surface",)), ("wrong", ("surface",)),
)  # fmt: skip


@pytest.mark.parametrize("paper", PAPERS)
def test_every_text_of_every_brand_can_be_read(paper: str) -> None:
    poor = [
        (look.__name__, brand, accent, text, ground)
        for look, brand, accent in product((light_look, dark_look), BRANDS, BRANDS)
        for colors in [look(brand, accent, paper)]
        for text, grounds in TEXTS
        for ground in grounds
        if contrast(colors[text], colors[ground]) < 4.5
    ]
    assert poor == []


def test_one_of_black_and_white_can_be_read_on_any_grey() -> None:
    for grey in range(256):
        ground = f"#{grey:02X}" + f"{grey:02X}" * 2
        assert contrast(text_on(ground), ground) >= 4.5


def test_a_color_that_can_be_read_stays_as_the_brand_has_it() -> None:
    assert readable_on("#1F3D36", ["#FFFFFF", "#FBF6EE"]) == "#1F3D36"
    assert light_look("#1F3D36", "#A0521F", "#FBF6EE")["brand_text"] == "#1F3D36"
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"
