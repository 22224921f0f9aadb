"""One rule open in the builder: its blocks, its text and its words, each made from the other. Nothing is kept here.

The text is what is kept; blocks are read from it and written into it. `good` is the last text that could be read: while
the text as typed cannot be, blocks stay as they were and cannot be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError, Invalid
from fidelia.programme.queries import Terms, check_document
from fidelia.programme.queries.differences import points_name_of
from fidelia.rules import InvalidRuleSet, Rule, describe_rule
from fidelia.rules.blocks import Block, read_blocks, write_blocks
from fidelia.rules.documents import Place, ordered, place_of, read_text, write_text
from fidelia.ui.formats import typeset

from ..naming import with_names
from ..programme_parts import VersionView, language
from ..refusals import sentence_of
from .conflicts import Said, say_overlaps
from .effect_forms import EFFECT_GROUPS
from .effects import EffectForm, Text
from .fields import Fields
from .members import Members, apply_members, show_members
from .term_forms import apply_limits
from .typed import Typed, blocks_of, codes_in, number, read_typed, show_blocks
from .typed import with_names as name_codes

CONDITIONS = ("when", "lines")


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a text: the rule it holds and its terms, or the refusal with its place in the text."""

    rule: dict[str, Any] | None = None
    checked: Rule | None = None
    terms: Terms | None = None
    mistake: str = ""
    place: Place | None = None


@dataclass(slots=True)
class Editor:
    """The page of one rule. `base` is its text as the draft held it when the page was opened."""

    key: str
    base: str
    good: str
    text: str
    members: Members
    when: list[Typed]
    lines: list[Typed]
    is_readable: bool = True
    mistake: str = ""
    place: Place | None = None
    sentence: str = ""
    is_active: bool = True
    overlaps: list[Said] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.members.name_fr if language().startswith("fr") else self.members.name_en

    @property
    def rows(self) -> int:
        return self.text.count("\n") + 1

    @property
    def line_numbers(self) -> str:
        return "\n".join(str(n) for n in range(1, self.rows + 1))

    @property
    def is_whole(self) -> bool:
        """Whether it can be kept."""
        members = self.members
        is_wrong = self.mistake or members.mistakes or any(row.mistake for row in members.limits)
        return not is_wrong and not self._is_wanting(self.when + self.lines)

    @property
    def effect_groups(self) -> tuple[tuple[Text, tuple[EffectForm, ...]], ...]:
        return EFFECT_GROUPS

    def _is_wanting(self, typed: list[Typed]) -> bool:
        return any(each.mistake or self._is_wanting(each.where + each.terms) for each in typed)


@dataclass(frozen=True, slots=True)
class Bench:
    """What the builder needs to know of a draft: its document, its fields, its zone, and how codes are called."""

    view: VersionView
    fields: Fields
    names: Mapping[str, str]

    @property
    def zone(self) -> ZoneInfo:
        return self.view.terms.zone

    def document_with(self, key: str, rule: Any) -> dict[str, Any]:
        """Return the document with the rule of this key replaced; added at the end where there is none."""
        document = self.view.version.document
        rules = list(document["rules"])
        place = next((at for at, each in enumerate(rules) if each["key"] == key), len(rules))
        return {**document, "rules": [*rules[:place], rule, *rules[place + 1 :]]}


def bench_of(view: VersionView, by: Actor, names: Mapping[str, str]) -> Bench:
    """Return the bench of a draft."""
    tiers = view.terms.tiers
    levels = [(level.key, level.name.in_language(language())) for level in (tiers.levels if tiers else ())]
    return Bench(view, Fields(view.terms.rule_set.catalogue, by, language(), levels), names)


def text_of(rule: Mapping[str, Any]) -> str:
    """Return a rule as the page writes it."""
    return write_text(ordered(rule))


def open_rule(bench: Bench, rule: Mapping[str, Any]) -> Editor:
    """Return the editor of a rule as the draft holds it."""
    text = text_of(rule)
    return _shown(bench, rule["key"], base=text, text=text)


