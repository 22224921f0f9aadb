"""Search (Ctrl K): what a finder recognises in what was typed. Pages are found here; modules add finders of their own.

A finder takes the actor and the text and returns at most `RESULTS_MAX` results, each with its heading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from fidelia.kernel.actor import Actor
from fidelia.kernel.folding import fold

from .finders import find_customers, find_products, find_purchases, find_stores
from .finders_steering import find_campaigns, find_programmes, find_segments
from .finders_verbs import find_imports, find_verbs
from .menu import menu_for
from .pages import ConsoleRequest, show, signed_in
from .search_results import RESULTS_MAX, Result

TEXT_MAX = 200


Finder = Callable[[Actor, str], Iterable[Result]]


def find_pages(actor: Actor, text: str) -> list[Result]:
    """Return the pages of the menu whose name begins with, or has a word that begins with, the text."""
    wanted = fold(text)
    entries = menu_for(actor, "", {}).every_entry()
    found = [entry for entry in entries if any(word.startswith(wanted) for word in _beginnings(str(entry.text)))]
    return [Result(_("Pages"), entry.text, entry.url, entry.icon) for entry in found]


FINDERS: list[Finder] = [find_customers, find_purchases, find_pages, find_programmes, find_segments, find_campaigns]
FINDERS += [find_products, find_stores, find_imports, find_verbs]


@signed_in
def search(request: ConsoleRequest) -> HttpResponseBase:
    text = request.GET.get("q", "").strip()[:TEXT_MAX]
    found = [result for finder in FINDERS for result in list(finder(request.actor, text))[:RESULTS_MAX]] if text else []
    groups = [(heading, list(results)) for heading, results in groupby(found, key=lambda result: result.heading)]
    return show(request, "console/search.html", {"text": text, "groups": groups}, partial="results")


def _beginnings(text: str) -> list[str]:
    folded = fold(text)
    return [folded, *folded.split()]
