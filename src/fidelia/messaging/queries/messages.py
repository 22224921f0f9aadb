"""Questions about templates and messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum
from django.db.models.functions import Greatest

from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from ..errors import UnknownMessage, UnknownTemplate
from ..models import Message, State, Template, TemplateVersion
from .rendering import Rendered, TemplateTexts, examples_of, render
from .senders import STANDARD_EXAMPLES

LIMIT_MAX = 200


def latest_versions(keys: Collection[str]) -> dict[str, TemplateVersion]:
    """Return the version in use of each template, by key; one query."""
    versions = TemplateVersion.objects.filter(template__key__in=keys).select_related("template")
    newest = versions.order_by("template_id", "-number").distinct("template_id")
    return {version.template.key: version for version in newest}


def list_templates(*, by: Actor) -> list[Template]:
    """Return the templates by key. Raises Denied (message.see)."""
    by.require("message.see")
    return list(Template.objects.order_by("key"))


def name_of_template(key: str) -> LocalizedText | None:
    """Return what people call a template, None for one that is not there. Its texts want `get_template_version`."""
    found = Template.objects.filter(key=key).first()
    return None if found is None else found.name


def get_template_version(*, by: Actor, key: str, number: int | None = None) -> TemplateVersion:
    """Return a version of a template, the one in use if no number is given. Raises Denied, UnknownTemplate."""
    by.require("message.see")
    versions = TemplateVersion.objects.filter(template__key=key).select_related("template").order_by("-number")
    found = (versions if number is None else versions.filter(number=number)).first()
    if found is None:
        raise UnknownTemplate(f"There is no template “{key}” of that number.", key=key)
    return found


def preview_template(
    *, by: Actor, version: TemplateVersion, language: str, variables: Mapping[str, Any] | None = None
) -> Rendered:
    """Render a version with its examples, or with the variables given. Raises Denied, MalformedTemplate."""
    by.require("message.see")
    chosen = examples_of(version.variables) | dict(variables or {})
    return render(texts_of(version), language, {**STANDARD_EXAMPLES, **chosen})


def texts_of(version: TemplateVersion) -> TemplateTexts:
    """Return the texts of a saved version."""
    return TemplateTexts(version.subject, version.body, version.plain, version.short)


def get_message(*, by: Actor, message_id: UUID) -> Message:
    """Return one message. Raises Denied (message.see), UnknownMessage."""
    by.require("message.see")
    found = Message.objects.filter(id=message_id).select_related("version__template").first()
    if found is None:
        raise UnknownMessage("There is no such message.", message_id=str(message_id))
    return found


def list_messages(
    *,
    by: Actor,
    customer_ids: Iterable[UUID] | None = None,
    state: str | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Message]:
    """Return messages, the newest first: of a person (all `ids_of`), in a state, queued before, or all.

    Raises Denied.
    """
    by.require("message.see")
    messages = Message.objects.select_related("version__template")
    if customer_ids is not None:
        messages = messages.filter(customer_id__in=list(customer_ids))
    if state is not None:
        messages = messages.filter(state=state)
    if before is not None:
        messages = messages.filter(queued_at__lt=before)
    return list(messages.order_by("-queued_at", "-id")[: min(limit, LIMIT_MAX)])


def count_sent(keys: str) -> dict[str, int]:
    """Return by channel how many messages were sent whose idempotency key begins like this; texts as they are billed,
    in parts.
    """
    sent = Message.objects.filter(idempotency_key__startswith=keys, state=State.SENT)
    billed = Sum(Greatest("parts", 1))
    return dict(sent.values_list("channel").annotate(billed=billed).order_by("channel"))


def count_by_state() -> dict[str, int]:
    """Return how many messages are in each state; for the pages and checks of the system."""
    counted = dict(Message.objects.values_list("state").annotate(Count("id")).order_by())
    return {str(state): counted.get(str(state), 0) for state in State.values}
