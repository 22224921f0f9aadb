"""Sentences of fits are English by themselves, and French by the catalog, values and all."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

import fidelia
from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit
from fidelia.insight.fits import BuyingHistory, fit_bg_nbd
from fidelia.insight.fits.sentences import Sentence

LOCALE = Path(fidelia.__file__).parent / "locale"


def test_a_refusal_is_told_in_french_by_the_catalog() -> None:
    with pytest.raises(TooLittleToFit) as refused:
        fit_bg_nbd(BuyingHistory.from_arrays([0], [0], [10]))
    message = refused.value.message
    assert isinstance(message, Sentence)
    assert message == str(message)
    assert message.startswith("BG/NBD needs at least 10 customers, 5 of whom bought again")
    french = gettext.translation("django", LOCALE, languages=["fr"])
    assert message.told(french.gettext).startswith("BG/NBD demande au moins 10 clients, dont 5 ayant racheté")
    assert message.told(lambda text: text) == message
    with pytest.raises(ImpossibleNumbers) as impossible:
        BuyingHistory.from_arrays([-1], [0], [10])
    assert isinstance(impossible.value.message, Sentence)
    told = impossible.value.message.told(french.gettext)
    assert told == "La colonne «\xa0fréquence\xa0» vaut -1 à la ligne 1\xa0; il faut au moins 0. Corrigez la ligne."
