"""Put the parts of a path of categories in their order, whatever the file calls them. Knows no Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .likeness import SURE, all_words_of
from .prices import Chosen
from .profiles import Profile
from .targets import Target

NEARLY_ALL = 0.95
_WORDS = frozenset(
    (
        *("category", "categorie", "subcategory", "department", "departement", "division", "univers", "universe"),
        *("rayon", "aisle", "section", "secteur", "famille", "family", "class", "subclass", "classe", "segment"),
        *("group", "groupe", "commodity", "warengruppe", "kategorie", "reparto", "familia", "subfamilia", "range"),
    )
)
_OTHERWISE = frozenset(
    (
        "code",
        "id",
        "no",
        "tax",
        "taxe",
        "tva",
        "vat",
        "price",
        "prix",
        "age",
        "customer",
        "client",
        *("colour", "color", "couleur", "garment", "index", "tipo"),
    )
)


def settle_paths(
    target: Target, chosen: Chosen, profiles: Sequence[Profile], cells: Mapping[str, Sequence[str]]
) -> None:
    """Choose the columns of categories of a file of products from the widest to the narrowest.

    For targets with the columns category, category_2…; others are left as they are. `cells` are those of the sample by
    the names of the file's columns. One column is part of another where each of its values stands beside one of the
    other's: all of “Tea” is in “Drinks”.
    """
    levels = ["category", *(f"category_{number}" for number in range(2, 10))]
    levels = [level for level in levels if level in {column.name for column in target.columns}]
    if len(levels) < 2:
        return
    taken = {profile.name for name, (profile, _score) in chosen.items() if name not in levels}
    named = [one for one in profiles if one.name not in taken and _is_category(one)]
    parts = sorted(named, key=lambda one: len(set(cells[one.name])))
    path: list[Profile] = []
    for part in parts:
        if len(path) < len(levels) and (not path or _is_within(cells[part.name], cells[path[-1].name])):
            path.append(part)
    if len(path) > 1:
        for level in levels:
            chosen.pop(level, None)
        chosen.update({level: (part, SURE) for level, part in zip(levels, path, strict=False)})


def _is_category(profile: Profile) -> bool:
    words = all_words_of(profile.name)
    return bool(words & _WORDS) and not words & _OTHERWISE and profile.values > 0


def _is_within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Two columns of equally many values are one and the same, said twice."""
    beside: dict[str, set[str]] = {}
    for one, other in zip(part, whole, strict=True):
        if one.strip():
            beside.setdefault(one.strip(), set()).add(other.strip())
    single = sum(len(others) == 1 for others in beside.values())
    wider = {other for others in beside.values() for other in others}
    return len(beside) > len(wider) and single >= NEARLY_ALL * len(beside)
