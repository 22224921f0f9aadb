"""How much the name of a column is like the names that something has. Knows no Django."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from fidelia.kernel.folding import fold

SURE = 0.85  # at least so much like a known name that nobody needs to be asked
RESEMBLING = 0.55
ALIKE = 0.82  # of the letters, in names that share no word
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
    "bal": "balance", "pts": "points", "addr1": "address 1", "dob": "birth date",
}  # fmt: skip

# A word beside which a name means another thing: the note of a customer is no customer.
_OTHER_THINGS = frozenset(
    ("note", "notes", "status", "statut", "type", "method", "mode", "comment", "commentaire", "reason", "motif", "zone")
)
# Words that name nothing where another word stands beside them.
_SAYING_LITTLE = frozenset(
    ("name", "title", "label", "value", "count", "group", "item", "id", "nb", "card", "bon", "site")
)


# GL_QTEFACT, T_TIERS: tables of old programs have their letters before the names of all their columns.
_OF_TABLE = re.compile(r"^(?!(?:ID|NO|NB|CA|PU|PV|PA|MT|CD|DT|TX|QT|PX|CP|HT|UM)_)[A-Z]{1,2}_(?=[A-Z][A-Z0-9_]{3,}$)")
# Written together in names of databases: PUTTC, TOTALTTC, QTEFACT, CODEPOSTAL.
_GLUED = re.compile(
    r"(?:code|date|heure|numero|num|nom|prix|total|montant|mt|pu|px|qte|remise|taux|lib|libelle|famille|ref|id)"
    r"(?=(?:ttc|ht|fact|article|client|piece|ligne|unit|postal|naissance|creation|vente|niv|mag|magasin|tiers|"
    r"caisse|ticket|achat|net|brut|produit|commande)\w{0,3}$)"
)
_ALONE = frozenset(("id", "nb", "value", "count", "group"))


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded, in one spelling each: "N° ticket" is ("no", "ticket")."""
    apart = _CAMEL.sub(" ", _OF_TABLE.sub("", name.strip()))
    words = [part for word in fold(apart).split() for part in _GLUED.sub(lambda found: f"{found[0]} ", word).split()]
    spelled = [part for word in words for part in _SHORT.get(word, word).split()]
    return tuple(word for word in spelled if word not in _FILLERS) or tuple(spelled)


def likeness(name: str, synonyms: Sequence[str]) -> float:
    """Return from 0 to 1 how much a name is like the nearest synonym; the first synonyms count a little more."""
    best = 0.0
    for place, synonym in enumerate(synonyms):
        near = _near(words_of(name), words_of(synonym)) - min(place, 40) * 0.001
        best = max(best, near)
    return best


@lru_cache(maxsize=200_000)
def _near(name: tuple[str, ...], synonym: tuple[str, ...]) -> float:
    if not name or not synonym:
        return 0.0
    if name == synonym or "".join(name) == "".join(synonym):
        return 1.0
    if set(name) == set(synonym):
        return 0.97
    if set(synonym) < set(name):
        more = set(name) - set(synonym)
        is_other_thing = bool(more & _OTHER_THINGS) or (len(synonym) == 1 and synonym[0] in _SAYING_LITTLE)
        return 0.35 if is_other_thing else 0.55 + 0.3 * len(synonym) / len(name)
    if set(name) < set(synonym):
        return 0.35 if set(name) <= _ALONE else 0.45 + 0.3 * len(name) / len(synonym)  # an ID is no VAT ID
    return _spelled_alike(" ".join(name), " ".join(synonym))


def _spelled_alike(name: str, synonym: str) -> float:
    # Bounds first, by the lengths and by the letters in common: to match each pair, a file of a thousand columns took
    # two minutes.
    half = ALIKE * (len(name) + len(synonym)) / 2
    if min(len(name), len(synonym)) <= half or _common_letters(name, synonym) <= half:
        return 0.0
    ratio = SequenceMatcher(None, name, synonym).ratio()
    return 0.7 * ratio if ratio > ALIKE else 0.0


def _common_letters(name: str, synonym: str) -> int:
    ours, theirs = _letters_of(name), _letters_of(synonym)
    return sum(min(count, theirs[letter]) for letter, count in ours.items() if letter in theirs)


@lru_cache(maxsize=20_000)
def _letters_of(text: str) -> Counter[str]:
    return Counter(text)
