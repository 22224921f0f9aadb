"""Write the chapters of insight on the facts of a refresh, and what they say of each customer as traits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection

from fidelia.customers.operations import place_trait_definition, set_traits
from fidelia.kernel.actor import Actor, Grant
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LANGUAGES
from fidelia.organisation.models import Operator
from fidelia.organisation.queries import get_operator

from ..errors import NoExport, NothingToReport
from ..measures.alike import link_products
from ..measures.next_products import Counts, product_counts
from ..models import Chapter, Crowd, ProductLink, Refresh, Slice, folder_of
from ..report import Report, ReportFacts, make_report
from ..report.exported import EVERYTHING, Only, open_export
from ..report.keeping import blocks_as_values, cover_as_values, definitions_as_values
from .exporting import Told
from .learning import LEARNT, Learnt, Offer
from .portfolio_totals import total_portfolio
from .refreshing import SOURCE
from .scoring import keep_score

COVER: Final = "cover"
ABOUT_A_FILE: Final = "contents"  # how a file was understood: the platform's own imports have pages of their own


def write_chapters(*, by: Actor, at: datetime, refresh: Refresh, told: Told = lambda _line: None) -> int:
    """Write every chapter of the report in both languages on the facts that a refresh exported, in place of the former
    ones, and set the traits of `learning.LEARNT` on each customer; return how many chapters there are.

    Without any purchase there is none, and nobody keeps such a trait. `told` hears the title of each chapter.
    Raises Denied (insight.refresh), OperatorNotSetUp.
    """
    by.require("insight.refresh")
    operator = get_operator()
    with ExitStack() as opened:
        try:
            facts = opened.enter_context(facts_of(refresh, operator))
        except NothingToReport:
            return _keep(by, at, refresh, [], None)
        reports = [make_report(facts, language=language, made_at=at, told=told) for language in LANGUAGES]
        return _keep(by, at, refresh, reports, facts)


def _links_of(facts: ReportFacts, refresh: Refresh) -> list[ProductLink]:
    names = ["customer_id", "product_code", "purchases"]
    who, what, times = facts.columns(product_counts(facts.purchases, facts.lines), names)
    return [
        ProductLink(
            code=one.code, refresh=refresh, buyers=one.buyers,
            neighbours=[[near.code, near.buyers, near.cosine] for near in one.neighbours],
        )
        for one in link_products(Counts.from_columns(who, what, times))
    ]  # fmt: skip


def facts_of(refresh: Refresh, operator: Operator, only: Only = EVERYTHING) -> AbstractContextManager[ReportFacts]:
    """Open the facts that a refresh exported, or part of them, on the engine of the setting. Raises NothingToReport,
    SparkMissing, NoExport where they are gone since: a person was erased.
    """
    if not folder_of(refresh.export_id).exists():
        raise NoExport("The facts of the last refresh are gone, since somebody was erased: refresh insight first.")
    return open_export(
        folder_of(refresh.export_id), name=operator.name, currency=refresh.currency,
        zone=zone_of(operator.time_zone), as_of=refresh.as_of, only=only, spark=settings.SPARK,
    )  # fmt: skip


def _keep(by: Actor, at: datetime, refresh: Refresh, reports: list[Report], facts: ReportFacts | None) -> int:
    learnt = Learnt(facts) if facts is not None else None
    links = _links_of(facts, refresh) if facts is not None else []
    portfolio = total_portfolio(facts, refresh, at=at) if facts is not None else None
    # Before any writing: it takes long, and reads the chosen version, which cannot be done amid a COPY of traits.
    scored = learnt.scored if learnt is not None else None
    with transaction_of_use_case():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('insight.refresh'))")
        _set_traits(by, at, refresh, learnt)
        refresh.portfolio = portfolio
        refresh.save(update_fields=["portfolio"])
        keep_score(at=at, found=scored)
        offers = learnt.offers() if learnt is not None else {}
        Crowd.objects.all().delete()
        Slice.objects.all().delete()
        Chapter.objects.all().delete()
        rows = [row for report in reports for row in rows_of(report, offers, refresh, at)]
        Chapter.objects.bulk_create(rows)
        ProductLink.objects.all().delete()
        ProductLink.objects.bulk_create(links)
    return len(rows)


def rows_of(
    report: Report, offers: dict[str, list[Offer]], refresh: Refresh, at: datetime, part: Slice | None = None
) -> Iterator[Chapter]:
    """Yield a report as the rows that keep it, its cover first; `part` is the slice it was written about."""
    common = {"refresh": refresh, "language": report.language, "written_at": at, "slice": part}
    yield Chapter(
        key=COVER, position=0, title=report.title[:120], finding=report.subtitle, definitions=[], offers=[],
        blocks=cover_as_values(report.numbers, report.advice, report.changes), **common,
    )  # fmt: skip
    for position, section in enumerate(report.sections, 1):
        if section.key != ABOUT_A_FILE:
            yield Chapter(
                key=section.key, position=position, title=section.title, finding=section.finding,
                blocks=blocks_as_values(section), definitions=definitions_as_values(section),
                offers=offers.get(section.key, []), **common,
            )  # fmt: skip


def _set_traits(by: Actor, at: datetime, refresh: Refresh, learnt: Learnt | None) -> None:
    for name, type_, label, unit in LEARNT:
        place_trait_definition(by=by, at=at, name=name, type=type_, label=label, unit=unit)
    # Who may refresh insight may set its traits, no other.
    lent = replace(by, grants=(*by.grants, Grant("customer.set_traits")))
    rows = learnt.rows() if learnt is not None else iter(())
    names = [name for name, *_rest in LEARNT]
    set_traits(by=lent, at=at, rows=rows, source=SOURCE, valid_from=refresh.as_of, whole=names)
