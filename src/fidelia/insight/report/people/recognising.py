"""Recognise what a column of a file of people is: by its name, and by what it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fidelia.insight.errors import NothingToReport
from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _

ARMS_MAX: Final = 6
GROUP_WORDS: Final = (
    "treatment", "treated", "treat", "arm", "group", "variant", "segment", "campaign", "test", "exposed", "cell",
    "traitement", "traite", "groupe", "bras", "variante", "campagne", "expose", "temoin", "control", "controle",
)  # fmt: skip
CAMPAIGN_WORDS: Final = ("campaign", "campagne", "promotion", "offer", "offre", "operation")
RESPONSE_WORDS: Final = (
    "response", "responded", "respond", "conversion", "converted", "convert", "visit", "visited", "churn", "churned",
    "exited", "click", "clicked", "opened", "bought", "purchased", "purchase", "subscribed", "target", "outcome",
    "answered", "left", "label", "y", "reponse", "repondu", "visite", "achat", "achete", "clic", "ouvert", "resilie",
    "resiliation", "parti", "depart", "cible",
)  # fmt: skip
AMOUNT_WORDS: Final = ("spend", "spent", "revenue", "amount", "sales", "depense", "montant", "ca", "vente", "ventes")
SATISFACTION_WORDS: Final = (
    "satisfaction", "satisfied", "csat", "nps", "recommend", "recommendation", "rating", "stars", "survey", "review",
    "satisfait", "avis", "enquete", "recommandation", "recommande", "etoiles", "note",
)  # fmt: skip
SCALE_MAX: Final = 100
LEVELS_MAX: Final = 101
ID_WORDS: Final = ("id", "identifier", "identifiant", "customerid", "clientid", "email", "mail", "name", "nom", "phone")
# How a group that was left alone is called.
CONTROL: Final = re.compile(
    r"^(no|non|none|not|aucun|aucune|sans|pas|ctrl|control|contr[oô]le|t[eé]moin|hold ?-?out|placebo|reference|0|false|"
    r"faux|off|untreated|nontraite)\b",
    re.IGNORECASE,
)
YES: Final = frozenset({"1", "yes", "y", "true", "oui", "o", "vrai", "1.0"})
NO: Final = frozenset({"0", "no", "n", "false", "non", "faux", "0.0"})
_ACCENTS: Final = str.maketrans("àâäéèêëîïôöùûüç", "aaaeeeeiioouuuc")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column is what: the group, the value of its control, and what people did."""

    treatment: str
    control: str
    responses: tuple[str, ...]


def recognise(
    texts: Mapping[str, Sequence[str]], *, treatment: str = "", control: str = "", responses: Sequence[str] = ()
) -> Roles:
    """Say which columns are the group and what people did; what is given is taken, the rest is guessed.

    Raises NothingToReport when a given column or value is not in the file.
    """
    for name in (treatment, *responses):
        if name and name not in texts:
            told = _("The file has no column “{column}”; it has {columns}.")
            raise NothingToReport(Sentence(told, column=name, columns=", ".join(texts)))
    column = treatment or next((name for name, values in texts.items() if is_treatment(name, values)), "")
    left_alone = _control_of(column, texts[column], control) if column else ""
    did = tuple(responses) or tuple(
        name
        for name, values in texts.items()
        if name != column and (is_response(name, values) or is_amount(name, values))
    )
    return Roles(column, left_alone, did)


def is_treatment(name: str, texts: Sequence[str]) -> bool:
    """A few groups by name, of which one was left alone."""
    values = {text for text in texts if text}
    if not 2 <= len(values) <= ARMS_MAX or not is_named(name, GROUP_WORDS):
        return False
    return sum(bool(CONTROL.match(value)) for value in values) == 1


def is_response(name: str, texts: Sequence[str]) -> bool:
    """Yes or no by what it holds, and a deed by its name."""
    return is_named(name, RESPONSE_WORDS) and is_yes_or_no(texts)


def is_amount(name: str, texts: Sequence[str]) -> bool:
    """Money by its name, and numbers of which some are 0: what people spent afterwards."""
    if not is_named(name, AMOUNT_WORDS):
        return False
    numbers = numbers_in(texts)
    return bool(np.isfinite(numbers).any() and (numbers == 0).any() and (numbers > 0).any())


def is_satisfaction(name: str, texts: Sequence[str]) -> bool:
    """An answer on a scale by its name, and numbers from 0 to 100 at most, few of them different."""
    if not is_named(name, SATISFACTION_WORDS):
        return False
    numbers = numbers_in([text for text in texts if text])
    values = set(numbers.tolist())
    on_a_scale = bool(np.isfinite(numbers).all()) and all(0 <= value <= SCALE_MAX for value in values)
    return on_a_scale and 2 <= len(values) <= LEVELS_MAX


def is_id(name: str, texts: Sequence[str]) -> bool:
    """A name or a number that belongs to one person alone."""
    values = [text for text in texts if text]
    return len(values) > 1 and len(set(values)) == len(values) and (is_named(name, ID_WORDS) or not _is_numeric(values))


def is_yes_or_no(texts: Sequence[str]) -> bool:
    values = {text.lower() for text in texts if text}
    return len(values) == 2 and len(values & YES) == 1 and len(values & NO) == 1


def yes_in(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return 1 for yes, 0 for no, and NaN for what is neither."""
    return np.array([1.0 if text.lower() in YES else 0.0 if text.lower() in NO else np.nan for text in texts])


def numbers_in(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the numbers, in either way of writing decimals, and NaN for what is none."""
    known: dict[str, float] = {text: _number(text) for text in set(texts)}
    return np.array([known[text] for text in texts])


def _number(text: str) -> float:
    plain = re.sub(r"[\s€$£\u00a0\u202f]", "", text)
    if "," in plain:
        plain = (
            plain.replace(".", "").replace(",", ".") if plain.rfind(",") > plain.rfind(".") else plain.replace(",", "")
        )
    try:
        value = float(plain)
    except ValueError:
        return float("nan")
    return value if np.isfinite(value) else float("nan")


def _is_numeric(values: Sequence[str]) -> bool:
    return bool(np.isfinite(numbers_in(values)).all())


def is_named(name: str, words: Sequence[str]) -> bool:
    """Whether one of the words stands in the name of a column, whatever its case, accents and joints."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    parts = re.split(r"[^a-z0-9]+", spaced.lower().translate(_ACCENTS))
    return any(part in words for part in parts) or "".join(parts) in words


def _control_of(column: str, texts: Sequence[str], given: str) -> str:
    values = Counter(text for text in texts if text)
    if given:
        if given not in values:
            told = _("Nobody has “{value}” in the column “{column}”; its values are {values}.")
            raise NothingToReport(Sentence(told, value=given, column=column, values=", ".join(sorted(values)[:12])))
        return given
    found = [value for value in sorted(values) if CONTROL.match(value)]
    if len(found) != 1 or not 2 <= len(values) <= ARMS_MAX:
        told = _("The column “{column}” does not tell who was left alone: say the value of the control group.")
        raise NothingToReport(Sentence(told, column=column))
    return found[0]
