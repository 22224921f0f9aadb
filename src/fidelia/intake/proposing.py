"""Propose what each column of a file is, from its name and from what its cells look like. Knows no Django.

Nothing is decided here: each proposal says how sure it is and why it may be wrong, and a person puts it right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fidelia.kernel.folding import fold

from .contents import choose_by_content, tells_hours
from .doubting import BEFORE_TAX, reasons_to_doubt
from .doubts import Doubt
from .likeness import RESEMBLING, SURE, all_words_of, likeness, words_of
from .mapping import FileMapping
from .notes import doubt_of_notes
from .paths import settle_paths
from .prices import settle_prices
from .profiles import Profile, fits, profile_columns
from .proposals import OptionProposal
from .reconciling import find_receipts, reconcile
from .states import words_of_no_lines
from .suggestions import propose_options
from .tables import Table
from .targets import Column, Kind, Shape, Target
from .taxes import TAXES, WITH_TAX, settle_taxes
from .together import (
    drop_of_others,
    find_quantity,
    settle_goods,
    settle_gross,
    settle_ids,
    settle_people,
    settle_totals,
)

ALTERNATIVES = 3
SALUTATIONS = frozenset(
    ("m", "mr", "mrs", "ms", "miss", "mx", "dr", "mme", "mlle", "mlles", "madame", "monsieur", "mademoiselle", "herr",
     "frau", "sr", "sra", "dna", "don", "dona", "dhr", "mevr", "sig", "sigra", "pan", "pani", "fru", "herra")
)  # fmt: skip
ROWS_TELLING = 20
NO_PRICES = frozenset(
    (
        *("code", "cost", "cogs", "cout", "revient", "achat", "pa", "margin", "marge", "profit", "income"),
        *("benefice", "tax", "taxe", "taxes", "tva", "vat", "freight", "fret", "solde", "balance"),
        *("percentage", "pct", "taux", "rate", "mwst", "id", "channel", "canal", "rep", "person", "region", "date"),
        "at",
    )
)


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """A column of the file, and which of the target's it is (empty: it is left out), from 0 to 1 sure."""

    name: str
    column: str
    confidence: float
    doubts: tuple[Doubt, ...] = ()
    examples: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to begin with, column by column and option by option.

    `missing` are the columns that the target needs and nothing in the file resembles; `shape` the program whose export
    the file is known to be; `absent` says what goes without a column that no column of the file seems to be. `score`,
    from 0 to 1, says how much the file looks like one of this target.
    """

    mapping: FileMapping
    columns: tuple[ColumnProposal, ...]
    options: tuple[OptionProposal, ...]
    missing: tuple[str, ...]
    score: float
    shape: str = ""
    absent: tuple[Doubt, ...] = ()

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """All that a person should look at."""
        of_columns = (doubt for column in self.columns for doubt in column.doubts)
        of_options = (option.doubt for option in self.options if option.doubt is not None)
        return (*self.absent, *of_columns, *of_options)


@dataclass(slots=True)
class _Draft:
    """The proposal in the making: target column → (profile, confidence), and the doubts about a file's column."""

    target: Target
    profiles: list[Profile]
    chosen: dict[str, tuple[Profile, float]] = field(default_factory=dict)
    doubts: dict[str, list[Doubt]] = field(default_factory=dict)
    scores: dict[tuple[str, str], float] = field(default_factory=dict)


