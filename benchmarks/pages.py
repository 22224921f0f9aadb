"""How long the server takes for each page of the console in a large shop, and how many queries it asks.

`python -m benchmarks.pages --customers 1000000` makes a scratch installation, fills the invented shop in, copies it to
that many customers with ten purchases each (`benchmarks.multiplying`), and prints each page, the slowest first. With
`--here` it measures the installation that FIDELIA_HOME or FIDELIA_DATABASE_URL names, as it is.

Requests are made in this process, one after the other, as a signed-in person: what is measured is everything from
the session's row to the last byte of the page, without network and browser. The first request of each page warms up.
On a machine that others use, the CPU of this process and its server process is the figure to compare by.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .installation import busy_of_machine, cpu_of, scratch_installation

BASE_CUSTOMERS = 3_000
TARGET_MS = 150
ROUNDS = 9
PASSWORD = "measured-by-nobody-else-1"


@dataclass(frozen=True, slots=True)
class Timing:
    """What a page took in milliseconds: median and 95th percentile by the clock, CPU of ours; and its queries."""

    name: str
    path: str
    status: int
    median: float
    p95: float
    cpu: float
    queries: int

    @property
    def is_slow(self) -> bool:
        return self.median > TARGET_MS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--here", action="store_true", help="measure the installation at hand, as it is")
    parser.add_argument("--only", default="", help="pages whose name holds this")
    arguments = parser.parse_args()
    if arguments.here:
        sys.exit(measure(arguments.only))
    with scratch_installation():
        run("fidelia.worker", "demo", "--no-serve", f"--customers={BASE_CUSTOMERS}", f"--password={PASSWORD}")
        run("benchmarks.multiplying", str(arguments.customers))
        sys.exit(measure(arguments.only))


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-m", module, *arguments], check=True)


def measure(only: str) -> int:
    """Measure every page and print the table; return 1 if one is over the target or answers otherwise than 200."""
    from fidelia.worker.readiness import django_ready

    django_ready()
    count_the_night()
    began, used = time.perf_counter(), busy_of_machine()
    clients = {role: signed_in(role) for role in ("loyalty_manager", "administrator")}
    timings = [
        time_page(clients[role], name, path) for name, role, path in list_pages() if only.lower() in name.lower()
    ]
    seconds = time.perf_counter() - began
    report(timings, busy=100 * (busy_of_machine() - used) / seconds / 2)
    return 1 if any(one.is_slow or one.status != 200 for one in timings) else 0


def count_the_night() -> None:
    """Do what the worker does each hour and each night: count what Home shows, and the cells of RFM."""
    from fidelia.insight.models import Refresh
    from fidelia.insight.operations import count_figures
    from fidelia.insight.queries import count_cells
    from fidelia.kernel import clock
    from fidelia.kernel.actor import Actor

    began = time.perf_counter()
    counted = count_figures(by=Actor.system("benchmarks"), at=clock.now())
    for refresh in Refresh.objects.order_by("-refreshed_at")[:1]:
        Refresh.objects.filter(pk=refresh.pk).update(cells=count_cells())
    print(f"{counted} figures of Home counted in {time.perf_counter() - began:.1f} s")


def signed_in(role: str) -> Any:
    from django.test import Client

    from fidelia.access.models import User

    user = User.objects.filter(role_grants__role_code=role, is_active=True).order_by("created_at").first()
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(user)
    return client


def time_page(client: Any, name: str, path: str) -> Timing:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        status = client.get(path).status_code
        queries = len(asked)  # the next request forgets them
    taken, used = [], cpu_of_ours()
    for _round in range(ROUNDS):
        began = time.perf_counter()
        client.get(path)
        taken.append(1000 * (time.perf_counter() - began))
    cpu = 1000 * (cpu_of_ours() - used) / ROUNDS
    p95 = sorted(taken)[min(ROUNDS - 1, round(0.95 * ROUNDS))]
    return Timing(name, path, status, statistics.median(taken), p95, cpu, queries)


def cpu_of_ours() -> float:
    """Return the seconds of CPU that this process and its server process of PostgreSQL have used so far."""
    from django.db import connection

    connection.ensure_connection()
    return time.process_time() + cpu_of(connection.connection.info.backend_pid)


def report(timings: list[Timing], *, busy: float) -> None:
    from fidelia.activity.models import Purchase
    from fidelia.customers.models import Customer

    print(f"\n{Customer.objects.count():,} customers, {Purchase.objects.count():,} purchases and returns;")
    print(f"{ROUNDS} requests of each page in this process; the machine was {busy:.0f} % busy, ours included\n")
    print(f"{'page':<44} {'median ms':>9} {'p95 ms':>8} {'CPU ms':>8} {'queries':>8}")
    for one in sorted(timings, key=lambda one: -one.cpu):
        remark = "  over 150 ms" if one.is_slow else ""
        remark += f"  status {one.status}" if one.status != 200 else ""
        print(f"{one.name:<44} {one.median:>9.1f} {one.p95:>8.1f} {one.cpu:>8.1f} {one.queries:>8}{remark}")


def list_pages() -> Iterator[tuple[str, str, str]]:
    """Yield (name, role, path): every page that reads, the lists in the ways that people use them."""
    manager = [*_customer_lists(), *_customer_tabs(), *_purchase_lists(), *_others()]
    for name, path in manager:
        yield name, "loyalty_manager", f"/console/{path}"
    for path in ("", "stores/", "users/", "keys/", "audit/", "jobs/", "events/", "style/"):
        yield f"settings {path or 'index'}", "administrator", f"/console/settings/{path}"
    yield "home of an administrator", "administrator", "/console/"


def _customer_lists() -> Iterator[tuple[str, str]]:
    from fidelia.customers.models import ContactPoint, Customer, Identity
    from fidelia.organisation.models import Store

    store = Store.objects.order_by("code").values_list("id", flat=True).first()
    one = Customer.objects.filter(kind="person").order_by("-id")[1000]
    email = ContactPoint.objects.filter(channel="email").order_by("-id").values_list("value", flat=True)[10]
    phone = ContactPoint.objects.filter(channel="phone").order_by("-id").values_list("value", flat=True)[10]
    card = Identity.objects.filter(scheme="card").order_by("-id").values_list("value", flat=True)[10]
    yield "customers", "customers/"
    for name, query in (
        ("by a rare name", f"q={one.given_name}+{one.family_name}"),
        ("by a common name", "q=marie"),
        ("by two letters", "q=ma"),
        ("by a name nobody has", "q=zzyzx"),
        ("by e-mail", f"q={email}"),
        ("by telephone", f"q={phone}"),
        ("by card", f"q={card}"),
        ("of a store", f"store={store}"),
        ("of a tier", "tier=grand_cru"),
        ("companies", "kind=company"),
        ("of a store, in a tier", f"store={store}&tier=grand_cru"),
        ("of a store, in a tier, named", f"store={store}&tier=grand_cru&q=ma"),
        ("by spend", "sort=-spend"),
        ("by spend, of a store", f"sort=-spend&store={store}"),
        ("by spend, of a tier", "sort=-spend&tier=grand_cru"),
        ("by spend, named", "sort=-spend&q=marie"),
        ("by last purchase", "sort=-last"),
        ("newest first", "sort=-added"),
    ):
        yield f"customers {name}", f"customers/?{query}"
    yield "customers, a page in the middle", f"customers/{_next_of(one.sort_key, str(one.id))}"
    from fidelia.customers.models import Segment

    for segment in Segment.objects.order_by("key")[:3]:
        yield f"customers of segment {segment.key}", f"customers/?segment={segment.key}"


def _next_of(*key: str) -> str:
    from fidelia.console.paging import _encode

    return f"?after={_encode(key)}&row=500001"


def _customer_tabs() -> Iterator[tuple[str, str]]:
    from fidelia.programme.models import Enrolment

    customer_id = Enrolment.objects.order_by("-id").values_list("customer_id", flat=True)[100]
    for tab in ("", "purchases/", "points/", "messages/", "record/", "history/"):
        yield f"customer {tab or 'timeline'}", f"customers/{customer_id}/{tab}"


def _purchase_lists() -> Iterator[tuple[str, str]]:
    from fidelia.activity.models import Purchase
    from fidelia.organisation.models import Store

    store = Store.objects.order_by("code").values_list("id", flat=True).first()
    sold = Purchase.objects.filter(points__gt=0).order_by("-occurred_at")[500]
    yield "purchases", "purchases/"
    for name, query in (
        ("of a store", f"store={store}"),
        ("returns", "kind=return"),
        ("returns of a store", f"kind=return&store={store}"),
        ("of a channel", "store=&channel=web"),
        ("of a channel that a store has not", f"store={store}&channel=web"),
        ("of a month", "store=&since=2026-02-01&until=2026-02-28"),
        ("of a month, over 200", "store=&since=2026-02-01&until=2026-02-28&least=200"),
        ("over 400", "store=&least=400"),
        ("by receipt", f"store=&receipt={sold.receipt_number}"),
    ):
        yield f"purchases {name}", f"purchases/?{query}"
    yield "purchase", f"purchases/{sold.purchase_id}/"


def _others() -> Iterator[tuple[str, str]]:
    from fidelia.campaigns.models import Campaign
    from fidelia.customers.models import Segment
    from fidelia.organisation.models import Store
    from fidelia.products.models import Product
    from fidelia.programme.models import Programme

    # A store that was chosen stays chosen: each of these says which, or that it is none.
    store = Store.objects.order_by("code").values_list("code", flat=True).first()
    yield from (("home", "?store=&days=30"), ("home, 90 days", "?store=&days=90"))
    yield from (("home of a store", f"?store={store}&days=30"), ("home of a store, 90 days", f"?store={store}&days=90"))
    yield "home of all again", "?store=&days=30"
    for text in ("marie", "ma", "2909044178837", "zzyzx", "imp"):
        yield f"search {text}", f"search/?q={text}"
    yield "segments", "segments/"
    for segment in Segment.objects.order_by("key")[:1]:
        yield "segment", f"segments/{segment.key}/"
    yield "programmes", "programmes/"
    for programme in Programme.objects.filter(is_sandbox=False)[:1]:
        yield "programme", f"programmes/{programme.slug}/"
        for part in ("", "tiers/", "points/", "document/"):
            yield f"version {part}", f"programmes/{programme.slug}/versions/1/{part}"
    yield "campaigns", "campaigns/"
    for campaign in Campaign.objects.order_by("key")[:1]:
        yield "campaign", f"campaigns/{campaign.key}/"
    yield from (("insight", "insight/"), ("insight RFM", "insight/rfm/"), ("insight cell", "insight/rfm/5-5/"))
    yield "imports", "imports/"
    yield from (("products", "products/"), ("products named", "products/?q=th"))
    for product in Product.objects.order_by("code")[:1]:
        yield "product", f"products/{product.code}/"


if __name__ == "__main__":
    main()
