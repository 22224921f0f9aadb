"""Setting up the operator: once, with a country, a currency, a language and a zone that exist."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.access.models import Audit
from fidelia.kernel.calendar import UnknownTimeZone
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.money import UnknownCurrency
from fidelia.organisation.errors import (
    MalformedName,
    OperatorAlreadySetUp,
    OperatorNotSetUp,
    UnknownCountry,
    UnknownLanguage,
)
from fidelia.organisation.models import Operator
from fidelia.organisation.operations import set_up_operator
from fidelia.organisation.queries import get_operator
from tests.cast import AT, PIZARRO, actor_with

pytestmark = pytest.mark.django_db
ROCCO = actor_with("operator.set_up", label="Rocco")
HOUSE = {"name": "Maison Éléonore", "country": "FR", "currency": "EUR", "language": "fr", "time_zone": "Europe/Paris"}


def test_it_keeps_what_new_stores_propose() -> None:
    set_up_operator(by=ROCCO, at=AT, **HOUSE)
    operator = get_operator()
    assert {field: getattr(operator, field) for field in HOUSE} == HOUSE
    assert Audit.objects.get().verb == "operator.set_up"


def test_before_it_there_is_none() -> None:
    with pytest.raises(OperatorNotSetUp):
        get_operator()


def test_it_happens_once() -> None:
    set_up_operator(by=ROCCO, at=AT, **HOUSE)
    with pytest.raises(OperatorAlreadySetUp):
        set_up_operator(by=ROCCO, at=AT, **HOUSE | {"name": "Pizarro & Cie"})
    assert get_operator().name == "Maison Éléonore"
    assert Audit.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"name": "  "}, MalformedName),
        ({"country": "XX"}, UnknownCountry),
        ({"country": "FRA"}, UnknownCountry),
        ({"country": "fr"}, UnknownCountry),
        ({"currency": "EURO"}, UnknownCurrency),
        ({"language": "de"}, UnknownLanguage),
        ({"time_zone": "Paris"}, UnknownTimeZone),
        ({"time_zone": "../etc"}, UnknownTimeZone),
    ],
)
def test_it_refuses_what_does_not_exist(wrong: dict[str, Any], error: type[FideliaError]) -> None:
    with pytest.raises(error):
        set_up_operator(by=ROCCO, at=AT, **HOUSE | wrong)
    assert not Operator.objects.exists()
    assert not Audit.objects.exists()


def test_without_the_right_nothing_is_written() -> None:
    with pytest.raises(Denied, match="Pizarro"):
        set_up_operator(by=PIZARRO, at=AT, **HOUSE)
    assert not Operator.objects.exists()