def propose(table: Table, target: Target, *, defaults: Mapping[str, Any] | None = None) -> Proposal:
    """Propose a mapping of a file for a target. `defaults` are values of options known beforehand, such as the
    operator's currency, country and time zone. Raises UnreadableFile."""
    rows = table.sample()
    draft = _Draft(target, profile_columns(table, rows))
    shape = _find_shape(target, table.columns)
    _choose(draft, shape)
    _settle(draft, table, rows, is_known=shape is not None)
    for column in target.columns:
        _doubt(draft, column)
    columns = {
        name: draft.chosen[name][0].name for name in (one.name for one in target.columns) if name in draft.chosen
    }
    known = {**(defaults or {}), **(shape.options if shape else {})}
    options = propose_options(table, target, columns, draft.profiles, known)
    usual = {option.name: option.default for option in target.options if option.rare}
    values = {
        option.name: option.value
        for option in options
        if option.value not in (None, "", ()) and (option.name not in usual or option.value != usual[option.name])
    }
    missing = _missing(target, columns)
    return Proposal(
        mapping=FileMapping(target.name, table.reading, columns, values),
        columns=tuple(_column_proposal(draft, profile) for profile in draft.profiles),
        options=tuple(options),
        missing=missing,
        score=_score(draft, missing, shape),
        shape=shape.name if shape else "",
        absent=tuple(
            Doubt(column.name, "", column.absent)
            for column in target.columns
            if column.absent is not None and column.name not in columns and not _is_told_otherwise(column, options)
        ),
    )


def _is_told_otherwise(column: Column, options: Sequence[OptionProposal]) -> bool:
    """Say whether an option stands for a column that is not there: the customer and moment for the receipt."""
    return column.name == "receipt" and any(one.name == "receipt_by" and one.value == "customer" for one in options)


def _settle(draft: _Draft, table: Table, rows: Sequence[Sequence[str]], *, is_known: bool) -> None:
    """Put right by arithmetic, and by how rows follow, what names alone have proposed."""
    cells = {name: [row[place] for row in rows] for place, name in enumerate(table.columns)}
    if not is_known:
        _drop_misled(draft, cells)
        _find_receipts(draft, table, rows)
        products, receipts = (_cells_of(table, rows, draft, name) for name in ("product", "receipt"))
        goods = products if "product" in draft.chosen else _cells_of(table, rows, draft, "description")
        settle_prices(draft.chosen, draft.profiles, draft.doubts, goods, receipts)
        settle_totals(draft.chosen, draft.profiles, receipts, draft.doubts)
        settle_paths(draft.target, draft.chosen, draft.profiles, cells)
    settle_taxes(draft.chosen, draft.profiles, draft.doubts)
    if not is_known:
        settle_gross(draft.chosen)
    reconcile(draft.chosen, draft.profiles, _receipts_of_lines(draft, table, rows), draft.doubts)


def _drop_misled(draft: _Draft, cells: Mapping[str, Sequence[str]]) -> None:
    """Drop and find by what columns say of each other."""

    def drop(column: str) -> bool:
        profile, _score = draft.chosen.pop(column)
        draft.scores[column, profile.name] = 0.0
        taken = {one.name for one, _score in draft.chosen.values()}
        left = [one for one in draft.profiles if one.name not in taken]
        best = max(left, key=lambda one: draft.scores[column, one.name])
        score = draft.scores[column, best.name]
        if score >= RESEMBLING:
            draft.chosen[column] = (best, score)
        return score >= RESEMBLING

    drop_of_others(draft.chosen, cells, drop)
    settle_ids(draft.chosen, cells, draft.doubts)
    settle_people(draft.chosen, draft.profiles, draft.doubts)
    settle_goods(draft.chosen, draft.profiles)
    find_quantity(draft.chosen, draft.profiles, draft.doubts)


def _receipts_of_lines(draft: _Draft, table: Table, rows: Sequence[Sequence[str]]) -> list[str | None]:
    """Return the receipt of each row of the sample; None for a row that is no line of one."""
    receipts, kinds = (_cells_of(table, rows, draft, name) for name in ("receipt", "kind"))
    no_lines = words_of_no_lines({fold(kind) for kind in kinds})
    return [None if fold(kind) in no_lines else receipt for receipt, kind in zip(receipts, kinds, strict=True)]


