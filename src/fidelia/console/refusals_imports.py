"""What files and imports refuse: sentences that name the file are found again by their English form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

SENTENCES: Mapping[str, str | Promise] = {
    "file_cut_off": _("This file did not arrive whole: the connection was lost. Hand it in again."),
    "file_too_large": _("This file is larger than this installation takes. Split it, or ask for a higher limit."),
    "store_full": _("There is no room left on the disk; nothing of the file was kept. Tell your administrator."),
    "store_unreachable": _("The place where files are kept does not answer. Nothing was kept; try again in a moment."),
    "content_lost": _("The content of this file is no longer where it was kept; hand it in again."),
    "file_unknown": _("This file was forgotten after its time; hand it in again."),
    "no_room": _("There is no room left on the disk of the database; nothing half-written stays."),
    "row_unknown": _("This row is not among those to mend any more."),
    "saved_mapping_unknown": _("This model was deleted meanwhile."),
    "import_running": _("This file, or another of the same stream, is being recorded; wait for its end."),
    "other_import_under_way": _("Another file of this kind is being recorded; this one waits for its end."),
    "wrong_currency": _("The programme counts in another currency than this file."),
    "not_undoable": _("What such a file recorded cannot be taken back as a whole."),
    "customers_joined": _("Customers were joined since the file was checked. Check it again."),
    "import_not_ready": _("This import has gone on meanwhile; look at it again."),
}
TEMPLATES = (
    gettext_noop("%(name)s is empty."),
    gettext_noop("%(name)s is a binary file, not a table."),
    gettext_noop("%(name)s is a web page; open it in a spreadsheet and save it as .xlsx or .csv."),
    gettext_noop("%(name)s is XML; open it in a spreadsheet and save it as .xlsx or .csv."),
    gettext_noop("%(name)s is JSON; send it through the API, or export it as CSV."),
    gettext_noop("%(name)s is damaged: it begins as a spreadsheet and ends too early."),
    gettext_noop("%(name)s is an archive and not a spreadsheet; unpack it first."),
    gettext_noop("%(name)s has no header line."),
    gettext_noop("%(name)s has %(n)s columns; at most %(most)s are read."),
    gettext_noop("%(name)s has no sheet “%(sheet)s”; it has %(sheets)s."),
    gettext_noop("The sheet “%(sheet)s” does not have the columns of “%(first)s”."),
    gettext_noop("No sheet of the workbook holds a table."),
    gettext_noop("%(name)s is damaged and cannot be unpacked."),
    gettext_noop("%(name)s is not a Parquet file: %(why)s"),
    gettext_noop("%(name)s cannot be read as a spreadsheet: %(why)s."),
    gettext_noop("%(name)s cannot be read: %(why)s"),
    gettext_noop("%(name)s holds more than %(n)s million cells; send it as CSV."),
    gettext_noop("%(name)s is larger than %(n)s MB; send it as CSV."),
    gettext_noop("The file of this import is not kept here; bring it in again."),
    gettext_noop("The file has no column “%(name)s”; it has %(names)s."),
    gettext_noop("There is no programme “%(name)s”."),
    gettext_noop("Tell 1 to %(n)s grants at once, each receipt once."),
    gettext_noop("The first row names the columns: %(names)s."),
    gettext_noop("A receipt stands twice in the file."),
    gettext_noop("A file holds at most %(n)s rows; divide it."),
    gettext_noop("Row %(row)s: no receipt number, or too long a text."),
    gettext_noop("Row %(row)s: these points or this moment cannot be read."),
    gettext_noop("Row %(row)s: write the moment with its zone."),
    gettext_noop("Choose a file of at most 20 MB."),
    gettext_noop("The file is not UTF-8 text."),
    gettext_noop("Members hold %(held)s points here; the vendor says %(told)s. Bring the opening balances in first."),
)


def told_by_template(message: str) -> str:
    """Return the sentence in the reader's language when its English form is one of those known; else nothing."""
    for template, form in _forms():
        found = form.fullmatch(message)
        if found is not None:
            return _t(template) % found.groupdict()
    return ""


@cache
def _forms() -> list[tuple[str, re.Pattern[str]]]:
    return [(each, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(each)))) for each in TEMPLATES]
