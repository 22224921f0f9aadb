"""Segments: a condition in the rule language, previewed without writing, refreshed into dated memberships."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from fidelia.customers.errors import SegmentAhead, SegmentArchived, SegmentFixed, SegmentKeyTaken, UnknownChoice
from fidelia.customers.fields import RULE_FIELDS, segment_catalogue, values_of_customer
from fidelia.customers.models import Customer, Segment, SegmentMembership, TraitDefinition
from fidelia.customers.operations import (
    SegmentRefresh,
    change_segment,
    define_segment,
    define_trait,
    fix_segment,
    preview_segment,
    refresh_segment,
    refresh_segments,
    set_traits,
)
from fidelia.customers.queries import list_overlaps, list_trait_definitions, member_ids_at, segments_at
from fidelia.customers.queries import segments as segment_queries
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.rules import RuleError, check_rule
from tests.cast import PIZARRO, SYSTEM

from .people import DAY, added

pytestmark = pytest.mark.django_db(transaction=True)
NAME = LocalizedText(en="Fresh", fr="Récents")
CONDITIONS = [
    "customer.country == 'FR'",
    "customer.country in ['DE', 'ES']",
    "customer.kind == 'company'",
    "customer.language == 'en' && customer.source == 'till'",
    "has(customer.age) && customer.age >= 55",
    "has(customer.birth_month) && customer.birth_month == 5",
    "customer.acquired_on >= date('2026-03-01')",
    "has(trait.recency) && trait.recency < 30",
    "orElse(trait.rfm, '') == '100% l’or'",
    "has(trait.vip) && trait.vip",
    "has(trait.due_on) && trait.due_on == date('2026-04-01')",
]


@pytest.fixture
def people() -> list[Customer]:
    found = [
        added(),
        added(identities=(), country="DE", language="en", birth_on=None),
        added(identities=(), kind="company", company_name="Prison & Cie", country="ES", birth_on="1995-12-31"),
    ]
    for name, type_ in (("recency", "number"), ("rfm", "text"), ("vip", "flag"), ("due_on", "day")):
        define_trait(by=SYSTEM, at=DAY, name=name, type=type_, label=NAME)
    rows: list[tuple[UUID, str, Any]] = [
        (found[0].id, "recency", 10),
        (found[1].id, "recency", 40),
        (found[0].id, "rfm", "100% l’or"),
        (found[1].id, "vip", True),
        (found[2].id, "due_on", date(2026, 4, 1)),
    ]
    with transaction.atomic():
        set_traits(by=SYSTEM, at=DAY, rows=rows, source="insight")
    return found


def fresh(condition: str = "has(trait.recency) && trait.recency < 30") -> Segment:
    return define_segment(by=SYSTEM, at=DAY, key="fresh", name=NAME, condition=condition)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_it_holds_whom_python_says_too(people: list[Customer], condition: str) -> None:
    program = check_rule(condition, segment_catalogue(list_trait_definitions()))
    expected = {customer.id for customer in people if program.evaluate(values_for_rules(customer))}
    preview = preview_segment(by=SYSTEM, at=DAY, condition=condition)
    assert {customer.id for customer in preview.examples} == expected
    assert preview.count == len(expected)
    assert SegmentMembership.objects.count() == 0


def values_for_rules(customer: Customer) -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute("select customers_for_rules(%s, %s)", [customer.id, DAY])
        (found,) = cursor.fetchone()

    return values_of_customer(found if isinstance(found, dict) else json.loads(found), on=DAY.date())


def test_a_programme_reads_the_segments_of_a_customer(people: list[Customer]) -> None:
    refresh_segment(by=SYSTEM, at=DAY, segment_id=fresh().id)
    values = values_for_rules(people[0])
    assert values["customer.segments"] == ["fresh"]
    assert {field.path for field in RULE_FIELDS} <= set(values)


def test_it_opens_and_closes_memberships(people: list[Customer]) -> None:
    segment = fresh()
    first = refresh_segment(by=SYSTEM, at=DAY, segment_id=segment.id)
    with transaction.atomic():
        rows = [(people[0].id, "recency", 50), (people[1].id, "recency", 1), (people[2].id, "recency", 2)]
        set_traits(by=SYSTEM, at=DAY + timedelta(5), rows=rows, source="insight")
    second = refresh_segment(by=SYSTEM, at=DAY + timedelta(5), segment_id=segment.id)
    assert (first, second) == (SegmentRefresh(1, 1, 0), SegmentRefresh(2, 2, 1))
    assert member_ids_at(segment.id, DAY + timedelta(4)) == [people[0].id]
    assert set(member_ids_at(segment.id, DAY + timedelta(5))) == {people[1].id, people[2].id}
    assert segments_at(people[0].id, DAY) == {"fresh"}
    assert segments_at(people[0].id, DAY + timedelta(5)) == frozenset()
    assert Segment.objects.get().member_count == 2


def test_it_announces_one_event_without_ids(people: list[Customer]) -> None:
    segment = fresh()
    refresh_segment(by=SYSTEM, at=DAY, segment_id=segment.id)
    refresh_segment(by=SYSTEM, at=DAY + timedelta(1), segment_id=segment.id)
    event = OutboxEvent.objects.get(name="segment.changed")
    assert event.payload == {"segment_id": str(segment.id), "entered": 1, "left": 0}
    assert event.occurred_at == DAY


def test_a_merged_customer_is_not_counted_twice(people: list[Customer]) -> None:
    Customer.objects.filter(id=people[2].id).update(merged_into=people[0])
    assert preview_segment(by=SYSTEM, at=DAY, condition="customer.country != 'XX'").count == 2


def test_it_refuses_clearly(people: list[Customer]) -> None:
    with pytest.raises(RuleError) as wrong:
        fresh("trait.recncy < 3")
    assert (wrong.value.pointer, wrong.value.nearest) == ("/condition", "trait.recency")
    with pytest.raises(UnknownChoice):
        define_segment(by=SYSTEM, at=DAY, key="Fresh!", name=NAME, condition="true")
    segment = fresh()
    with pytest.raises(SegmentKeyTaken):
        fresh()
    with pytest.raises(Denied):
        refresh_segment(by=PIZARRO, at=DAY, segment_id=segment.id)
    refresh_segment(by=SYSTEM, at=DAY, segment_id=segment.id)
    with pytest.raises(SegmentAhead):
        refresh_segment(by=SYSTEM, at=DAY - timedelta(1), segment_id=segment.id)
    change_segment(by=SYSTEM, at=DAY, segment_id=segment.id, state="archived")
    with pytest.raises(SegmentArchived):
        refresh_segment(by=SYSTEM, at=DAY, segment_id=segment.id)


def test_whom_a_test_key_added_is_in_no_segment(people: list[Customer]) -> None:
    added(identities=(), source="sandbox")
    assert preview_segment(by=SYSTEM, at=DAY, condition="true").count == len(people)
    segment = define_segment(by=SYSTEM, at=DAY, key="everybody", name=NAME, condition="true")
    assert refresh_segment(by=SYSTEM, at=DAY, segment_id=segment.id).count == len(people)


def defined(key: str, condition: str) -> Segment:
    return define_segment(by=SYSTEM, at=DAY, key=key, name=NAME, condition=condition)


def test_every_segment_that_follows_its_condition_is_refreshed_and_a_broken_one_holds_up_no_other() -> None:
    added(country="FR")
    define_trait(by=SYSTEM, at=DAY, name="mood", type="text", label=NAME)
    broken, french, archived = (
        defined("a-broken", 'has(trait.mood) && trait.mood == "merry"'),
        defined("b-french", 'customer.country == "FR"'),
        defined("c-archived", 'customer.country == "FR"'),
    )
    change_segment(by=SYSTEM, at=DAY, segment_id=archived.id, state="archived")
    TraitDefinition.objects.all().delete()
    told: list[str] = []
    with pytest.raises(RuleError):
        refresh_segments(by=SYSTEM, at=DAY, told=told.append)
    assert told == ["a-broken", "b-french"]
    for segment in (broken, french, archived):
        segment.refresh_from_db()
    assert (broken.refreshed_at, french.refreshed_at, french.member_count, archived.refreshed_at) == (
        None,
        DAY,
        1,
        None,
    )
    change_segment(by=SYSTEM, at=DAY, segment_id=broken.id, state="archived")
    assert refresh_segments(by=SYSTEM, at=DAY + timedelta(hours=1)) == 1
    assert refresh_segments(by=SYSTEM, at=DAY) == 0, "one refreshed for a later moment is left as it is"
    with pytest.raises(Denied):
        refresh_segments(by=PIZARRO, at=DAY)


def test_a_fixed_list_keeps_who_was_in_the_segment_and_follows_nothing() -> None:
    leonore = added(country="FR")
    french = defined("french", 'customer.country == "FR"')
    refresh_segment(by=SYSTEM, at=DAY, segment_id=french.id)
    later = DAY + timedelta(days=1)
    fixed = fix_segment(by=SYSTEM, at=later, segment_id=french.id, key="french-then", name=NAME)
    assert (fixed.is_fixed, fixed.member_count, fixed.refreshed_at) == (True, 1, later)
    added(country="FR", identities=(), email="")
    refresh_segments(by=SYSTEM, at=later + timedelta(days=1))
    assert len(member_ids_at(french.id, later + timedelta(days=1))) == 2
    assert member_ids_at(fixed.id, later + timedelta(days=1)) == [leonore.id]
    assert member_ids_at(fixed.id, DAY) == []
    for refused in (
        lambda: refresh_segment(by=SYSTEM, at=later, segment_id=fixed.id),
        lambda: change_segment(by=SYSTEM, at=later, segment_id=fixed.id, condition='customer.country == "DE"'),
    ):
        with pytest.raises(SegmentFixed):
            refused()
    with pytest.raises(SegmentKeyTaken):
        fix_segment(by=SYSTEM, at=later, segment_id=french.id, key="french-then", name=NAME)
    with pytest.raises(UnknownChoice):
        fix_segment(by=SYSTEM, at=later, segment_id=french.id, key="Not a key", name=NAME)
    with pytest.raises(Denied):
        fix_segment(by=PIZARRO, at=later, segment_id=french.id, key="other", name=NAME)


def test_it_says_with_which_segments_it_shares_people() -> None:
    added(country="FR", language="fr")
    added(country="FR", language="en", identities=(), email="")
    added(country="DE", language="en", identities=(), email="")
    french = defined("french", 'customer.country == "FR"')
    defined("english", 'customer.language == "en"')
    defined("german", 'customer.country == "DE"')
    refresh_segments(by=SYSTEM, at=DAY)
    assert [(one.segment.key, one.both) for one in list_overlaps(by=SYSTEM, segment_id=french.id)] == [("english", 1)]
    with pytest.raises(Denied):
        list_overlaps(by=PIZARRO, segment_id=french.id)


def test_of_a_large_segment_the_refreshes_have_counted_with_whom_it_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    added(country="FR", language="fr")
    added(country="FR", language="en", identities=(), email="")
    added(country="DE", language="en", identities=(), email="")
    segments = [
        defined("french", 'customer.country == "FR"'),
        defined("english", 'customer.language == "en"'),
        defined("people", 'customer.kind == "person"'),
    ]
    refresh_segments(by=SYSTEM, at=DAY)
    later = DAY + timedelta(hours=1)
    fixed = fix_segment(by=SYSTEM, at=later, segment_id=segments[1].id, key="english-then", name=NAME)
    added(country="FR", language="en", identities=(), email="")
    refresh_segment(by=SYSTEM, at=DAY + timedelta(days=1), segment_id=segments[1].id)
    counted = {one.id: told_overlaps(one.id) for one in (*segments, fixed)}
    assert dict(counted[segments[0].id]) == {"english": 1, "people": 2, "english-then": 1}

    monkeypatch.setattr(segment_queries, "LARGE", 0)
    with monkeypatch.context() as patch:
        patch.setattr(segment_queries, "count_overlaps", None)
        assert {one.id: told_overlaps(one.id) for one in (*segments, fixed)} == counted
    Segment.objects.update(overlaps=None)  # as a refresh of before this was kept has left it
    assert {one.id: told_overlaps(one.id) for one in (*segments, fixed)} == counted


def told_overlaps(segment_id: UUID) -> list[tuple[str, int]]:
    return [(one.segment.key, one.both) for one in list_overlaps(by=SYSTEM, segment_id=segment_id)]
