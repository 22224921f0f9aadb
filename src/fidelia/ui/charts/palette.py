"""The colours of charts, as tokens.css has them (a test compares the two), for charts drawn outside a browser."""

from __future__ import annotations

from typing import Any, Literal

Theme = Literal["light", "dark", "both"]

COLOURS: dict[str, tuple[str, str]] = {
    "petrol": ("#0b6e7f", "#45bccb"),
    "orange": ("#d66b17", "#d97a2b"),
    "violet": ("#5a45c8", "#8f5cf7"),
    "sand": ("#917d4e", "#e0d3a2"),
    "burgundy": ("#7c0c32", "#d23a78"),
    "sky": ("#369be3", "#4a80d8"),
    "context": ("#858f9c", "#667382"),
    "step-1": ("#e2f0f2", "#e2f0f2"),
    "step-2": ("#bfdde2", "#bfdde2"),
    "step-3": ("#8fc2cb", "#8fc2cb"),
    "step-4": ("#57a0ad", "#57a0ad"),
    "step-5": ("#1f7f8f", "#1f7f8f"),
    "step-6": ("#0b6170", "#0b6170"),
    "step-7": ("#073f4a", "#073f4a"),
    "text": ("#18202a", "#e7ebf0"),
    "text-2": ("#475261", "#aeb8c4"),
    "text-3": ("#636e7d", "#8b98a7"),
    "line": ("#e2e6eb", "#2a333d"),
    "field": ("#858f9c", "#6b7785"),
    "surface": ("#ffffff", "#161c23"),
}
CATEGORIES = ("petrol", "orange", "violet", "sand", "burgundy", "sky")
STEPS = 7
DARK_TEXT, WHITE_TEXT = "#18202a", "#ffffff"
# A drawing for "both" themes has the light colours, each of its own: the style of its page (`dark_rules`) knows by
# them what is dark in the dark. Text on a step stays as it is, so these three differ from it, or another, by one bit.
BOTH = {name: light for name, (light, _dark) in COLOURS.items()} | {
    "text": "#18202b", "surface": "#fffffe", "field": "#858f9d",
}  # fmt: skip


def coloured(option: Any, theme: Theme) -> Any:
    """Return the option with every "@name" replaced by its colour in the theme."""
    if isinstance(option, dict):
        return {key: coloured(value, theme) for key, value in option.items()}
    if isinstance(option, list | tuple):
        return [coloured(value, theme) for value in option]
    if isinstance(option, str) and option.startswith("@"):
        return BOTH[option[1:]] if theme == "both" else COLOURS[option[1:]][theme == "dark"]
    return option


def dark_rules() -> str:
    """Return the rules of style that turn a drawing for both themes dark."""
    return "".join(
        f'.chart [{part}="{BOTH[name]}"]{{{part}:{dark}}}'
        for name, (light, dark) in COLOURS.items()
        if light != dark
        for part in ("fill", "stroke")
    )


def step_of(value: float, lowest: float, highest: float, *, skewed: bool = False) -> int:
    """Return which of the seven steps of the one hue shows a value between `lowest` and `highest`.

    `skewed` spreads the low values out (square root), as money of people is: few spend much.
    """
    if highest <= lowest:
        return 1
    part = max(0.0, min(1.0, (value - lowest) / (highest - lowest)))
    return min(STEPS, 1 + int(STEPS * (part**0.5 if skewed else part)))


def text_on_step(step: int) -> str:
    """Dark text until step 4, white from 5: both are above 4.5 : 1 there."""
    return DARK_TEXT if step <= 4 else WHITE_TEXT
