"""What a rule gave, as the decisions say that were made then: points, discounts, gifts, and vouchers with their use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import ibis

from ..measures.engine import Facts, open_facts
from ..models import FactExport, folder_of


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule gave in a span of time; money in minor units of one currency.

    times     how many decisions it gave in; points: what it gave there; discount: what it took off what was bought
    gifts     by the code of a product, how much of it (thousandths) was added to baskets for nothing
    vouchers  how many were issued; voucher_used what was paid by them since, voucher_open what can still be
    """

    times: int = 0
    points: int = 0
    discount: int = 0
    gifts: dict[str, int] = field(default_factory=dict)
    vouchers: int = 0
    voucher_used: int = 0
    voucher_open: int = 0

    def as_value(self) -> dict[str, Any]:
        """Return what is kept: the three numbers that each rule has, and whatever else is not nothing."""
        always = {"times": self.times, "points": self.points, "discount": self.discount}
        more = {
            "gifts": self.gifts, "vouchers": self.vouchers, "voucher_used": self.voucher_used,
            "voucher_open": self.voucher_open,
        }  # fmt: skip
        return always | {name: value for name, value in more.items() if value}


def count_given(
    *, export: FactExport, rule_key: str, versions: Sequence[UUID], since: datetime, until: datetime, currency: str,
    voucher: int | None = None,
) -> Given:  # fmt: skip
    """Count what a rule of these versions gave from `since` to before `until`.

    Vouchers are those in `currency` that came of purchases in which it gave; where `voucher` says what each of the
    rule's is worth, those of that worth, so that another rule's of the same purchase are not counted.
    """
    with open_facts(folder_of(export.id)) as facts:
        decisions = facts.table("decisions")
        inside = decisions.filter(
            decisions.occurred_at >= since, decisions.occurred_at < until,
            decisions.rule_version_id.isin([str(one) for one in versions]),
        )  # fmt: skip
        (plain,) = facts.rows_by_sql(inside.select("record"), "decided", _GIVEN.format(key=rule_key))
        gifts = facts.rows_by_sql(inside.select("record"), "decided", _GIFTS.format(key=rule_key))
        vouchers: dict[str, Any] = {}
        if (
            "source_id" in facts.table("vouchers").columns
        ):  # an export of before an upgrade does not say whence they are
            issued = _issued(facts, inside, currency, voucher, until)
            (vouchers,) = facts.rows_by_sql(issued, "decided", _VOUCHERS.format(key=rule_key))
    known = {name: int(value or 0) for name, value in (plain | vouchers).items()}
    known["discount"] -= sum(int(row["worth"]) for row in gifts)  # a gift counts as what it is, not as its price too
    return Given(
        **known,
        gifts={row["product"]: int(row["quantity"]) for row in gifts},
    )


def _issued(facts: Facts, inside: ibis.Table, currency: str, worth: int | None, until: datetime) -> ibis.Table:
    """The vouchers that came of these decisions: record, used, open."""
    vouchers = facts.table("vouchers")
    own = vouchers.filter(vouchers.currency == currency, vouchers.revoked_at.isnull(), vouchers.source_id.notnull())
    if worth is not None:
        own = own.filter(own.amount == worth)
    uses = facts.table("reward_uses")
    paid = uses.filter(uses.kind == "voucher").group_by(voucher="thing").agg(used=ibis._.amount.sum().cast("int64"))
    joined = own.join(inside, own.source_id == inside.purchase_id).left_join(paid, own.voucher_id == paid.voucher)
    used = joined.used.fill_null(0)
    is_open = joined.valid_until.isnull() | (joined.valid_until >= until)
    rest = ibis.ifelse(is_open & ((used == 0) | joined.is_divisible), ibis.greatest(joined.amount - used, 0), 0)
    return joined.select("record", used=used, open=rest)


# The key of a rule holds small letters, digits, - and _ only: it needs no quoting.
_OUTCOMES: Final = """(
    select unnest(from_json(json_extract(record, '$.outcomes'), '["json"]')) as outcome {more} from decided
) where json_extract_string(outcome, '$[0]') = '{key}' and json_extract_string(outcome, '$[2]') = 'granted'"""
_GIVEN: Final = """
select count(*) as times, sum(json_extract_string(outcome, '$[1]')::bigint)::bigint as points,
    sum(coalesce(json_extract_string(outcome, '$[3].discount')::bigint, 0))::bigint as discount
from """ + _OUTCOMES.replace("{more}", "")
_VOUCHERS: Final = """
select count(*) as vouchers, sum(used)::bigint as voucher_used, sum(open)::bigint as voucher_open
from """ + _OUTCOMES.replace("{more}", ", used, open")
_GIFTS: Final = """
select substr(key, length('gift:{key}:') + 1) as product, sum(quantity)::bigint as quantity,
    sum(worth)::bigint as worth
from (select json_extract_string(line, '$[0]') as key, json_extract_string(line, '$[1]')::bigint as quantity,
        json_extract_string(line, '$[2]')::bigint as worth
    from (select unnest(from_json(json_extract(record, '$.bill.lines'), '["json"]')) as line from decided))
where starts_with(key, 'gift:{key}:') group by 1 order by 1
"""
