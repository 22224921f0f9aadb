"""Which rules are candidates for which occasion, judged set-based: a bit for each rule whose condition is met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fidelia.rules import Catalogue, Records, Rule, RuleSet
from fidelia.rules.program import check_rule

from .columns import COMPUTED, HELD, OF_RUNNING, in_name

RULES_A_MASK = 62


def candidates_of(versions: Mapping[str, RuleSet], tried: RuleSet | None) -> str:
    """Return the SQL that asks of all occasions for their candidates: (place_of, mask), a bit of the mask for each rule
    of the terms by which the occasion is judged.

    What asks the lines is asked once for all versions that say the same, as most rules of neighbours do.
    """
    asked: dict[str, str] = {}
    cases = [f"when version_id = '{version}' then {_mask(rules, asked)}" for version, rules in versions.items()]
    if tried is not None:
        cases.insert(0, f"when is_tried then {_mask(tried, asked)}")
    mask = f"case {' '.join(cases)} else 0 end" if cases else "0"
    if not asked:
        return f"select place_of, {mask} as mask from occasion"
    columns = "".join(f", {sql} as {name}" for sql, name in asked.items())
    return f"select place_of, {mask} as mask from (select *{columns} from occasion) occasion"


def _mask(rules: RuleSet, asked: dict[str, str]) -> str:
    """Return the SQL of the mask of one version; conditions that ask the lines are named in `asked`."""
    parts = []
    for place, sql in SetCandidates.of(rules).conditions.items():
        met = asked.setdefault(sql, f"of_lines_{len(asked)}") if "SELECT" in sql else sql
        parts.append(f"case when {met} then {1 << place}::bigint else 0 end")
    return " + ".join(parts) or "0::bigint"


@dataclass(frozen=True, slots=True)
class SetCandidates:
    """Which rules are judged set-based, by their places, each with its condition as SQL; `running` are the others."""

    conditions: Mapping[int, str]
    running: tuple[int, ...]

    @classmethod
    def of(cls, rules: RuleSet) -> SetCandidates:
        kept: SetCandidates | None = rules.kept.get("set_candidates")
        if kept is None:
            kept = rules.kept["set_candidates"] = cls._make(rules)
        return kept

    @classmethod
    def _make(cls, rules: RuleSet) -> SetCandidates:
        catalogue = _of_occasions(rules.catalogue)
        conditions, running = {}, []
        for place, rule in enumerate(rules.rules):
            if rule.only_at_checkout:
                continue
            if place < RULES_A_MASK and _is_set_based(rule):
                conditions[place] = _condition(rule, catalogue)
            else:
                running.append(place)
        return cls(conditions, tuple(running))


def _is_set_based(rule: Rule) -> bool:
    read = rule.when.fields_read if rule.when is not None else ()
    known = (path in COMPUTED or path.startswith((*HELD, "lines")) for path in read)
    return all(known) and not any(path in OF_RUNNING for path in read)


def _condition(rule: Rule, catalogue: Catalogue) -> str:
    parts = []
    if rule.valid_from is not None:
        parts.append(f"occasion.occurred_at >= timestamptz '{rule.valid_from.isoformat()}'")
    if rule.valid_until is not None:
        parts.append(f"occasion.occurred_at < timestamptz '{rule.valid_until.isoformat()}'")
    if rule.when is not None:
        parts.append(f"({check_rule(rule.when.source, catalogue).to_sql('duckdb')})")
    if rule.held_out is not None:
        parts.append(f"not ({check_rule(rule.held_out.source, catalogue).to_sql('duckdb')})")
    return " and ".join(parts) or "true"


def _of_occasions(catalogue: Catalogue) -> Catalogue:
    """Return the same fields over the occasions of a backtest."""
    fields = tuple(replace(each, column=f'occasion."{in_name(each.path)}"') for each in catalogue.fields)
    records = tuple(_of_occasion_lines(each) for each in catalogue.records)
    return replace(catalogue, fields=fields, records=records)


def _of_occasion_lines(records: Records) -> Records:
    fields = tuple(replace(each, column=f'"{each.path}"') for each in records.fields)
    return replace(records, table="line", join="line.place_of = occasion.place_of", fields=fields)
