"""Sealing: only this installation reads what an address carries, and only for what it was sealed."""

from __future__ import annotations

import re

import pytest

from fidelia.kernel.sealing import SEALED_LENGTH_MAX, seal, unseal

NAME = "Éléonore de Séville"


def test_it_comes_back_as_it_was_and_shows_nothing() -> None:
    sealed = seal(NAME, purpose="list")
    assert unseal(sealed, purpose="list") == NAME
    assert re.fullmatch(r"[\w-]+", sealed)
    assert seal(NAME, purpose="list") != sealed, "two addresses of one name do not tell that it is one"


def test_another_purpose_or_installation_reads_nothing(settings: pytest.FixtureRequest) -> None:
    sealed = seal(NAME, purpose="list")
    assert unseal(sealed, purpose="page") is None
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert unseal(sealed, purpose="list") is None


@pytest.mark.parametrize("made_up", ["", "x", "é", "=" * 8, "A" * 100, "A" * (SEALED_LENGTH_MAX + 1)])
def test_what_is_made_up_is_nothing(made_up: str) -> None:
    assert unseal(made_up, purpose="list") is None


def test_what_was_changed_is_nothing() -> None:
    sealed = seal(NAME, purpose="list")
    assert unseal(sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB"), purpose="list") is None
