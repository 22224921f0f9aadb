"""The port `fidelia.effects`: kinds of custom effects that packages bring, typed and pure.

A rule says `custom: {kind: acme-stamps, values: {…}, computed: {…}}`, and the till carries it out. A package that
knows the kind declares its members, so that a slip is refused when the rule is written, and a function that makes of
them what the till is told. The function is asked in the middle of a decision: it has no database, no clock and no
chance, and gives the same for the same. `effect_contract.check_effect_kind` is the test that every package runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from fidelia.kernel.localized import LocalizedText

from .errors import InvalidRuleSet
from .types import Type

GROUP = "fidelia.effects"
MemberType = Literal["text", "whole", "flag", "money"]
Values = Mapping[str, Any]
TEXT_LENGTH_MAX = 500
MEMBERS_MAX = 50
WHOLE_MAX = 2**63 - 1
_TYPES: dict[MemberType, tuple[type, tuple[Type, ...]]] = {
    "text": (str, (Type.STRING,)),
    "whole": (int, (Type.INT, Type.QUANTITY)),
    "flag": (bool, (Type.BOOL,)),
    "money": (int, (Type.MONEY,)),
}


def _as_they_are(values: Values) -> Values:
    return values


@dataclass(frozen=True, slots=True)
class EffectKind:
    """A kind of custom effect.

    kind      as rules name it, such as acme-stamps: begin with the name of your package
    label     what people read in the console
    members   what a rule gives, by name: text, whole (number), flag, or money (minor units)
    required  those that each rule gives, as a value or computed
    gives     what the till is told, by name
    complete  from what a rule gives to what the till is told: pure, never raises for members of their types
    """

    kind: str
    label: LocalizedText
    members: Mapping[str, MemberType]
    required: frozenset[str] = frozenset()
    gives: Mapping[str, MemberType] = field(default_factory=dict)
    complete: Callable[[Values], Values] = _as_they_are


class BrokenEffectKind(Exception):
    """A package declares an effect that cannot be used; the message names the package."""


class EffectFailed(Exception):
    """A package that breaks the contract in the middle of a decision: it raised, or told what it does not declare."""


_known: dict[str, EffectKind] = {}
_failed: set[str] = set()  # told once in the log: a backtest would repeat it a million times
_log = logging.getLogger(__name__)


def load_effect_kinds(found: Iterable[EntryPoint] | None = None) -> None:
    """Register the kinds of all installed packages, once, at the start. Raises BrokenEffectKind."""
    for point in entry_points(group=GROUP) if found is None else found:
        try:
            kind = point.load()
        except Exception as error:
            raise BrokenEffectKind(f"The effect “{point.name}” ({point.value}) does not load: {error}") from error
        if not isinstance(kind, EffectKind):
            raise BrokenEffectKind(f"The effect “{point.name}” ({point.value}) is no EffectKind.")
        register_effect_kind(kind)


def register_effect_kind(kind: EffectKind) -> None:
    """Make a kind known to rules. Raises BrokenEffectKind for a name that another package has taken."""
    if _known.get(kind.kind, kind) != kind:
        raise BrokenEffectKind(f"Two packages bring the effect “{kind.kind}”.")
    _known[kind.kind] = kind


def forget_effect_kind(name: str) -> None:
    """Take a kind out again, for tests."""
    _known.pop(name, None)
    _failed.discard(name)


def list_effect_kinds() -> list[EffectKind]:
    """Return the kinds that packages brought, by name."""
    return [_known[name] for name in sorted(_known)]


def check_members(name: str, values: Values, computed: Mapping[str, Type], pointer: str) -> None:
    """Refuse what a known kind does not take; of a kind that no package brings the till alone knows the members.

    Raises InvalidRuleSet with the place.
    """
    kind = _known.get(name)
    if kind is None:
        return
    for key, place in [(key, "values") for key in values] + [(key, "computed") for key in computed]:
        if key not in kind.members:
            known = ", ".join(kind.members)
            raise InvalidRuleSet("effect_member", pointer=f"{pointer}/{place}/{key}", name=key, known=known)
    for key, value in values.items():
        if not is_of(value, kind.members[key]):
            raise InvalidRuleSet("effect_member_type", pointer=f"{pointer}/values/{key}", type=kind.members[key])
    for key, type_ in computed.items():
        if type_ not in _TYPES[kind.members[key]][1]:
            raise InvalidRuleSet("effect_member_type", pointer=f"{pointer}/computed/{key}", type=kind.members[key])
    missing = sorted(kind.required - {*values, *computed})
    if missing:
        raise InvalidRuleSet("effect_members_missing", pointer=pointer, names=", ".join(missing))


def complete(name: str, values: Values) -> Values:
    """Return what the till is told of an effect; of a kind that no package brings, what the rule says.

    Raises EffectFailed where the package does, or tells anything but the members that it declares, of their types.
    """
    kind = _known.get(name)
    if kind is None:
        return values
    try:
        told = dict(kind.complete(dict(values)))
        declared = kind.gives or kind.members
        wrong = [key for key, value in told.items() if key not in declared or not is_of(value, declared[key])]
    except Exception as error:
        _note(name, error)
        raise EffectFailed(f"The effect “{name}” failed.") from error
    if wrong:
        _note(name, EffectFailed(f"told {', '.join(map(str, wrong))} otherwise than declared"))
        raise EffectFailed(f"The effect “{name}” told what it does not declare.")
    return told


def _note(name: str, error: Exception) -> None:
    if name not in _failed:
        _failed.add(name)
        _log.error("The effect “%s” of a package failed; rules that give it give nothing: %r", name, error)


def is_of(value: object, wanted: MemberType) -> bool:
    """Tell whether a value is of a member's type; a flag is no number."""
    of = _TYPES[wanted][0]
    if of is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= WHOLE_MAX
    return isinstance(value, of) and (not isinstance(value, str) or len(value) <= TEXT_LENGTH_MAX)
