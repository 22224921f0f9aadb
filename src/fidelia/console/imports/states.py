"""Where an import stands: its badge, the page it is on, the four steps above each page."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from fidelia.intake.models import Import, ImportState
from fidelia.ui.parts import Step

# The look of a state (ui.STATES) and its word.
BADGES: Mapping[str, tuple[str, str | Promise]] = {
    ImportState.MAPPING: ("draft", _lazy("Columns to name")),
    ImportState.CHECKING: ("running", _lazy("Being checked")),
    ImportState.CHECKED: ("planned", _lazy("Checked")),
    ImportState.RECORDING: ("running", _lazy("Being recorded")),
    ImportState.DONE: ("imported", _lazy("Imported")),
    ImportState.STOPPED: ("stopped", _lazy("Stopped")),
    ImportState.FAILED: ("failed", _lazy("Failed")),
    ImportState.UNDONE: ("withdrawn", _lazy("Taken back")),
}
PAGES: Mapping[str, str] = {
    ImportState.MAPPING: "import-columns",
    ImportState.CHECKING: "import-check",
    ImportState.CHECKED: "import-check",
}
STEPS = ("import-columns", "import-check", "import-result")


def page_of_import(found: Import) -> str:
    """Return the name of the page on which an import is now."""
    if found.state in (ImportState.STOPPED, ImportState.FAILED) and found.started_at is None:
        return "import-check"
    return PAGES.get(found.state, "import-result")


def url_of_import(found: Import, page: str = "") -> str:
    return reverse(f"console:{page or page_of_import(found)}", args=[found.id])


def steps_of(found: Import | None, page: str) -> list[Step]:
    """Return file, columns, check, import: those before the page are done, and are links while they can be changed."""
    texts = (_("Columns"), _("Check"), _("Import"))
    if found is None:
        return [Step(_("File"), "now"), *(Step(text, "next") for text in texts)]
    at = STEPS.index(page)
    reached = STEPS.index(page_of_import(found))
    steps = [Step(_("File"), "done")]
    for place, (name, text) in enumerate(zip(STEPS, texts, strict=True)):
        url = url_of_import(found, name) if place <= reached and place != at else ""
        steps.append(Step(text, "now" if place == at else "done" if place < at else "next", url))
    return steps
