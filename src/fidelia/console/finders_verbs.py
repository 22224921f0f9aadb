"""What search finds beside things: what one can do, by the beginnings of its words; and files that were brought in."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from fidelia.intake.queries import list_imports, list_targets
from fidelia.kernel.actor import Actor
from fidelia.kernel.folding import fold

from .search_results import Result

LENGTH_MIN = 2
# The text of a verb, its address, its icon, and the rights of which one is needed.
VERBS: tuple[tuple[str | Promise, str, str, tuple[str, ...]], ...] = (
    (_lazy("Bring a file in"), "console:new_import", "file-import", ("file.keep",)),
    (_lazy("Points for past purchases"), "console:history", "coins", ("purchase.import",)),
    (_lazy("New customer"), "console:customer-new", "user-plus", ("customer.create",)),
    (_lazy("New segment"), "console:segment-new", "users-plus", ("segment.define",)),
    (_lazy("New campaign"), "console:campaign-new", "speakerphone", ("campaign.draft",)),
    (_lazy("New store"), "console:store-new", "building-store", ("store.add",)),
    (_lazy("New banner"), "console:banner-new", "flag", ("banner.add",)),
    (_lazy("New user"), "console:user-new", "user-plus", ("user.create",)),
    (_lazy("Issue a key"), "console:key-new", "key", ("key.issue",)),
    (_lazy("First steps"), "console:first-run", "route", ("programme.see", "operator.set_up")),
)
IMPORTS_LOOKED_AT = 200


def find_verbs(actor: Actor, text: str) -> Iterable[Result]:
    """Return what the person may do whose words begin as the text does."""
    wanted = fold(text).split()
    for verb, url_name, icon, rights in VERBS:
        words = fold(str(verb)).split()
        if all(any(word.startswith(part) for word in words) for part in wanted) and _may(actor, rights):
            yield Result(_("Do"), verb, reverse(url_name), icon)


def find_imports(actor: Actor, text: str) -> list[Result]:
    """Return the latest imports whose file's name has the text in it."""
    if len(text) < LENGTH_MIN or not list_targets(by=actor):
        return []
    wanted = text.casefold()
    found = [each for each in list_imports(by=actor, limit=IMPORTS_LOOKED_AT) if wanted in each.file_name.casefold()]
    return [
        Result(_("Imports"), each.file_name, reverse("console:import", args=[each.id]), "file-import", each.by_label)
        for each in found
    ]


def _may(actor: Actor, rights: Iterable[str]) -> bool:
    return any(actor.may_somewhere(right) for right in rights)
