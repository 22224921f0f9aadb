"""Propose what holds for a whole file: its currency, its source, what its customers are named by, what is no product.

Knows no Django.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fidelia.kernel.folding import fold
from fidelia.kernel.money import UnknownCurrency, exponent_of

from .countries import country_names
from .doubts import Doubt, because
from .likeness import all_words_of, words_of
from .oddities import propose_oddity
from .profiles import Profile
from .proposals import OptionProposal
from .scanning import Scan, scan
from .tables import Table
from .targets import Option, Target

SOURCE_MAX = 60
CODES_MAX = 100
_NOT_PRODUCTS = re.compile(
    r"\b(?:post|postage|carriage|shipping|delivery|freight|discount|manual|samples?|bank charges|fees?|commission"
    r"|adjust\w*|bad debt|rounding|deposit|gift wrap|tips?|port|frais|livraison|transport|remise|escompte|arrondi"
    r"|acompte|avoir|emballage cadeau|consigne|pourboire|test|echantillons?|divers|ecotaxe|eco participation|dotcom)\b"
)
_WORDS_OF_CURRENCY = {
    "eur": "EUR", "euro": "EUR", "euros": "EUR", "gbp": "GBP", "pounds": "GBP", "sterling": "GBP", "usd": "USD",
    "dollars": "USD", "chf": "CHF", "cad": "CAD",
}  # fmt: skip

# Countries with one time zone, and their currency.
COUNTRIES = {
    "GB": ("GBP", "Europe/London"), "CH": ("CHF", "Europe/Zurich"), "PL": ("PLN", "Europe/Warsaw"),
    "DK": ("DKK", "Europe/Copenhagen"), "SE": ("SEK", "Europe/Stockholm"), "NO": ("NOK", "Europe/Oslo"),
    "CZ": ("CZK", "Europe/Prague"), "FR": ("EUR", "Europe/Paris"), "BE": ("EUR", "Europe/Brussels"),
    "LU": ("EUR", "Europe/Luxembourg"), "DE": ("EUR", "Europe/Berlin"), "NL": ("EUR", "Europe/Amsterdam"),
    "IE": ("EUR", "Europe/Dublin"), "IT": ("EUR", "Europe/Rome"), "AT": ("EUR", "Europe/Vienna"),
    "FI": ("EUR", "Europe/Helsinki"), "MA": ("MAD", "Africa/Casablanca"), "TN": ("TND", "Africa/Tunis"),
    "SN": ("XOF", "Africa/Dakar"), "CI": ("XOF", "Africa/Abidjan"), "JP": ("JPY", "Asia/Tokyo"),
}  # fmt: skip
COUNTRY_SHARE = 0.75
_UTC = frozenset(("utc", "gmt"))
_SIGN_OF_MANY = because(
    "The sign beside the amounts is that of several currencies.",
    "Le signe à côté des montants est celui de plusieurs devises.",
)
_NOT_SAID = because("The file does not say its currency.", "Le fichier ne dit pas sa devise.")


@dataclass(frozen=True, slots=True)
class _File:
    """What an option is proposed from."""

    table: Table
    columns: Mapping[str, str]
    profiles: Mapping[str, Profile]
    known: Mapping[str, Any]
    scan: Scan


def propose_options(
    table: Table, target: Target, columns: Mapping[str, str], profiles: Sequence[Profile], known: Mapping[str, Any]
) -> list[OptionProposal]:
    """Propose each option of a target; those of which nothing is known stand at their default."""
    by_name = {profile.name: profile for profile in profiles}
    is_of_lines = any(option.name == "not_products" for option in target.options)
    file = _File(table, columns, by_name, known, scan(table, columns) if is_of_lines else Scan())
    return [_propose(option, file) for option in target.options]


def _propose(option: Option, file: _File) -> OptionProposal:
    by_name = _PROPOSERS.get(option.name)
    found = (
        by_name(option, file)
        if by_name is not None
        else propose_oddity(option.name, file.columns, file.profiles, file.scan)
    )
    if found is not None:
        return found
    if file.known.get(option.name) not in (None, ""):
        return OptionProposal(option.name, file.known[option.name], because("as you usually do", "comme à l’habitude"))
    return OptionProposal(option.name, option.default, because("the default", "valeur par défaut"))


def _currency(option: Option, file: _File) -> OptionProposal | None:
    """By a column of currencies, by the signs beside amounts, by a word in a name of a column."""
    marks: Counter[str] = Counter()
    if "currency" in file.columns:
        marks.update(code.upper() for code in file.profiles[file.columns["currency"]].examples if _is_currency(code))
    usual, unclear = str(file.known.get("currency") or ""), set[str]()
    for profile in file.profiles.values():
        if profile.currencies:
            marks[_currency_of_sign(profile.currencies, usual, file)] += 1
            unclear |= set(profile.currencies) if len(profile.currencies) > 1 else set()
    for name in file.table.columns:
        marks.update(_WORDS_OF_CURRENCY[word] for word in words_of(name) if word in _WORDS_OF_CURRENCY)
        marks.update(code for sign, code in (("€", "EUR"), ("£", "GBP"), ("$", "USD")) if sign in name)
    if marks:
        best = max(marks, key=lambda code: marks[code])
        others = tuple(code for code in marks if code != best)
        several = because("The file speaks of several currencies: only rows of one are taken.",
                          "Le fichier parle de plusieurs devises : une seule est reprise.")  # fmt: skip
        doubt = Doubt("currency", best, several, others) if others else None
        if doubt is None and best in unclear and best != usual:
            doubt = Doubt("currency", best, _SIGN_OF_MANY, tuple(sorted(unclear - {best})))
        return OptionProposal("currency", best, because("the file says so", "le fichier le dit"), doubt)
    there = COUNTRIES.get(_country_of_most(file), ("", ""))[0]
    if there and there != usual:
        reason = because(
            "most rows are of a country that pays in it", "la plupart des lignes sont d’un pays qui paie ainsi"
        )
        others = (usual,) if usual else ()
        return OptionProposal("currency", there, reason, Doubt("currency", there, _NOT_SAID, others))
    if not usual:
        return None
    reason = because("your own currency; the file names none", "votre devise ; le fichier n’en nomme pas")
    return OptionProposal("currency", usual, reason, Doubt("currency", usual, _NOT_SAID))


def _currency_of_sign(codes: Sequence[str], usual: str, file: _File) -> str:
    """One sign is of many currencies: yours, that of the country of most rows, or by how amounts are written: in Canada
    12,50 $ is French, and nobody else puts a comma before the cents of dollars."""
    there = COUNTRIES.get(_country_of_most(file), ("", ""))[0]
    for likely in (usual, there, "CAD" if file.table.reading.decimal == "," else ""):
        if likely in codes:
            return likely
    return codes[0]


def _country_of_most(file: _File) -> str:
    """Return the country of three quarters of the rows of the sample; empty where there is no such."""
    if "country" not in file.columns:
        return ""
    profile = file.profiles[file.columns["country"]]
    return country_names().get(fold(profile.usual), "") if profile.usual_share >= COUNTRY_SHARE else ""


def _time_zone(option: Option, file: _File) -> OptionProposal | None:
    if "occurred_at" in file.columns and _UTC & set(words_of(file.columns["occurred_at"])):
        return OptionProposal("time_zone", "UTC", because("the name of the dates says so", "le nom des dates le dit"))
    zone = COUNTRIES.get(_country_of_most(file), ("", ""))[1]
    if not zone:
        return None
    return OptionProposal(
        "time_zone", zone, because("most rows are of that country", "la plupart des lignes sont de ce pays")
    )


def _is_currency(text: str) -> bool:
    try:
        exponent_of(text.upper())
    except UnknownCurrency:
        return False
    return True


def _source(option: Option, file: _File) -> OptionProposal:
    """By the file's name without what changes from one file to the next: dates, numbers, the ending."""
    stem = file.table.path.name.split(".")[0]
    words = [word for word in re.split(r"[^a-z0-9]+", fold(stem).replace(" ", "-")) if word and not word.isdigit()]
    name = "-".join(words)[:SOURCE_MAX].strip("-") or "file"
    return OptionProposal("source", name, because("by the name of the file", "d’après le nom du fichier"))


