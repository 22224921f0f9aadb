"""Members against comparable others: the plain difference misleads, the one with others like them does not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fidelia.insight.operations import refresh
from fidelia.insight.operations.chapters import facts_of
from fidelia.insight.report.making import make_report
from fidelia.insight.report.sections.members import joined_people
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.queries import get_operator
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import create_programme, enrol
from tests.cast import AT, SYSTEM
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
BEGINS = AT.replace(hour=0) - timedelta(days=270)


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def test_who_joined_is_compared_with_who_was_alike(shop: None) -> None:
    """Those who buy often join more, and would have spent more anyway; joining itself is worth ten euros."""
    programme = create_programme(
        by=SYSTEM, at=AT - timedelta(days=400), slug="club", name=LocalizedText(en="Club", fr="Club"), currency="EUR",
        time_zone="Europe/Paris", points_code="PTS", points_name=LocalizedText(en="points", fr="points"),
    )  # fmt: skip
    chance, people, rows, joining = np.random.default_rng(11), customers(330), [], []
    for place, one in enumerate(people[:300]):
        often = int(chance.integers(1, 12))
        joins = chance.random() < often / 20
        when = BEGINS - timedelta(days=5)
        rows += [purchase(one, 2_000, when - timedelta(days=9 * k + place % 7)) for k in range(often)]
        rows.append(purchase(one, 1_000, BEGINS + timedelta(days=20)))
        spent = 1_000 * often + (1_000 if joins else 0) + int(chance.integers(0, 800))
        rows.append(purchase(one, spent, BEGINS + timedelta(days=120)))
        joining += [one] if joins else []
    for one in joining:
        enrol(by=SYSTEM, at=BEGINS + timedelta(days=20), programme=programme, customer_id=one)
    early, late = people[300:315], people[315:330]
    rows += [purchase(one, 1_000, BEGINS - timedelta(days=5)) for one in (*early, *late)]
    rows += [purchase(one, 1_000, BEGINS + timedelta(days=30)) for one in early]  # `late` did not come in the span
    rows.append(purchase(people[0], 100, AT - timedelta(days=700)))
    buy(rows)
    for one in early:
        enrol(by=SYSTEM, at=BEGINS - timedelta(days=3), programme=programme, customer_id=one)
    assert Enrolment.objects.count() == len(joining) + 15
    done = refresh(by=SYSTEM, at=AT)
    with facts_of(done, get_operator()) as facts:
        found = joined_people(facts)
        assert (len(found.member), int(found.member.sum())) == (300, len(joining)), "neither the early nor the absent"
        sections = {one.key: one for one in make_report(facts, language="fr", made_at=AT).sections}
    section = sections["members"]
    assert section.finding.startswith("Les adhérents ont dépensé +")
    grid, _words, balance = section.blocks
    spent = grid.rows[1]  # type: ignore[union-attr]
    plain, alike = (float(text.replace("\u00a0", "").replace("€", "").replace(",", ".")) for text in spent[1:3])
    assert plain > 20, "plainly it looks like more than twice as much"
    assert alike == pytest.approx(10, abs=2)
    assert spent[4] == "plus que d’autres comme eux"
    assert balance.rows[0][0] == "Jours depuis le dernier achat"  # type: ignore[union-attr]


def test_without_members_or_with_a_short_history_it_says_why(shop: None) -> None:
    (one,) = customers(1)
    buy([purchase(one, 1_000, AT - timedelta(days=9))])
    done = refresh(by=SYSTEM, at=AT)
    with facts_of(done, get_operator()) as facts:
        (section,) = (one for one in make_report(facts, language="en", made_at=AT).sections if one.key == "members")
    assert section.blocks[0].reason.startswith("Members are compared with others from a history")  # type: ignore[union-attr]
