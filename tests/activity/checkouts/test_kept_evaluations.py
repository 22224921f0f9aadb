"""An evaluation is kept without the names of what every line has, and comes back as it was."""

import json
from typing import Any

import msgspec
import pytest
from django.db import connection
from msgspec.structs import asdict

from fidelia.activity.models import Checkout, ToldLine, packed, unpacked
from fidelia.rules.pricing import Discount
from tests.programme.cast import member, programme

from .cast import close, put
from .rules import document

pytestmark = pytest.mark.django_db(transaction=True)
OFF = {"key": "off", "name": {"en": "Off", "fr": "Remise"}, "percent_off": 10}


def as_named(evaluation: dict[str, Any]) -> Any:
    """Return an evaluation as earlier releases kept it: lines and discounts with the names of their members."""
    lines = [asdict(line) for line in evaluation["lines"]]
    effects = [{"kind": "discount", **asdict(each)} for each in evaluation["effects"]]
    outcomes = json.loads(packed(evaluation))["outcomes"]
    return as_json({**evaluation, "lines": lines, "effects": effects, "outcomes": outcomes})


def as_json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def test_an_evaluation_comes_back_as_it_was_answered() -> None:
    member(programme(document=document(OFF)))
    put()
    said = close().checkout["evaluation"]
    assert {type(each) for each in said["effects"]} == {Discount}
    assert {type(each) for each in said["lines"]} == {ToldLine}
    kept = Checkout.objects.get().evaluation
    assert kept == unpacked(packed(said))
    assert packed(kept) == packed(said)
    assert as_named(kept) == as_named(said)


def test_an_evaluation_of_an_earlier_release_is_read_with_its_names() -> None:
    member(programme(document=document(OFF)))
    put()
    close()
    said = Checkout.objects.get().evaluation
    with connection.cursor() as cursor:
        cursor.execute("update activity_checkout set evaluation = %s", [json.dumps(as_named(said))])
    assert Checkout.objects.get().evaluation == said
