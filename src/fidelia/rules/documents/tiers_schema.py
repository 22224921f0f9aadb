"""The JSON Schema of tiers."""

from __future__ import annotations

from ..reading import DAYS_MAX
from ..tier_sets import BEGINS, CARRIES, CARRIES_ABOVE, FALLS, KEPT_FROM, METRICS, ON_RETURN, WINDOWS
from ..tier_terms import BENEFITS_MAX, LEVELS_MAX, MEASURES_MAX
from .schema_parts import CODE, LOCALIZED, Schema, list_of, members, or_null, whole


def tiers_schema(span: Schema, dates: Schema) -> Schema:
    """Return the schema of a set of tiers; `span` is that of so many months and days, `dates` of dates of a year."""
    threshold = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}]}
    level = members(
        {
            "key": CODE,
            "name": LOCALIZED,
            "threshold": threshold,
            "benefits": list_of(LOCALIZED, BENEFITS_MAX),
            "entitlements": list_of(CODE, BENEFITS_MAX),
            "lifetime": or_null(threshold),
            "keep": or_null(threshold),
            "permanent": {"type": "boolean"},
        },
        required=("key", "name", "threshold"),
    )
    measure = members(
        {
            "metric": {"enum": ["earned", "purchases", "spent"]},
            "currency": or_null({"type": "string", "minLength": 1, "maxLength": 12}),
            "thresholds": {"type": "object", "minProperties": 1, "additionalProperties": threshold},
        },
        required=("thresholds",),
    )
    return members(
        {
            "key": {"type": "string"},
            "name": or_null(LOCALIZED),
            "metric": {"enum": list(METRICS)},
            "currency": or_null({"type": "string", "minLength": 1, "maxLength": 12}),
            "window": {"anyOf": [{"enum": [each for each in WINDOWS if each != "ever"]}, dates]},
            "window_days": whole(1, DAYS_MAX),
            "begins": {"enum": list(BEGINS)},
            "kept": or_null({"anyOf": [span, members({"periods": whole(0, 10)}, required=("periods",))]}),
            "kept_days": or_null(whole(0, DAYS_MAX)),
            "kept_from": {"enum": list(KEPT_FROM)},
            "grace": or_null(span),
            "runs_on": or_null(span),
            "falls": {"enum": list(FALLS)},
            "on_return": {"enum": list(ON_RETURN)},
            "notice_days": whole(1, DAYS_MAX),
            "carries": or_null({"enum": list(CARRIES)}),
            "carries_max": or_null(threshold),
            "carries_above": {"enum": list(CARRIES_ABOVE)},
            "also": or_null({**list_of(measure, MEASURES_MAX), "minItems": 1}),
            "together": or_null({**list_of(measure, MEASURES_MAX), "minItems": 1}),
            "levels": {**list_of(level, LEVELS_MAX), "minItems": 1},
        },
        required=("levels",),
    )
