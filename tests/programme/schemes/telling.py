"""A scheme as its house publishes it: one document, its rule cases, and lives of members told day by day.

    scheme: …            its name
    source: …            where its terms were read
    programme: {currency: EUR, zone: Europe/Paris, begun: 2020-01-01}
    currencies: {QUAL: {scale: 0, role: qualifying}}
    document: {rules: […], …}
    cases: [rule cases, as in docs/reference/rule-cases.md]
    lives:
      - life: …
        days:
          - {day: 2026-01-05, buys: "120.00", as: first, has: 120}
          - {day: 2026-02-01, night: true, has: {"": 120, QUAL: 3}, tier: gold, cheques: ["5.00"]}

What a day says happens in this order: buys, returns, spends, converts, subscribes, cancels, night; then what it expects
is compared. A day is its noon, unless it says an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import yaml
from django.db import transaction

from fidelia.activity.operations.checkouts import (
    BasketLine,
    CheckoutBasket,
    CheckoutOutcome,
    ReturnedItem,
)
from fidelia.activity.reactions import follow_plans
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.errors import UnknownAccount
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, PointsCurrency, Programme
from fidelia.programme.operations import create_programme, draft_version, enrol, publish_version
from fidelia.programme.operations.converting import convert_points
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.operations.points import add_points_currency, grant_points
from fidelia.programme.queries import terms_in_force, tier_at
from fidelia.programme.reactions import reassess_tiers
from fidelia.rewards.jobs import expire
from fidelia.rewards.models import Voucher
from fidelia.rewards.reactions import turn_points
from fidelia.subscriptions.operations import open_subscription
from fidelia.subscriptions.operations.periods import Paid
from tests.activity.checkouts.cast import CARD, close, give_back
from tests.cast import SYSTEM
from tests.programme.cast import florestan
from tests.programme.test_pools import announced

FOLDER = Path(__file__).parent
JOINED = "2020-01-01"


def schemes() -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]


def said(name: Any) -> Any:
    """A name for people where the file has none: its key says enough."""
    return {"en": str(name), "fr": str(name)}


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """The document with names for people in both languages, which these files leave out."""
    named = {**document, "rules": [{"name": said(rule["key"]), **rule} for rule in document["rules"]]}
    if "plans" in named:
        named["plans"] = [{"name": said(plan["key"]), **plan} for plan in named["plans"]]
    if "tiers" in named:
        sets = named["tiers"] if isinstance(named["tiers"], list) else [named["tiers"]]
        for each in sets:
            each["levels"] = [{"name": said(level["key"]), **level} for level in each["levels"]]
    return named


@dataclass
class Life:
    """A member of a scheme, and what happens to them."""

    scheme: dict[str, Any]
    joined: str = JOINED
    enrolment: Enrolment = field(init=False)
    zone: ZoneInfo = field(init=False)
    money: str = field(init=False)
    sales: int = 0
    served: int = 0

    def __post_init__(self) -> None:
        told = self.scheme.get("programme", {})
        self.money = told.get("currency", "EUR")
        self.zone = ZoneInfo(told.get("zone", "Europe/Paris"))
        begun = self.at(told.get("begun", JOINED))
        programme = create_programme(
            by=SYSTEM, at=begun, slug="scheme", name=LocalizedText(en="S", fr="S"), currency=self.money,
            time_zone=self.zone.key, points_code="PTS", points_name=LocalizedText(en="points", fr="points"),
            points_scale=told.get("scale", 0), may_go_negative=told.get("negative", False),
        )  # fmt: skip
        for code, each in self.scheme.get("currencies", {}).items():
            made = PointsCurrency.objects.create(
                code=code, name=LocalizedText(en=code, fr=code), scale=each.get("scale", 0)
            )
            add_points_currency(by=SYSTEM, at=begun, programme=programme, currency=made, role=each["role"])
        version = draft_version(by=SYSTEM, at=begun, programme=programme, document=whole(self.scheme["document"]))
        publish_version(by=SYSTEM, at=begun, version=version, in_force_from=begun)
        self.enrolment = enrol(
            by=SYSTEM, at=self.at(self.joined), programme=Programme.objects.get(id=programme.id),
            customer_id=florestan().id, source="till",
        )  # fmt: skip

    def at(self, on: Any, hour: int = 12) -> datetime:
        return datetime.fromisoformat(str(on)).replace(hour=hour, tzinfo=self.zone).astimezone(UTC)

    def live(self, day: dict[str, Any]) -> None:
        at = self.at(day["day"], day.get("hour", 12))
        for verb in ("buys", "returns", "grants", "spends", "converts", "subscribes", "night"):
            if verb in day:
                act: Callable[[dict[str, Any], datetime], object] = getattr(self, f"_{verb}")
                if day.get("refused"):
                    self._is_refused(act, day, at)
                else:
                    act(day, at)
                self._react(at)
        self.expect(day, at + timedelta(seconds=2))

    def _is_refused(self, act: Callable[[dict[str, Any], datetime], object], day: dict[str, Any], at: datetime) -> None:
        with pytest.raises(FideliaError) as refused:
            act(day, at)
        assert refused.value.code == day["refused"], (day, refused.value.code)

    def expect(self, day: dict[str, Any], at: datetime) -> None:
        assert find_broken_invariants() == []
        has = day.get("has", {})
        found = {code: self.balance(code, at) for code in (has if isinstance(has, dict) else [""])}
        if "has" in day:
            assert found == (has if isinstance(has, dict) else {"": has}), (day, found)
        if "tier" in day:
            held = tier_at(self.enrolment.id, at)
            assert (held.tier if held else "") == day["tier"], (day, held)
        if "cheques" in day:
            assert self.vouchers(at) == day["cheques"], (day, self.vouchers(at))

    def balance(self, code: str, at: datetime) -> int:
        """An account is open in a further currency from its first points on."""
        try:
            return get_balance(account_id=self.enrolment.account_id, currency=code or "PTS", at=at).available
        except UnknownAccount:
            return 0

    def vouchers(self, at: datetime) -> list[str]:
        """What the vouchers that can be used are worth, the first issued first."""
        valid = Voucher.objects.filter(valid_from__lte=at, revoked_at=None).order_by("issued_at", "amount")
        return [f"{each.amount / 100:.2f}" for each in valid if each.valid_until is None or each.valid_until > at]

    def _buys(self, day: dict[str, Any], at: datetime) -> CheckoutOutcome:
        self.sales += 1
        bought = day["buys"] if isinstance(day["buys"], list) else [{"price": day["buys"]}]
        lines = tuple(
            BasketLine(
                str(each.get("product", "thing")), int(each.get("quantity", 1)) * 1_000,
                int(Decimal(str(each["price"])) * 100), 2, category=each.get("category", ""),
                brand=each.get("brand", ""),
            )
            for each in bought
        )  # fmt: skip
        basket = CheckoutBasket(
            currency=self.money, lines=lines, identity=CARD, channel=day.get("channel", "store"),
            pays_with_points="pays" in day, pay_points=None if day.get("pays") in (None, "all") else str(day["pays"]),
            claims=tuple(day.get("claims", {}).items()),
        )  # fmt: skip
        closed = close(day.get("as", f"S{self.sales}"), at=at, basket=basket, receipt_number=str(uuid4()))
        if "due" in day:
            assert closed.checkout["evaluation"]["due"] == day["due"], (day, closed.checkout["evaluation"]["due"])
        return closed

    def _returns(self, day: dict[str, Any], at: datetime) -> None:
        asked = day["returns"] if isinstance(day["returns"], dict) else {"sale": day["returns"]}
        items = [ReturnedItem(asked["line"], int(asked.get("quantity", 1)) * 1_000)] if "line" in asked else []
        amount = int(Decimal(str(asked["amount"])) * 100) if "amount" in asked else None
        give_back(*items, number=asked["sale"], amount=amount, at=at)

    def _grants(self, day: dict[str, Any], at: datetime) -> None:
        grant_points(
            by=SYSTEM, at=at, enrolment=self.enrolment, amount=day["grants"], reason="scheme", key=str(uuid4()),
            occurred_at=at,
        )  # fmt: skip

    def _spends(self, day: dict[str, Any], at: datetime) -> None:
        terms = terms_in_force(self.enrolment, at)
        assert terms is not None
        with transaction.atomic():
            redeem(
                by=SYSTEM, at=at, account_id=self.enrolment.account_id, currency=day.get("of", "PTS"),
                amount=day["spends"], key=str(uuid4()), occurred_at=at,
                lives_until=terms.points.renewed_until("redeem", at, terms.zone),
            )  # fmt: skip

    def _converts(self, day: dict[str, Any], at: datetime) -> None:
        convert_points(
            by=SYSTEM, at=at, enrolment=self.enrolment, amount=day["converts"], to=day["to"], key=str(uuid4())
        )

    def _subscribes(self, day: dict[str, Any], at: datetime) -> None:
        paid = Paid(int(Decimal(str(day.get("paid", "0"))) * 100)) if "paid" in day else None
        open_subscription(by=SYSTEM, at=at, enrolment=self.enrolment, plan=day["subscribes"], paid=paid)

    def _night(self, _day: dict[str, Any], at: datetime) -> None:
        run_night(by=SYSTEM, at=at, progress=Progress(self._job(at), clock=lambda: at))
        expire({}, by=SYSTEM, at=at, progress=Progress(self._job(at), clock=lambda: at))

    def _job(self, at: datetime) -> Job:
        return Job.objects.create(
            kind="programme.nightly", label=said("x"), arguments={}, by_kind="system", by_label="tests", created_at=at,
            state="running",
        )  # fmt: skip

    def _react(self, at: datetime) -> None:
        """What the worker does of what was announced meanwhile."""
        names = ["purchase.recorded", "purchase.returned", "purchase.claimed", "points.given"]
        rows = list(OutboxEvent.objects.filter(event_id__gt=self.served, name__in=names).order_by("event_id"))
        if rows:
            self.served = rows[-1].event_id
            events = [announced(row) for row in rows]
            with transaction.atomic():
                reassess_tiers(events, by=SYSTEM, at=at)
                turn_points([each for each in events if each.name == "purchase.recorded"], by=SYSTEM, at=at)
                follow_plans([each for each in events if each.name != "points.given"], by=SYSTEM, at=at)
