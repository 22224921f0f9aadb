"""The ⓘ beside the numbers of insight: what a figure, a chart and each column of a table holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fidelia.insight.report.blocks import Drawing, Grid, Number
from fidelia.insight.report.terms import meaning_of
from fidelia.ui import formats
from fidelia.ui.parts import Definition, Link

from .programme_parts import language

COUNTED = "f-how-counted"  # where a chapter says how its measures are computed


def of_figure(chapter: str, one: Number, as_of: datetime) -> Definition | None:
    """What stands behind a figure of a chapter (or of the cover); None for one that nobody has defined."""
    meaning = meaning_of(chapter, one.label, language())
    return Definition(one.label, meaning.text, _up_to(as_of), links=_more(chapter)) if meaning else None


def of_block(chapter: str, block: Drawing | Grid, as_of: datetime) -> Definition | None:
    """What stands behind a chart or a table, with each column that holds numbers."""
    meaning = meaning_of(chapter, block.title, language())
    if meaning is None:
        return None
    columns = () if meaning.whole else [(name, meaning_of(chapter, name, language())) for name in _numeric(block)]
    terms = [(name, told.text) for name, told in dict(columns).items() if told is not None]
    return Definition(block.title, meaning.text, _up_to(as_of), links=_more(chapter), terms=terms)


def _numeric(block: Drawing | Grid) -> Sequence[str]:
    return block.columns[block.words :] if isinstance(block, Grid) else block.chart.columns[1:]


def _up_to(as_of: datetime) -> str:
    day = formats.plain_date(timezone.localtime(as_of).date(), language())
    return _("Purchases up to %(day)s") % {"day": day}


def _more(chapter: str) -> list[Link]:
    return [] if chapter == "cover" else [Link(_("How this is counted"), f"#{COUNTED}")]
