"""Propose what only some files need: customers who are nobody, receipts that begin again, returns written as sales.

Knows no Django.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from fidelia.kernel.folding import fold

from .amounts import stands_once_for_all
from .doubts import Doubt, because
from .likeness import words_of
from .profiles import Profile
from .proposals import OptionProposal
from .scanning import Piece, Scan
from .states import (
    NOT_SOLD_STATES,
    PAYMENT_WORDS,
    REFUNDED_STATES,
    RETURN_WORDS,
    SALE_WORDS,
    says_of,
    words_of_no_lines,
    words_of_nothing_sold,
    words_of_returns,
)

NOBODY_MAX = 20
NOBODY = frozenset(
    (
        *("n a", "na", "nan", "null", "none", "nil", "inconnu", "unknown", "anonyme", "anonymous", "guest"),
        *("invite", "divers", "passage", "client de passage", "client passage", "client divers", "comptoir"),
        *("client comptoir", "comptant", "walk in", "walkin", "cash", "cash customer", "no card", "sans carte"),
        *("non", "no", "aucun", "aucune", "laufkunde", "not provided", "undefined", "missing", "vide", "sans"),
        *("guest customer", "guest checkout", "visiteur", "anonyme anonyme", "default customer", "barverkauf"),
        *("client anonyme", "client inconnu", "non identifie", "vente comptoir", "public", "publico"),
    )
)
_NOTHING = re.compile(r"[-–—./?#*_ ]+|0+(?:[.,]0)?|-1(?:[.,]0)?|#N/A|#N/D|#REF!|<NA>|\\N", re.IGNORECASE)
# Numbers that stand for nobody where they stand often: C0 beside C1 is a customer, C00000 in every third row is not.
_ROUND = re.compile(r"[A-Za-z]{0,4}[-_ ]?(?:0+|9{3,}|1{5,})")
_OFTEN = 3  # times as often as is usual
LARGE_SHARE = 0.1  # of the rows that name somebody: more than one customer buys
CREDIT_NOTES = frozenset(
    ("AV", "AVO", "AVOIR", "AVR", "CN", "CRN", "CR", "CM", "C", "RT", "RET", "RF", "RFD", "RMA", "R", "GS", "RE", "NC")
)
CREDIT_SHARE_MAX = 0.4
_NUMBERED = re.compile(r"([A-Za-z]*)[-_/ ]?[0-9][-0-9/]*")
RESTARTING = 0.1
STILL_MIXED = 0.02
TOGETHER = 0.02  # of the rows, that stand with another of the same customer and moment
NUMBER_LENGTH_MAX = 6
_PARTS = {"day": 1, "store": 2, "till": 3}
_KEYS = ("day", "store", "store_day", "till_day", "store_till", "store_till_day")
_RATES = frozenset(("pct", "percent", "percentage", "taux", "rate", "pourcentage"))
_CENTS = frozenset(("cents", "centimes", "cent", "centime", "minor", "pence"))


@dataclass(frozen=True, slots=True)
class _Seen:
    columns: Mapping[str, str]
    profiles: Mapping[str, Profile]
    scan: Scan

    def profile(self, name: str) -> Profile | None:
        return self.profiles[self.columns[name]] if name in self.columns else None


def propose_oddity(
    name: str, columns: Mapping[str, str], profiles: Mapping[str, Profile], scan: Scan
) -> OptionProposal | None:
    """Propose an option that most files leave at its default; None where this file does too."""
    proposer = _PROPOSERS.get(name)
    return proposer(_Seen(columns, profiles, scan)) if proposer is not None else None


def _nobody(seen: _Seen) -> OptionProposal | None:
    customers = seen.scan.customers
    often = _OFTEN * max(median(customers.values()), 1) if customers else 0
    found = sorted(
        (
            text
            for text, rows in customers.items()
            if _NOTHING.fullmatch(text)
            or fold(text) in NOBODY
            or (rows >= often and _ROUND.fullmatch(text) and not _is_one_of_a_row(text, customers))
        ),
        key=lambda text: -customers[text],
    )[:NOBODY_MAX]
    named = sum(seen.scan.customers.values()) - sum(seen.scan.customers[text] for text in found)
    frequent = [text for text in _frequent(seen.scan.customers, named) if text not in found]
    if not found and not frequent:
        return None
    reason = because("they stand where nobody is named", "elles tiennent lieu de client")
    doubt = None
    if frequent:
        look = because(
            "{who} has {share} of all rows that name somebody: counter sales under one number? Then name it here.",
            "{who} a {share} des lignes qui désignent quelqu’un : ventes de comptoir sous un seul numéro ? Si oui, "
            "indiquez-le ici.",
            who=frequent[0],
            share=f"{round(100 * seen.scan.customers[frequent[0]] / named)} %",
        )
        doubt = Doubt("nobody", tuple(found), look, tuple(frequent))
    return OptionProposal("nobody", found, reason, doubt)


def _is_one_of_a_row(text: str, customers: Mapping[str, int]) -> bool:
    """Whether the numbers before and after are customers too: of 23,570 numbered ones 11111 is somebody."""
    beginning, digits = text.rstrip("0123456789"), text[len(text.rstrip("0123456789")) :]
    if not digits or int(digits) == 0:
        return False
    beside = (f"{beginning}{int(digits) + step:0{len(digits)}d}" for step in (-1, 1))
    return all(other in customers for other in beside)


def _frequent(customers: Counter[str], named: int) -> list[str]:
    """Return who buys so much that it can hardly be one customer."""
    if len(customers) < 20:
        return []
    usual = median(customers.values())
    return [text for text, rows in customers.most_common(3) if rows > max(LARGE_SHARE * named, 20 * usual)]


def _receipt_by(seen: _Seen) -> OptionProposal | None:
    """Numbers that come back on another day, or at another till, are those of other receipts.

    Without any, lines of goods that one customer took at one moment are one receipt; rows that name no goods may each
    be one, as in a list of payments.
    """
    pieces, rows = seen.scan.pieces, seen.scan.rows_of_visits
    if rows and {"product", "description"} & set(seen.columns) and len(seen.scan.visits) <= (1 - TOGETHER) * rows:
        told = because(
            "No column is the receipt number: rows of one customer at one moment are taken for one purchase.",
            "Aucune colonne n’est le numéro de ticket : les lignes d’un client à un moment feraient un seul achat.",
        )
        reason = because("there are no receipt numbers", "il n’y a pas de numéros de ticket")
        return OptionProposal("receipt_by", "customer", reason, Doubt("receipt_by", "customer", told, ("number",)))
    if not pieces or _share(pieces, lambda piece: piece[0].isdigit() and len(piece[0]) <= NUMBER_LENGTH_MAX) < 0.9:
        return None
    if _mixed(pieces, ()) < RESTARTING:
        return None
    for name in _KEYS:
        parts = [_PARTS[part] for part in name.split("_")]
        is_known = all(any(piece[part] for piece in pieces) for part in parts)
        if is_known and _mixed(pieces, parts) <= STILL_MIXED:
            look = because(
                "The numbers begin again: {number} stands for several receipts.",
                "Les numéros recommencent : {number} désigne plusieurs tickets.",
                number=_first_mixed(pieces),
            )
            reason = because("the numbers begin again", "les numéros recommencent")
            return OptionProposal("receipt_by", name, reason, Doubt("receipt_by", name, look, ("number",)))
    return None


def _mixed(pieces: Sequence[Piece], parts: Sequence[int]) -> float:
    """Return the share of keys under which pieces of different days, stores or tills stand."""
    return _share(_by_key(pieces, parts).values(), lambda found: len(found) > 1)


def _by_key(pieces: Sequence[Piece], parts: Sequence[int]) -> dict[tuple[str, ...], set[Piece]]:
    found: dict[tuple[str, ...], set[Piece]] = defaultdict(set)
    for piece in pieces:
        found[(piece[0], *(piece[part] for part in parts))].add(piece)
    return found


def _first_mixed(pieces: Sequence[Piece]) -> str:
    return next(key[0] for key, found in _by_key(pieces, ()).items() if len(found) > 1)


def _fill_down(seen: _Seen) -> OptionProposal | None:
    scan = seen.scan
    if scan.gaps < 0.05 * scan.rows_of_receipts or scan.gaps_undated < 0.9 * scan.gaps or not scan.pieces:
        return None
    look = because(
        "{count} of the rows looked at have neither receipt nor date: they are taken for those of the row above.",
        "{count} des lignes regardées n’ont ni ticket ni date : ceux de la ligne du dessus sont repris.",
        count=scan.gaps,
    )
    reason = because("only the first row of each receipt says them", "seule la première ligne de chaque ticket les dit")
    return OptionProposal("fill_down", True, reason, Doubt("fill_down", True, look, (False,)))


def _returns_begin(seen: _Seen) -> OptionProposal | None:
    """Credit notes written with positive amounts are told by their numbers alone."""
    signed = [profile for name in ("quantity", "net", "gross") if (profile := seen.profile(name)) is not None]
    if "kind" in seen.columns or any(profile.share("negative") for profile in signed):
        return None
    numbers = {piece[0] for piece in seen.scan.pieces}
    prefixes = Counter(found[1].upper() for number in numbers if (found := _NUMBERED.fullmatch(number)))
    if sum(prefixes.values()) < 0.9 * len(numbers):  # the digits of a hash are no prefixes
        return None
    credit = [prefix for prefix in prefixes if prefix in CREDIT_NOTES]
    share = sum(prefixes[prefix] for prefix in credit) / max(len(numbers), 1)
    if not credit or share > CREDIT_SHARE_MAX or len(prefixes) == len(credit):
        return None
    look = because(
        "{count} receipts begin with {prefix}, and nothing in the file is below zero: they are taken for credit notes.",
        "{count} tickets commencent par {prefix}, et rien dans le fichier n’est négatif : ce seraient des avoirs.",
        count=sum(prefixes[prefix] for prefix in credit),
        prefix=", ".join(sorted(credit)),
    )
    reason = because("by their numbers", "d’après leurs numéros")
    return OptionProposal("returns_begin", sorted(credit), reason, Doubt("returns_begin", tuple(credit), look, ((),)))


def _discount_as(seen: _Seen) -> OptionProposal | None:
    profile = seen.profile("discount")
    if profile is None:
        return None
    known = [abs(number) for number in profile.numbers if number]
    is_rate = "%" in profile.name or profile.share("percent") > 0.5 or bool(_RATES & set(words_of(profile.name)))
    if is_rate:
        return _rate(
            "percent" if not known or max(known) > 1 or profile.share("percent") > 0.5 else "fraction", profile
        )
    amounts = seen.profile("net") or seen.profile("gross") or seen.profile("unit_price")
    worth = [abs(number) for number in amounts.numbers if number] if amounts is not None else []
    few = len(set(known)) <= 20 < len(known)
    if known and worth and max(known) <= 1 and few and median(worth) > 5:
        return _rate("fraction", profile)
    return None


def _rate(how: str, profile: Profile) -> OptionProposal:
    look = because(
        "The discounts look like rates and not like amounts, such as {example}.",
        "Les remises ressemblent à des taux et non à des montants, comme {example}.",
        example=next((text for text in profile.examples if text.strip("0., %")), "0"),
    )
    reason = because("by their values", "d’après leurs valeurs")
    return OptionProposal("discount_as", how, reason, Doubt("discount_as", how, look, ("amount",)))


def _in_cents(seen: _Seen) -> OptionProposal | None:
    money = [profile for name in ("net", "gross", "unit_price") if (profile := seen.profile(name)) is not None]
    said = [profile for profile in money if _CENTS & set(words_of(profile.name)) and not profile.share("decimal")]
    if not said or len(said) < len(money):
        return None
    look = because(
        "“{name}” speaks of cents: its numbers are divided by a hundred.",
        "« {name} » parle de centimes : ses nombres sont divisés par cent.",
        name=said[0].name,
    )
    reason = because("by the name of the column", "d’après son nom")
    return OptionProposal("in_cents", True, reason, Doubt("in_cents", True, look, (False,)))


def _amount_once(seen: _Seen) -> OptionProposal | None:
    if not stands_once_for_all(seen.scan.receipts, seen.scan.amounts):
        return None
    look = because(
        "The amount is that of the whole receipt: it is counted once for each receipt, on its first row.",
        "Le montant est celui du ticket entier : il est compté une fois par ticket, sur sa première ligne.",
    )
    reason = because("by its values", "d’après ses valeurs")
    return OptionProposal("amount_once", True, reason, Doubt("amount_once", True, look, (False,)))


def _whole_codes(seen: _Seen) -> OptionProposal | None:
    codes = [profile for name in ("customer", "receipt", "product") if (profile := seen.profile(name)) is not None]
    pointed = [profile for profile in codes if profile.share("pointed") > 0.5]
    if not pointed:
        return None
    reason = because("a program has made numbers of them", "un programme en a fait des nombres")
    return OptionProposal("whole_codes", True, reason)


def _share(items: Iterable[Any], holds: Callable[[Any], bool]) -> float:
    found = [holds(item) for item in items]
    return sum(found) / max(len(found), 1)


def _no_lines(seen: _Seen) -> OptionProposal | None:
    """Rows that say how a receipt was paid; and of sales beside lines of sales, the former are sums of the latter."""
    said = seen.scan.words.get("kind", Counter())
    found = sorted(words_of_no_lines(said))
    if not found:
        return None
    look = because(
        "{count} rows say “{words}” and are no lines: they come back, and their amounts are not counted.",
        "{count} lignes disent « {words} » et n’en sont pas : elles sont rendues, leurs montants ne comptent pas.",
        count=sum(said[word] for word in found),
        words=", ".join(found),
    )
    reason = because("by what they say", "d’après ce qu’elles disent")
    return OptionProposal("no_lines", found, reason, Doubt("no_lines", tuple(found), look, ((),)))


def _returns_say(seen: _Seen) -> OptionProposal | None:
    """A letter, a sign, a yes or a phrase of the house's own for what came back."""
    said = seen.scan.words.get("kind", Counter())
    lines = {word: rows for word, rows in said.items() if word not in words_of_no_lines(said)}
    found = words_of_returns(seen.columns.get("kind", ""), lines)
    if not found or set(said) <= RETURN_WORDS | SALE_WORDS | PAYMENT_WORDS:
        return None
    look = because(
        "{count} rows say “{words}” in “{name}”: they are taken for returns, the others for sales.",
        "{count} lignes disent « {words} » dans « {name} » : ce seraient des retours, les autres des ventes.",
        count=sum(said[word] for word in found),
        words=", ".join(sorted(found)),
        name=seen.columns["kind"],
    )
    reason = because("by what they say", "d’après ce qu’elles disent")
    return OptionProposal("returns_say", sorted(found), reason, Doubt("returns_say", tuple(sorted(found)), look, ((),)))


