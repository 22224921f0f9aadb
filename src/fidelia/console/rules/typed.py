"""Blocks as a form holds them: from blocks to what is shown, from what was posted back to blocks.

A block of a posted form has a prefix ("when-0"; "when-0-t-1" in a group, "when-0-w-0" among the conditions of rows) and
members after a point: kind, s (subject), g (sign), v (values), was, guard, row, text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.rules import RuleError
from fidelia.rules.blocks import (
    SIGNS,
    Block,
    Condition,
    FieldSubject,
    Group,
    Literal,
    RowsSubject,
    TextPart,
    read_blocks,
    write_block,
)

from ..refusals import sentence_of
from .fields import Option, Pick, address_of, subject_at

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,9})?")
_ADDED = {"add": "condition", "group": "group", "text": "text"}
Picks = Mapping[str, Pick]


@dataclass(slots=True)
class Typed:
    """One block as it is shown. `values` are as people type them; `names` what picked codes are called."""

    kind: str
    address: str = ""
    sign: str = ""
    values: list[str] = field(default_factory=list)
    guarded: bool = False
    row: str = "l"
    text: str = ""
    where: list[Typed] = field(default_factory=list)
    terms: list[Typed] = field(default_factory=list)
    prefix: str = ""
    mistake: str = ""
    picks: Picks = field(default_factory=dict, repr=False, compare=False)
    names: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def pick(self) -> Pick:
        return self.picks[self.address]

    @property
    def grouped(self) -> list[tuple[str, list[Pick]]]:
        groups: dict[str, list[Pick]] = {}
        for pick in self.picks.values():
            groups.setdefault(pick.group, []).append(pick)
        return list(groups.items())

    @property
    def has_values(self) -> bool:
        return SIGNS.get(self.sign) != 0

    @property
    def is_many(self) -> bool:
        return SIGNS.get(self.sign, 1) is None

    @property
    def chosen(self) -> list[Option]:
        known = dict(self.pick.options) | dict(self.names)
        return [(value, known.get(value, value)) for value in self.values if value]

    @property
    def others(self) -> list[Option]:
        return [option for option in self.pick.options if option[0] not in self.values]

    @property
    def said(self) -> str:
        """What the closed list of codes says."""
        return ", ".join(name for _code, name in self.chosen) or _("Choose…")


def show_blocks(blocks: Sequence[Block], prefix: str, picks: Picks, row_picks: Picks) -> list[Typed]:
    """Return blocks as they are shown; one that asks for what the catalogue has not, as text."""
    return number([_shown(block, picks, row_picks) for block in blocks], prefix)


def number(typed: list[Typed], prefix: str) -> list[Typed]:
    """Give each block, and each inside it, its prefix."""
    for place, each in enumerate(typed):
        each.prefix = f"{prefix}-{place}"
        number(each.where, f"{each.prefix}-w")
        number(each.terms, f"{each.prefix}-t")
    return typed


def read_typed(post: QueryDict, prefix: str, picks: Picks, row_picks: Picks) -> list[Typed]:
    """Read the blocks below a prefix, after what the pressed button asks for: to add to them, or to take one away."""
    act, _colon, place = post.get("act", "").partition(":")
    typed: list[Typed] = []
    for at in count():
        own = f"{prefix}-{at}"
        if f"{own}.kind" not in post or at > 60:
            break
        if (act, place) != ("remove", own):
            typed.append(_posted(post, own, picks, row_picks))
    if act in _ADDED and place == prefix:
        typed.append(_fresh(_ADDED[act], picks, row_picks))
    return typed


def blocks_of(typed: Sequence[Typed]) -> tuple[Block, ...] | None:
    """Return the blocks, or None where one is not filled in; its `mistake` then says what is missing."""
    blocks = [_block_of(each) for each in typed]
    whole = [block for block in blocks if block is not None]
    return tuple(whole) if len(whole) == len(blocks) else None


def spell(number_text: str) -> str:
    """Write a number as the reader types it: with a comma in French."""
    return number_text.replace(".", ",") if (get_language() or "en").startswith("fr") else number_text


def unspell(typed: str) -> str | None:
    """Read a number typed with a comma or a point; None when it is none."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", typed).replace(",", ".").replace("\u2212", "-")
    return plain if _NUMBER.fullmatch(plain) else None


# From blocks


def _shown(block: Block, picks: Picks, row_picks: Picks) -> Typed:
    if isinstance(block, TextPart):
        return Typed("text", text=block.text)
    if isinstance(block, Group):
        terms = [_shown(each, picks, row_picks) for each in block.blocks]
        return Typed("group", sign=block.sign, terms=terms, picks=picks)
    return _shown_condition(block, picks, row_picks) or Typed("text", text=write_block(block))


def _shown_condition(condition: Condition, picks: Picks, row_picks: Picks) -> Typed | None:
    pick = picks.get(address_of(condition))
    if pick is None or condition.sign not in pick.signs:
        return None
    # A field cannot hold an empty text, nor one that begins or ends with a space, without losing it.
    if any(value.kind != pick.literal or value.text.strip() != (value.text or " ") for value in condition.values):
        return None
    where: list[Typed | None] = []
    row = "l"
    if isinstance(condition.subject, RowsSubject):
        row = condition.subject.row
        where = [_shown_condition(each, row_picks, {}) for each in condition.subject.where]
    if None in where:
        return None
    values = [spell(value.text) if value.kind == "number" else value.text for value in condition.values]
    return Typed(
        "condition", pick.address, condition.sign, values, condition.guarded, row,
        where=[each for each in where if each is not None], picks=picks,
    )  # fmt: skip


