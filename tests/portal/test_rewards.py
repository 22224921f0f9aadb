"""Rewards for points in the portal: said before, taken once, shown after; nobody takes another's or too much."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.test import Client

from fidelia.kernel.clock import now
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import get_balance
from fidelia.members.models import MemberSession
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.queries import get_programme
from fidelia.rewards.models import Redemption, Reward
from fidelia.rewards.operations.catalog import RewardTerms, add_reward
from tests.cast import SYSTEM
from tests.console.boutique import Shop
from tests.programme.cast import AUTHOR, DOCUMENT, programme

from .members_shop import by_link, inside, newcomer, open_doors

pytestmark = pytest.mark.django_db


def put_up(key: str, points: int, kind: str = "gift", **terms: object) -> Reward:
    told = {"name": LocalizedText(en=f"The {key}", fr=f"Le {key}"), "valid_from": date.today() - timedelta(days=1)}  # noqa: DTZ011
    return add_reward(
        by=SYSTEM, at=now(), programme=get_programme("cercle"), key=key,
        terms=RewardTerms(kind=kind, points=points, **told, **terms),  # type: ignore[arg-type]
    )  # fmt: skip


def points_of(shop: Shop) -> int:
    return get_balance(account_id=shop.member.account_id, currency="PTS", at=now()).available


def choose(client: Client, reward_id: UUID, key: str = "one page") -> object:
    return client.post(f"/rewards/{reward_id}/", {"key": key})


def test_the_catalog_says_what_is_missing_and_can_be_narrowed() -> None:
    shop = open_doors()
    put_up("mug", 50, pieces=7)
    put_up("moulin", points_of(shop) + 260)
    client = inside(shop.customer_id)
    page = client.get("/rewards/").content.decode()
    assert "plus que 7" in page
    assert "il vous manque 260\u00a0points" in page
    within = client.get("/rewards/?show=within").content.decode()
    assert "Le mug" in within
    assert "Le moulin" not in within


def test_a_reward_is_chosen_once_however_often_one_clicks() -> None:
    shop = open_doors()
    mug = put_up("mug", 50)
    client = inside(shop.customer_id)
    before = points_of(shop)
    page = client.get(f"/rewards/{mug.id}/").content.decode()
    assert f"il en restera {before - 50}\u00a0points" in page
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    first, again = choose(client, mug.id, key), choose(client, mug.id, key)
    assert first["Location"] == again["Location"]  # type: ignore[index]
    assert points_of(shop) == before - 50
    assert Redemption.objects.count() == 1
    shown = client.get(first["Location"]).content.decode()  # type: ignore[index]
    assert "Elle vous attend" in shown
    assert "Le mug" in client.get("/rewards/").content.decode()


def test_a_voucher_is_there_at_once_with_its_code() -> None:
    shop = open_doors()
    bon = put_up("bon", 50, "voucher", voucher_amount=500, voucher_days=30)
    client = inside(shop.customer_id)
    page = client.get(choose(client, bon.id)["Location"]).content.decode()  # type: ignore[index]
    voucher = Redemption.objects.get().voucher
    assert voucher is not None
    assert voucher.code in page


def test_what_cannot_be_had_is_said_and_takes_nothing() -> None:
    shop = open_doors()
    client, before = inside(shop.customer_id), points_of(shop)
    dear, last = put_up("moulin", before + 1), put_up("mug", 10, pieces=1)
    refused = choose(client, dear.id)
    assert refused.status_code == 409  # type: ignore[attr-defined]
    assert "plus assez de points" in refused.content.decode()  # type: ignore[attr-defined]
    choose(client, last.id, "a page")
    gone = choose(client, last.id, "another page")
    assert gone.status_code == 409  # type: ignore[attr-defined]
    assert points_of(shop) == before - 10
    assert client.post(f"/rewards/{new_id()}/", {"key": "x"}).status_code == 404
    elsewhere = programme(is_sandbox=True)
    assert client.get(f"/rewards/{elsewhere.id}/").status_code == 404


def test_nobody_sees_what_another_chose() -> None:
    shop = open_doors()
    mug = put_up("mug", 10)
    shown = choose(inside(shop.customer_id), mug.id)["Location"]  # type: ignore[index]
    other = inside(newcomer(shop), "new@example.com")
    assert other.get(shown).status_code == 404
    assert "Le mug" in other.get("/rewards/").content.decode()


def test_home_tells_of_the_next_cheque_only_where_there_is_one() -> None:
    shop = open_doors()
    assert "Prochain chèque" not in inside(shop.customer_id).get("/").content.decode()


def test_many_points_are_spent_by_who_came_by_a_code_and_never_by_the_link_of_a_letter() -> None:
    shop = open_doors()
    document = {**DOCUMENT, "points": {"confirmed_above": "40"}}
    draft = draft_version(by=AUTHOR, at=now(), programme=get_programme("cercle"), document=document)
    publish_version(by=SYSTEM, at=now(), version=draft)
    dear, cheap = put_up("mug", 50), put_up("spoon", 40)
    before = points_of(shop)
    forwarded = by_link(shop.customer_id)
    assert choose(forwarded, dear.id)["Location"] == f"/login/?next=%2Frewards%2F{dear.id}%2F&why=spending"  # type: ignore[index]
    assert points_of(shop) == before
    assert not Redemption.objects.exists()
    assert "/rewards/chosen/" in choose(forwarded, cheap.id, "few")["Location"]  # type: ignore[index]
    old = inside(shop.customer_id)
    MemberSession.objects.filter(customer_id=shop.customer_id).update(began_at=now() - timedelta(minutes=16))
    asked = choose(old, dear.id, "again")["Location"]  # type: ignore[index]
    assert asked.endswith("&why=spending")
    assert points_of(shop) == before - 40
    page = old.get(asked).content.decode()
    assert "avec un nouveau code" in page
    assert 'name="why" value="spending"' in page
    assert "avec un nouveau code" not in old.get("/login/").content.decode()
    assert "/rewards/chosen/" in choose(inside(shop.customer_id), dear.id)["Location"]  # type: ignore[index]
    assert points_of(shop) == before - 90
