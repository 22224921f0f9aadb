"""What a rule may say beside its effect, as the *Limits* block shows it: coupon, cost, cap, order, limits by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .effects import Part, Text
from .typed import spell, unspell

_YES_NO = (("false", pgettext_lazy("rule sign", "no")), ("true", pgettext_lazy("rule sign", "yes")))


def _flag(name: str, label: Text, *choices: tuple[str, Text]) -> Part:
    """Yes or no, with other words where they are told; the first is what absence means."""
    told = choices or _YES_NO
    return Part(name, "flag", label, told[0][0], optional=True, choices=told)


def _choice(name: str, label: Text, *choices: tuple[str, Text]) -> Part:
    return Part(name, "choice", label, choices[0][0], optional=True, choices=choices)


# Any rule may say these.
SHARED_TERMS = (
    Part("coupon", "text", _("Only with a coupon of the series"), optional=True),
    Part("costs_points", "points", _("Costs points each time"), optional=True),
    _flag("claimed", _("Only when asked for")),
    _choice("claimed_in", _("Asked for in"), ("times", _("times")), ("units", _("units"))),
    Part("campaign", "text", _("Counted with the campaign"), optional=True),
    Part("control", "percent", _("Left out to measure it, in %"), optional=True),
)
# Only a rule that lowers prices.
PRICE_TERMS = (
    _choice(
        "stage",
        _("Stage"),
        ("", _("the usual one")),
        ("catalog", _("catalog")),
        ("item", _("article")),
        ("order", _("order")),
        ("shipping", _("shipping")),
    ),
    Part("order", "whole", _("Order within the stage"), optional=True),
    _choice("base", _("Share of the price"), ("running", _("as it is by then")), ("initial", _("before any rule"))),
    _flag("exclusive", _("Alone: no other rule lowers a price")),
    _flag(
        "stops",
        _("Rules after it"),
        ("false", _("lower prices too")),
        ("true", _("lower no price")),
        ("lines", _("lower none of the same lines")),
    ),
    Part("not_with", "yaml", _("Not together with"), optional=True, help=_("one key of a rule a line, after a dash")),
    _flag("always", _("Even beside one that is alone")),
    _flag("with_tax", _("Amounts meant with tax")),
    _flag("without_tax", _("Amounts meant without tax")),
    _flag(
        "lowers_tax",
        _("Taxes are counted"),
        ("true", _("on the price that it makes")),
        ("false", _("on the price before it")),
    ),
    Part("pool", "text", _("Units serve one rule of the pool"), optional=True),
    _choice(
        "when_undone",
        _("When a later rule undoes its condition"),
        ("", _("as all rules")),
        ("keep", _("it stays")),
        ("withdraw", _("it is withdrawn")),
    ),
)
TERM_PARTS: Mapping[str, Part] = {part.name: part for part in (*SHARED_TERMS, *PRICE_TERMS)}

UNITS = (("uses", _("uses")), ("money", _("money given")), ("points", _("points given")))
SCOPES = (("all", _("in all")), ("member", _("per member")), ("store", _("per store")))
PERIODS = (
    ("ever", _("for ever")),
    ("day", _("a day")),
    ("week", _("a week")),
    ("month", _("a month")),
    ("quarter", _("a quarter")),
    ("year", _("a year")),
    ("anniversary", _("a year since joining")),
)
_LIMIT_MEMBERS = {"key", "of", "at_most", "per", "period", "partial", "alerts"}
ROLLING = "rolling"
LIMITS_MAX = 10


@dataclass(slots=True)
class LimitRow:
    """One limit as its fields hold it. `place` is where it stood in the rule; empty for a new one."""

    prefix: str
    place: str
    of: str
    at_most: str
    per: str
    period: str
    rolling_days: int = 0
    mistake: str = ""
    key: str = ""
    taken: str = ""
    ratio: float = 0.0

    @property
    def units(self) -> tuple[tuple[str, Text], ...]:
        return UNITS

    @property
    def scopes(self) -> tuple[tuple[str, Text], ...]:
        return SCOPES

    @property
    def periods(self) -> list[tuple[str, Text]]:
        rolling = [(ROLLING, _t("in %(days)s days") % {"days": self.rolling_days})] if self.rolling_days else []
        return [*PERIODS, *rolling]


def are_shown(limits: Any) -> bool:
    """Tell whether rows can show these limits; others are edited as text."""
    if limits is None:
        return True
    return isinstance(limits, list) and all(
        isinstance(each, Mapping) and set(each) <= _LIMIT_MEMBERS and not _is_of_a_plan(each.get("period"))
        for each in limits
    )


def _is_of_a_plan(period: Any) -> bool:
    return isinstance(period, Mapping) and "plan" in period


def show_limits(limits: Any) -> list[LimitRow]:
    """Return the rows of the limits of a rule."""
    return [_row(each, place) for place, each in enumerate(limits or [])] if are_shown(limits) else []


def apply_limits(rule: dict[str, Any], post: QueryDict) -> list[LimitRow] | None:
    """Write the rows into the rule; None where that is done, else the rows with what is wrong."""
    before = rule.get("limits")
    if not are_shown(before) or "limits" not in post:
        return None
    rows = _posted(post)
    written = [_written(row, before or []) for row in rows]
    if any(row.mistake for row in rows):
        return rows
    if written and written != before:
        rule["limits"] = written
    elif not written:
        rule.pop("limits", None)
    return None


def _row(limit: Mapping[str, Any], place: int) -> LimitRow:
    period = limit.get("period", "ever")
    rolling = period.get("rolling_days", 0) if isinstance(period, Mapping) else 0
    return LimitRow(
        prefix=f"limit-{place}",
        place=str(place),
        of=str(limit.get("of", "uses")),
        at_most=spell(str(limit.get("at_most", ""))),
        per=str(limit.get("per", "all")),
        period=ROLLING if rolling else str(period),
        rolling_days=rolling,
        key=str(limit.get("key") or place),
    )


def _posted(post: QueryDict) -> list[LimitRow]:
    act, _colon, at = post.get("act", "").partition(":")
    rows: list[LimitRow] = []
    for n in range(LIMITS_MAX):
        own = f"limit-{n}"
        if f"{own}.of" in post and (act, at) != ("remove", own):
            rows.append(_typed(post, own, f"limit-{len(rows)}"))
    if (act, at) == ("add", "limits") and len(rows) < LIMITS_MAX:
        rows.append(LimitRow(f"limit-{len(rows)}", "", "uses", "100", "all", "ever"))
    return rows


def _typed(post: QueryDict, own: str, prefix: str) -> LimitRow:
    def typed(name: str) -> str:
        return str(post.get(f"{own}.{name}", "")).strip()

    days, place = typed("days"), typed("place")
    return LimitRow(
        prefix, place, typed("of"), typed("at_most"), typed("per"), typed("period"),
        rolling_days=int(days) if days.isdigit() else 0, key=place,
    )  # fmt: skip


def _written(row: LimitRow, before: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a limit as the document has it: what the row does not show, and what it shows unchanged, as it was."""
    known = before[int(row.place)] if row.place.isdigit() and int(row.place) < len(before) else {}
    limit, shown = dict(known), _row(known, 0)
    number = unspell(row.at_most)
    if number is None:
        row.mistake = _t("Write a number, such as 12.50.")
        return limit
    if not known or row.at_most != shown.at_most:
        limit["at_most"] = int(number) if number.isdigit() else number
    if not known or row.of != shown.of:
        limit["of"] = row.of
    for name, usual in (("per", "all"), ("period", "ever")):
        _put_choice(limit, name, getattr(row, name), getattr(shown, name), usual)
    return limit


def _put_choice(limit: dict[str, Any], name: str, typed: str, shown: str, usual: str) -> None:
    if typed in (shown, ROLLING):
        return
    if typed == usual:
        limit.pop(name, None)
    else:
        limit[name] = typed
