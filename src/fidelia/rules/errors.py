"""The refusals of the rule language; each says where, why, and when it can what was probably meant.

Invalid
├── RuleError                 a rule's text is refused; has line and column
│   ├── RuleSyntax            a word or sign stands where it cannot
│   ├── UnterminatedText      a quotation mark is missing
│   ├── ForbiddenCharacter    a character that no rule needs, such as a control character
│   ├── ForbiddenName         a name beginning with _ or holding __
│   ├── RuleTooLong           more characters than a rule may have
│   ├── RuleTooDeep           more nesting than a rule may have
│   ├── RuleTooCostly         its static cost is over the limit
│   ├── UnknownField          no such field in the catalogue
│   ├── UnknownFunction       no such function or macro
│   ├── UnknownChoice         a text that the field can never hold
│   ├── WrongType             the types do not go together
│   ├── WrongArguments        a function is given what it cannot take
│   ├── NumberTooLarge        a number past 64 bits
│   ├── TooManyDecimals       12.345 € has no meaning in cents
│   ├── MayOverflow           the arithmetic could pass 64 bits
│   └── UnguardedOptional     an optional field read without has() or orElse()
├── InvalidRuleSet            a rule set document is refused; has a JSON pointer
└── ValueOutOfBounds          a value given to a rule is not what its field declares
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from fidelia.kernel.errors import Invalid

from .sentences import say


class RuleError(Invalid):
    """A rule's text is refused. `line` and `column` count from 1; `nearest` is what was probably meant."""

    default_code = "rule_error"

    def __init__(self, reason: str, *, offset: int, nearest: str | None = None, **details: Any) -> None:
        super().__init__(say(reason, "en", nearest=nearest, **details), **details)
        self.reason = reason
        self.offset = offset
        self.nearest = nearest
        self.line, self.column = 1, offset + 1

    def locate(self, source: str) -> None:
        """Count line and column in the text of the rule."""
        before = source[: self.offset]
        self.line = before.count("\n") + 1
        self.column = self.offset - (before.rfind("\n") + 1) + 1
        self.details |= {"line": self.line, "column": self.column}

    def sentence(self, language: str) -> str:
        """Return the reason for people, in "en" or "fr"."""
        return say(self.reason, language, nearest=self.nearest, **self.details)

    def __str__(self) -> str:
        return f"Line {self.line}, column {self.column}: {self.message}"


class RuleSyntax(RuleError):
    """A word or sign stands where it cannot."""

    default_code = "rule_syntax"


class UnterminatedText(RuleError):
    """A quotation mark is missing."""

    default_code = "rule_unterminated_text"


class ForbiddenCharacter(RuleError):
    """A character that no rule needs, such as a control character."""

    default_code = "rule_forbidden_character"


class ForbiddenName(RuleError):
    """A name begins with _ or holds __."""

    default_code = "rule_forbidden_name"


class RuleTooLong(RuleError):
    """The rule has more characters than a rule may have."""

    default_code = "rule_too_long"


class RuleTooDeep(RuleError):
    """The rule is nested deeper than a rule may be."""

    default_code = "rule_too_deep"


class RuleTooCostly(RuleError):
    """The static cost of the rule is over the limit."""

    default_code = "rule_too_costly"


class UnknownField(RuleError):
    """The catalogue has no such field."""

    default_code = "rule_unknown_field"


class UnknownFunction(RuleError):
    """There is no such function or macro."""

    default_code = "rule_unknown_function"


class UnknownChoice(RuleError):
    """The field can never hold this text."""

    default_code = "rule_unknown_choice"


class WrongType(RuleError):
    """The types do not go together."""

    default_code = "rule_wrong_type"


class WrongArguments(RuleError):
    """A function is given what it cannot take."""

    default_code = "rule_wrong_arguments"


class NumberTooLarge(RuleError):
    """A number is past 64 bits."""

    default_code = "rule_number_too_large"


class TooManyDecimals(RuleError):
    """A number has more decimals than its unit."""

    default_code = "rule_too_many_decimals"


class MayOverflow(RuleError):
    """The arithmetic could pass 64 bits with values that the fields allow."""

    default_code = "rule_may_overflow"


class UnguardedOptional(RuleError):
    """An optional field is read without has() or orElse()."""

    default_code = "rule_unguarded_optional"


class InvalidRuleSet(Invalid):
    """The document of a version is refused at one of its places.

    `pointer` is the JSON pointer, and for a rule's text `cause` the RuleError, whose code and details
    (line, column) it takes.
    """

    default_code = "rule_set_invalid"

    def __init__(self, reason: str, *, pointer: str, cause: RuleError | None = None, **details: Any) -> None:
        super().__init__(
            str(cause) if cause else say(reason, "en", **details),
            code=cause.code if cause else None,
            pointer=pointer,
            **(details | (cause.details if cause else {})),
        )
        self.reason = reason
        self.cause = cause

    def sentence(self, language: str) -> str:
        """Return the reason for people, in "en" or "fr"."""
        return self.cause.sentence(language) if self.cause else say(self.reason, language, **self.details)


class ValueOutOfBounds(Invalid):
    """A value given to a rule is not what its field declares (type, bounds, number of lines)."""

    default_code = "rule_value_out_of_bounds"


def nearest_name(name: str, names: list[str]) -> str | None:
    """Return the known name that most resembles `name`, if any does."""
    found = get_close_matches(name, names, n=1, cutoff=0.7)
    return found[0] if found else None
