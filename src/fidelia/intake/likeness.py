"""How much the name of a column is like the names that something has. Knows no Django."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from fidelia.kernel.folding import fold

from .lexicon import in_english

SURE = 0.85  # at least so much like a known name that nobody needs to be asked
RESEMBLING = 0.55
IN_ENGLISH = 0.98  # what a reading in another language counts
LAST_STEP = 0.96
ALIKE = 0.82  # of the letters, in names that share no word
ALIKE_MOST = 0.7
_CAMEL = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_FILLERS = frozenset({"de", "du", "d", "des", "la", "le", "l", "les", "of", "the", "a", "au", "en", "et", "and"})
_SHORT = {
    "n": "no", "num": "no", "numero": "no", "nr": "no", "nbr": "nb", "number": "no", "nb": "nb", "nombre": "nb",
    "identifiant": "id", "ident": "id", "code": "code", "cod": "code", "dt": "date", "mt": "montant", "mnt": "montant",
    "mtt": "montant", "art": "article", "lib": "libelle", "cli": "client", "mag": "magasin", "tel": "telephone",
    "adr": "adresse", "addr": "address", "cp": "code postal", "qte": "quantite", "qty": "quantity", "px": "prix",
    "desc": "description", "cat": "category", "amt": "amount", "disc": "discount", "cust": "customer",
    "naiss": "naissance", "rem": "remise", "fid": "fidelite", "transac": "transaction", "trans": "transaction",
    "tkt": "ticket", "ref": "reference", "prod": "product", "txn": "transaction", "trx": "transaction",
    "cd": "code", "nm": "name", "dept": "department", "exp": "expiration", "port": "portable", "ctry": "country",
    "bal": "balance", "cnt": "count", "trn": "transaction", "tran": "transaction", "descr": "description",
    "acct": "account",
    "loc": "location", "sls": "sales", "ext": "extended", "prc": "price", "uprc": "unit price", "adr1": "adresse 1",
    "adr2": "adresse 2", "street2": "street 2", "dtm": "date", "dttm": "date time", "ts": "timestamp",
    "dat": "date", "heu": "heure", "pts": "points", "addr1": "address 1", "dob": "birth date",
}  # fmt: skip

# A word beside which a name means another thing: the note of a customer is no customer.
_OTHER_THINGS = frozenset(
    ("note", "notes", "status", "statut", "type", "method", "mode", "comment", "commentaire", "reason", "motif", "zone")
)
# Words that name nothing where another word stands beside them.
_SAYING_LITTLE = frozenset(
    (
        *("name", "title", "label", "value", "count", "group", "item", "id", "nb", "card", "bon", "site", "reference"),
        *("text", "line", "rate", "number", "no", "details"),
    )
)


# GL_QTEFACT, T_TIERS: tables of old programs have their letters before the names of all their columns.
_OF_TABLE = re.compile(r"^(?!(?:ID|NO|NB|CA|PU|PV|PA|MT|CD|DT|TX|QT|PX|CP|HT|UM)_)[A-Z]{1,2}_(?=[A-Z][A-Z0-9_]{3,}$)")
# Written together in names of databases: PUTTC, TOTALTTC, QTEFACT, CODEPOSTAL.
_GLUED = re.compile(
    r"(?:code|date|heure|numero|num|nom|prix|total|montant|mt|pu|px|qte|remise|taux|lib|libelle|famille|ref|id)"
    r"(?=(?:ttc|ht|fact|article|client|piece|ligne|unit|postal|naissance|creation|vente|niv|mag|magasin|tiers|"
    r"caisse|ticket|achat|net|brut|produit|commande)\w{0,3}$)"
)
_ALONE = frozenset(("sale", "description", "id", "nb", "no", "type", "value", "count", "group"))


_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")  # C.P., P.V.P.
_STEPS = re.compile(r"(?<=\w)[/\\](?=\w)|(?<=[^\W\d_])\.(?=[^\W\d_])")


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded, in one spelling each: "N° ticket" is ("no", "ticket")."""
    spelled = [part for word in _apart(name) for part in _SHORT.get(word, word).split()]
    return tuple(word for word in spelled if word not in _FILLERS) or tuple(spelled)


@lru_cache(maxsize=20_000)
def words_in_english(name: str) -> tuple[str, ...]:
    """Return the words of a name in English, as far as they are known, in one spelling each; () where none is."""
    said = in_english(_apart(name))
    spelled = [part for word in said for part in _SHORT.get(word, word).split()]
    return tuple(word for word in spelled if word not in _FILLERS)


@lru_cache(maxsize=20_000)
def all_words_of(name: str) -> frozenset[str]:
    """Return its words as they stand and in English; of a path those of its last step."""
    steps = _STEPS.split(_undotted(name))
    last = steps[-1] if len(words_of(steps[-1])) else name
    return frozenset((*words_of(last), *words_in_english(last)))