def _find_receipts(draft: _Draft, table: Table, rows: Sequence[Sequence[str]]) -> None:
    is_of_lines = {"receipt", "quantity"} <= {column.name for column in draft.target.columns}
    if not is_of_lines or "receipt" in draft.chosen or "occurred_at" not in draft.chosen:
        return
    cells = {name: [row[place] for row in rows] for place, name in enumerate(table.columns)}
    taken = [profile.name for profile, _score in draft.chosen.values()]
    day, customer = (draft.chosen[name][0].name if name in draft.chosen else "" for name in ("occurred_at", "customer"))
    found = find_receipts(draft.profiles, cells, taken, day, customer)
    if found is not None:
        draft.chosen["receipt"] = (found, RESEMBLING)


def guess_target(table: Table, targets: Sequence[Target]) -> list[tuple[Target, float]]:
    """Return the targets that a file may be of, the likeliest first, with how much it looks like each (0 to 1)."""
    profiles = profile_columns(table, table.sample())
    scored = []
    for target in targets:
        draft = _Draft(target, profiles)
        shape = _find_shape(target, table.columns)
        _choose(draft, shape)
        scored.append((target, _score(draft, _missing(target, draft.chosen), shape)))
    return sorted(scored, key=lambda pair: -pair[1])


def _find_shape(target: Target, names: Sequence[str]) -> Shape | None:
    given = {" ".join(words_of(name)) for name in names}
    fitting = [
        shape for shape in target.shapes if all(" ".join(words_of(name)) in given for name in shape.columns.values())
    ]
    return max(fitting, key=lambda shape: len(shape.columns), default=None)


def _choose(draft: _Draft, shape: Shape | None) -> None:
    """Give each column of the target at most one of the file: first what the shape says, then the nearest pairs."""
    by_words = {" ".join(words_of(profile.name)): profile for profile in draft.profiles}
    for known, name in {**shape.columns, **shape.optional}.items() if shape else ():
        profile = by_words.get(" ".join(words_of(name)))
        if profile is not None:
            draft.chosen[known] = (profile, 1.0)
    for column in draft.target.columns:
        for profile in draft.profiles:
            draft.scores[column.name, profile.name] = _score_of(column, profile)
    if shape is None:
        for (column_name, name), score in sorted(draft.scores.items(), key=lambda item: -item[1]):
            if score >= RESEMBLING:
                _take(draft, column_name, name, score)
        taken = {profile.name for profile, _score in draft.chosen.values()}
        left = [profile for profile in draft.profiles if profile.name not in taken]
        for known, profile, score in choose_by_content(draft.target, draft.chosen, left):
            _take(draft, known, profile.name, score)


def _take(draft: _Draft, column: str, name: str, score: float) -> None:
    taken = {profile.name for profile, _score in draft.chosen.values()}
    if column not in draft.chosen and name not in taken:
        profile = next(profile for profile in draft.profiles if profile.name == name)
        draft.chosen[column] = (profile, score)


def _score_of(column: Column, profile: Profile) -> float:
    if not column.by_name:
        return 0.0
    names = (column.name.replace("_", " "), *column.synonyms, column.label.en, column.label.fr)
    like, words = likeness(profile.name, names), all_words_of(profile.name)
    is_other = bool(column.only_beside) and words.isdisjoint(column.only_beside)
    is_other = is_other or not words.isdisjoint(column.not_beside)
    if is_other or (column.kind is Kind.MONEY and _is_no_price(words, names)):
        like = min(like, 0.35)
    if column.kind is Kind.MONEY and not words.isdisjoint(BEFORE_TAX):  # beside one with taxes, that one is paid
        like *= 0.9
    return like * fits(profile, column) * _tells(column, profile, like)


