"""Codes in the words of a rule, said by their names: segments, stores, tiers and groups that are known here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import get_language

from fidelia.customers.queries import list_segments
from fidelia.insight.measures.segments import SEGMENT_BY_KEY
from fidelia.kernel.actor import Actor
from fidelia.organisation.queries import list_banners, list_stores
from fidelia.programme.queries import list_programmes, terms_of, version_in_force

_QUOTED = re.compile(r"(«[\u00a0\u202f ]|“)([^«»“”]+)([\u00a0\u202f ]»|”)")


def names_of_codes(by: Actor, at: datetime) -> dict[str, str]:
    """Return the names of the codes that rules speak of, as far as this person may see them; a few statements."""
    language = get_language() or "en"
    names = {key: group.name.in_language(language) for key, group in SEGMENT_BY_KEY.items()}
    names |= {banner.code: banner.name for banner in list_banners()}
    names |= {store.code: store.name for store in list_stores(by=by)}
    if by.may("segment.see"):
        names |= {segment.key: segment.name.in_language(language) for segment in list_segments(by=by)}
    for programme in list_programmes():
        version = version_in_force(programme, at)
        tiers = terms_of(version.id).tiers if version else None
        names |= {level.key: level.name.in_language(language) for level in (tiers.levels if tiers else ())}
    return names


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a sentence with each quoted code that has a name said by it; other quotations stay."""
    return _QUOTED.sub(lambda found: f"{found[1]}{names.get(found[2], found[2])}{found[3]}", text)