def _undotted(name: str) -> str:
    return _DOTTED.sub(lambda found: found[0].replace(".", "") + " ", name.strip())


def _apart(name: str) -> tuple[str, ...]:
    apart = _CAMEL.sub(" ", _OF_TABLE.sub("", _undotted(name)))
    return tuple(
        part for word in fold(apart).split() for part in _GLUED.sub(lambda found: f"{found[0]} ", word).split()
    )


@lru_cache(maxsize=20_000)
def _readings(name: str) -> tuple[tuple[tuple[str, ...], float], ...]:
    """Return the words of a name as they may be meant, and how much each reading counts.

    As they stand; in English; of a path the last step, with the one before it: “lineItem.label” is a label.
    """
    found = {words_of(name): 1.0}
    if (english := words_in_english(name)) and english not in found:
        found[english] = IN_ENGLISH
    steps = [step for step in _STEPS.split(_undotted(name)) if step.strip()]
    if len(steps) > 1:
        for text in (steps[-1], " ".join(steps[-2:])):
            for words in (words_of(text), words_in_english(text)):
                if words:
                    found.setdefault(words, LAST_STEP)
    return tuple(found.items())


@dataclass(frozen=True, slots=True)
class _Synonyms:
    """Synonyms by their letters in one, by each of their words, as they are spelled; with what their place takes."""

    joined: dict[str, float]
    by_word: dict[str, list[tuple[tuple[str, ...], float]]]
    spelled: tuple[tuple[str, tuple[str, ...], float], ...]


@lru_cache(maxsize=2_000)
def _known(synonyms: tuple[str, ...]) -> _Synonyms:
    joined: dict[str, float] = {}
    by_word: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    spelled = []
    for place, synonym in enumerate(synonyms):
        words, less = words_of(synonym), min(place, 40) * 0.001
        joined.setdefault("".join(words), less)
        for word in set(words):
            by_word.setdefault(word, []).append((words, less))
        spelled.append((" ".join(words), words, less))
    return _Synonyms(joined, by_word, tuple(spelled))


@lru_cache(maxsize=100_000)
def likeness(name: str, synonyms: tuple[str, ...]) -> float:
    """Return from 0 to 1 how much a name is like the nearest synonym; the first synonyms count a little more."""
    known = _known(synonyms)
    best = 0.0
    for words, counts in _readings(name):
        if (less := known.joined.get("".join(words))) is not None:
            best = max(best, counts - less)
        for word in words:
            for synonym, less in known.by_word.get(word, ()):
                best = max(best, _by_words(words, synonym) * counts - less)
    if best >= ALIKE_MOST:
        return best
    words = words_of(name)
    letters = " ".join(words)
    for text, synonym, less in known.spelled:
        if letters[:1] != text[:1] or 2 * min(len(letters), len(text)) <= ALIKE * (len(letters) + len(text)):
            continue  # slips of the pen spare the first letter
        if not (set(words) <= set(synonym) or set(synonym) <= set(words)):
            best = max(best, _spelled_alike(letters, text) - less)
    return best


@lru_cache(maxsize=200_000)
def _by_words(name: tuple[str, ...], synonym: tuple[str, ...]) -> float:
    if name == synonym or "".join(name) == "".join(synonym):
        return 1.0
    ours, theirs = set(name), set(synonym)
    if ours == theirs:
        return 0.97
    if theirs < ours:
        more = ours - theirs
        is_other_thing = bool(more & _OTHER_THINGS) or (len(synonym) == 1 and synonym[0] in _SAYING_LITTLE)
        return 0.35 if is_other_thing else 0.55 + 0.3 * len(synonym) / len(name)
    if ours < theirs:
        return (
            0.35 if ours <= _ALONE or all(len(word) == 1 for word in name) else 0.45 + 0.3 * len(name) / len(synonym)
        )  # an ID is no VAT ID
    return 0.0


def _spelled_alike(name: str, synonym: str) -> float:
    # Bounds first, by the lengths (above) and by the letters in common: to match each pair, a file of a thousand
    # columns took two minutes.
    if _common_letters(name, synonym) <= ALIKE * (len(name) + len(synonym)) / 2:
        return 0.0
    ratio = SequenceMatcher(None, name, synonym).ratio()
    return ALIKE_MOST * ratio if ratio > ALIKE else 0.0


def _common_letters(name: str, synonym: str) -> int:
    ours, theirs = _letters_of(name), _letters_of(synonym)
    return sum(min(count, theirs[letter]) for letter, count in ours.items() if letter in theirs)


@lru_cache(maxsize=20_000)
def _letters_of(text: str) -> Counter[str]:
    return Counter(text)
