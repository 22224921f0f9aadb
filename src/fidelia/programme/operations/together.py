"""One act on many customers: enrolled, corrected in points, put into a fixed segment; as a job, with each one's result.

Every row is the single verb, with its own right, its own refusal and its own key: a job that was stopped and goes on,
or was killed and is tried again, does to nobody a second time what it has done. What came of each customer is a file of
the job; by it, what was done is taken back by the verb that undoes it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.customers.models import Customer
from fidelia.customers.operations import put_into_segment, take_out_of_segment
from fidelia.customers.queries import count_listed, ids_of, list_next_by_id
from fidelia.files.models import StoredFile
from fidelia.files.operations import keep_file
from fidelia.files.queries import open_file
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, queue_job
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError, Unavailable
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.kernel.ids import new_id

from ..errors import MalformedAct, NotAMember, NothingToUndo, TooManyChosen
from ..models import AskedAdjustment, Enrolment, Programme
from ..queries import get_programme
from .adjusting import correct_points
from .enrolments import end_enrolment, enrol
from .exporting import CHOSEN_MAX, AskedCustomers, filters_of

ACT, BATCH, KEPT_DAYS = "customer.act", 500, 30
RIGHTS = {"enrol": "enrolment.create", "points": "points.adjust", "segment": "segment.define"}
REASON_LENGTH_MAX = 300
SOURCE = "list"
POINTS_MAX = 10**9
DONE, WAITS, UNCHANGED, REFUSED = "done", "waits", "unchanged", "refused"
COLUMNS = ("customer_id", "result", "code", "reason")


@dataclass(frozen=True, slots=True)
class ActRow:
    """What came of one customer: done, waits for a second person, unchanged (it was so already), or refused and why."""

    customer_id: UUID
    result: str
    code: str = ""
    reason: str = ""


def ask_act(
    *, by: Actor, at: datetime, act: str, details: Mapping[str, Any], chosen: Mapping[str, str], text: str = "",
    customer_ids: Sequence[UUID] = (),
) -> Job:  # fmt: skip
    """Queue one act on a list of customers, or on those ticked in it (`chosen` and `text` as `ask_export` has them).

    `act` and its `details`: enrol {programme: slug}; points {programme: slug, amount: minor units, reason}; segment
    {segment: key of a fixed one}. Raises Denied (the right of the act), MalformedAct, TooManyChosen, UnknownProgramme.
    """
    if act not in RIGHTS:
        raise MalformedAct(f"“{act}” is not one of {', '.join(RIGHTS)}.", pointer="/act")
    if not by.may_somewhere(RIGHTS[act]):
        by.require(RIGHTS[act])
    if len(customer_ids) > CHOSEN_MAX:
        raise TooManyChosen(f"At most {CHOSEN_MAX} customers are chosen one by one; choose the whole list instead.")
    _check_details(act, details)
    arguments = {
        "act": act, "details": dict(details), "chosen": dict(chosen), "text": text,
        "customer_ids": [str(id) for id in customer_ids], "key": str(new_id()),
    }  # fmt: skip
    with transaction_of_use_case():
        return queue_job(by=by, at=at, kind=ACT, arguments=arguments)


def ask_undo_of_act(*, by: Actor, at: datetime, job: Job) -> Job:
    """Queue the taking back of what an act did: points corrected back, memberships ended, people out of the segment.

    Raises Denied, NothingToUndo (nothing was done, its file is gone, or it is an undoing itself).
    """
    arguments, result = job.arguments, job.result if isinstance(job.result, dict) else {}
    if job.kind != ACT or not result.get("file_id") or arguments.get("undoes") or not result.get(DONE):
        raise NothingToUndo("There is nothing of this job to take back.")
    right = "enrolment.end" if arguments["act"] == "enrol" else RIGHTS[arguments["act"]]
    if not by.may_somewhere(right):
        by.require(right)
    undoing = {**arguments, "undoes": result["file_id"], "key": f"undo:{arguments['key']}"}
    with transaction_of_use_case():
        return queue_job(by=by, at=at, kind=ACT, arguments=undoing)


def act_on_customers(*, by: Actor, at: datetime, arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the act to each customer that `by` may see, each in a transaction of its own; return counts and the file.

    Begun anew when it goes on: keys make what was done be told again, not done again.
    """
    progress.done = 0
    undoes = arguments.get("undoes")
    act = _Act(by=by, at=at, kind=arguments["act"], details=arguments["details"], key=arguments["key"])
    do = act.undo if undoes else act.do
    batches = _people_of_file(UUID(undoes)) if undoes else _people(by, at, arguments, progress)
    counts = {DONE: 0, WAITS: 0, UNCHANGED: 0, REFUSED: 0}
    with TemporaryDirectory(prefix="fidelia-act-") as folder:
        path = Path(folder) / "results.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            out = csv.writer(stream, delimiter=";")
            out.writerow(COLUMNS)
            for batch in batches:
                for row in do(batch, progress):
                    counts[row.result] += 1
                    out.writerow([row.customer_id, row.result, row.code, row.reason])
        file = _keep(by, at, path)
    with transaction_of_use_case():
        record_audit(by=by, at=at, verb=RIGHTS[act.kind], object_type="job", object_id=file.id, after=counts)
    return {name: count for name, count in counts.items() if count} | {"file_id": str(file.id)}


