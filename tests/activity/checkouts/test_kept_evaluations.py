"""An evaluation is kept without the names of what every line has, and comes back as it was."""

import json

import msgspec
import pytest
from django.db import connection

from fidelia.activity.models import DISCOUNT_MEMBERS, LINE_MEMBERS, Checkout, packed, unpacked
from tests.programme.cast import member, programme

from .cast import close, put
from .rules import document

pytestmark = pytest.mark.django_db(transaction=True)
OFF = {"key": "off", "name": {"en": "Off", "fr": "Remise"}, "percent_off": 10}


def test_an_evaluation_comes_back_as_it_was_answered() -> None:
    member(programme(document=document(OFF)))
    put()
    said = close().checkout["evaluation"]
    assert said["effects"][0]["kind"] == "discount"
    assert tuple(said["lines"][0]) == LINE_MEMBERS
    assert tuple(said["effects"][0]) == ("kind", *DISCOUNT_MEMBERS)
    assert unpacked(packed(said)) == msgspec.json.decode(msgspec.json.encode(said))
    assert Checkout.objects.get().evaluation == unpacked(packed(said))


def test_an_evaluation_of_an_earlier_release_is_read_with_its_names() -> None:
    member(programme(document=document(OFF)))
    put()
    close()
    said = Checkout.objects.get().evaluation
    with connection.cursor() as cursor:
        cursor.execute("update activity_checkout set evaluation = %s", [json.dumps(said)])
    assert Checkout.objects.get().evaluation == said
