"""Files of past purchases that were brought in, with their control totals: file = recorded + known + rejected."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from fidelia.activity.models import PurchaseImport
from fidelia.activity.queries import get_import, list_imports
from fidelia.kernel import clock
from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.programme.queries import get_programme_by_id, list_programmes
from fidelia.ui.formats import duration
from fidelia.ui.parts import Definition, Figure, Segment

from .pages import ConsoleRequest, show, signed_in
from .speech import Speech, speech_of

STATES = {"running": "running", "done": "imported", "failed": "failed"}


@signed_in
def imports(request: ConsoleRequest) -> HttpResponseBase:
    speech = speech_of(clock.now())
    found = list_imports(by=request.actor)
    currencies = {programme.id: programme.currency for programme in list_programmes()}
    rows = [_row(each, currencies.get(each.programme_id, "EUR")) for each in found]
    return show(request, "console/imports/list.html", {"rows": rows, "speech": speech})


@signed_in
def one(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    speech = speech_of(clock.now())
    found = get_import(by=request.actor, import_id=import_id)
    programme = get_programme_by_id(found.programme_id)
    row = _row(found, programme.currency)
    context: dict[str, Any] = row | {
        "facts": _facts(found, speech),
        "figures": _figures(row, programme, speech) if row["has_totals"] else [],
        "parts": _parts(row["totals"]),
    }
    return show(request, "console/imports/one.html", context)


def _row(found: PurchaseImport, currency: str) -> dict[str, Any]:
    totals = found.totals or {}
    rows = totals.get("rows", 0)
    parts = sum(totals.get(name, 0) for name in ("recorded_rows", "known_rows", "rejected_rows"))
    file_net, net = totals.get("file_net", 0), totals.get("net", 0)
    return {
        "found": found,
        "state": STATES[found.state],
        "totals": totals,
        "has_totals": bool(totals),
        "rows_missing": rows - parts,
        "file_net": Money(file_net, currency),
        "net": Money(net, currency),
        "other_net": Money(file_net - net, currency),
        "agrees": bool(totals) and rows == parts,
    }


def _facts(found: PurchaseImport, speech: Speech) -> str:
    took = (found.ended_at - found.started_at).total_seconds() if found.ended_at else None
    parts = [
        _("By %(who)s, %(day)s at %(time)s")
        % {"who": found.by_label, "day": speech.plain_date(found.started_at), "time": speech.time(found.started_at)},
        _("in %(time)s") % {"time": duration(max(1, round(took)), speech.language)} if took is not None else "",
    ]
    return " · ".join(part for part in parts if part)


def _figures(row: dict[str, Any], programme: Programme, speech: Speech) -> list[Figure]:
    totals = row["totals"]
    count = {name: speech.number(totals.get(name, 0)) for name in totals}
    net = speech.money(totals.get("net", 0), programme.currency)
    points = speech.points(totals.get("points", 0), programme.points_currency.scale)
    returns = Definition(
        _("Returns"), _("Lines given back; a return is tied to its purchase where a whole earlier line fits it.")
    )
    issued = Definition(
        _("Points issued"), _("By the rules in force at each purchase’s own date; nobody is written to.")
    )
    rejected = totals.get("rejected_rows", 0)
    return [
        Figure(_("Rows read"), count["rows"], note=_("file and database agree") if row["agrees"] else ""),
        Figure(_("Purchases recorded"), count["sales"], note=net),
        Figure(
            _("Returns"), count["returns"], note=_("%(n)s lines tied") % {"n": count["matched_lines"]},
            definition=returns,
        ),
        Figure(_("Points issued"), points, note=_("at each purchase’s own date"), definition=issued),
        Figure(
            _("Rejected rows"), count["rejected_rows"], note=_("nothing of these was written"), bad=rejected > 0
        ),
    ]  # fmt: skip


def _parts(totals: dict[str, int]) -> list[Segment]:
    rows = totals.get("rows") or 1
    return [
        Segment(totals.get("recorded_rows", 0) / rows, "success"),
        Segment(totals.get("known_rows", 0) / rows, "context"),
        Segment(totals.get("rejected_rows", 0) / rows, "danger"),
    ]
