"""The long work of insight."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from fidelia.customers.operations import refresh_segments
from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LANGUAGES, LocalizedText
from fidelia.programme.models import ProgrammeVersion

from .backtest.parts import Part
from .errors import MalformedMoment, MalformedSlice, NoRefreshYet, UnknownMark
from .measures.rfm import WINDOW_DAYS
from .models import Wanted
from .operations import find_crowd, refresh, send_monthly_reports, write_chapters, write_slice
from .operations.backtesting import backtest_version
from .operations.counting import count_figures
from .operations.exporting import registered_tables
from .operations.forecasting import forecast_version
from .queries import find_slice, get_last_refresh
from .report.sections import SECTIONS

BACKTEST: Final = "insight.backtest"
FORECAST: Final = "insight.forecast"
STEPS_AFTER_EXPORT: Final = 2  # measuring, and being done


def refresh_insight(
    arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress
) -> dict[str, str | int]:
    """Refresh insight, write its chapters, and find the people of the segments anew.

    Where nothing changed since the last refresh of the same day, that one stands and nothing is computed.
    Arguments, all optional: as_of (ISO 8601 with its zone), currency, window_days; anew: true computes all the same. It
    can be stopped between two tables of facts; nothing of it is kept then. Raises what `refresh` raises,
    MalformedMoment.
    """
    progress.expect(len(registered_tables()) + STEPS_AFTER_EXPORT + len(LANGUAGES) * len(SECTIONS))
    done = refresh(
        by=by,
        at=at,
        as_of=_moment(arguments.get("as_of")),
        currency=arguments.get("currency"),
        window_days=arguments.get("window_days", WINDOW_DAYS),
        told=lambda _line: progress.step(),
        unless_same=not arguments.get("anew"),
    )
    progress.step()
    is_same = done.refreshed_at != at
    if not is_same:
        write_chapters(by=by, at=at, refresh=done, told=lambda _title: progress.step())
    refresh_segments(by=by.lent("segment.refresh"), at=at)  # what was learnt is of use once the segments know it
    said: dict[str, str | int] = {"refresh_id": str(done.id), "customers": done.customer_count}
    return said | {"is_same": 1} if is_same else said


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise MalformedMoment(f"“{text}” is not an instant such as 2026-03-02T09:30:00+01:00.", pointer="/as_of")
    return moment


def count_for_home(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Count what Home shows; hourly, since midnight comes at another hour in each zone."""
    return {"counted": count_figures(by=by, at=at)}


def write_part(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, str | int]:
    """Write the chapters of part of the purchases of the last refresh.

    Arguments, at least one: store_id, banner_id (ids), segment (a key), since, until (days, ISO 8601). Raises what
    `write_slice` raises, NoRefreshYet.
    """
    last = get_last_refresh()
    if last is None:
        raise NoRefreshYet("Nothing was learnt yet: refresh insight first.")
    progress.expect(len(LANGUAGES) * len(SECTIONS))
    part = write_slice(by=by, at=at, refresh=last, wanted=wanted_of(arguments), told=lambda _title: progress.step())
    return {"slice_id": str(part.id), "chapters": part.chapters.count()}


def find_people(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, str | int]:
    """Find the people behind a part of a chapter; see `find_crowd`. Arguments: chapter, mark; slice_id of a part.

    Raises what `find_crowd` raises, NoRefreshYet, UnknownMark for a slice that a refresh has deleted since.
    """
    last = get_last_refresh()
    if last is None:
        raise NoRefreshYet("Nothing was learnt yet: refresh insight first.")
    part = None
    if arguments.get("slice_id"):
        part = find_slice(by=by, slice_id=UUID(str(arguments["slice_id"])))
        if part is None:
            raise UnknownMark("This part of the purchases is gone: a newer refresh has come in between.")
    progress.expect(1)
    crowd = find_crowd(
        by=by, at=at, refresh=part.refresh if part else last, chapter=str(arguments["chapter"]),
        mark=str(arguments["mark"]), part=part,
    )  # fmt: skip
    progress.step()
    return {"crowd_id": str(crowd.id), "people": len(crowd.customer_ids)}


