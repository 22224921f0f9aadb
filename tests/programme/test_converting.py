"""Points exchanged for others: rate, minimum, steps, fee and rounding as published schemes state them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fidelia.access.models import Audit
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.errors import InsufficientPoints, KeyReused, UnknownAccount
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.errors import EnrolmentProvisional, MalformedDocument, NotConvertible
from fidelia.programme.models import Enrolment, PointsCurrency
from fidelia.programme.operations import draft_version, publish_version, rederive_tiers
from fidelia.programme.operations.converting import Conversion, convert_points
from fidelia.programme.operations.points import add_points_currency, grant_points
from fidelia.programme.queries import tier_at
from fidelia.rules.conversion_terms import parse_conversions
from fidelia.rules.reading import MalformedTerms
from tests.cast import PIZARRO, SYSTEM

from .cast import AT, BEGUN, member, programme

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SCALES = {"": 0, "EURC": 2, "MILES": 0}
RULES = [{"key": "base", "name": {"en": "Base", "fr": "Base"}, "points_per": {"amount": "1", "points": "1"}}]


def shop(points: int = 0, cagnotte: dict[str, Any] | None = None, /, **way: Any) -> Enrolment:
    """A member with points, and a cagnotte in euros to exchange them for."""
    made = member(programme({"rules": RULES}))
    euros = PointsCurrency.objects.create(
        code="EURC", name=LocalizedText(en="euros", fr="euros"), scale=2, look="money"
    )  # fmt: skip
    add_points_currency(by=SYSTEM, at=BEGUN, programme=made.programme, currency=euros, role="cagnotte")
    terms(made, cagnotte, **way)
    if points:
        grant_points(by=SYSTEM, at=BEGUN, enrolment=made, amount=points, reason="x", key="g")
    return made


def terms(of: Enrolment, cagnotte: dict[str, Any] | None = None, /, **way: Any) -> None:
    document = {
        "rules": RULES, "currencies": {"EURC": cagnotte or {}},
        "conversions": [{"from": "", "to": "EURC", "points": "100", "gives": "1", **way}],
    }  # fmt: skip
    at = BEGUN + DAY * (1 + of.programme.versions.count())
    publish_version(
        by=SYSTEM, at=at, version=draft_version(by=SYSTEM, at=at, programme=of.programme, document=document),
        in_force_from=at,
    )  # fmt: skip


def convert(of: Enrolment, amount: int, key: str = "c", at: datetime = AT) -> Conversion:
    return convert_points(by=SYSTEM, at=at, enrolment=of, amount=amount, to="EURC", key=key)


def has(of: Enrolment, at: datetime = AT) -> tuple[int, int]:
    assert find_broken_invariants() == []
    return _balance(of, "PTS", at), _balance(of, "EURC", at)


def _balance(of: Enrolment, code: str, at: datetime) -> int:
    """An account is open in a further currency from its first points on."""
    try:
        return get_balance(account_id=of.account_id, currency=code, at=at).available
    except UnknownAccount:
        return 0


@pytest.mark.parametrize(
    ("way", "balance", "amount", "left"),
    [
        ({"minimum": "1000", "step": "1000"}, 1_350, 1_000, (350, 1_000)),  # a bookmaker: thousands, the rest is kept
        ({"minimum": "1000", "step": "1000"}, 2_500, 2_000, (500, 2_000)),
        ({"points": "200", "gives": "10", "minimum": "200", "step": "200"}, 650, 600, (50, 3_000)),  # a tyre shop
        ({"points": "1", "gives": "0.2"}, 45, 4, (41, 80)),  # a chemist: 45 euros are 4 points, each 20 cents
        ({"points": "3", "gives": "0.10"}, 100, 10, (90, 33)),  # 33.33 cents
        ({"points": "3", "gives": "0.10", "rounding": "half_up"}, 100, 5, (95, 17)),  # 16.67 cents
        ({"points": "3", "gives": "0.10", "rounding": "ceiling"}, 100, 1, (99, 4)),
        ({"fee": "50"}, 1_000, 1_000, (0, 950)),
        ({"fee": "50", "minimum": "51"}, 1_000, 51, (949, 1)),
    ],
)
def test_as_published(way: dict[str, Any], balance: int, amount: int, left: tuple[int, int]) -> None:
    enrolment = shop(balance, **way)
    done = convert(enrolment, amount)
    assert has(enrolment) == left
    assert (done.taken, done.given) == (amount, left[1])


@pytest.mark.parametrize(
    ("way", "amount", "reason"),
    [
        ({"minimum": "1000", "step": "1000"}, 999, "below_minimum"),
        ({"minimum": "1000", "step": "1000"}, 1_350, "not_a_step"),
        ({"maximum": "500"}, 501, "above_maximum"),
        ({"fee": "50"}, 50, "gives_nothing"),
        ({"points": "100", "gives": "0.01"}, 99, "gives_nothing"),
        ({}, 0, "below_minimum"),
        ({}, -5, "below_minimum"),
    ],
)
def test_other_amounts_are_refused_and_nothing_happens(way: dict[str, Any], amount: int, reason: str) -> None:
    enrolment = shop(5_000, **way)
    with pytest.raises(NotConvertible) as refused:
        convert(enrolment, amount)
    assert refused.value.details["reason"] == reason
    assert has(enrolment) == (5_000, 0)


def test_the_most_that_may_be_exchanged_is_known_beforehand() -> None:
    (way,) = parse_conversions(
        [{"to": "EURC", "points": "100", "gives": "1", "minimum": "1000", "step": "1000"}], SCALES
    )
    assert [way.most_of(n) for n in (-5, 0, 999, 1_000, 1_350, 2_500)] == [0, 0, 0, 1_000, 1_000, 2_000]


def test_a_repeated_request_changes_nothing_also_under_other_terms() -> None:
    enrolment = shop(1_000)
    first = convert(enrolment, 300)
    again = convert(enrolment, 300)
    terms(enrolment, gives="2", minimum="500")
    later = convert(enrolment, 300, at=AT + DAY)
    assert [one.given for one in (first, again, later)] == [300, 300, 300]
    assert [one.replayed for one in (first, again, later)] == [False, True, True]
    assert has(enrolment) == (700, 300)
    with pytest.raises(KeyReused):
        convert(enrolment, 500)
    assert Audit.objects.filter(verb="points.convert").count() == 1


def test_what_is_given_has_a_life_of_its_own_and_what_is_taken_goes_first_expiring_first() -> None:
    enrolment = shop(0, {"validity_months": 1, "ends": "month"})
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=500, reason="x", key="g1")
    convert(enrolment, 500)
    end = datetime(2026, 4, 30, 22, tzinfo=UTC)  # the end of April in Paris
    assert (has(enrolment, end - timedelta(seconds=1))[1], has(enrolment, end)[1]) == (500, 0)


def test_points_got_in_exchange_count_for_no_tier() -> None:
    enrolment = shop(500)
    at = BEGUN + 20 * DAY
    document = {
        "rules": RULES,
        "conversions": [
            {"from": "EURC", "to": "", "points": "1", "gives": "100"}, {"to": "EURC", "points": "1", "gives": "1"},
        ],
        "tiers": {"window_days": 900, "kept_days": 900, "levels": [
            {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "501"}]},
    }  # fmt: skip
    draft = draft_version(by=SYSTEM, at=at, programme=enrolment.programme, document=document)
    publish_version(by=SYSTEM, at=at, version=draft, in_force_from=at)
    convert(enrolment, 300)
    convert_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=30_000, to="PTS", key="back", currency="EURC")
    assert has(enrolment) == (30_200, 0)
    rederive_tiers(at=AT, enrolment_ids=[enrolment.id])
    assert tier_at(enrolment.id, AT) is None


def test_what_cannot_be_is_refused() -> None:
    enrolment = shop(200)
    with pytest.raises(InsufficientPoints):
        convert(enrolment, 201)
    with pytest.raises(NotConvertible) as refused:
        convert_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=100, to="MILES", key="k")
    assert refused.value.details["reason"] == "no_such_way"
    with pytest.raises(Denied):
        convert_points(by=PIZARRO, at=AT, enrolment=enrolment, amount=100, to="EURC", key="k")
    Enrolment.objects.filter(id=enrolment.id).update(is_provisional=True)
    enrolment.refresh_from_db()
    with pytest.raises(EnrolmentProvisional):
        convert(enrolment, 100)
    assert has(enrolment) == (200, 0)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/conversions"),
        ([{"to": "EURC", "points": "100"}], "/conversions/0/gives"),
        ([{"to": "EURC", "points": "0", "gives": "1"}], "/conversions/0/points"),
        ([{"to": "USD", "points": "100", "gives": "1"}], "/conversions/0/to"),
        ([{"from": "EURC", "to": "EURC", "points": "100", "gives": "1"}], "/conversions/0/to"),
        ([{"to": "EURC", "points": "1", "gives": "1"}] * 2, "/conversions/1/to"),
        ([{"to": "EURC", "points": "1", "gives": "0.001"}], "/conversions/0/gives"),
        ([{"to": "EURC", "points": "1", "gives": "1", "rounding": "up_there"}], "/conversions/0/rounding"),
        ([{"to": "EURC", "points": "1", "gives": "1", "minimum": "5", "maximum": "4"}], "/conversions/0/maximum"),
        ([{"to": "EURC", "points": "1", "gives": "1", "rate": "4"}], "/conversions/0/rate"),
    ],
)
def test_malformed_terms_name_the_place(document: Any, pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refused:
        parse_conversions(document, SCALES)
    assert refused.value.pointer == pointer


def test_a_document_names_only_currencies_of_its_programme() -> None:
    made = programme()
    with pytest.raises((MalformedDocument, MalformedTerms)):
        draft_version(
            by=SYSTEM, at=AT, programme=made,
            document={"rules": RULES, "conversions": [{"to": "EURC", "points": "1", "gives": "1"}]},
        )  # fmt: skip
