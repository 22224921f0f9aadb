"""Which column is what: the *read as* line, one row per column, the options, the decisions, the first rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fidelia.activity.targets import PURCHASES
from fidelia.files.queries import local_path
from fidelia.intake.doubts import Doubt
from fidelia.intake.errors import MalformedMapping, UnreadableFile
from fidelia.intake.kinds import get_import_kind
from fidelia.intake.mapping import FileMapping, check_mapping
from fidelia.intake.models import Import
from fidelia.intake.operations import change_mapping
from fidelia.intake.operations.mapping_files import OPEN_TO_CHANGE
from fidelia.intake.preview import preview
from fidelia.intake.queries import find_same_file, get_import, list_saved_mappings, list_targets
from fidelia.intake.reading import Reading, parse_reading
from fidelia.intake.tables import Table
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.ui.formats import typeset

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of
from ..speech import Speech, speech_of
from .checking import begin_check
from .column_rows import Looked, first_columns, first_rows, rows_of
from .listing import name_of_target
from .new_fields import NEW, declare, types_offered
from .opening import proposed, recognise, sniffed
from .options import decision_of, given_options, lacks_programme, options_of
from .readings import changed_reading, parts_of
from .samples import Sample, sample_of
from .states import BADGES, steps_of, url_of_import
from .totals import currency_of


@require_http_methods(["GET", "POST"])
@signed_in
def columns(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """GET shows how the file is understood; POST takes what was changed and shows it again, or goes on to the check."""
    found = get_import(by=request.actor, import_id=import_id)
    if found.state not in OPEN_TO_CHANGE or found.started_at is not None:
        return redirect(url_of_import(found))
    mistake = ""
    if request.method == "POST":
        try:
            found = _change(request, found)
        except FideliaError as refusal:
            mistake = sentence_of(refusal)
        else:
            if request.POST.get("do") == "check":
                return _go_on(request, found)
    context = _context(request, found, mistake)
    return show(request, "console/imports/columns.html", context, partial="mapping", status=200)


def _go_on(request: ConsoleRequest, found: Import) -> HttpResponseBase:
    try:
        check_mapping(found.file_mapping, get_import_kind(found.target).target)
    except MalformedMapping as refusal:
        messages.error(request, _lacking(found, refusal, speech_of(clock.now()).language))
        return redirect(url_of_import(found, "import-columns"))
    return begin_check(request, found)


def _change(request: ConsoleRequest, found: Import) -> Import:
    """Take what the form has: another reading or another target asks for a new proposal, the rest is as a person says.

    Raises UnreadableFile, MalformedMapping, ImportNotReady.
    """
    given, before = request.POST, found.file_mapping
    target = given.get("target") or found.target
    reading = parse_reading(changed_reading(before.reading, given))
    if reading != before.reading or target != found.target:
        mapping, names = _proposed_anew(found, target, reading, before, given)
    else:
        kind = get_import_kind(target)
        options = given_options(kind.target, given, before.options)
        columns = _with_new_fields(request, found, _given_columns(found, before, given), reading)
        mapping, names = FileMapping(target, reading, columns, options), None
    if mapping == before:
        return found
    return change_mapping(
        by=request.actor, at=clock.now(), import_id=found.id, document=mapping.as_document(), columns=names, whole=False
    )


def _with_new_fields(
    request: ConsoleRequest, found: Import, columns: dict[str, str], reading: Reading
) -> dict[str, str]:
    """Declare the fields that columns are to be kept as: one that was chosen, or all that are left out."""
    wanted = {name: known.removeprefix(NEW) for known, name in columns.items() if known.startswith(NEW)}
    if request.POST.get("do") == "keep-all":
        sample = sample_of(found, reading)
        offered, sensitive = (
            types_offered(request.actor, found, sample, list(columns.values())),
            sample.count_sensitive(),
        )
        wanted |= {name: types[0] for name, types in offered.items() if not sensitive[name]}
    kept = {known: name for known, name in columns.items() if not known.startswith(NEW)}
    for name, type in wanted.items():
        kept[declare(request.actor, found, name, type.split("@")[0], reading)] = name
    return kept


def _proposed_anew(
    found: Import, target: str, reading: Reading, before: FileMapping, given: QueryDict
) -> tuple[FileMapping, list[str]]:
    """Read the file in the new way. Where its columns stay the same, what a person has said of them stays too."""
    if found.file_id is None:
        raise UnreadableFile("The file of this import is not kept here; bring it in again.")
    with local_path(found.file_id) as path:
        table = Table(path, reading)
        mapping = proposed(table, found.file_hash, target).mapping
    if target == found.target:
        options = given_options(get_import_kind(target).target, given, before.options)
        kept = _given_columns(found, before, given) if list(table.columns) == list(found.columns) else mapping.columns
        mapping = FileMapping(target, reading, kept, {**mapping.options, **options})
    return mapping, list(table.columns)


def _given_columns(found: Import, before: FileMapping, given: QueryDict) -> dict[str, str]:
    """Return the mapping as the form has it. Of two columns that claim one field, the one just chosen has it."""
    held = before.columns
    chosen: dict[str, str] = {}
    for place, name in enumerate(found.columns):
        known = given.get(f"column-{place}")
        if known is None:  # the form does not show it
            known = next((each for each, of in held.items() if of == name), "")
        if known.startswith(NEW):
            chosen[f"{known}@{place}"] = name  # two columns may become fields at once
        elif known and (known not in chosen or held.get(known) == chosen[known]):
            chosen[known] = name
    return chosen


def _context(request: ConsoleRequest, found: Import, mistake: str) -> dict[str, Any]:
    speech = speech_of(clock.now())
    mapping = found.file_mapping
    state, word = BADGES[found.state]
    context: dict[str, Any] = {
        "found": found,
        "steps": steps_of(found, "import-columns"),
        "state": state,
        "word": word,
        "mistake": mistake,
        "targets": [(name, name_of_target(name, speech.language)) for name in list_targets(by=request.actor)],
        "target": found.target,
        "earns_nothing": found.target == PURCHASES.name,
        "lacks_programme": lacks_programme(get_import_kind(found.target).target),
        "lacking": _what_lacks(found, speech.language),
    }
    try:
        sample = sample_of(found, mapping.reading)
        doubts = _doubts(found, mapping)
    except FideliaError as refusal:
        return context | {"mistake": mistake or sentence_of(refusal), "rows": []}
    return context | _understood(request, found, sample, doubts, speech)


def _understood(
    request: ConsoleRequest, found: Import, sample: Sample, doubts: list[Doubt], speech: Speech
) -> dict[str, Any]:
    target, mapping = get_import_kind(found.target).target, found.file_mapping
    country = str(mapping.options.get("country") or "FR")
    looked = Looked(
        target=target,
        mapping=mapping,
        preview=preview(sample, mapping, target, language=speech.language, country=country, today=clock.now().date()),
        sensitive=sample.count_sensitive(),
        doubts=_reasons(doubts, speech.language),
        currency=currency_of(found),
        speech=speech,
        new_fields=types_offered(request.actor, found, sample, list(mapping.columns.values())),
    )
    saved = list_saved_mappings(by=request.actor, target=found.target)
    rows = rows_of(looked)
    options = options_of(target, mapping, doubts, speech.language)
    return {
        "parts": parts_of(mapping.reading, sample.all_sheets, doubts, speech.language),
        "rows": rows,
        "could_be_kept": len(looked.new_fields),
        "options": [one for one in options if not one.is_rare],
        "rare_options": [one for one in options if one.is_rare],
        "absent": [
            typeset(doubt.reason.in_language(speech.language), speech.language)
            for doubt in doubts
            if doubt.value == "" and doubt.about not in mapping.columns
        ],
        "decision": decision_of(target, mapping, speech.language),
        "sensitive_notes": sum(row.sensitive_notes for row in rows),
        "sensitive_columns": ", ".join(row.name for row in rows if row.sensitive_notes),
        "first": first_rows(looked),
        "first_columns": first_columns(looked),
        "bad_rows": sample.bad_rows,
        "saved": saved,
        "recognised": recognise(sample.columns, [each for each in saved if _is_as(mapping, each.document)]),
        "mapped": len(mapping.columns),
        "same": find_same_file(by=request.actor, found=found)[:1],
    }


def _doubts(found: Import, mapping: FileMapping) -> list[Doubt]:
    """Return what is doubtful of the reading and of the columns that stand as they were proposed."""
    if found.file_id is None:
        return []
    with local_path(found.file_id) as path:
        looked = sniffed(path, found.file_hash)
        proposal = proposed(Table(path, mapping.reading), found.file_hash, found.target)
    of_reading = [doubt for doubt in looked.doubts if _stands(mapping.reading, looked.reading, doubt.about)]
    return [*of_reading, *(doubt for doubt in proposal.doubts if _is_still(mapping, doubt))]


def _reasons(doubts: list[Doubt], language: str) -> dict[str, str]:
    """Return by what they are about all reasons to doubt, the most telling ones first."""
    told: dict[str, list[str]] = {}
    for doubt in doubts:
        told.setdefault(doubt.about, []).insert(0, typeset(doubt.reason.in_language(language), language))
    return {about: " ".join(dict.fromkeys(reasons)) for about, reasons in told.items()}


def _stands(now: Reading, guessed: Reading, about: str) -> bool:
    return getattr(now, about, None) == getattr(guessed, about, None)


def _is_still(mapping: FileMapping, doubt: Doubt) -> bool:
    if doubt.about in mapping.columns:
        return bool(mapping.columns[doubt.about] == doubt.value)
    now = mapping.options.get(doubt.about)
    return doubt.about not in mapping.options or bool(now == doubt.value or now == _as_list(doubt.value))


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _is_as(mapping: FileMapping, document: dict[str, Any]) -> bool:
    return bool(mapping.columns == document["columns"])


def _what_lacks(found: Import, language: str) -> str:
    """Return what the mapping still needs before the check, as a sentence; empty when it is whole."""
    try:
        check_mapping(found.file_mapping, get_import_kind(found.target).target)
    except MalformedMapping as refusal:
        return _lacking(found, refusal, language)
    return ""


def _lacking(found: Import, refusal: MalformedMapping, language: str) -> str:
    """Say it in the reader's language, by what the pointer names."""
    target = get_import_kind(found.target).target
    _start, part, name = (refusal.pointer or "//").split("/", 2)
    if part == "columns":
        group = next((each for each in target.one_of if name in each), (name,))
        labels = [column.label.in_language(language) for column in target.columns if column.name in group]
        if len(labels) > 1:
            return _("Say which column is one of these: %(names)s.") % {"names": ", ".join(labels)}
        if labels:
            return _("Say which column is “%(name)s”.") % {"name": labels[0]}
    if part == "options":
        label = next((option.label.in_language(language) for option in target.options if option.name == name), name)
        return _("Say what holds for the whole file: %(name)s.") % {"name": label}
    return sentence_of(refusal)
