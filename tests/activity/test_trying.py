"""Try a basket: by a draft, for a member or an invented one, and nothing is written."""

from __future__ import annotations

import pytest

from fidelia.access.models import Audit
from fidelia.activity.errors import MalformedLines, UnknownMember
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import Basket, LineRequest, try_basket
from fidelia.kernel.errors import Denied
from fidelia.programme.queries import get_version
from fidelia.rules import explain_outcomes
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, DOCUMENT, florestan, member, programme

pytestmark = pytest.mark.django_db(transaction=True)
MUG = LineRequest(product_code="mug", quantity=1_000, net=3_000)
COFFEE = LineRequest(product_code="moka", quantity=1_000, net=1_000, category="coffee")


def basket(*lines: LineRequest, **more) -> Basket:
    return Basket(lines=lines or (MUG, COFFEE), occurred_at=AT, **more)


def test_an_invented_member_earns_as_a_real_one_would():
    version = get_version(programme(), 1)
    trial = try_basket(by=SYSTEM, version=version, basket=basket(is_first=True, tier="grand_cru"))
    assert trial.tier == "grand_cru"
    assert trial.settlement.points == 100  # 40 by the euro, 10 more on coffee, 50 of welcome
    assert sum(line.points for line in trial.settlement.lines) == 100


def test_nothing_is_written():
    version = get_version(programme(), 1)
    before = Audit.objects.count()
    try_basket(by=SYSTEM, version=version, basket=basket())
    assert not Purchase.objects.exists()
    assert not DecisionRecord.objects.exists()
    assert Audit.objects.count() == before


def test_a_member_is_read_as_known_at_that_moment():
    enrolment = member(programme())
    version = get_version(enrolment.programme, 1)
    first = try_basket(by=SYSTEM, version=version, basket=basket(customer_id=enrolment.customer_id))
    assert first.settlement.points == 100


def test_each_rule_says_why_in_declared_order():
    version = get_version(programme(), 1)
    small = LineRequest(product_code="mug", quantity=1_000, net=1_250)
    trial = try_basket(by=SYSTEM, version=version, basket=basket(small, is_first=True))
    said = explain_outcomes(trial.decision, trial.terms.rule_set, "en")
    assert [outcome.rule_key for outcome, _text in said] == ["base", "coffee", "first"]
    assert said[2][1] == "Welcome: nothing, €7.50 short."


def test_a_document_that_nobody_kept_can_be_tried():
    version = get_version(programme(), 1)
    doubled = DOCUMENT | {"rules": [DOCUMENT["rules"][0] | {"points_per": {"amount": "1.00", "points": "2"}}]}
    assert try_basket(by=SYSTEM, version=version, basket=basket(MUG), document=doubled).settlement.points == 60


def test_what_cannot_be_tried_is_refused():
    version = get_version(programme(), 1)
    with pytest.raises(Denied):
        try_basket(by=PIZARRO, version=version, basket=basket())
    with pytest.raises(MalformedLines):
        try_basket(by=SYSTEM, version=version, basket=Basket(lines=(), occurred_at=AT))
    with pytest.raises(UnknownMember):
        try_basket(by=SYSTEM, version=version, basket=basket(customer_id=florestan().id))
    later = basket(LineRequest(product_code="mug", quantity=0, net=1))
    with pytest.raises(MalformedLines):
        try_basket(by=SYSTEM, version=version, basket=later)