def _customer_scheme(option: Option, file: _File) -> OptionProposal | None:
    if "customer" not in file.columns:
        return None
    profile = file.profiles[file.columns["customer"]]
    words = all_words_of(profile.name)
    if profile.share("email") > 0.5:
        return OptionProposal("customer_scheme", "email", because("they are addresses", "ce sont des adresses"))
    if words & {"card", "carte", "loyalty", "fidelite"}:
        return OptionProposal("customer_scheme", "card", because("by the name of the column", "d’après son nom"))
    if profile.share("phone") > 0.5:
        return OptionProposal("customer_scheme", "phone", because("they are telephone numbers", "ce sont des numéros"))
    return None


def _language(option: Option, file: _File) -> OptionProposal | None:
    """By the language of the header: who writes “quantité” sells to people who read it."""
    words = {word for name in file.table.columns for word in words_of(name)}
    french = len(
        words & {"quantite", "prix", "montant", "libelle", "magasin", "client", "carte", "ticket", "nom", "pays"}
    )
    english = len(
        words & {"quantity", "price", "amount", "description", "store", "customer", "card", "name", "country"}
    )
    if french == english:
        return None
    found = "fr" if french > english else "en"
    return OptionProposal("language", found, because("by the language of the header", "d’après la langue de l’en-tête"))


def _not_products(option: Option, file: _File) -> OptionProposal | None:
    """Codes unlike the others (no digit where nearly all have some, or very short) whose words say postage or fee."""
    described = file.scan.described
    with_digits = sum(any(map(str.isdigit, code)) for code in described)
    usual = with_digits > 0.8 * len(described)
    codes = [
        code.strip()
        for code, description in described.items()
        if code.strip() and _is_no_product(code.strip(), description, usual=usual)
    ]
    if not codes:
        return None
    found = sorted(codes)[:CODES_MAX]
    reason = because("codes unlike the others that speak of postage, fees or corrections",
                     "codes à part qui parlent de port, de frais ou de corrections")  # fmt: skip
    look = because("Check whether these are products at all: {codes}.",
                   "Vérifiez si ce sont bien des articles : {codes}.",
                   codes=", ".join(found[:10]))  # fmt: skip
    return OptionProposal("not_products", found, reason, Doubt("not_products", tuple(found), look))


def _is_no_product(code: str, description: str, *, usual: bool) -> bool:
    word = fold(code).rstrip("0123456789 ")  # ADJUST2, TEST001
    if _is_odd(code, usual=usual):
        return _NOT_PRODUCTS.search(fold(f"{code} {description}")) is not None
    return bool(word) and _NOT_PRODUCTS.fullmatch(word) is not None


def _is_odd(code: str, *, usual: bool) -> bool:
    has_digit = any(map(str.isdigit, code))
    return (usual and not has_digit) or len(code) <= 2 or not usual


_PROPOSERS: dict[str, Callable[[Option, _File], OptionProposal | None]] = {
    "currency": _currency,
    "time_zone": _time_zone,
    "source": _source,
    "customer_scheme": _customer_scheme,
    "language": _language,
    "not_products": _not_products,
}