# From what was posted


def _posted(post: QueryDict, own: str, picks: Picks, row_picks: Picks) -> Typed:
    kind = post.get(f"{own}.kind", "")
    if kind == "text":
        return Typed("text", text=post.get(f"{own}.text", "").replace("\r\n", "\n").strip())
    if kind == "group":
        sign = "all" if post.get(f"{own}.g") == "all" else "any"
        return Typed("group", sign=sign, terms=read_typed(post, f"{own}-t", picks, row_picks), picks=picks)
    address = post.get(f"{own}.s", "")
    if address not in picks:
        return _fresh("condition", picks, row_picks)
    pick, was = picks[address], post.get(f"{own}.was", "")
    sign = post.get(f"{own}.g", "")
    sign = sign if sign in pick.signs else next(iter(pick.signs))
    values = [value.strip() for value in post.getlist(f"{own}.v") if value.strip()]
    is_same = was == address
    where = read_typed(post, f"{own}-w", row_picks, {}) if pick.is_rows else []
    return Typed(
        "condition", address, sign, values if is_same else _default(pick),
        guarded=bool(post.get(f"{own}.guard")) if is_same else pick.optional,
        row=post.get(f"{own}.row", "l") or "l", where=where or _needed(address, row_picks), picks=picks,
    )  # fmt: skip


def _needed(address: str, row_picks: Picks) -> list[Typed]:
    """A question whether there is a line needs at least one condition of it."""
    is_question = address.endswith((".exists", ".all"))
    return [_fresh("condition", row_picks, {})] if is_question and row_picks else []


def _fresh(kind: str, picks: Picks, row_picks: Picks) -> Typed:
    if kind == "text":
        return Typed("text")
    if kind == "group":
        terms = [_fresh("condition", picks, row_picks), _fresh("condition", picks, row_picks)]
        return Typed("group", sign="any", terms=terms, picks=picks)
    pick = next(iter(picks.values()))
    return Typed("condition", pick.address, next(iter(pick.signs)), _default(pick), pick.optional, picks=picks)


def _default(pick: Pick) -> list[str]:
    if pick.widget == "number":
        return ["1"]
    return [pick.options[0][0]] if pick.options else []


# To blocks


def _block_of(typed: Typed) -> Block | None:
    if typed.kind == "text":
        return _text_of(typed)
    if typed.kind == "group":
        blocks = blocks_of(typed.terms)
        if not blocks:
            typed.mistake = _("A group has at least one condition.") if blocks == () else ""
            return None
        return Group("all" if typed.sign == "all" else "any", blocks)
    return _condition_of(typed)


def _text_of(typed: Typed) -> TextPart | None:
    try:
        read_blocks(typed.text)
    except RuleError as refusal:
        refusal.locate(typed.text)
        typed.mistake = sentence_of(refusal)
        return None
    return TextPart(typed.text)


def _condition_of(typed: Typed) -> Condition | None:
    wanted = SIGNS[typed.sign]
    values = typed.values if wanted is None else typed.values[:wanted]
    literals = [_literal(value, typed.pick) for value in values]
    if None in literals or len(literals) < (1 if wanted is None else wanted):
        typed.mistake = _missing(typed.pick)
        return None
    conditions = [_condition_of(each) for each in typed.where]
    where = tuple(each for each in conditions if each is not None)
    if len(where) < len(conditions):
        return None
    subject = subject_at(typed.address, row=typed.row, where=where)
    asks_presence = typed.sign in ("known", "unknown")
    guarded = typed.guarded and not asks_presence and isinstance(subject, FieldSubject)
    return Condition(subject, typed.sign, tuple(each for each in literals if each is not None), guarded)


def _literal(value: str, pick: Pick) -> Literal | None:
    if pick.literal == "number":
        plain = unspell(value)
        return Literal("number", plain) if plain is not None else None
    if pick.literal == "date":
        try:
            return Literal("date", date.fromisoformat(value).isoformat())
        except ValueError:
            return None
    return Literal("text", value)


def _missing(pick: Pick) -> str:
    return {
        "number": _("Write a number, such as 12.50."),
        "date": _("Choose a day."),
        "pick": _("Choose at least one."),
    }.get(pick.widget, _("Write a text."))


def with_names(typed: Sequence[Typed], names: Mapping[str, str]) -> None:
    """Give every block the names of the codes it holds."""
    for each in typed:
        each.names = names
        with_names(each.where, names)
        with_names(each.terms, names)


def codes_in(typed: Sequence[Typed]) -> set[str]:
    """Return the codes that blocks hold of lists too long to be offered whole."""
    found: set[str] = set()
    for each in typed:
        if each.kind == "condition" and each.pick.remote:
            found |= set(each.values)
        found |= codes_in(each.where) | codes_in(each.terms)
    return found
