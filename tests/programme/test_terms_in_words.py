"""The new terms in sentences of both languages: what waits, what is kept how, what a member activates."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fidelia.programme.queries.offers_in_words import offer_in_words
from fidelia.programme.queries.terms_in_words import describe_tiers
from fidelia.rules.offer_terms import parse_offers
from fidelia.rules.tier_terms import parse_tier_set

PARIS = ZoneInfo("Europe/Paris")
NAME = {"en": "Double week", "fr": "Semaine double"}


@pytest.mark.parametrize(
    ("parts", "english", "french"),
    [
        ({}, "“Double week” can be activated at any time, counts for ever.",
         "«\u00a0Semaine double\u00a0» s’active à tout moment, vaut sans fin."),
        ({"valid_from": "2026-12-01T00:00:00+01:00", "valid_until": "2026-12-08T00:00:00+01:00", "at_most": 1000},
         "“Double week” can be activated from 1 December 2026 to 7 December 2026, by 1000 members at most, counts to "
         "its end.",
         "«\u00a0Semaine double\u00a0» s’active du 1ᵉʳ décembre 2026 au 7 décembre 2026, par 1000 adhérents au plus, "
         "vaut jusqu’à sa fin."),
        ({"lasts_days": 7, "valid_until": "2026-12-08T00:00:00+01:00"},
         "“Double week” can be activated until 7 December 2026, counts for 7 days.",
         "«\u00a0Semaine double\u00a0» s’active jusqu’au 7 décembre 2026, vaut 7 jours."),
    ],
)  # fmt: skip
def test_an_offer_says_when_and_for_how_long(parts: dict[str, Any], english: str, french: str) -> None:
    (offer,) = parse_offers([{"key": "week", "name": NAME, **parts}])
    assert offer_in_words(offer, PARIS, "en") == english
    assert offer_in_words(offer, PARIS, "fr") == french


def test_tiers_say_how_they_are_kept() -> None:
    level = {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "100", "permanent": True}
    document = {"window": "year", "kept": {"months": 12}, "kept_from": "activity", "falls": "never",
                "carries": "excess_once", "carries_above": "held", "levels": [level]}  # fmt: skip
    tiers = parse_tier_set(document, 0)
    assert tiers is not None
    said = " ".join(describe_tiers(tiers, "en"))
    for sentence in ("Each activity lets it begin anew.", "Nobody falls: a tier reached is kept.",
                     "Who has reached “Gold” never falls below it.", "What was carried over is not carried again.",
                     "Who falls to a lower tier carries nothing over."):  # fmt: skip
        assert sentence in said
    assert "descend jamais plus bas" in " ".join(describe_tiers(tiers, "fr"))
