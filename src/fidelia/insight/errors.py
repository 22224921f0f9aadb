"""The refusals of insight.

Refused
├── NoExport
└── NoConvergence
Invalid
├── WindowOutOfBounds
├── MalformedMoment
├── ImpossibleNumbers
└── TooLittleToFit
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused, Unavailable


class NoExport(Refused):
    """Nothing was exported yet, or not since the moment that is asked about."""

    default_code = "no_export"


class WindowOutOfBounds(Invalid):
    """A window is 1 to 3,660 days long."""

    default_code = "window_out_of_bounds"


class MalformedMoment(Invalid):
    """The text is not an instant with its time zone."""

    default_code = "malformed_moment"


class UnknownScoreVersion(NotFound):
    """There is no such version of the score."""

    default_code = "unknown_score_version"


class ImpossibleNumbers(Invalid):
    """The numbers cannot be what they are said to be: negative, missing, later than the end, of unequal length."""

    default_code = "impossible_numbers"


class TooLittleToFit(Invalid):
    """There is too little in the data for this model to be fitted."""

    default_code = "too_little_to_fit"


class ImpossibleForecast(Invalid):
    """A forecast of so many months, or by so many futures, is not made."""

    default_code = "impossible_forecast"


class NoConvergence(Refused):
    """No parameters of this model describe the data best: use a simpler model, or more data."""

    default_code = "no_convergence"


class MalformedStages(Invalid):
    """The definition of the stages has a number out of bounds."""

    default_code = "malformed_stages"


class MalformedBands(Invalid):
    """Bands have four thresholds, each beyond the one before."""

    default_code = "malformed_bands"


class MalformedRate(Invalid):
    """A margin rate lies between 0 and 1."""

    default_code = "malformed_rate"


class MalformedBudget(Invalid):
    """A budget is not negative, and the weights of the classes are not all zero."""

    default_code = "malformed_budget"


class MalformedBudgetPlan(Invalid):
    """A plan of a budget has an amount above zero, and shares of the four classes that sum to 1,000 thousandths."""

    default_code = "malformed_budget_plan"


class UnknownBudgetPlan(NotFound):
    """There is no plan of a budget with this id that could be withdrawn."""

    default_code = "unknown_budget_plan"


class NothingToReport(Invalid):
    """No row of the file could be read as a purchase."""

    default_code = "nothing_to_report"


class MalformedPart(Invalid):
    """The part of a history cannot be such: its store or its month cannot be read."""

    default_code = "malformed_part"


class MalformedSlice(Invalid):
    """A part of the purchases that is none: nothing said, or what is said contradicts itself."""

    default_code = "malformed_slice"


class UnknownMark(NotFound):
    """There is no such part of a chapter with people behind it."""

    default_code = "unknown_mark"


class TooManySlices(Refused):
    """So many parts of the purchases are kept that no more is written before the next refresh."""

    default_code = "too_many_slices"


class NoRefreshYet(Refused):
    """Nothing was learnt yet: refresh insight first."""

    default_code = "no_refresh_yet"


class SparkMissing(Unavailable):
    """Measures are to be computed on Spark, and it cannot be reached or is not installed."""

    default_code = "spark_missing"


class NoMailServer(Refused):
    """No server for e-mail is set, so nothing can be sent."""

    default_code = "no_mail_server"


class MailNotSent(Unavailable):
    """The server for e-mail did not take a message."""

    default_code = "mail_not_sent"