@dataclass(frozen=True, slots=True)
class _Act:
    """One act, done to a customer or taken back; what cannot be is a refusal of the verb itself."""

    by: Actor
    at: datetime
    kind: str
    details: Mapping[str, Any]
    key: str

    def do(self, customers: Sequence[Customer], progress: Progress) -> Iterator[ActRow]:
        if self.kind == "segment":
            return self._move(put_into_segment, customers, progress)
        return _each(self._enrol if self.kind == "enrol" else self._points, customers, progress)

    def undo(self, customers: Sequence[Customer], progress: Progress) -> Iterator[ActRow]:
        if self.kind == "segment":
            return self._move(take_out_of_segment, customers, progress)
        return _each(self._undo_one, customers, progress)

    def _move(
        self, verb: Callable[..., set[UUID]], customers: Sequence[Customer], progress: Progress
    ) -> Iterator[ActRow]:
        """A segment is moved into as a whole: one event and one row of the audit for a batch."""
        ids = [customer.id for customer in customers]
        moved = verb(by=self.by, at=self.at, key=self.details["segment"], customer_ids=ids)
        progress.step(len(ids))
        yield from (ActRow(id, DONE if id in moved else UNCHANGED) for id in ids)

    def _undo_one(self, customer: Customer) -> str:
        if self.kind == "points":
            return self._correct(self._membership(customer), -int(self.details["amount"]))
        found = Enrolment.objects.filter(
            programme=self._programme(), customer_id__in=ids_of(customer.id), source=SOURCE
        )
        enrolment = found.order_by("-enrolled_at").first()
        if enrolment is None:
            raise NotAMember("This customer is not a member of the programme.")
        with suppress(RequestRepeated):
            end_enrolment(by=self.by, at=self.at, enrolment=enrolment, once=self._once(customer))
        return DONE

    def _enrol(self, customer: Customer) -> str:
        with suppress(RequestRepeated):
            enrol(
                by=self.by, at=self.at, programme=self._programme(), customer_id=customer.id, source=SOURCE,
                store_id=customer.home_store_id, partner_id=customer.partner_id, once=self._once(customer),
            )  # fmt: skip
        return DONE

    def _points(self, customer: Customer) -> str:
        return self._correct(self._membership(customer), int(self.details["amount"]))

    def _correct(self, enrolment: Enrolment, amount: int) -> str:
        done = correct_points(
            by=self.by,
            at=self.at,
            enrolment=enrolment,
            amount=amount,
            reason=self.details["reason"],
            key=f"{self.key}:{enrolment.id}",
        )
        return WAITS if isinstance(done, AskedAdjustment) and done.state == AskedAdjustment.State.ASKED else DONE

    def _membership(self, customer: Customer) -> Enrolment:
        found = Enrolment.objects.select_related("programme__points_currency").filter(
            programme=self._programme(), customer_id__in=ids_of(customer.id), ended_at__isnull=True
        )
        enrolment = found.first()
        if enrolment is None:
            raise NotAMember("This customer is not a member of the programme.")
        return enrolment

    def _programme(self) -> Programme:
        return get_programme(self.details["programme"])

    def _once(self, customer: Customer) -> RequestKey:
        said = hashlib.sha256(f"{self.kind}:{customer.id}".encode()).digest()
        return RequestKey(f"act:{self.key}"[:80], str(customer.id), said)


def read_act_rows(file_id: UUID) -> Iterator[ActRow]:
    """Yield what came of each customer. Raises FileUnknown, ContentLost."""
    with open_file(file_id) as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""), delimiter=";"):
            yield ActRow(UUID(row["customer_id"]), row["result"], row["code"], row["reason"])


def _each(do: Callable[[Customer], str], customers: Sequence[Customer], progress: Progress) -> Iterator[ActRow]:
    for customer in customers:
        yield _tried(do, customer)
        progress.step()


def _tried(do: Callable[[Customer], str], customer: Customer) -> ActRow:
    try:
        return ActRow(customer.id, do(customer))
    except Unavailable:
        raise  # nothing answers: the job is tried again, and tells what it has done again
    except FideliaError as refusal:
        return ActRow(customer.id, REFUSED, refusal.code, refusal.message)


def _people(by: Actor, at: datetime, arguments: Mapping[str, Any], progress: Progress) -> Iterator[list[Customer]]:
    asked = AskedCustomers(
        arguments["text"], filters_of(arguments["chosen"], at), [UUID(id) for id in arguments["customer_ids"]]
    )
    progress.expect(len(asked.customer_ids) or count_listed(by=by, text=asked.text, filters=asked.filters).number)
    after = None
    while batch := list_next_by_id(
        by=by, text=asked.text, filters=asked.filters, among=asked.customer_ids, after=after, limit=BATCH
    ):
        after = batch[-1].id
        yield batch


def _people_of_file(file_id: UUID) -> Iterator[list[Customer]]:
    done = [row.customer_id for row in read_act_rows(file_id) if row.result == DONE]
    for first in range(0, len(done), BATCH):
        found = Customer.objects.in_bulk(done[first : first + BATCH])
        yield [found[id] for id in done[first : first + BATCH] if id in found]


def _keep(by: Actor, at: datetime, path: Path) -> StoredFile:
    with path.open("rb") as stream:
        return keep_file(
            by=by.lent("file.keep"), at=at, name=f"results-{at:%Y-%m-%d}.csv", stream=stream,
            purpose="results of an act", personal=True, kept_days=KEPT_DAYS,
        )  # fmt: skip


def _check_details(act: str, details: Mapping[str, Any]) -> None:
    if act in ("enrol", "points"):
        get_programme(str(details.get("programme", "")))
    if act == "points":
        amount, reason = details.get("amount"), str(details.get("reason", "")).strip()
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < abs(amount) <= POINTS_MAX:
            raise MalformedAct("An amount of points is not nothing, and at most 1,000,000,000.", pointer="/amount")
        if not 0 < len(reason) <= REASON_LENGTH_MAX:
            raise MalformedAct(f"A reason has 1 to {REASON_LENGTH_MAX} characters.", pointer="/reason")
    if act == "segment" and not details.get("segment"):
        raise MalformedAct("Say which segment.", pointer="/segment")