def _not_sold(seen: _Seen) -> OptionProposal | None:
    """Orders that were cancelled or never paid; refunded ones too, unless the file says apart what was given back."""
    said = seen.scan.words.get("status", Counter())
    signed = [profile for name in ("quantity", "net", "gross") if (profile := seen.profile(name)) is not None]
    says_refunds = {"returned", "returned_quantity", "kind"} & set(seen.columns)
    words = NOT_SOLD_STATES
    if says_refunds or any(profile.share("negative") for profile in signed):
        words = NOT_SOLD_STATES - REFUNDED_STATES
    answers = words_of_nothing_sold(seen.columns.get("status", ""), said)
    found = sorted(answers) or sorted(
        word for word in said if word in words or says_of(word, words - {"test", "quote"})
    )
    if not found:
        return None
    look = because(
        "{count} rows say “{words}”: nothing was sold, and they come back.",
        "{count} lignes disent « {words} » : rien n’a été vendu, elles sont rendues.",
        count=sum(said[word] for word in found),
        words=", ".join(found),
    )
    reason = because("by what they say", "d’après ce qu’elles disent")
    return OptionProposal("not_sold", found, reason, Doubt("not_sold", tuple(found), look, ((),)))


_PROPOSERS: dict[str, Callable[[_Seen], OptionProposal | None]] = {
    "returns_say": _returns_say,
    "no_lines": _no_lines,
    "not_sold": _not_sold,
    "nobody": _nobody,
    "receipt_by": _receipt_by,
    "fill_down": _fill_down,
    "returns_begin": _returns_begin,
    "discount_as": _discount_as,
    "in_cents": _in_cents,
    "amount_once": _amount_once,
    "whole_codes": _whole_codes,
}
