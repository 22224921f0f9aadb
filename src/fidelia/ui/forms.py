"""Forms look the same everywhere: `{{ form }}` renders the list of mistakes and each field by our templates."""

from __future__ import annotations

from django.forms.renderers import DjangoTemplates


class Renderer(DjangoTemplates):
    """FORM_RENDERER of the installation."""

    form_template_name = "ui/form.html"
