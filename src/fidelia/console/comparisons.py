"""Two versions of a programme side by side, in words; and a version as the file that lives in git."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import export_text
from fidelia.programme.queries import list_versions
from fidelia.programme.queries.differences import Difference, compare_documents
from fidelia.ui.formats import typeset

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import VersionView, language, told
from .programmes import find_version, view_at

TONES = {"added": "green", "removed": "red", "changed": "amber", "moved": "blue"}


@signed_in
def comparison(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """What a version says that another does not; beside the one in force unless ?with= names one."""
    view = view_at(request, slug, number)
    others = [told(each) for each in list_versions(view.programme) if each.number != number]
    other = _other(request, view, others)
    found = compare_documents(view.programme, other.document, view.version.document, language()) if other else []
    context = {
        "view": view,
        "version": told(view.version),
        "programme": view.programme,
        "other": other,
        "others": others,
        "differences": [(_typeset(each), TONES[each.kind], _kind_of(each)) for each in found],
    }
    return show(request, "console/programmes/comparison.html", context)


@signed_in
def file(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The version as a YAML file, to the letter as it was written."""
    version = find_version(request.actor, slug, number)
    text = export_text(by=request.actor, version=version)
    name = f"{slug}-v{number}.yaml"
    return HttpResponse(
        text, content_type="application/yaml", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _other(request: ConsoleRequest, view: VersionView, others: list[ProgrammeVersion]) -> ProgrammeVersion | None:
    asked = request.GET.get("with", "")
    if asked.isdigit():
        return find_version(request.actor, view.programme.slug, int(asked))
    if view.current is not None and view.current.number != view.version.number:
        return view.current
    earlier = [each for each in others if each.number < view.version.number]
    return max(earlier, key=lambda each: each.number, default=None)


def _typeset(found: Difference) -> Difference:
    before, after = (tuple(typeset(one, language()) for one in side) for side in (found.before, found.after))
    return replace(found, before=before, after=after)


def _kind_of(found: Difference) -> str:
    return {"added": _("new"), "removed": _("removed"), "changed": _("changed"), "moved": _("moved")}[found.kind]
