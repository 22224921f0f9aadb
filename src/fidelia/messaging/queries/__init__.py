"""Questions to messaging: templates and how they look, messages and what became of them, links to unsubscribe."""

from .messages import (
    count_by_state,
    get_message,
    get_template_version,
    latest_versions,
    list_messages,
    list_templates,
    name_of_template,
    preview_template,
    texts_of,
)
from .rendering import Rendered, TemplateTexts, render
from .senders import (
    PORTAL_PATH,
    UNSUBSCRIBE_PATH,
    portal_url_for,
    read_portal_token,
    read_unsubscribe_token,
    unsubscribe_url_for,
)

__all__ = [
    "PORTAL_PATH",
    "UNSUBSCRIBE_PATH",
    "Rendered",
    "TemplateTexts",
    "count_by_state",
    "get_message",
    "get_template_version",
    "latest_versions",
    "list_messages",
    "list_templates",
    "name_of_template",
    "portal_url_for",
    "preview_template",
    "read_portal_token",
    "read_unsubscribe_token",
    "render",
    "texts_of",
    "unsubscribe_url_for",
]
