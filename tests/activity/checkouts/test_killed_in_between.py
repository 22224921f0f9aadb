"""kill -9 of the process of a till's call between reserving and closing: nothing is lost, nothing is done twice.

The process is a real one with a connection of its own. It is stopped where it has settled the basket and writes; either
nothing of the closure has reached the database, or the database does it and nobody is there to be told.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from fidelia.activity.models import Checkout, Purchase
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.rewards.errors import CouponReserved, CouponUsedUp
from tests.activity.test_recording_at_once import SECONDS
from tests.conftest import address_of
from tests.programme.cast import AT, member, programme
from tests.rewards.scarce import everybodys, pieces
from tests.waiting import wait_for, wait_for_a_lock

from .cast import basket, close, put
from .rules import GIFT, TENTH, document

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
LATER = AT + timedelta(hours=1)  # what was reserved is free again
# Reserves, says so, and closes as soon as it is told to; before it writes it says "writes", and may wait to be killed.
TILL = """
import sys
import django
django.setup()
from fidelia.activity.operations.checkouts import closing
from tests.activity.checkouts.cast import basket, close, put

def write(what, write=closing.write_closure):
    print("writes", flush=True)
    if sys.argv[1] == "before":
        sys.stdin.read()
    return write(what)

closing.write_closure = write
put(basket(coupons=("ONCE", "CADEAU")))
print("reserved", flush=True)
sys.stdin.readline()
close(key="first")
"""


@contextmanager
def till(where: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has reserved; it is killed at the end, as by kill -9."""
    address = address_of(str(connection.settings_dict["NAME"]))
    process = subprocess.Popen(
        [sys.executable, "-c", TILL, where],
        env=os.environ | {"FIDELIA_DATABASE_URL": address, "FIDELIA_CHECKOUT_WAIT_MS": "60000"},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert next_word(process) == "reserved"
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)


def next_word(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell_to_close(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert next_word(process) == "writes"


def shop() -> Any:
    """A member, where there is one coupon left and one mug."""
    of = programme(document(TENTH, GIFT))
    pieces(of, 1)
    everybodys(of, "CADEAU", key="mug")
    everybodys(of, "ONCE", uses=1)
    return member(of)


def gifts_of(outcome: Any) -> int:
    return sum(line.is_gift for line in outcome.checkout["evaluation"]["lines"])


def points_of(enrolment: Any) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def killed_before_it_writes() -> None:
    with till("before") as process:
        tell_to_close(process)


def check_closed_once(enrolment: Any) -> None:
    sale = Purchase.objects.get()
    assert (Checkout.objects.get(number="C-1").state, points_of(enrolment)) == ("closed", sale.points)
    assert sale.points > 0
    assert OutboxEvent.objects.filter(name="purchase.recorded").count() == 1
    assert find_broken_invariants() == []


def test_killed_before_it_writes_it_closes_once_when_sent_again() -> None:
    enrolment = shop()
    killed_before_it_writes()
    assert (Checkout.objects.get().state, Purchase.objects.count(), points_of(enrolment)) == ("open", 0, 0)
    with pytest.raises(CouponReserved):  # it is still set aside for the till that died
        close("B", basket=basket(identity=None, coupons=("ONCE",)))
    first, again = close(key="first"), close(key="first")
    assert (first.is_replay, again.is_replay, again.made.purchase_id) == (False, True, first.made.purchase_id)
    check_closed_once(enrolment)


def test_what_a_dead_till_reserved_is_free_when_its_time_is_over() -> None:
    enrolment = shop()
    killed_before_it_writes()
    wanted = basket(identity=None, coupons=("CADEAU",))
    assert gifts_of(put(wanted, "B")) == 0
    other = close("B", basket=basket(identity=None, coupons=("ONCE", "CADEAU")), at=LATER)
    assert gifts_of(other) == 1
    with pytest.raises(CouponUsedUp):  # the dead till comes back too late, and is told so
        close(key="first", at=LATER)
    assert (Checkout.objects.get(number="C-1").state, points_of(enrolment)) == ("open", 0)
    assert Purchase.objects.count() == 1
    assert find_broken_invariants() == []


def test_killed_while_the_database_closes_it_is_not_closed_again() -> None:
    enrolment = shop()
    with psycopg.connect(address_of(str(connection.settings_dict["NAME"]))) as holder, till("within") as process:
        holder.execute("select from activity_checkout where number = 'C-1' for update")
        tell_to_close(process)
        wait_for_a_lock()
    wait_for(lambda: Purchase.objects.count() == 1)  # nobody was told
    again = close(key="first")
    assert again.is_replay
    check_closed_once(enrolment)
