"""What search finds in programmes, segments and campaigns: by the beginnings of words of a name, or by the key."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.campaigns.queries import list_campaigns
from fidelia.customers.queries import list_segments
from fidelia.kernel.actor import Actor
from fidelia.kernel.folding import fold
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.queries import see_programmes

from .programme_parts import language
from .search_results import Result


def find_programmes(actor: Actor, text: str) -> list[Result]:
    found = see_programmes(by=actor) if actor.may_somewhere("programme.see") else []
    meant = [one for one in found if _is_meant(text, one.slug, one.name)]
    return [_result(_("Programmes"), "award", "programme", one.slug, one.name) for one in meant]


def find_segments(actor: Actor, text: str) -> list[Result]:
    found = list_segments(by=actor) if actor.may("segment.see") else []
    meant = [one for one in found if _is_meant(text, one.key, one.name)]
    return [_result(_("Segments"), "users-group", "segment", one.key, one.name) for one in meant]


def find_campaigns(actor: Actor, text: str) -> list[Result]:
    found = list_campaigns(by=actor) if actor.may_somewhere("campaign.see") else []
    meant = [one for one in found if _is_meant(text, one.key, one.name)]
    return [_result(_("Campaigns"), "speakerphone", "campaign", one.key, one.name) for one in meant]


def _result(heading: str, icon: str, page: str, key: str, name: LocalizedText) -> Result:
    return Result(heading, name.in_language(language()), reverse(f"console:{page}", args=(key,)), icon, detail=key)


def _is_meant(text: str, key: str, name: LocalizedText) -> bool:
    wanted = fold(text)
    return any(part.startswith(wanted) for part in _beginnings([key, name.en, name.fr]))


def _beginnings(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        folded = fold(text)
        yield folded
        yield from folded.split()
