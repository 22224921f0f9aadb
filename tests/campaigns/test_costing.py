"""What rules and campaigns cost: each part at its own cost, what is assumed said, what nobody knows left unknown."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from django.core.exceptions import ImproperlyConfigured

from fidelia.campaigns.operations.costing import Cost, cost_of, voucher_of
from fidelia.campaigns.operations.rules_measured import kind_of
from fidelia.config.environment import read_amounts
from fidelia.insight.models import folder_of
from fidelia.insight.operations import refresh
from fidelia.insight.queries import get_last_export
from fidelia.insight.queries.given import Given, count_given
from fidelia.messaging.models import Message
from fidelia.messaging.queries.messages import count_sent
from fidelia.products.models import Product, ProductCost
from fidelia.programme.queries import terms_of, version_in_force
from tests.activity.checkouts.cast import MOKA, basket, close
from tests.activity.checkouts.rules import BACK, NEXT, TENTH, document, said
from tests.cast import SYSTEM
from tests.insight.shop import open_shop
from tests.programme.cast import AT, member, programme
from tests.rewards.scarce import everybodys

CUP = {"key": "cup", "name": said("A cup as a gift"), "gift": {"product": "cup", "units": 1}}
DAY = AT.date()


def gave(**what: Any) -> dict[str, Any]:
    return {"times": 1, "points": 0, "discount": 0} | what


def product(code: str, *, price: int | None = None, cost: int | None = None) -> None:
    made = Product.objects.create(
        code=code, name=code, price=price, price_currency="EUR" if price else "", recorded_at=AT, updated_at=AT
    )
    if cost is not None:
        ProductCost.objects.create(
            product=made, currency="EUR", amount=cost, scale=2, valid_from=DAY - timedelta(days=9), recorded_at=AT
        )


@pytest.mark.django_db(transaction=True)
def test_gifts_and_vouchers_are_counted_from_what_was_decided_and_used(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    of = programme(document(CUP, BACK, NEXT))
    member(of)
    everybodys(of, "NEXTTIME", key="next")
    product("cup", price=1_000)
    for number in ("A", "B"):
        close(number, basket=basket(MOKA))
    later = AT + timedelta(days=40)
    refresh(by=SYSTEM, at=later)
    version = version_in_force(of, AT)
    assert version is not None

    def given_by(key: str, voucher: int | None = None) -> Given:
        return count_given(
            export=get_last_export(), rule_key=key, versions=[version.id], since=AT, until=later, currency="EUR",
            voucher=voucher,
        )  # fmt: skip

    assert (given_by("cup").gifts, given_by("cup").discount) == ({"cup": 2_000}, 0), "its price is not a cost besides"
    rules = terms_of(version.id).rule_set.rule_at
    assert [kind_of(rules[key]) for key in ("cup", "back", "next", "base")] == ["gift", "voucher", "coupon", "points"]
    assert [voucher_of(rules[key]) for key in ("cup", "back", "next")] == [None, 500, None]
    back = given_by("back", 500)
    assert (back.times, back.vouchers, back.voucher_used, back.voucher_open) == (2, 2, 0, 1_000)
    assert given_by("back", 700).vouchers == 0, "another rule's of the same purchase"
    files = list((folder_of(get_last_export().id) / "vouchers").glob("*.parquet"))
    assert files
    assert given_by("base").as_value().keys() == {"times", "points", "discount", "vouchers", "voucher_open"}
    for path in files:  # as an earlier release exported them
        table = pyarrow.parquet.read_table(path).drop_columns(["source_id"])
        path.unlink()
        pyarrow.parquet.write_table(table, path)
    assert (given_by("back", 500).times, given_by("back", 500).vouchers) == (2, 0)


@pytest.mark.django_db
def test_a_gift_costs_its_product_else_its_price_less_the_assumed_margin_else_nobody_knows() -> None:
    version = version_in_force(programme(document(TENTH)), AT)
    assert version is not None
    product("cup", price=1_000, cost=320)
    product("mug", price=1_000)
    product("hat")

    def cost(gifts: dict[str, int], currency: str = "EUR") -> Cost:
        return cost_of(version.id, gave(gifts=gifts), currency=currency, day=DAY)

    assert cost({"cup": 3_000}) == Cost({"gifts": 960.0}, 0.0)
    assert cost({"mug": 2_000}) == Cost({"gifts": 1_400.0}, 1_400.0), "70 % of twice ten euros"
    assert cost({"cup": 1_000, "mug": 1_000}) == Cost({"gifts": 1_020.0}, 700.0)
    for unknown in ({"hat": 1_000}, {"cup": 1_000, "gone": 1_000}):
        assert cost(unknown).unknown == {"gifts"}
        assert cost(unknown).whole is None
    assert cost({"cup": 1_000}, "GBP").whole is None, "its cost is known in another currency"
    assert cost_of(version.id, gave(gifts={"cup": 1_000}), currency="EUR", day=DAY - timedelta(days=10)).assumed == 700


@pytest.mark.django_db
def test_vouchers_messages_and_discounts_add_up_and_what_is_assumed_is_said(settings: Any) -> None:
    version = version_in_force(programme(document(TENTH)), AT)
    assert version is not None
    open_shop()
    given = gave(discount=200, vouchers=3, voucher_used=500, voucher_open=1_000, messages={"email": 400, "sms": 10})
    settings.MESSAGE_COSTS = {"email": Decimal("0.001")}
    assert cost_of(version.id, given, currency="EUR", day=DAY).unknown == {"messages"}
    settings.MESSAGE_COSTS = {"email": Decimal("0.001"), "sms": Decimal("0.065")}
    found = cost_of(version.id, given, currency="EUR", day=DAY)
    assert found.parts == {"discounts": 200, "vouchers": 1_500, "messages": pytest.approx(105)}
    assert found.whole == pytest.approx(1_805)
    assert found.assumed == pytest.approx(1_105), "what is open, and the messages"
    assert cost_of(version.id, given, currency="GBP", day=DAY).unknown == {"messages"}, "declared in euros"


def test_declared_costs_are_read_or_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIDELIA_MESSAGE_COSTS", "email=0.001, sms=0.065")
    assert read_amounts("FIDELIA_MESSAGE_COSTS", ("email", "sms")) == {
        "email": Decimal("0.001"), "sms": Decimal("0.065")
    }  # fmt: skip
    for wrong in ("email", "email=cheap", "pigeon=1", "sms=-1", "sms=NaN", "sms=1e9"):
        monkeypatch.setenv("FIDELIA_MESSAGE_COSTS", wrong)
        with pytest.raises(ImproperlyConfigured, match="FIDELIA_MESSAGE_COSTS"):
            read_amounts("FIDELIA_MESSAGE_COSTS", ("email", "sms"))


@pytest.mark.django_db
def test_nothing_sent_counts_as_nothing() -> None:
    assert count_sent("campaigns.tell_treated:") == {}
    assert not Message.objects.exists()
