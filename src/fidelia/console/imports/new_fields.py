"""Columns of a file of customers that nothing known is: kept as custom fields, where a person says so."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from fidelia.customers.operations import declare_field_of_column
from fidelia.intake.kinds import get_import_kind
from fidelia.intake.models import Import
from fidelia.intake.new_fields import types_of
from fidelia.intake.reading import Reading
from fidelia.intake.rejects import REASON
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor

from .samples import Sample, sample_of

NEW = "new:"
RIGHT = "customer.define_trait"


def say_type(type: str) -> str:
    """Return what a new field of a type is offered as."""
    return {
        "text": _("A new field: text"),
        "list": _("A new field: one of a list"),
        "number": _("A new field: whole number"),
        "day": _("A new field: day"),
        "flag": _("A new field: yes or no"),
    }[type]


def types_offered(by: Actor, found: Import, sample: Sample, taken: Sequence[str]) -> dict[str, list[str]]:
    """Return by column, of those that are nothing yet, as what a new field could keep it; none without the right."""
    if get_import_kind(found.target).own_columns is None or not by.may(RIGHT):
        return {}
    reading = found.file_mapping.reading
    offered = {
        name: types_of(_cells(sample, place), reading)
        for place, name in enumerate(sample.columns)
        if name not in taken and name != REASON
    }
    return {name: types for name, types in offered.items() if types}


def declare(by: Actor, found: Import, name: str, type: str, reading: Reading) -> str:
    """Declare the field that a column is to be, and return the name of its column. Raises as define_custom_field."""
    sample = sample_of(found, reading)
    cells = _cells(sample, list(sample.columns).index(name))
    return declare_field_of_column(by=by, at=clock.now(), name=name, type=type, cells=cells).name


def _cells(sample: Sample, place: int) -> list[str]:
    return [row[place] for _sheet, row in sample.sheeted_rows() if place < len(row)]
