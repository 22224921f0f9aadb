"""What insight says of one customer, and the global control group, by the API."""

from __future__ import annotations

from uuid import UUID

import pytest

from fidelia.campaigns.models import GlobalControl

from .caller import Caller

pytestmark = pytest.mark.usefixtures("till")


def known(caller: Caller) -> str:
    made = caller.post("/customers", {"given_name": "Marzelline"}, key="m").json()
    return str(UUID(made["id"]))


def test_of_a_customer_who_bought_nothing_nothing_is_said() -> None:
    caller = Caller("customer.create", "customer.see", "insight.see", "purchase.see")
    found = caller.get(f"/customers/{known(caller)}/insight").json()
    assert (found["as_of"], found["traits"], found["next_products"], found["alike"]) == (None, {}, [], [])


def test_it_is_not_told_to_everybody() -> None:
    someone = known(Caller("customer.create", "customer.see"))
    Caller("customer.see", "purchase.see").get(f"/customers/{someone}/insight").problem(403, "denied")
    Caller("customer.see", "insight.see").get(f"/customers/{someone}/insight").problem(403, "denied")
    Caller("customer.see", "insight.see", "purchase.see").get(f"/customers/{UUID(int=9)}/insight").problem(
        404, "unknown_customer"
    )


def test_a_share_is_held_out_once_and_let_go() -> None:
    manager = Caller("campaign.see", "campaign.hold_out")
    assert manager.get("/global-control").json()["percent"] is None
    first = manager.put("/global-control", {"percent": "2.5"}, key="hold")
    assert (first.status, first.json()["percent"]) == (200, "2.5")
    assert manager.put("/global-control", {"percent": "2.5"}, key="hold").json() == first.json()
    manager.put("/global-control", {"percent": "3"}, key="hold").problem(409, "idempotency_key_reused")
    assert GlobalControl.objects.count() == 1
    assert manager.put("/global-control", {"percent": "0"}, key="end").json()["percent"] is None


@pytest.mark.parametrize("percent", ["-1", "21", "abc", "2.55", "", "٣"])
def test_a_share_that_is_none_changes_nothing(percent: str) -> None:
    manager = Caller("campaign.see", "campaign.hold_out")
    assert manager.put("/global-control", {"percent": percent}).status == 422
    assert not GlobalControl.objects.exists()


def test_who_may_not_hold_out_holds_nobody_out() -> None:
    Caller("campaign.see").put("/global-control", {"percent": "5"}).problem(403, "denied")
    Caller("campaign.hold_out").put("/global-control", {"percent": "5"}).problem(403, "denied")
    assert not GlobalControl.objects.exists()
