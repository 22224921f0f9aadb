"""Points given, activated, extended, brought back, moved and corrected: by the terms, with rights and words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from fidelia.access.errors import AnotherPersonDecides
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.errors import InsufficientPoints, KeyReused, NothingPending
from fidelia.ledger.models import Entry, Posting
from fidelia.ledger.operations import PostingResult, expire_due, redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance, list_lots, lots_used
from fidelia.programme.errors import NothingWaits, NotTransferable, TooLateToReinstate, UnknownPointsCurrency
from fidelia.programme.models import AskedAdjustment, Enrolment, PointsCurrency
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.operations.adjusting import approve_adjustment, correct_points, refuse_adjustment
from fidelia.programme.operations.points import (
    activate_points,
    add_points_currency,
    extend_points,
    give_points,
    give_up_points,
    grant_points,
    reinstate_points,
)
from fidelia.programme.queries import explain_movement, foresee, movement_of
from tests.cast import PIZARRO, SYSTEM, actor_with

from .cast import AT, DOCUMENT, member, programme
from .test_pools import LEONORE, buy, terms

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")
ROCCO = actor_with("points.adjust", "points.approve", label="Rocco", number=7)
FERNANDO = actor_with("points.adjust", "points.approve", label="Fernando", number=8)


def available(enrolment: Enrolment, at: datetime = AT, currency: str = "PTS") -> int:
    return get_balance(account_id=enrolment.account_id, currency=currency, at=at).available


def grant(enrolment: Enrolment, amount: int, key: str = "g", **more: Any) -> PostingResult:
    return grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=amount, reason="Welcome", key=key, **more)


def said(enrolment: Enrolment, posting_id: Any, language: str = "fr") -> list[str]:
    posting = Posting.objects.get(account_id=enrolment.account_id, posting_id=posting_id)
    legs = list(Entry.objects.filter(account_id=enrolment.account_id, posting_id=posting_id).order_by("seq"))
    lots = lots_used(account_id=enrolment.account_id, posting_ids=[posting_id]).get(posting_id, [])
    currency = enrolment.programme.points_currency
    return [
        line.replace("\u00a0", " ")
        for line in explain_movement(movement_of(posting, legs, lots), currency, PARIS, language)
    ]


def test_points_are_given_with_the_life_of_the_terms_and_once() -> None:
    enrolment = member(programme(terms(validity_months=1, ends="day")))
    first = grant(enrolment, 50)
    assert grant(enrolment, 50).replayed
    lot = list_lots(account_id=enrolment.account_id, currency="PTS")[0]
    assert lot.expires_at == datetime(2026, 4, 3, tzinfo=PARIS)
    assert said(enrolment, first.posting_id) == ["50 points vous ont été offerts."]
    with pytest.raises(Denied):
        grant_points(by=PIZARRO, at=AT, enrolment=enrolment, amount=1, reason="", key="x")


def test_a_programme_counts_in_several_currencies_each_with_its_own_life() -> None:
    made = programme(terms(validity_months=1, ends="day"))
    status = PointsCurrency.objects.create(code="STA", name=LocalizedText("status points", "points de statut"), scale=0)
    add_points_currency(by=SYSTEM, at=AT, programme=made, currency=status, role="qualifying")
    enrolment = member(made)
    grant(enrolment, 50)
    grant(enrolment, 7, key="s", currency="STA")
    assert (available(enrolment), available(enrolment, currency="STA")) == (50, 7)
    with pytest.raises(UnknownPointsCurrency):
        grant(enrolment, 1, key="z", currency="ZZZ")
    assert find_broken_invariants() == []


def test_what_waits_for_an_event_comes_to_life_when_it_is_reported() -> None:
    pending = {"event": "delivered", "cancelled_after_days": 60}
    enrolment = member(programme(terms(pending=pending, validity_months=1, ends="day")))
    sale, lost = buy(enrolment, 40, "f1"), buy(enrolment, 9, "f2")
    assert available(enrolment) == 0
    delivered = AT + 3 * DAY
    done = activate_points(by=SYSTEM, at=delivered, enrolment=enrolment, source_id=sale.purchase_id, key="d1")
    assert (done.amount, available(enrolment, delivered)) == (40, 40)
    # The life of pending points begins when they come to life.
    assert list_lots(account_id=enrolment.account_id, currency="PTS")[0].expires_at == datetime(
        2026, 4, 6, tzinfo=PARIS
    )
    give_up_points(by=SYSTEM, at=delivered, enrolment=enrolment, source_id=lost.purchase_id, key="d2")
    with pytest.raises(NothingPending):
        activate_points(by=SYSTEM, at=delivered, enrolment=enrolment, source_id=lost.purchase_id, key="d3")
    assert said(enrolment, done.posting_id) == ["40 points en attente sont maintenant à vous."]


def test_a_delivery_that_is_reported_again_under_its_key_is_answered_as_the_first_time() -> None:
    enrolment = member(programme(terms(pending={"event": "delivered", "cancelled_after_days": 60})))
    sale, lost = buy(enrolment, 40, "f1"), buy(enrolment, 9, "f2")
    delivery: dict[str, Any] = {"by": SYSTEM, "enrolment": enrolment, "source_id": sale.purchase_id, "key": "d1"}
    done = activate_points(at=AT + DAY, **delivery)
    again = activate_points(at=AT + 2 * DAY, **delivery)
    assert (again.posting_id, again.amount, again.replayed, done.replayed) == (done.posting_id, 40, True, False)
    with pytest.raises(NothingPending):
        activate_points(at=AT + 2 * DAY, **(delivery | {"key": "d2"}))
    with pytest.raises(KeyReused):
        activate_points(at=AT + 2 * DAY, **(delivery | {"source_id": lost.purchase_id}))
    with pytest.raises(KeyReused):
        give_up_points(at=AT + 2 * DAY, **delivery)
    lost_parcel = delivery | {"source_id": lost.purchase_id, "key": "d3"}
    gone = give_up_points(at=AT + 2 * DAY, **lost_parcel)
    assert give_up_points(at=AT + 3 * DAY, **lost_parcel).posting_id == gone.posting_id
    assert available(enrolment, AT + 3 * DAY) == 40
    assert find_broken_invariants() == []


def test_points_live_longer_by_hand_and_come_back_within_the_days_of_the_terms() -> None:
    enrolment = member(programme(terms(validity_months=1, ends="day", reinstatement_days=10)))
    grant(enrolment, 50)
    extended = extend_points(
        by=SYSTEM, at=AT, enrolment=enrolment, until=datetime(2026, 6, 1, 12, tzinfo=PARIS), reason="Travaux", key="e"
    )
    assert available(enrolment, AT + 60 * DAY) == 50
    assert said(enrolment, extended.posting_id) == ["Vos points sont prolongés jusqu’au 1ᵉʳ juin 2026."]
    gone = datetime(2026, 6, 5, 12, tzinfo=PARIS)
    with transaction.atomic():
        expire_due(by=SYSTEM, at=gone)
    assert available(enrolment, gone) == 0
    again = reinstate_points(by=SYSTEM, at=gone, enrolment=enrolment, reason="Oubli", key="r")
    assert (again.amount, available(enrolment, gone)) == (50, 50)
    assert said(enrolment, again.posting_id) == ["50 points expirés vous sont rendus, jusqu’au 5 juillet 2026."]
    late = gone + 60 * DAY
    with transaction.atomic():
        expire_due(by=SYSTEM, at=late)
    with pytest.raises(FideliaError) as refusal:
        reinstate_points(by=SYSTEM, at=late, enrolment=enrolment, reason="Oubli", key="r2")
    assert refusal.value.code == "nothing_expired"


def test_a_programme_may_give_nothing_back() -> None:
    enrolment = member(programme(terms(validity_months=1)))
    with pytest.raises(TooLateToReinstate):
        reinstate_points(by=SYSTEM, at=AT, enrolment=enrolment, reason="Oubli", key="r")


@pytest.mark.parametrize(("transfers", "until"), [("keep", (2026, 2, 11)), ("restart", (2026, 2, 26))])
def test_points_given_to_another_keep_their_end_or_restart(transfers: str, until: tuple[int, int, int]) -> None:
    """F9: given on 25 January, a life of one month restarts: to the end of 25 February."""
    made = programme(terms(validity_months=1, ends="day", transfers=transfers))
    florestan, leonore = member(made), member(made, LEONORE)
    grant_points(
        by=SYSTEM, at=AT, enrolment=florestan, amount=50, reason="", key="g",
        occurred_at=datetime(2026, 1, 10, 12, tzinfo=PARIS),
    )  # fmt: skip
    given = give_points(
        by=SYSTEM, at=datetime(2026, 1, 25, 12, tzinfo=PARIS), enrolment=florestan, to=leonore, amount=20,
        reason="Cadeau", key="t",
    )  # fmt: skip
    lot = list_lots(account_id=leonore.account_id, currency="PTS")[0]
    assert (lot.remaining, lot.expires_at) == (20, datetime(*until, tzinfo=PARIS))
    assert said(florestan, given.outgoing.posting_id) == [
        "Vous avez donné 20 points.", "Pris sur ce que vous aviez gagné le 10 janvier 2026."
    ]  # fmt: skip
    assert find_broken_invariants() == []


def test_of_points_given_away_the_fee_of_the_terms_is_kept_once() -> None:
    made = programme(terms(transfers={"life": "keep", "minimum": "100", "maximum": "500", "step": "50", "fee": "20"}))
    florestan, leonore = member(made), member(made, LEONORE)
    grant(florestan, 600)
    asked: dict[str, Any] = {"by": SYSTEM, "at": AT, "enrolment": florestan, "to": leonore, "reason": "Cadeau"}
    for amount, why in ((99, "below_minimum"), (550, "above_maximum"), (120, "not_a_step")):
        with pytest.raises(NotTransferable) as refused:
            give_points(**asked, amount=amount, key=f"no{amount}")
        assert refused.value.details["reason"] == why
    given = give_points(**asked, amount=150, key="t")
    assert (available(florestan), available(leonore), given.incoming.amount) == (450, 130, 130)
    fee = Posting.objects.get(account_id=florestan.account_id, idem_key="t:fee")
    assert said(florestan, fee.posting_id)[0] == "20 points retenus sur un don de points."
    with pytest.raises(InsufficientPoints):  # enough for the gift, not for what is kept of it
        give_points(**(asked | {"enrolment": leonore, "to": florestan}), amount=150, key="v")
    assert (available(florestan), available(leonore)) == (450, 130)
    later = draft_version(by=SYSTEM, at=AT, programme=made, document=terms(transfers="refused"))
    publish_version(by=SYSTEM, at=AT, version=later, in_force_from=AT)
    again = give_points(**asked, amount=150, key="t")
    assert (again.outgoing.replayed, available(florestan), available(leonore)) == (True, 450, 130)
    with pytest.raises(KeyReused):
        give_points(**asked, amount=200, key="t")
    with pytest.raises(NotTransferable) as refused:
        give_points(**asked, amount=150, key="u")
    assert refused.value.details["reason"] == "refused"
    assert find_broken_invariants() == []


def test_a_large_correction_waits_for_a_second_person() -> None:
    enrolment = member(programme(terms(approval_above="100")))
    small = correct_points(by=ROCCO, at=AT, enrolment=enrolment, amount=100, reason="Oubli", key="k1")
    assert isinstance(small, PostingResult)
    asked = correct_points(by=ROCCO, at=AT, enrolment=enrolment, amount=101, reason="Erreur", key="k2")
    assert isinstance(asked, AskedAdjustment)
    again = correct_points(by=ROCCO, at=AT, enrolment=enrolment, amount=101, reason="Erreur", key="k2")
    assert isinstance(again, AskedAdjustment)
    assert again.id == asked.id
    assert available(enrolment) == 100
    with pytest.raises(AnotherPersonDecides):
        approve_adjustment(by=ROCCO, at=AT, adjustment_id=asked.id)
    assert available(enrolment) == 100
    done = approve_adjustment(by=FERNANDO, at=AT, adjustment_id=asked.id)
    assert available(enrolment) == 201
    assert said(enrolment, done.posting_id) == ["Nous avons ajouté 101 points."]
    with pytest.raises(NothingWaits):
        approve_adjustment(by=FERNANDO, at=AT, adjustment_id=asked.id)


def test_a_correction_that_is_refused_does_nothing() -> None:
    enrolment = member(programme(terms(approval_above="100")))
    asked = correct_points(by=ROCCO, at=AT, enrolment=enrolment, amount=500, reason="Erreur", key="k2")
    assert isinstance(asked, AskedAdjustment)
    refuse_adjustment(by=FERNANDO, at=AT, adjustment_id=asked.id)
    assert available(enrolment) == 0
    with pytest.raises(NothingWaits):
        approve_adjustment(by=FERNANDO, at=AT, adjustment_id=asked.id)


def test_what_a_member_will_have_is_told_beforehand() -> None:
    document = {**DOCUMENT, "rules": DOCUMENT["rules"][:1],
                "points": {"validity_months": 1, "ends": "day", "pending": {"days": 14}}}  # fmt: skip
    enrolment = member(programme(document))
    buy(enrolment, 120, "f1")
    soon, later = foresee(enrolment, at=AT, on=date(2026, 3, 10)), foresee(enrolment, at=AT, on=date(2026, 3, 31))
    assert (soon.available, soon.pending) == (0, 120)
    assert (later.available, later.pending) == (120, 0)
    assert [(each.kind, each.amount) for each in later.events] == [("activates", 120)]
    gone = foresee(enrolment, at=AT, on=date(2026, 5, 1))
    assert (gone.available, gone.pending) == (0, 0)
    assert [each.kind for each in gone.events] == ["activates", "expires"]


def test_a_spend_names_what_it_was_taken_from_in_both_languages() -> None:
    enrolment = member(programme(terms()))
    grant(enrolment, 30)
    with transaction.atomic():
        spent = redeem(by=SYSTEM, at=AT, account_id=enrolment.account_id, currency="PTS", amount=10, key="r")
    assert said(enrolment, spent.posting_id) == [
        "Vous avez utilisé 10 points.", "Pris sur ce que vous aviez gagné le 2 mars 2026."
    ]  # fmt: skip
    assert said(enrolment, spent.posting_id, "en") == ["You used 10 points.", "Of what you earned on 2 March 2026."]
