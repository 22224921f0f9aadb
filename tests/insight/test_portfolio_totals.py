"""What a budget is divided by: people of each class, and what discounts and points gave them in a year, by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.customers.queries.traits import count_texts_of_trait
from fidelia.insight.operations import refresh, write_chapters
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme
from fidelia.programme.operations import create_programme, draft_version, publish_version
from tests.cast import AT, SYSTEM
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(tmp_path: Path, settings: Any) -> list[UUID]:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    found = customers(60)
    rows = []
    for place, one in enumerate(found):
        begun = AT - timedelta(days=715 - place % 7)
        rows += [
            purchase(one, 1_500 + 10 * place, begun + timedelta(days=30 * month)) for month in range(place % 24 + 1)
        ]
    buy(rows)
    return found


def club(document: dict[str, Any], slug: str) -> Programme:
    name = LocalizedText(en=slug, fr=slug)
    made = create_programme(
        by=SYSTEM, at=AT, slug=slug, name=name, currency="EUR", time_zone="Europe/Paris", points_code=slug.upper()[:3],
        points_name=name,
    )  # fmt: skip
    version = draft_version(by=SYSTEM, at=AT - timedelta(days=9), programme=made, document={"rules": []} | document)
    publish_version(by=SYSTEM, at=AT - timedelta(days=9), version=version, in_force_from=AT - timedelta(days=9))
    return made


def test_what_is_given_is_counted_by_class_over_a_year(people: list[UUID]) -> None:
    pays, mute = club({"points": {"pays": {"points": "100", "money": "1.00"}}}, "pays"), club({}, "mute")
    day, long_ago = AT - timedelta(days=20), AT - timedelta(days=400)
    buy([
        purchase(people[0], 1_000, day, discount=150, points=200, programme_id=pays.id, account_id=people[0]),
        purchase(people[0], 1_000, day, discount=0, points=50, programme_id=mute.id, account_id=people[0]),
        purchase(people[0], 1_000, long_ago, discount=9_900, points=9_900, programme_id=pays.id, account_id=people[0]),
        purchase(None, 1_000, day, discount=777),
        purchase(people[0], 1_000, day, currency="CHF", discount=555),
    ])  # fmt: skip
    last = refresh(by=SYSTEM, at=AT)
    write_chapters(by=SYSTEM, at=AT, refresh=last)
    last.refresh_from_db()
    assert last.portfolio is not None
    classes = last.portfolio["classes"]
    assert {name: one["people"] for name, one in classes.items() if one["people"]} == count_texts_of_trait(
        "portfolio_class"
    )
    # 1.50 of discount; 200 points, a hundred of which pay a euro.
    assert sum(one["given"] for one in classes.values()) == 150 + 200
    assert (last.portfolio["unvalued"], last.portfolio["rate"], last.portfolio["assumed"]) == (50, 0.3, 1.0)
