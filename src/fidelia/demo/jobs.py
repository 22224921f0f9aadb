"""The invented shop asked for from the first-run guide: filled in by a job while the installation is served."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from fidelia.access.operations import grant_role
from fidelia.jobs.models import Job
from fidelia.jobs.operations import JobKind, Progress, queue_job
from fidelia.jobs.queries import list_jobs
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText

from .filling.fill import STEPS, fill, require_empty
from .log_ins import keep_log_ins, make_password

FILL = "demo.fill"
CUSTOMERS, SEED = 2_000, 1805  # enough to look around in, in a few minutes
_SYSTEM = Actor.system("fidelia demo")


def ask_for_the_shop(*, by: Actor, at: datetime) -> Job:
    """Start the job that fills the empty installation in; where it is under way already, return that one.

    Raises Denied, NotEmpty, Unfinished.
    """
    by.require("operator.set_up")
    with transaction_of_use_case():
        with connection.cursor() as cursor:  # two clicks at once
            cursor.execute("select pg_advisory_xact_lock(hashtext('demo.fill'))")
        if (running := find_filling()) is not None:
            return running
        require_empty(_SYSTEM)
        return queue_job(by=by, at=at, kind=FILL, arguments={"customers": CUSTOMERS, "seed": SEED})


def find_filling() -> Job | None:
    """Return the job that fills the shop in, while it does."""
    return next(iter(list_jobs(by=_SYSTEM, kind=FILL, under_way=True, limit=1)), None)


def _fill(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """It cannot go on where it stopped: a second run is refused by `require_empty`, which says what to do."""
    progress.expect(STEPS)

    def told(_line: str) -> None:
        progress.done += 1
        progress.show()

    folder, password = settings.HOME / "demo", make_password()
    customers = int(arguments["customers"])
    try:
        filled = fill(
            by=_SYSTEM, at=at, customers=customers, seed=int(arguments["seed"]), password=password, folder=folder,
            told=told,
        )  # fmt: skip
    finally:
        gc.unfreeze()  # the worker lives on, and gives back what the filling held
    keep_log_ins(folder, password, filled.member)
    _let_in(by, at)
    return {"customers": customers, "purchases": len(filled.shop.history) + len(filled.shop.after_launch)}


def _let_in(by: Actor, at: datetime) -> None:
    """An administrator sees users and shops alone: whoever may grant roles looks around as a loyalty manager too.

    The role goes with the shop.
    """
    if by.kind == "user" and by.id is not None and by.may("role.grant") and not by.may("customer.see"):
        grant_role(by=_SYSTEM, at=at, user_id=by.id, role_code="loyalty_manager")


JOBS = (
    JobKind(
        name=FILL,
        label=LocalizedText(en="Filling in of an invented shop", fr="Remplissage par un magasin inventé"),
        right="operator.set_up",
        function=_fill,
        goes_on=False,
    ),
)
