"""Fill an empty installation: each step is one method here, and one file beside."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from fidelia.insight.operations import count_figures, refresh, write_chapters
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of

from ..errors import NotEmpty, Unfinished
from ..simulation import Receipt, Shop, simulate_shop
from ..simulation.clock import midnight_of
from ..simulation.truth import keep_truth
from . import cheques, circle, door, history, members, network, plans, scarce, team, today
from .state import BEGUN, FILLED, State, find_state, remember

Told = Callable[[str], None]
STEPS = 13  # how often `told` hears something


@dataclass(frozen=True, slots=True)
class Filled:
    """What was filled in, and the keys, which are told once."""

    shop: Shop
    team: team.Team
    member: str = ""


def fill(
    *,
    by: Actor,
    at: datetime,
    customers: int,
    seed: int,
    password: str,
    folder: Path,
    keep: bool = False,
    told: Told = lambda line: None,
) -> Filled:
    """Fill an empty installation with the invented shop; the truth about it is kept in `folder`.

    History enters as backfill: nobody is written to. `keep` leaves the files that were imported beside the truth.
    `told` hears each step with its count, seconds and CPU seconds. Raises NotEmpty, Unfinished, PasswordTooWeak.
    """
    require_empty(by)
    team.check_password(password)
    steps = _Steps(told)
    with steps("simulated") as say:
        shop = simulate_shop(customers=customers, seed=seed, ends_on=local_day(at, zone_of(network.TIME_ZONE)))
        keep_truth(shop, folder)
        say(f"{len(shop.people):,} customers, {len(shop.history) + len(shop.after_launch):,} receipts over two years")
    gc.freeze()  # a million lines that live to the end: without it each full collection goes through them again
    facts = {"customers": customers, "seed": seed}
    remember(BEGUN, by=by, at=at, facts=facts)
    filling = _Filling(shop, by, at, folder, keep, steps)
    filling.set_up(password)
    filling.add_customers()
    filling.bring_in_history()
    treated = filling.launch_campaign()
    filling.bring_in_since(treated)
    filling.look_again()
    filling.set_out()
    filling.sell_today()
    remember(FILLED, by=by, at=at, facts=facts)
    return Filled(shop, filling.team, door.find_member(shop.people))


def require_empty(by: Actor) -> None:
    """Raise NotEmpty or Unfinished unless nothing is there."""
    state = find_state(by=by)
    if state is State.UNFINISHED:
        raise Unfinished(
            "The invented shop was begun here and not finished. `fidelia stop`, then `fidelia demo --remove` takes "
            "out what is there; then begin again."
        )
    if state is not State.EMPTY:
        raise NotEmpty(
            "This installation holds data already. The invented shop wants one of its own: let FIDELIA_HOME name "
            "another folder, or FIDELIA_DATABASE_URL an empty database."
        )


class _Steps:
    """Says of each step what it did, and what that took: by the clock, and of this process's CPU."""

    def __init__(self, told: Told) -> None:
        self._told = told

    @contextmanager
    def __call__(self, name: str) -> Iterator[Told]:
        said: list[str] = []
        began, used = time.perf_counter(), time.process_time()
        yield said.append
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        self._told(f"  {name:<14} {said[0]} ({seconds:.1f} s, CPU {cpu:.1f} s)")


