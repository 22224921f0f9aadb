"""The audit: who did what to which object, filtered by who, verb and object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from fidelia.access.models import Audit
from fidelia.access.queries import list_audit, list_users
from fidelia.ui.parts import Chip, Page

from .pages import ConsoleRequest, show, signed_in
from .paging import asked_place, page_of, query_without
from .words import ACTORS, ACTS, word

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A row for people: the verb as a sentence, its object, and what changed."""

    row: Audit
    sentence: str
    who: str
    changes: list[tuple[str, str, str]]


def line_of(row: Audit) -> AuditLine:
    """Return an audit row with the sentence of its verb, and each value before and after."""
    before, after = row.before or {}, row.after or {}
    names = sorted({*before, *after})
    changes = [(name, _said(before.get(name)), _said(after.get(name))) for name in names]
    return AuditLine(row, word(ACTS, row.verb), word(ACTORS, row.by_label), changes)


@signed_in
def audit(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("audit.see"):
        by.require("audit.see")
    asked = asked_place(request)
    last = asked.after_as(int)
    verb, who, kind, thing = (request.GET.get(name, "").strip() for name in ("verb", "who", "type", "object"))
    rows = list_audit(
        by=by, verb=verb or None, by_id=_uuid(who), object_type=kind or None, object_id=thing or None,
        before_id=last[0] if last else None, limit=PAGE_SIZE + 1,
    )  # fmt: skip
    page = page_of(request, asked, rows, PAGE_SIZE, key_of=lambda row: (row.id,), total="", order=_("newest first"))
    users = list_users(by=by) if by.may("user.see") else []
    context: dict[str, Any] = {
        "rows": [line_of(row) for row in page.rows],
        "page": _without_previous(page.pager),
        "verbs": sorted(((code, str(text)) for code, text in ACTS.items()), key=lambda pair: pair[1]),
        "users": users,
        "verb": verb,
        "who": who,
        "chips": _chips(request, verb, {str(user.id): user.name for user in users}.get(who, who), kind, thing),
    }
    return show(request, "console/audit/list.html", context)


def _without_previous(page: Page) -> Page:
    """The audit is read forwards only; *Previous* is the browser's."""
    return Page(page.first, page.last, page.total, "", page.next_url, page.order)


def _chips(request: ConsoleRequest, verb: str, who: str, kind: str, thing: str) -> list[Chip]:
    chips = [
        (_("Act is"), word(ACTS, verb), ("verb",)),
        (_("By"), who, ("who",)),
        (_("Object is"), f"{kind} {thing}".strip(), ("type", "object")),
    ]
    return [Chip(lead, value, query_without(request, *names)) for lead, value, names in chips if value]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)


def _said(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
