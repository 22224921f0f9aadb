"""Write a new version of a template, tried out in both languages before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.localized import LANGUAGES, LocalizedText

from ..errors import MalformedTemplate
from ..models import Template, TemplateVersion
from ..queries.messages import latest_versions
from ..queries.rendering import TemplateTexts, examples_of, render, render_short
from ..queries.senders import STANDARD_EXAMPLES
from .defaults import DefaultTemplate, default_templates

VARIABLES_MAX = 50


def write_template(
    *,
    by: Actor,
    at: datetime,
    key: str,
    name: LocalizedText,
    texts: TemplateTexts,
    variables: Mapping[str, Mapping[str, Any]],
) -> TemplateVersion:
    """Write the next version of a template, or the first of a new one; the same texts again are the version they are.

    Each variable is documented with an example, and both languages are rendered with the examples first: what would
    break for a customer breaks here. Raises Denied (message.edit_template), MalformedTemplate with a pointer.
    """
    by.require("message.edit_template")
    check_texts(texts, variables)
    with transaction_of_use_case():
        return _place(by=by, at=at, key=key, name=name, texts=texts, variables=variables, is_default=False)


def install_default_templates(*, by: Actor, at: datetime) -> int:
    """Write the templates of the product that are new or were never changed here; return how many were written.

    Raises Denied (message.edit_template).
    """
    by.require("message.edit_template")
    with transaction_of_use_case():
        known = latest_versions([template.key for template in default_templates()])
        return sum(_install(by, at, template, known.get(template.key)) for template in default_templates())


def check_texts(texts: TemplateTexts, variables: Mapping[str, Mapping[str, Any]]) -> None:
    """Render both languages with the examples. Raises MalformedTemplate."""
    if len(variables) > VARIABLES_MAX:
        raise MalformedTemplate(f"A template takes at most {VARIABLES_MAX} variables.", pointer="/variables")
    for name, entry in variables.items():
        if not name.isidentifier() or name in STANDARD_EXAMPLES or set(entry) != {"doc", "example"}:
            raise MalformedTemplate(
                f"Document the variable “{name}” with doc and example, under a name of its own.",
                pointer=f"/variables/{name}",
            )
    for language in LANGUAGES:
        filled = {**STANDARD_EXAMPLES, **examples_of(variables)}
        render(texts, language, filled)
        if texts.short is not None:
            render_short(texts, language, filled)


def _install(by: Actor, at: datetime, template: DefaultTemplate, known: TemplateVersion | None) -> bool:
    if known is not None and (not known.is_default or _says_the_same(known, template.texts, template.variables)):
        return False
    check_texts(template.texts, template.variables)
    _place(
        by=by, at=at, key=template.key, name=template.name, texts=template.texts, variables=template.variables,
        is_default=True,
    )  # fmt: skip
    return True


def _place(
    *,
    by: Actor,
    at: datetime,
    key: str,
    name: LocalizedText,
    texts: TemplateTexts,
    variables: Mapping[str, Mapping[str, Any]],
    is_default: bool,
) -> TemplateVersion:
    require_transaction()
    template, _ = Template.objects.get_or_create(key=key, defaults={"name": name, "recorded_at": at})
    Template.objects.select_for_update().get(id=template.id)
    latest = latest_versions([key]).get(key)
    if latest is not None and _says_the_same(latest, texts, variables):
        return latest
    version = TemplateVersion.objects.create(
        template=template, number=latest.number + 1 if latest else 1, subject=texts.subject, body=texts.body,
        plain=texts.plain, short=texts.short, variables=dict(variables), is_default=is_default,
        author_label=by.label, recorded_at=at,
    )  # fmt: skip
    record_audit(
        by=by, at=at, verb="message.edit_template", object_type="template", object_id=template.id,
        after={"key": key, "number": version.number},
    )  # fmt: skip
    return version


def _says_the_same(version: TemplateVersion, texts: TemplateTexts, variables: Mapping[str, Mapping[str, Any]]) -> bool:
    return (version.subject, version.body, version.plain, version.short, version.variables) == (
        texts.subject,
        texts.body,
        texts.plain,
        texts.short,
        dict(variables),
    )
