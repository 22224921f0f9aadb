"""The tokens keep the contrast that the design promises, in both modes, and charts use the same colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fidelia.ui import icons
from fidelia.ui.charts import palette

TOKENS = (Path(icons.__file__).parent / "static/ui/tokens.css").read_text(encoding="utf-8")
BOTH = re.compile(r"--f-([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
ONE = re.compile(r"--f-([a-z0-9-]+): (#[0-9a-f]{6});")
COLOURS = {name: (light, dark) for name, light, dark in BOTH.findall(TOKENS)}
COLOURS |= {name: (value, value) for name, value in ONE.findall(TOKENS)}
SOFT = ("petrol", "green", "amber", "red", "blue", "violet", "copper", "grey")

PAIRS = [
    *((text, "surface", 4.5) for text in ("text", "text-2", "text-3", "link", "success", "warning", "danger", "info")),
    *((text, "bg", 4.5) for text in ("text", "text-2", "text-3", "link")),
    *((text, "soft", 4.5) for text in ("text", "text-2", "text-3")),
    *((f"{tone}-on", f"{tone}-soft", 6.6) for tone in SOFT),
    ("text-2", "petrol-soft", 4.5),
    ("on-primary", "primary", 4.5),
    ("on-primary", "primary-hover", 4.5),
    ("on-primary", "danger-fill", 4.5),
    ("field", "surface", 3.0),
    ("ring", "surface", 3.0),
    ("ring", "bg", 3.0),
    *((f"chart-{name}", "surface", 2.99) for name in (*palette.CATEGORIES, "context")),
    ("bar-text", "bar-bg", 4.5),
    ("bar-link", "bar-bg", 4.5),
]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper", "least"), PAIRS)
def test_it_can_be_read(ink, paper, least, mode):
    assert contrast(COLOURS[ink][mode], COLOURS[paper][mode]) >= least


@pytest.mark.parametrize("step", range(1, palette.STEPS + 1))
def test_it_writes_readably_on_each_step_of_the_one_hue(step):
    assert contrast(palette.text_on_step(step), COLOURS[f"chart-step-{step}"][0]) >= 4.5


@pytest.mark.parametrize("name", palette.COLOURS)
def test_it_draws_charts_in_the_colours_of_the_tokens(name):
    token = f"chart-{name}" if f"chart-{name}" in COLOURS else name
    assert palette.COLOURS[name] == COLOURS[token]


def test_it_can_tell_the_colours_of_a_drawing_for_both_themes_apart():
    """Whatever is dark in the dark has a colour of its own, that text on a step has not."""
    changed = [palette.BOTH[name] for name, (light, dark) in palette.COLOURS.items() if light != dark]
    assert len(set(changed)) == len(changed)
    assert not {palette.DARK_TEXT, palette.WHITE_TEXT, *(palette.BOTH[f"step-{n}"] for n in range(1, 8))} & set(changed)
    assert palette.coloured({"fill": "@text"}, "both") == {"fill": "#18202b"}
    assert '.chart [fill="#18202b"]{fill:#e7ebf0}' in palette.dark_rules()


def contrast(ink: str, paper: str) -> float:
    """The ratio of WCAG 2.2."""
    lighter, darker = sorted((luminance(ink), luminance(paper)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