def read_editor(bench: Bench, key: str, post: QueryDict) -> Editor:
    """Return the editor after a step: what was typed into the text where that changed, else what the blocks say."""
    base, good, text = (_lines(post.get(name, "")) for name in ("base", "good", "text"))
    if text.strip() != good.strip() or "name_en" not in post:
        return _shown(bench, key, base=base, text=text, good=good)
    rule = read_text(good)
    typed = {name: _typed(bench, post, name) for name in CONDITIONS}
    for name in CONDITIONS:
        _put_condition(rule, name, blocks_of(typed[name]))
    mistakes = apply_members(rule, post, bench)
    wrong_limits = apply_limits(rule, post)
    written = text_of(rule)
    editor = _shown(bench, key, base=base, text=written)
    if any(blocks_of(typed[name]) is None for name in CONDITIONS):
        editor.when, editor.lines = _named(bench, typed["when"]), _named(bench, typed["lines"])
    editor.members.mark(mistakes, post)
    editor.members.limits = editor.members.limits if wrong_limits is None else wrong_limits
    return editor


def judge(bench: Bench, key: str, text: str) -> Judged:
    """Return what a text says as a rule of the draft, or why it cannot be one."""
    try:
        rule = read_text(text)
        document = bench.document_with(key, rule)
        if not isinstance(rule, Mapping):
            raise InvalidRuleSet("mapping", pointer="/rules/0")
        terms = check_document(bench.view.programme, document, version_id=bench.view.version.id)
    except Invalid as refusal:
        return Judged(mistake=sentence_of(refusal, with_place=False), place=_place(text, refusal))
    checked = terms.rule_set.written_at[str(rule["key"])]
    return Judged(dict(rule), checked, terms)


def _shown(bench: Bench, key: str, *, base: str, text: str, good: str | None = None) -> Editor:
    """Show a text; one that was typed and cannot be read leaves the blocks of the `good` one, not to be changed.

    What the blocks wrote themselves can be changed on, even where the whole of it is no rule yet.
    """
    judged = judge(bench, key, text)
    shown = text if judged.rule is not None or good is None else good
    rule = judged.rule or _readable(shown)
    editor = Editor(
        key, base, shown, text, show_members(rule, bench), _blocks(bench, rule, "when"), _blocks(bench, rule, "lines"),
        is_readable=judged.rule is not None or good is None, mistake=judged.mistake, place=judged.place,
    )  # fmt: skip
    if judged.checked is not None and judged.terms is not None:
        rule_set = judged.terms.rule_set
        said = describe_rule(judged.checked, rule_set, language(), points_name=points_name_of(bench.view.programme))
        editor.is_active = judged.checked.active
        editor.sentence = typeset(with_names(said, bench.names), language())
        editor.overlaps = say_overlaps(judged.checked, rule_set)
    return editor


def _readable(text: str) -> dict[str, Any]:
    try:
        rule = read_text(text)
    except Invalid:
        return {}
    return dict(rule) if isinstance(rule, Mapping) else {}


def _blocks(bench: Bench, rule: Mapping[str, Any], name: str) -> list[Typed]:
    source = rule.get(name)
    if not isinstance(source, str):
        return []
    try:
        blocks = read_blocks(source)
    except FideliaError:
        return []
    picks, row_picks = _picks(bench, name)
    return _named(bench, show_blocks(blocks, name, picks, row_picks))


def _typed(bench: Bench, post: QueryDict, name: str) -> list[Typed]:
    return number(read_typed(post, name, *_picks(bench, name)), name)


def _picks(bench: Bench, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    offered = bench.fields.of_line() if name == "lines" else bench.fields.of_purchase()
    row_picks = {pick.address: pick for pick in bench.fields.of_row()}
    return {pick.address: pick for pick in offered}, row_picks


def _named(bench: Bench, typed: list[Typed]) -> list[Typed]:
    name_codes(typed, bench.fields.names_of("product", sorted(codes_in(typed))))
    return typed


def _put_condition(rule: dict[str, Any], name: str, blocks: tuple[Block, ...] | None) -> None:
    """Write blocks into the rule; what they already say stays word for word as it was written."""
    before = rule.get(name)
    if blocks is None or (isinstance(before, str) and read_blocks(before) == blocks):
        return
    if blocks:
        rule[name] = write_blocks(blocks)
    else:
        rule.pop(name, None)


def _place(text: str, refusal: FideliaError) -> Place | None:
    """Return where in the text of the rule a refusal of the document points."""
    parts = (refusal.pointer or "").split("/")
    if parts[1:2] == ["rules"]:
        refusal.pointer = "".join(f"/{part}" for part in parts[3:])
    return place_of(text, refusal)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
