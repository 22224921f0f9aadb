"""Slice: the chapters of part of the purchases, by store, banner, segment and period, kept until the next refresh."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final

from django.db import connection

from fidelia.customers.queries import get_segment
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LANGUAGES
from fidelia.organisation.queries import get_banner, get_operator, get_store, list_stores

from ..errors import MalformedSlice, NoExport, NothingToReport, TooManySlices
from ..models import Chapter, Refresh, Slice, Wanted
from ..report import make_report
from ..report.exported import Only
from .chapters import facts_of, rows_of
from .exporting import Told

SLICES_MAX: Final = 200  # of one refresh; each is some hundred kilobytes of chapters


def write_slice(*, by: Actor, at: datetime, refresh: Refresh, wanted: Wanted, told: Told = lambda _line: None) -> Slice:
    """Write the chapters of part of what a refresh saw, in both languages; one that is kept already is returned.

    A part without purchases is a slice without chapters. No trait is set: those speak of all purchases. `told` hears
    the title of each chapter. Raises Denied (insight.see), MalformedSlice, TooManySlices, UnknownStore, UnknownBanner,
    UnknownSegment, NoExport for a segment that the refresh did not know yet.
    """
    by.require("insight.see")
    only = only_of(by, wanted, refresh)
    kept = Slice.objects.filter(refresh=refresh, **wanted.fields).first()
    if kept is not None:
        return kept
    if Slice.objects.filter(refresh=refresh).count() >= SLICES_MAX:
        raise TooManySlices(f"{SLICES_MAX} parts are kept already; the next refresh makes room.")
    operator = get_operator()
    with ExitStack() as opened:
        try:
            facts = opened.enter_context(facts_of(refresh, operator, only))
        except NothingToReport:
            return _keep(at, refresh, wanted, [])
        reports = [make_report(facts, language=language, made_at=at, told=told) for language in LANGUAGES]
        return _keep(at, refresh, wanted, reports)


def only_of(by: Actor, wanted: Wanted, refresh: Refresh) -> Only:
    """Check what is asked for and say it in stores. Raises what `write_slice` raises."""
    if wanted.fields == Wanted().fields:
        raise MalformedSlice("Say a store, a banner, a segment or a period.")
    if wanted.since and wanted.until and wanted.until < wanted.since:
        raise MalformedSlice("The period ends before it begins.", pointer="/until")
    if wanted.segment:
        segment = get_segment(by=by.lent("segment.see"), key=wanted.segment)
        if segment.recorded_at > refresh.refreshed_at:
            raise NoExport("The segment is younger than the facts: refresh insight first.")
    return Only(_stores(by, wanted), wanted.segment, wanted.since, wanted.until)


def _stores(by: Actor, wanted: Wanted) -> frozenset[str] | None:
    if wanted.store_id is not None:
        store = get_store(store_id=wanted.store_id)
        if wanted.banner_id not in (None, store.banner_id):
            raise MalformedSlice(f"{store.name} is no store of this banner.", pointer="/store_id")
        return frozenset([str(store.id)])
    if wanted.banner_id is None:
        return None
    banner = get_banner(banner_id=wanted.banner_id)
    stores = list_stores(by=by.lent("store.see"), partner_id=banner.partner_id)
    return frozenset(str(store.id) for store in stores if store.banner_id == banner.id)


def _keep(at: datetime, refresh: Refresh, wanted: Wanted, reports: list[Any]) -> Slice:
    with transaction_of_use_case():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('insight.refresh'))")
        if Refresh.objects.filter(refreshed_at__gt=refresh.refreshed_at).exists():
            raise MalformedSlice("A newer refresh has come in between: ask for this part again.")
        # Two may have written the same part at once: the first one stands.
        part, is_new = Slice.objects.get_or_create(refresh=refresh, **wanted.fields, defaults={"made_at": at})
        if is_new:
            Chapter.objects.bulk_create(row for one in reports for row in rows_of(one, {}, refresh, at, part))
    return part
