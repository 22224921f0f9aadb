"""The letters that members get: each as it looks and reads, in both languages and in the look of a programme."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _t
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from fidelia.kernel import clock
from fidelia.kernel.localized import LANGUAGES
from fidelia.messaging.models import TemplateVersion
from fidelia.messaging.queries.messages import (
    get_template_version,
    latest_versions,
    list_templates,
    preview_template,
    texts_of,
)
from fidelia.messaging.queries.rendering import Rendered, examples_of, render_short
from fidelia.messaging.queries.senders import STANDARD_EXAMPLES, look_of
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programmes
from fidelia.ui.parts import Tab

from .pages import ConsoleRequest, show, signed_in
from .speech import speech_of

# Nothing of a letter runs or is fetched; its styles stand in it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


@require_safe
@signed_in
def letters(request: ConsoleRequest) -> HttpResponseBase:
    """Every letter by its name, with who wrote what is in use."""
    by, language = request.actor, speech_of(clock.now()).language
    found = list_templates(by=by)
    versions = latest_versions([one.key for one in found])
    rows = [
        {
            "key": one.key,
            "name": one.name.in_language(language),
            "subject": versions[one.key].subject.in_language(language),
            "version": versions[one.key],
            "has_text": versions[one.key].short is not None,
        }
        for one in found
        if one.key in versions
    ]
    return show(request, "console/letters/index.html", {"rows": sorted(rows, key=lambda row: str(row["name"]))})


@require_safe
@signed_in
def letter(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """One letter filled with its examples: subject, page, plain text, text message, and what it may say."""
    speech = speech_of(clock.now())
    version = get_template_version(by=request.actor, key=key)
    language, programme = _asked(request, speech.language)
    rendered = _rendered(request, version, language, programme)
    context = {
        "version": version,
        "name": version.template.name.in_language(speech.language),
        "language": language,
        "tabs": _tabs(language, programme),
        "programmes": [
            {"slug": one.slug, "name": one.name.in_language(speech.language), "chosen": one == programme}
            for one in _programmes(request)
        ],
        "rendered": rendered,
        "short": _short(version, language),
        "page_url": f"{reverse('console:letter-page', args=[key])}?language={language}"
        + (f"&programme={programme.slug}" if programme is not None else ""),
        "variables": [{"name": name, "example": _said(facts["example"])} for name, facts in version.variables.items()],
    }
    return show(request, "console/letters/letter.html", context)


@xframe_options_sameorigin
@require_safe
@signed_in
def page(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """The letter's own page, for the frame of its preview: nothing in it runs, no link leads anywhere."""
    version = get_template_version(by=request.actor, key=key)
    language, programme = _asked(request, speech_of(clock.now()).language)
    response = HttpResponse(_rendered(request, version, language, programme).html)
    response["Content-Security-Policy"] = POLICY
    response._csp_exempt = True  # type: ignore[attr-defined]  # the policy above is stricter, but for its own styles
    return response


def _asked(request: ConsoleRequest, otherwise: str) -> tuple[str, Programme | None]:
    language = request.GET.get("language", "")
    slug = request.GET.get("programme", "")
    programmes = _programmes(request)
    first = programmes[0] if programmes else None
    return (
        language if language in LANGUAGES else otherwise,
        next((one for one in programmes if one.slug == slug), first),
    )


def _programmes(request: ConsoleRequest) -> list[Programme]:
    found = see_programmes(by=request.actor) if request.actor.may_somewhere("programme.see") else []
    return [one for one in found if not one.is_sandbox]


def _rendered(
    request: ConsoleRequest, version: TemplateVersion, language: str, programme: Programme | None
) -> Rendered:  # fmt: skip
    given: dict[str, Any] = {"look": look_of(programme.id if programme is not None else None, language)}
    if programme is not None and "programme" in version.variables:
        given["programme"] = programme.name.in_language(language)
    return preview_template(by=request.actor, version=version, language=language, variables=given)


def _short(version: TemplateVersion, language: str) -> str:
    if version.short is None:
        return ""
    return render_short(texts_of(version), language, {**STANDARD_EXAMPLES, **examples_of(version.variables)})


def _said(example: object) -> str:
    if isinstance(example, bool):
        return _t("yes") if example else _t("no")
    return " · ".join(map(str, example)) if isinstance(example, list) else str(example)


def _tabs(language: str, programme: Programme | None) -> list[Tab]:
    names = {"fr": _t("French"), "en": _t("English")}
    kept = f"&programme={escape(programme.slug)}" if programme is not None else ""
    return [Tab(names[one], f"?language={one}{kept}", current=one == language) for one in names]