def send_monthly(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Send the month's report to its readers; each morning, so that a server that was down is asked again."""
    return {"sent": send_monthly_reports(by=by, at=at, told=lambda _number: progress.step())}


def wanted_of(arguments: Mapping[str, Any]) -> Wanted:
    """Read which part is asked for. Raises MalformedSlice."""
    try:
        banner_id, store_id = (UUID(text) if text else None for text in map(arguments.get, ("banner_id", "store_id")))
        since, until = (date.fromisoformat(text) if text else None for text in map(arguments.get, ("since", "until")))
    except (AttributeError, TypeError, ValueError) as wrong:
        raise MalformedSlice(f"This is no id, or no day such as 2026-03-31: {wrong}.") from None
    return Wanted(banner_id, store_id, str(arguments.get("segment") or ""), since, until)


def backtest(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, str | int]:
    """Backtest a version over history; see `backtest_version`. Arguments: version_id; begins, ends, part where told.

    It goes over history twice: once by what was in force, which proves it, and once by the version.
    """
    version = ProgrammeVersion.objects.select_related("programme__points_currency").get(id=arguments["version_id"])

    def told(done: int, total: int) -> None:
        progress.expect(2 * total)
        progress.step(done)

    kept = backtest_version(
        by=by, at=at, version=version, begins=_moment(arguments.get("begins")), ends=_moment(arguments.get("ends")),
        part=Part.of(arguments.get("part") or {}), told=told,
    )  # fmt: skip
    return {"backtest_id": str(kept.id), "purchases": kept.result["occasions"]}


def forecast(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, str | int]:
    """Forecast the months ahead; see `forecast_version`. Arguments: version_id, and months, seed where told."""
    version = ProgrammeVersion.objects.select_related("programme__points_currency").get(id=arguments["version_id"])

    def told(done: int, total: int) -> None:
        progress.expect(2 * total)
        progress.step(done)

    kept = forecast_version(
        by=by, at=at, version=version, months=int(arguments.get("months", 12)), seed=int(arguments.get("seed", 1)),
        told=told,
    )  # fmt: skip
    return {"forecast_id": str(kept.id), "months": kept.months}


JOBS = (
    JobKind(
        name=FORECAST,
        label=LocalizedText(en="Forecast of a version", fr="Prévision d’une version"),
        right="programme.draft",
        function=forecast,
    ),
    JobKind(
        name="insight.monthly",
        label=LocalizedText(en="Monthly report by e-mail", fr="Rapport mensuel par e-mail"),
        right="insight.refresh",
        function=send_monthly,
        cron="0 6 * * *",
    ),
    JobKind(
        name="insight.slice",
        label=LocalizedText(en="Chapters of part of the purchases", fr="Chapitres d’une partie des achats"),
        right="insight.see",
        function=write_part,
    ),
    JobKind(
        name="insight.people",
        label=LocalizedText(en="People behind a part of a chart", fr="Personnes derrière une partie d’un graphique"),
        right="insight.see",
        function=find_people,
    ),
    JobKind(
        name=BACKTEST,
        label=LocalizedText(en="Backtest of a version", fr="Rejeu d’une version"),
        right="programme.draft",
        function=backtest,
    ),
    JobKind(
        name="insight.count_figures",
        label=LocalizedText(en="Figures of Home", fr="Chiffres de l’accueil"),
        right="insight.refresh",
        function=count_for_home,
        cron="7 * * * *",
    ),
    JobKind(
        name="insight.refresh",
        label=LocalizedText(en="Refresh of insight", fr="Actualisation de l’analyse"),
        right="insight.refresh",
        function=refresh_insight,
        cron="30 3 * * *",
    ),
)
