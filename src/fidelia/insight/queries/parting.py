"""What two arms did, for the people of each store, banner or class: parts known before anything was done to them.

A part must not follow from the treatment, or it would no longer be chance that parts the arms within it. So people
belong to the store of their last purchase before they were drawn, and to the class they were in then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import ibis
import pyarrow
from django.conf import settings
from ibis import _

from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import FideliaError
from fidelia.organisation.models import Store
from fidelia.organisation.queries import get_operator

from ..measures.engine import Facts, open_facts
from ..measures.tallies import Counted, Tally, one_arm_each, tallies_by_arm
from ..models import FactExport, folder_of
from ..report.exported import open_export
from ..report.sections.portfolio import classify

CLASS_TRAIT: Final = "portfolio_class"
LEARNT_MIN: Final = 60  # people drawn; of fewer no class could be told of, and a model is not fitted for that
Parts = dict[str, dict[str, dict[str, Tally]]]
Drawn = tuple[str, str, UUID] | Mapping[UUID, str]
_ARMS: Final = pyarrow.schema([("customer_id", pyarrow.string()), ("arm", pyarrow.string())])
_GROUPS: Final = pyarrow.schema([("customer_id", pyarrow.string()), ("part", pyarrow.string())])
_STORES: Final = pyarrow.schema([("store_id", pyarrow.string()), ("banner_id", pyarrow.string())])


def count_tallies_by_part(
    *, export: FactExport, drawn: Drawn, since: datetime, until: datetime, programme: Counted, classes: bool = True
) -> Parts:
    """Count what the arms of a draw did from `since` to before `until`: {kind of part: {key: {arm: tally}}}.

    `drawn` is (table of facts, column, id) as in `count_tallies`, or people with their arm. Kinds are store, banner and
    class. What the people of a store bought counts wherever they bought it. Who had bought nothing before `since` is of
    no store; classes are those of the trait at `since`, or learnt from what had been bought by then where no refresh
    had set it. An arm without people in a part is missing.
    """
    with open_facts(folder_of(export.id)) as facts:
        members = one_arm_each(_members(facts, drawn))
        before = facts.people_of("purchases").filter(_.customer_id.notnull(), _.occurred_at < since)
        stores = before.filter(_.store_id.notnull()).group_by("customer_id").agg(store=_.store_id.argmax(_.occurred_at))
        found = {
            "store": stores.select("customer_id", part="store"),
            "banner": _of_banners(stores, facts.given(_banners())),
        }
        if classes:
            found["class"] = _classes(facts, members, export, since, programme.currency)
        purchases, lines = facts.people_of("purchases"), facts.table("lines")

        def count(parts: ibis.Table) -> dict[str, dict[str, Tally]]:
            apart = members.join(parts, "customer_id").select("customer_id", arm=_.arm + "/" + _.part)
            totals = tallies_by_arm(apart, purchases, lines, since=since, until=until, programme=programme)
            return _by_part(facts.rows_of(totals))

        return {kind: count(parts) for kind, parts in found.items()}


def _members(facts: Facts, drawn: Drawn) -> ibis.Table:
    if isinstance(drawn, tuple):
        table, column, group_id = drawn
        everybody = facts.by_person(facts.table(table))
        return everybody.filter(everybody[column] == str(group_id))
    rows = pyarrow.table({"customer_id": [str(one) for one in drawn], "arm": list(drawn.values())}, schema=_ARMS)
    return facts.by_person(facts.given(rows))


def _of_banners(stores: ibis.Table, banners: ibis.Table) -> ibis.Table:
    return stores.join(banners, stores.store == banners.store_id).select("customer_id", part="banner_id")


def _banners() -> pyarrow.Table:
    pairs = Store.objects.values_list("id", "banner_id")
    return pyarrow.table(
        {"store_id": [str(one) for one, _banner in pairs], "banner_id": [str(banner) for _one, banner in pairs]},
        schema=_STORES,
    )


def _classes(facts: Facts, members: ibis.Table, export: FactExport, since: datetime, currency: str) -> ibis.Table:
    traits = facts.by_person(facts.table("traits"))
    held = traits.filter(
        traits.name == CLASS_TRAIT, traits.text.notnull(), traits.valid_from <= since,
        traits.valid_until.isnull() | (traits.valid_until > since),
    )  # fmt: skip
    known = held.group_by("customer_id").agg(part=_.text.max())
    if facts.rows_of(known.limit(1)):
        return known
    (drawn,) = facts.rows_of(members.agg(people=members.count()))
    who, names = _learnt(export, since, currency) if drawn["people"] >= LEARNT_MIN else ([], [])
    return facts.given(pyarrow.table({"customer_id": who, "part": names}, schema=_GROUPS))


def _learnt(export: FactExport, since: datetime, currency: str) -> tuple[list[str], list[str]]:
    """The class of each customer by what had been bought before `since`; of nobody where no model fits that."""
    operator = get_operator()
    try:
        with open_export(
            folder_of(export.id), name=operator.name, currency=currency, zone=zone_of(operator.time_zone),
            as_of=since, spark=settings.SPARK,
        ) as then:  # fmt: skip
            people = classify(then)
            return people["customer_id"].tolist(), people["class"].tolist()
    except FideliaError:
        return [], []


def _by_part(rows: list[dict[str, Any]]) -> dict[str, dict[str, Tally]]:
    found: dict[str, dict[str, Tally]] = {}
    for row in rows:
        arm, part = row.pop("arm").split("/", 1)
        found.setdefault(part, {})[arm] = Tally(**{name: int(value) for name, value in row.items()})
    return found