def _tells(column: Column, profile: Profile, like: float) -> float:
    """Say from 0 to 1 whether the different values of a column can be those of what it is called, and how surely."""
    different = profile.distinct * profile.values
    if column.kind is Kind.CODE and profile.values >= ROWS_TELLING:
        if column.unique and profile.distinct < 0.5:  # several rows for one code: it is a code of something wider
            return 0.8
        if column.name == "receipt" and like >= SURE:
            return 1.0  # the numbers of a small shop may begin again each day, with a purchase or two on each
        if column.absent is not None or column.name == "product":
            few = 3 if column.name == "receipt" else 1  # what all rows say tells no receipts, customers, products apart
            usual = 0.5 if column.name == "receipt" and different < 1.5 else 0.7
            return usual if different < few + 0.5 else 1.0
    if column.name == "title" and profile.vocabulary and not profile.share("digits"):
        return 1.0 if SALUTATIONS & {word for said in profile.vocabulary for word in said.split()} else 0.8
    if column.name == "time" and profile.values and not tells_hours(profile):
        return 0.3
    return 1.0


def _is_no_price(words: frozenset[str], names: Sequence[str]) -> bool:
    """A code of a coupon, a cost, a margin, a tax are no amount that is paid, unless the column is about them."""
    others = words & NO_PRICES
    if words & WITH_TAX:
        others -= TAXES
    return bool(others) and others.isdisjoint(word for name in names for word in words_of(name))


def _cells_of(table: Table, rows: Sequence[Sequence[str]], draft: _Draft, name: str) -> list[str]:
    """Return what stands in a column of the target, row by row of the sample."""
    if name not in draft.chosen:
        return [""] * len(rows)
    place = table.columns.index(draft.chosen[name][0].name)
    return [row[place] for row in rows]


def _doubt(draft: _Draft, column: Column) -> None:
    """Say what may be wrong with the column chosen."""
    if column.name in draft.chosen:
        profile, confidence = draft.chosen[column.name]
        others = _alternatives(draft, profile, column.name)
        is_taxed = column.name == "net" and "tax" in draft.chosen
        reasons = reasons_to_doubt(column, profile, confidence, is_taxed=is_taxed)
        doubts = [Doubt(column.name, profile.name, reason, others) for reason in reasons]
        draft.doubts[profile.name] = [*doubts, *draft.doubts.get(profile.name, ())]  # the most telling ones last


def _alternatives(draft: _Draft, profile: Profile, chosen: str) -> tuple[str, ...]:
    """Return the other columns of the target that this one of the file resembles."""
    scored = [(draft.scores.get((column.name, profile.name), 0.0), column.name) for column in draft.target.columns]
    near = sorted((pair for pair in scored if pair[0] > 0.4 and pair[1] != chosen), reverse=True)
    return tuple(name for _score, name in near[:ALTERNATIVES])


def _column_proposal(draft: _Draft, profile: Profile) -> ColumnProposal:
    column = next((name for name, (chosen, _score) in draft.chosen.items() if chosen is profile), "")
    doubts = list(draft.doubts.get(profile.name, ()))
    kind = draft.target.column(column).kind if column else Kind.TEXT
    if kind is Kind.TEXT and any(one.kind is Kind.EMAIL for one in draft.target.columns):  # a file of people
        doubts += doubt_of_notes(profile.name, profile.sensitive)
    return ColumnProposal(
        name=profile.name,
        column=column,
        confidence=round(min(draft.chosen[column][1], 1.0), 2) if column else 0.0,
        doubts=tuple(doubts),
        examples=profile.examples,
        alternatives=_alternatives(draft, profile, column),
    )


def _missing(target: Target, columns: Mapping[str, object]) -> tuple[str, ...]:
    missing = [column.name for column in target.columns if column.required and column.name not in columns]
    missing += [group[0] for group in target.one_of if not set(group) & set(columns)]
    return tuple(dict.fromkeys(missing))


def _score(draft: _Draft, missing: Sequence[str], shape: Shape | None) -> float:
    """How much of the file is understood, far less where something is missing that the target cannot do without."""
    understood = sum(min(score, 1.0) for _profile, score in draft.chosen.values())
    share = 1.0 if shape else understood / max(len(draft.profiles), 1)
    return round(share * 0.25 ** len(missing), 3)
