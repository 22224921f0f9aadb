"""A present programme brought in: members with balances by expiry, tiers with their ends; reconciled; taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from fidelia.customers.models import Consent, Customer
from fidelia.customers.queries.identities import find_by_identity
from fidelia.intake.errors import MalformedMapping, OtherUnderWay
from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, record_now
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Origin
from fidelia.ledger.models import Entry, Posting
from fidelia.ledger.operations import earn, expire_due, redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance, list_lots, sum_flow
from fidelia.programme.errors import OpeningDependedOn
from fidelia.programme.models import Enrolment, Opening, OpeningLot, TierPeriod
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.queries import VersionHistory, tier_at, tier_grants_of, tier_standing
from fidelia.rules.tiers import TierTracker
from tests.cast import PIZARRO, SYSTEM
from tests.conftest import address_of
from tests.customers.files import brought_in, checked, counts, reasons, undone, write

from .cast import AT, member, programme

pytestmark = pytest.mark.django_db(transaction=True)
CUT_OVER = datetime(2026, 2, 28, 23, tzinfo=UTC)  # the first of March begins in Paris
HEADER = "card,given_name,balance,expires_on,tier,tier_until,enrolled_on"
LEONORE = "2900000024,Léonore,1200,2026-06-30,Grand Cru,2026-12-31,2019-05-04"
ROCCO = "2900000031,Rocco,300,2026-12-31,,,2020-01-01"
JAQUINO = "2900000048,Jaquino,0,,,,"


def opened(path: Path, **options: Any) -> Import:
    return brought_in(path, "members", at=AT, **({"cut_over": "2026-03-01"} | options))


def looked_at(path: Path, **options: Any) -> Import:
    return checked(path, "members", at=AT, **({"cut_over": "2026-03-01"} | options))


def enrolment(card: str) -> Enrolment:
    found = Enrolment.objects.select_related("programme__points_currency").filter(ended_at__isnull=True)
    return next(one for one in found if one.customer_id == find_by_identity("card", card))


def available(card: str, at: datetime = AT) -> int:
    return get_balance(account_id=enrolment(card).account_id, currency="PTS", at=at).available


def sums(found: Import) -> dict[str, int]:
    report = found.check_report
    return {name: report[f"{name}_points"] for name in ("file", "ready", "known", "double", "rejected", "left_out")}


def nothing_is_broken() -> bool:
    return find_broken_invariants() == []


def test_members_come_with_cards_balances_tiers_and_first_days(tmp_path: Path) -> None:
    programme()
    done = opened(write(tmp_path, HEADER, LEONORE, ROCCO, JAQUINO))
    assert counts(done) == {"recorded": 3, "known": 0, "double": 0, "rejected": 0}
    assert sums(done) == {"file": 1500, "ready": 1500, "known": 0, "double": 0, "rejected": 0, "left_out": 0}
    assert (done.totals["posted_points"], done.totals["enrolled_members"], done.totals["granted_tiers"]) == (1500, 3, 1)
    assert done.totals["by_expiry"] == {"2026-06-30": 1200, "2026-12-31": 300} == done.check_report["by_expiry"]
    assert done.totals["by_tier"] == {"grand_cru": 1} == done.check_report["by_tier"]
    leonore = enrolment("2900000024")
    assert leonore.enrolled_at == datetime(2019, 5, 3, 22, tzinfo=UTC)
    assert enrolment("2900000048").enrolled_at == CUT_OVER
    (lot,) = list_lots(account_id=leonore.account_id, currency="PTS")
    assert (lot.remaining, lot.expires_at) == (1200, datetime(2026, 6, 30, 22, tzinfo=UTC))
    posting = Posting.objects.get(account_id=leonore.account_id)
    assert (posting.occurred_at, posting.recorded_at, posting.source_type, posting.source_id, posting.origin) == (
        CUT_OVER, AT, "opening", done.id, "backfill"
    )  # fmt: skip
    assert set(OutboxEvent.objects.values_list("name", "origin")) >= {
        ("customers.added", "backfill"), ("members.enrolled", "backfill"), ("balances.opened", "backfill")
    }  # fmt: skip
    assert not OutboxEvent.objects.filter(name="tier.changed").exists()
    assert nothing_is_broken()


def test_points_die_at_the_end_of_the_local_day_and_are_swept_as_any_others(tmp_path: Path) -> None:
    programme()
    opened(write(tmp_path, HEADER, LEONORE))
    ends = datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert available("2900000024", ends - timedelta(seconds=1)) == 1200
    assert available("2900000024", ends) == 0
    with transaction.atomic():
        assert expire_due(by=SYSTEM, at=ends, limit=10) == 1
    assert sum_flow(currency="PTS", since=ends, until=ends + timedelta(days=1)).expired == 1200
    assert sum_flow(currency="PTS", since=CUT_OVER, until=AT).issued == 0
    assert nothing_is_broken()


def test_the_tier_is_held_to_its_end_and_no_points_count_towards_it_twice(tmp_path: Path) -> None:
    programme()
    opened(write(tmp_path, HEADER, LEONORE))
    leonore = enrolment("2900000024")
    ends = datetime(2026, 12, 31, 23, tzinfo=UTC)
    standing = tier_standing(leonore, AT)
    assert standing is not None
    assert (standing.held.key if standing.held else None, standing.held_until, standing.earned) == (
        "grand_cru", ends, 0
    )  # fmt: skip
    with transaction.atomic():  # 120 points earned here make a Connaisseur of whom was a Grand Cru
        earn(by=SYSTEM, at=AT, account_id=leonore.account_id, currency="PTS", amount=120, key="buy")
        rederive_tiers(at=AT, enrolment_ids=[leonore.id])
    held = tier_at(leonore.id, ends - timedelta(seconds=1))
    after = tier_at(leonore.id, ends)
    assert (held.tier if held else None, after.tier if after else None) == ("grand_cru", "connaisseur")


def test_an_import_of_purchases_finds_the_tier_that_was_brought_along(tmp_path: Path) -> None:
    made = programme()
    opened(write(tmp_path, HEADER, LEONORE))
    leonore = enrolment("2900000024")
    terms = VersionHistory(made).terms_at(AT)
    assert terms is not None
    assert terms.tiers is not None
    grants = tier_grants_of([leonore.id])
    tracker = TierTracker(terms.tiers, terms.zone, grants[leonore.id])
    assert [tracker.tier_at(moment) for moment in (CUT_OVER - timedelta(1), CUT_OVER, AT)] == [
        "", "grand_cru", "grand_cru"
    ]  # fmt: skip


def test_a_tier_without_an_end_is_kept_as_long_as_one_reached_on_the_first_day(tmp_path: Path) -> None:
    programme()
    opened(write(tmp_path, "card,tier", "2900000024,connaisseur"))
    (period, *_rest) = TierPeriod.objects.order_by("valid_from")
    assert (period.valid_from, period.valid_until) == (CUT_OVER, datetime(2027, 3, 1, 23, tzinfo=UTC))


def test_balances_come_as_several_rows_or_side_by_side(tmp_path: Path) -> None:
    programme()
    rows = ["2900000024,100,2026-06-30", "2900000024,50,2026-12-31", "2900000031,7,2026-06-30"]
    long = opened(write(tmp_path, "card,balance,expires_on", *rows))
    assert (counts(long)["recorded"], long.totals["posted_points"], long.totals["enrolled_members"]) == (3, 157, 2)
    header = "card,balance,expires_on,balance_2,expires_on_2,balance_3,expires_on_3"
    wide = opened(write(tmp_path, header, "2900000048,100,2026-06-30,50,2026-12-31,,"))
    assert wide.totals["by_expiry"] == {"2026-06-30": 100, "2026-12-31": 50}
    for card in ("2900000024", "2900000048"):
        lots = list_lots(account_id=enrolment(card).account_id, currency="PTS")
        assert [lot.remaining for lot in lots] == [100, 50]
    assert nothing_is_broken()


def test_of_two_lots_that_die_together_the_one_earned_first_is_spent_first(tmp_path: Path) -> None:
    programme()
    rows = ["2900000024,100,2026-06-30,2025-05-01", "2900000024,50,2026-06-30,2024-05-01"]
    opened(write(tmp_path, "card,balance,expires_on,earned_on", *rows))
    lots = list_lots(account_id=enrolment("2900000024").account_id, currency="PTS")
    assert [(lot.remaining, lot.earned_at.date()) for lot in lots] == [
        (50, date(2024, 4, 30)), (100, date(2025, 4, 30))
    ]  # fmt: skip


def test_a_balance_without_expiry_dies_as_if_earned_on_the_first_day_or_never(tmp_path: Path) -> None:
    programme()
    opened(write(tmp_path, "card,balance", "2900000024,10"))
    (lot,) = list_lots(account_id=enrolment("2900000024").account_id, currency="PTS")
    assert lot.expires_at == datetime(2028, 3, 31, 22, tzinfo=UTC)  # 24 months, to the end of the month
    opened(write(tmp_path, "card,balance", "2900000031,10"), without_expiry="never")
    (lot,) = list_lots(account_id=enrolment("2900000031").account_id, currency="PTS")
    assert lot.expires_at is None


def test_what_cannot_be_is_rejected_with_its_points_counted(tmp_path: Path) -> None:
    programme()
    rows = [
        LEONORE,
        "2900000031,Rocco,300,2026-02-28,,,",  # expired the day before
        "2900000048,Jaquino,10.5,2026-12-31,,,",
        "2900000055,Marzelline,-20,,,,",
        "2900000062,Fernando,80,2026-12-31,Platine,,",
        "2900000079,Pizarro,70,2026-12-31,Grand Cru,2025-12-31,",
        "2900000086,Leo,60,2026-12-31,,,2026-03-02",
        "2900000093,Leo,beaucoup,2026-12-31,,,",
    ]
    found = looked_at(write(tmp_path, HEADER, *rows))
    assert reasons(found) == {
        2: "300 points had expired on 2026-02-28, before the first day in Fidelia.",
        3: "“10.5” has more than 0 decimals.",
        4: "a balance of -20 is below zero, which cercle does not allow.",
        5: "“Platine” is no tier of cercle.",
        6: "the tier had ended on 2025-12-31.",
        7: "2026-03-02 is after the first day in Fidelia.",
        8: "“beaucoup” is not a number.",
    }
    assert sums(found) == {"file": 1690, "ready": 1200, "known": 0, "double": 0, "rejected": 490, "left_out": 0}
    assert found.check_report["unread_balances"] == 2
    assert (Customer.objects.count(), Enrolment.objects.count(), Posting.objects.count()) == (0, 0, 0)


def test_what_had_expired_may_be_left_out_and_is_counted(tmp_path: Path) -> None:
    programme()
    done = opened(write(tmp_path, "card,balance,expires_on", "2900000024,300,2026-02-28"), expired="leave_out")
    assert sums(done) == {"file": 300, "ready": 0, "known": 0, "double": 0, "rejected": 300, "left_out": 300}
    assert (counts(done)["recorded"], available("2900000024")) == (1, 0)


def test_a_cagnotte_counts_in_cents(tmp_path: Path) -> None:
    made = programme()
    made.points_currency.scale = 2
    made.points_currency.save()
    done = opened(write(tmp_path, "card,balance", "2900000024,12.34", "2900000031,12.345"))
    assert (done.totals["posted_points"], available("2900000024")) == (1234, 1234)
    assert reasons(looked_at(write(tmp_path, "card,balance", "2900000048,12.345"))) == {
        1: "“12.345” has more than 2 decimals."
    }


def test_a_balance_below_zero_is_owed_where_the_currency_allows_it(tmp_path: Path) -> None:
    programme(may_go_negative=True)
    done = opened(write(tmp_path, "card,balance,expires_on", "2900000024,-20,", "2900000031,5,2026-12-31"))
    assert (done.totals["posted_points"], available("2900000024")) == (-15, -20)
    assert undone(done, at=AT).totals["undone"]["reversed_points"] == -15
    assert nothing_is_broken()


def test_the_same_file_twice_posts_nothing(tmp_path: Path) -> None:
    programme()
    path = write(tmp_path, HEADER, LEONORE, ROCCO, JAQUINO)
    opened(path)
    again = opened(path)
    assert counts(again) == {"recorded": 0, "known": 3, "double": 0, "rejected": 0}
    assert sums(again)["known"] == 1500
    assert (Posting.objects.count(), OpeningLot.objects.count(), Enrolment.objects.count()) == (2, 2, 3)


def test_a_member_who_comes_twice_is_refused_the_second_time_or_added_up(tmp_path: Path) -> None:
    programme()
    rows = [
        "C1,2900000024,100,2026-06-30,",
        "C1,2900000024,100,2026-06-30,",  # the same once more
        "C1,2900000024,40,2026-06-30,",
        "C1,,5,2026-12-31,Grand Cru",
        "C1,,6,2026-11-30,Connaisseur",
    ]
    path = write(tmp_path, "external_id,card,balance,expires_on,tier", *rows)
    found = looked_at(path)
    assert reasons(found) == {
        3: "another row of the member has a balance that expires on the same day.",
        5: "another row says another tier of the member.",
    }
    assert sums(found) == {"file": 251, "ready": 105, "known": 0, "double": 100, "rejected": 46, "left_out": 0}
    done = opened(path, repeated="add")
    assert (done.totals["posted_points"], available("2900000024")) == (245, 245)
    assert nothing_is_broken()


def test_a_member_with_movements_is_refused_or_added_to(tmp_path: Path) -> None:
    live = member(programme())
    with transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=live.account_id, currency="PTS", amount=70, key="buy")
    path = write(tmp_path, "card,balance,given_name", "2990441788200,30,Florestán")
    done = opened(path, known_customers="overwrite")
    assert counts(done) == {"recorded": 0, "known": 0, "double": 0, "rejected": 1}
    assert Customer.objects.get().given_name == "Florestan"
    done = opened(path, existing="add")
    assert (done.totals["posted_points"], done.totals["enrolled_members"], available("2990441788200")) == (30, 0, 100)
    undone(done, at=AT)
    assert available("2990441788200") == 70
    assert Enrolment.objects.get().ended_at is None
    assert nothing_is_broken()


def test_it_is_taken_back_as_one_batch_and_can_be_brought_in_again(tmp_path: Path) -> None:
    programme()
    path = write(tmp_path, HEADER, LEONORE, ROCCO, JAQUINO)
    done = opened(path)
    back = undone(done, at=AT + timedelta(hours=1))
    assert {name: back.totals["undone"][name] for name in ("reversed_points", "ended_members", "erased_customers")} == {
        "reversed_points": 1500, "ended_members": 3, "erased_customers": 3
    }  # fmt: skip
    assert Entry.objects.filter(code="opening").count() == 4
    assert sum(Entry.objects.filter(code="opening").values_list("amount", flat=True)) == 0
    assert set(Posting.objects.filter(kind="reverse").values_list("source_id", flat=True)) == {done.id}
    assert not Enrolment.objects.filter(ended_at__isnull=True).exists()
    assert not TierPeriod.objects.filter(superseded_at__isnull=True).exists()
    assert find_by_identity("card", "2900000024") is None
    assert Opening.objects.get().undone_at == AT + timedelta(hours=1)
    again = opened(path)
    assert (counts(again)["recorded"], available("2900000024")) == (3, 1200)
    assert nothing_is_broken()


def test_who_was_a_member_before_is_brought_in_again_after_it_was_taken_back(tmp_path: Path) -> None:
    live = member(programme())
    path = write(tmp_path, "card,balance", "2990441788200,30")
    undone(opened(path), at=AT + timedelta(hours=1))
    again = opened(path)
    assert (counts(again)["recorded"], available("2990441788200")) == (1, 30)
    assert Enrolment.objects.get().id == live.id
    assert nothing_is_broken()


def test_a_second_file_of_members_waits_for_the_first(tmp_path: Path) -> None:
    programme()
    waiting = looked_at(write(tmp_path, "card,balance", "2990441788200,30"))
    with psycopg.connect(address_of(str(connection.settings_dict["NAME"]))) as first:
        first.execute("select pg_advisory_lock(hashtextextended('recording of members', 0))")
        with pytest.raises(OtherUnderWay):
            record_now(by=SYSTEM, at=AT, import_id=waiting.id, progress=Unwatched())
    done = record_now(by=SYSTEM, at=AT, import_id=waiting.id, progress=Unwatched())
    assert (counts(done)["recorded"], available("2990441788200")) == (1, 30)


def test_it_is_not_taken_back_once_members_went_on(tmp_path: Path) -> None:
    programme()
    done = opened(write(tmp_path, HEADER, LEONORE, ROCCO))
    rocco = enrolment("2900000031")
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=rocco.account_id, currency="PTS", amount=1, key="gift")
    with pytest.raises(OpeningDependedOn, match=r"points spent \(1\)"):
        undone(done, at=AT)
    assert (available("2900000024"), available("2900000031")) == (1200, 299)
    assert Enrolment.objects.filter(ended_at__isnull=True).count() == 2


def test_consents_come_with_their_proof_or_not_at_all(tmp_path: Path) -> None:
    programme()
    path = write(tmp_path, "card,balance,consent_email,consent_on", "29001,5,oui,2025-01-01", "29002,5,oui,")
    opened(path)
    assert Consent.objects.count() == 0
    other = write(tmp_path, "card,balance,consent_email,consent_on", "29003,5,oui,2025-01-01", "29004,5,oui,")
    done = opened(other, consents="file", consent_source="caisse", consent_text="CGU v3")
    assert (done.totals["consents"], done.check_report["unproved_consents"]) == (1, 1)


@pytest.mark.parametrize("day", ["2026-03-03", "demain", ""])
def test_it_asks_for_a_first_day_that_has_come(tmp_path: Path, day: str) -> None:
    programme()
    with pytest.raises(MalformedMapping):
        looked_at(write(tmp_path, HEADER, LEONORE), cut_over=day)


def test_who_may_not_open_points_is_refused(tmp_path: Path) -> None:
    programme()
    with pytest.raises(Denied):
        looked_at(write(tmp_path, HEADER, LEONORE), by=PIZARRO)


def test_a_backfill_origin_reaches_no_reaction() -> None:
    from fidelia.flow import REACTIONS

    assert all(Origin.BACKFILL not in reaction.origins for reaction in REACTIONS)