class _Filling:
    """The steps, in their order; each leaves behind what the next one needs."""

    def __init__(self, shop: Shop, by: Actor, at: datetime, folder: Path, keep: bool, steps: _Steps) -> None:  # noqa: PLR0917
        self._shop = shop
        self._by = by
        self._at = at
        self._folder = folder
        self._keep = keep
        self._steps = steps
        self._brought_until = midnight_of(shop.clock.begins_on)
        self._files = 0

    def set_up(self, password: str) -> None:
        """Found the company as it was when the history begins: shops, articles, people, programme."""
        begins_on = self._shop.clock.begins_on
        by, at = self._by, midnight_of(begins_on)
        with self._steps("set up") as say:
            self._network = network.found_company(by=by, at=at, begins_on=begins_on)
            products = network.stock_shelves(by=by, at=at, begins_on=begins_on)
            self.team = team.engage_team(by=by, at=at, network=self._network, password=password)
            self._programme = circle.open_circle(
                author=self.team.author, publisher=self.team.approver, begins_at=at, ends_at=self._shop.ends_at
            )
            circle.open_sandbox(by=by, at=at)
            door.open_door(by=by, at=at)
            say(f"{len(self._network.store_ids)} stores, {products} products, {len(team.TEAM)} users, 2 programmes")

    def add_customers(self) -> None:
        """Add everybody, members and others."""
        with self._steps("customers") as say:
            consents, joined = members.add_people(
                by=self._by, at=self._at, people=self._shop.people, network=self._network, programme=self._programme,
                joined_late=self._shop.joined_late,
            )  # fmt: skip
            say(f"{len(self._shop.people):,} customers, {joined:,} members, {consents:,} consents")

    def bring_in_history(self) -> None:
        """Import what was bought before the campaign that runs; another one comes and goes on the way."""
        shop, author = self._shop, self.team.author
        self._bring_in("history", shop.history, until=shop.past_launch_at)
        with self._steps("first offer") as say:
            self._over, treated = plans.run_past_campaign(
                author=author, approver=self.team.approver, at=shop.past_launch_at, until=shop.past_end_at,
                programme=self._programme,
            )  # fmt: skip
            say(f"{len(treated):,} customers treated beside a control group")
        answers = [one for one in shop.past_lifted if shop.people[one.customer].id in treated]
        receipts = _in_order([*shop.history, *answers])
        self._bring_in("its weeks", receipts, until=shop.past_end_at)
        plans.end(by=author, at=shop.past_end_at, campaign=self._over)
        self._bring_in("after it", receipts, until=shop.launch_at)

    def launch_campaign(self) -> set[UUID]:
        """Learn from the history, define segments, launch the campaign at its past moment; return whom it treats."""
        author, known_at = self.team.author, self._shop.launch_at - plans.KNOWN_BEFORE
        with self._steps("insight") as say:
            scored = refresh(by=author, at=known_at)
            counts = plans.define_segments(by=author, at=known_at)
            say(f"{scored.customer_count:,} customers scored, {len(counts)} segments")
        with self._steps("campaign") as say:
            self._campaign, treated = plans.run_campaign(
                author=author, approver=self.team.approver, at=self._shop.launch_at, programme=self._programme
            )
            say(f"{len(treated):,} customers treated beside a control group")
        return treated

    def bring_in_since(self, treated: set[UUID]) -> None:
        """Import what was bought since the launch: what comes anyway, and what comes because of the offer."""
        shop = self._shop
        lifted = [one for one in shop.lifted if shop.people[one.customer].id in treated]
        self._bring_in("since then", _in_order([*shop.after_launch, *lifted]), until=self._shop.ends_at)

    def look_again(self) -> None:
        """Learn from all of it, measure the campaigns, and leave two drafts on the table."""
        author, at = self.team.author, self._at
        with self._steps("insight again") as say:
            scored = refresh(by=author, at=at)
            chapters = write_chapters(by=author, at=at, refresh=scored)
            plans.refresh_segments(by=author, at=at)
            learnt = plans.measure(by=author, at=at, campaigns=[self._over, self._campaign])
            plans.draft_next_campaign(by=author, at=at, programme=self._programme)
            circle.propose_winter(author=author, at=at, programme=self._programme)
            people = scored.customer_count
            say(f"{people:,} customers scored, {chapters} chapters, 2 campaigns measured, {learnt:,} scored by one")

    def set_out(self) -> None:
        """Put out what is scarce: coupons, gift cards, vouchers, a limited gift."""
        with self._steps("to give away") as say:
            say(scarce.set_out(by=self._by, at=self._at, programme=self._programme))

    def sell_today(self) -> None:
        """Record a few purchases live."""
        with self._steps("today") as say:
            sold = today.sell_today(self._shop.today, self._shop.people, by=self._by, at=self._at)
            # Else Home counts what it shows on each visit until the hourly job has.
            count_figures(by=self.team.author, at=self._at, even_if_small=True)
            say(f"{sold} live purchases")

    def _bring_in(self, step: str, receipts: Sequence[Receipt], *, until: datetime) -> None:
        """Import what was bought up to a moment; in the first night of each late month points become cheques."""
        with self._steps(step) as say:
            told = Counter[str]()
            for night in [*cheques.first_nights(self._shop.ends_at, since=self._brought_until, until=until), None]:
                part = [one for one in receipts if self._brought_until <= one.at < (night or until)]
                told += self._bring_in_part(part)
                if night is not None:
                    told["cheques"] += cheques.turn_points(by=self._by, at=night, programme=self._programme)
                self._brought_until = night or until
            also = f", {told['cheques']:,} loyalty cheques" if told["cheques"] else ""
            say(f"{told['sales']:,} sales, {told['returns']:,} returns, {told['lines']:,} lines{also}")

    def _bring_in_part(self, receipts: Sequence[Receipt]) -> Counter[str]:
        self._files += 1
        path = self._folder / f"achats-{self._files}.csv"
        result = history.bring_in(receipts, self._shop.people, by=self._by, at=self._at, path=path)
        if not self._keep:
            path.unlink()
        return Counter(sales=result.sales, returns=result.returns, lines=result.recorded_rows)


def _in_order(receipts: Sequence[Receipt]) -> list[Receipt]:
    return sorted(receipts, key=lambda receipt: (receipt.at, receipt.number))
