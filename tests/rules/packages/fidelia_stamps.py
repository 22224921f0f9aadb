"""An example of a package that brings an effect: so many stamps on a paper card, and the sentence to print."""

from __future__ import annotations

from typing import Any

from fidelia.kernel.localized import LocalizedText
from fidelia.rules.effect_kinds import EffectKind, Values

FULL = 10


def _complete(values: Values) -> dict[str, Any]:
    stamps = max(0, min(values["stamps"], FULL))
    text = values.get("text", "")[:80]
    return {"stamps": stamps, "print": text or f"{stamps} / {FULL}", "card_is_full": stamps == FULL}


STAMPS = EffectKind(
    kind="fidelia-stamps",
    label=LocalizedText(en="Stamps on a paper card", fr="Tampons sur une carte papier"),
    members={"stamps": "whole", "text": "text"},
    required=frozenset({"stamps"}),
    gives={"stamps": "whole", "print": "text", "card_is_full": "flag"},
    complete=_complete,
)
