"""Price rules in their turn: who comes first, who stands back, what undoes what.

settle_prices → [exclusive rules tried alone] → settle_with: each rule in order, groups chosen → rules whose condition
was undone, or of which a cap over several leaves nothing, are withdrawn, and everything is settled again, until
nothing changes (at most once a rule).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..rule_set import RuleSet
from ..settlement import (
    CONDITION_FALSE,
    CONTROL,
    EXPIRED,
    GRANTED,
    NO_LINES,
    NOT_BEST,
    NOT_FIRST,
    NOT_LEAST,
    NOT_YET_VALID,
    Outcome,
    missing_of,
)
from .basket import Basket
from .capping import hold_to_limits
from .combining import Combinations, combinations_of
from .gating import gate
from .gifts import add_gifts
from .granting import grant_of
from .plan import Plan, PlannedRule, plan_of
from .reasons import CAP_OF, CAP_REACHED, EXCLUDED, NEVER_HERE, NO_ADVANTAGE, NOT_ALL_TRIED, UNDONE
from .state import Grant, Running
from .together import hold_together


class Settling:
    """One run of the price rules over one basket: the running state, and what each rule came to."""

    def __init__(
        self, rule_set: RuleSet, plan: Plan, basket: Basket, values: Mapping[str, Any], *, at: datetime, explain: bool
    ) -> None:
        self.rule_set = rule_set
        self.plan = plan
        self.at = at
        self.explain = explain
        self.running = Running(rule_set, plan, basket, values)
        self.outcomes: dict[str, Outcome] = {}
        self.granted: list[tuple[PlannedRule, Grant]] = []
        self.undone: dict[str, str] = {}
        self.lowered: dict[str, int] = {}
        self.stopped_by: str | None = None
        self.rounds = 1

    @property
    def discount(self) -> int:
        return sum([grant.total for _, grant in self.granted]) - sum(self.lowered.values())

    def settle(
        self, active: Collection[str] | None, withdrawn: Mapping[str, tuple[str, str]], excluded_by: str | None
    ) -> None:
        """Let each rule have its turn. Rules not `active` are excluded; those withdrawn before stay so."""
        outcomes, running = self.outcomes, self.running
        for planned in self.plan.rules:
            key, group = planned.key, planned.group
            if key in outcomes:
                continue
            if key in withdrawn:
                outcomes[key] = planned.refused(*withdrawn[key])
            elif active is not None and key not in active:
                outcomes[key] = planned.refused(EXCLUDED, excluded_by)
            elif self.stopped_by is not None and not planned.rule.terms.always:
                outcomes[key] = planned.refused(EXCLUDED, self.stopped_by)
            elif group is not None and group.policy in ("best", "least", "first"):
                self.settle_group(self.members(planned, active, withdrawn))
            elif planned.is_looking and key not in running.finding:
                outcomes[key] = planned.refused(NO_LINES)
            elif planned.asks_first is not None and not planned.asks_first(running.values):
                outcomes[key] = self.condition_false(planned)
            else:
                self.settle_one(planned)

    def members(
        self, planned: PlannedRule, active: Collection[str] | None, withdrawn: Collection[str]
    ) -> list[PlannedRule]:
        assert planned.group is not None
        return [
            each
            for each in self.plan.groups[planned.group.key]
            if each.key not in withdrawn and (active is None or each.key in active)
        ]

    def settle_one(self, planned: PlannedRule) -> bool:
        grant = self.attempt(planned)
        if grant is not None:
            self.grant(planned, grant)
        return grant is not None

    def attempt(self, planned: PlannedRule) -> Grant | None:
        """Return what a rule would take now; None, with its outcome told, when that is nothing."""
        refusal = self.refusal_of(planned)
        if refusal is not None:
            self.outcomes[planned.key] = refusal
            return None
        grant = grant_of(self.running, planned)
        if grant is None:
            self.outcomes[planned.key] = planned.refused(NO_LINES)
            return None
        if grant.reason is None:
            hold_to_limits(self.running, planned, grant)
        if grant.reason is None and grant.total == 0 and not grant.products:
            grant.reason = NO_ADVANTAGE
        held_out = planned.rule.held_out
        if grant.reason is None and held_out is not None and held_out.run(self.running.values):
            self.outcomes[planned.key] = planned.refused(CONTROL)
            return None
        if grant.reason is not None:
            self.outcomes[planned.key] = Outcome(planned.key, 0, grant.reason, grant.missing, grant.missing_type)
            if grant.gifts:
                self.running.effects[planned.key] = grant.gifts
            return None
        return grant

    def refusal_of(self, planned: PlannedRule) -> Outcome | None:
        rule = planned.rule
        if planned.not_with:
            beside = next((each.key for each, _ in self.granted if each.key in planned.not_with), None)
            if beside is not None:
                return planned.refused(EXCLUDED, beside)
        if planned.has_period:
            if rule.valid_from is not None and self.at < rule.valid_from:
                return planned.refused(NOT_YET_VALID)
            elif rule.valid_until is not None and self.at >= rule.valid_until:
                return planned.refused(EXPIRED)
        if rule.when is not None and not rule.when.run(self.running.values):
            return self.condition_false(planned)
        elif planned.is_gated:
            return gate(self.running, rule, planned.limits)
        return None

    def condition_false(self, planned: PlannedRule) -> Outcome:
        missing, kind = missing_of(planned.rule, self.running.values) if self.explain else (None, None)
        if missing is None:
            return planned.refused(CONDITION_FALSE)
        return Outcome(planned.key, 0, CONDITION_FALSE, missing, kind)

    def grant(self, planned: PlannedRule, grant: Grant) -> None:
        """Make a grant true, and note whose condition it undoes."""
        running = self.running
        add_gifts(running, planned, grant)
        running.commit(planned, grant)
        self.granted.append((planned, grant))
        if grant.gifts:
            running.effects[planned.key] = grant.gifts
        self.outcomes[planned.key] = Outcome(
            planned.key,
            0,
            GRANTED,
            base=grant.base,
            unlimited=grant.uncapped,
            discount=grant.total,
            quantity=_quantity_of(running, grant),
        )
        if self.plan.may_be_undone:
            self.note_undone(planned)
        if planned.rule.terms.stops:
            self.stopped_by = planned.key
        elif planned.rule.terms.closes_lines:
            running.closed |= {take[0].line for take in grant.takes if take[3]}

    def settle_group(self, members: Sequence[PlannedRule]) -> None:
        group = members[0].group
        assert group is not None
        if group.policy == "first":
            self.settle_first(members)
        elif group.scope == "line":
            self.settle_one_by_line(members, group.policy)
        else:
            self.settle_one_of(members, group.policy)

    def settle_first(self, members: Sequence[PlannedRule]) -> None:
        first: str | None = None
        for planned in members:
            if first is not None:
                self.outcomes[planned.key] = planned.refused(NOT_FIRST, first)
            elif self.settle_one(planned):
                first = planned.key

    def settle_one_of(self, members: Sequence[PlannedRule], policy: str) -> None:
        """Let the rule give that gives most, or least of those that give anything; of equals the first."""
        found = [(planned, grant) for planned in members if (grant := self.attempt(planned)) is not None]
        if not found:
            return
        choose, reason = (min, NOT_LEAST) if policy == "least" else (max, NOT_BEST)
        chosen, kept = choose(found, key=lambda pair: self.worth(pair[1]))
        for planned, _ in found:
            if planned is not chosen:
                self.outcomes[planned.key] = planned.refused(reason, chosen.key)
        self.grant(chosen, kept)

    def settle_one_by_line(self, members: Sequence[PlannedRule], policy: str) -> None:
        """Give each line the rule that takes most off it, or least of those that take anything; of equals the first."""
        found = [(planned, grant) for planned in members if (grant := self.attempt(planned)) is not None]
        chosen: dict[int, tuple[int, int]] = {}
        for n, (_, grant) in enumerate(found):
            sums: dict[int, int] = {}
            for part, _, _, off in grant.takes:
                sums[part.line] = sums.get(part.line, 0) + off
            for line, off in sums.items():
                held = chosen.get(line, (0, 0))[0]
                if off > 0 and (held == 0 or (off < held if policy == "least" else off > held)):
                    chosen[line] = (off, n)
        owner = {line: n for line, (_, n) in chosen.items()}
        for n, (planned, grant) in enumerate(found):
            grant.takes = [take for take in grant.takes if owner.get(take[0].line) == n]
            # Units that a rule only counts are those of a line of its own too: they were seen as they stood before.
            grant.uses = [use for use in grant.uses if owner.setdefault(use[0].line, n) == n]
            if grant.total or grant.products:
                self.grant(planned, grant)
            else:
                self.outcomes[planned.key] = planned.refused(NOT_LEAST if policy == "least" else NOT_BEST)

    def worth(self, grant: Grant) -> int:
        """Return what a grant is worth to the customer, gifts at what they lose of their price."""
        return grant.total + sum([grant.each_off * units for _, units in grant.products])

    def note_undone(self, by: PlannedRule) -> None:
        """Note the first rule after which a condition no longer holds, its own discount left out of account."""
        for planned, grant in self.granted:
            if planned.rule.terms.when_undone == "withdraw" and planned is not by and planned.rule.when is not None:
                if self.holds_without(planned, grant):
                    self.undone.pop(planned.key, None)
                else:
                    self.undone.setdefault(planned.key, by.key)

    def holds_without(self, planned: PlannedRule, grant: Grant) -> bool:
        """Ask a rule's condition as if the rule itself had taken nothing."""
        running = self.running
        lowered: dict[int, int] = {}
        for parts in running.parts:
            for part in parts:
                own = sum([amount for key, amount in part.given if key == planned.key])
                if own:
                    part.amount += own
                    lowered[id(part)] = own
        touched = {part.line for parts in running.parts for part in parts if id(part) in lowered}
        running.refresh_lines(touched)
        assert planned.rule.when is not None
        holds = bool(planned.rule.when.run(running.values))
        for parts in running.parts:
            for part in parts:
                part.amount -= lowered.get(id(part), 0)
        running.refresh_lines(touched)
        return holds


def _quantity_of(running: Running, grant: Grant) -> int:
    return sum([take[0].quantity if take[1] is None else take[1] * running.unit for take in grant.takes if take[3]])


def settle_prices(
    rule_set: RuleSet, basket: Basket, values: Mapping[str, Any], *, at: datetime, explain: bool
) -> Settling:
    """Settle the prices of a basket: the whole of stage catalog to shipping."""
    plan, caps = plan_of(rule_set), rule_set.joint_caps

    def run(active: Collection[str] | None, by: str | None, aside: Mapping[str, tuple[str, str]]) -> Settling:
        withdrawn = dict(aside)
        for rounds in range(1, len(plan.rules) + 2):
            settling = Settling(rule_set, plan, basket, values, at=at, explain=explain)
            settling.rounds = rounds
            settling.settle(active, withdrawn, by)
            first = next((each.key for each in plan.rules if each.key in settling.undone), None)
            if first is not None:
                withdrawn[first] = UNDONE, settling.undone[first]
                continue
            gone = hold_together(settling, caps) if caps else {}
            if not gone:
                return settling
            withdrawn |= {key: (CAP_REACHED, f"{CAP_OF}{cap}") for key, cap in gone.items()}
        raise AssertionError("each round withdraws a rule")

    def run_best(active: Collection[str] | None = None, by: str | None = None) -> Settling:
        """Try each set of rules that go together; the best for the customer counts, of equals the first."""
        sets = plan.combinations
        if not sets.are_all:
            sets = _sets_of_basket(Settling(rule_set, plan, basket, values, at=at, explain=False), active)
        found = [run(active, by, _set_aside(plan, sets, chosen)) for chosen in sets.sets]
        if not found:
            return run(active, by, {})
        best = max(found, key=lambda settling: settling.discount)
        _tell_set_aside(plan, sets, best, found)
        return best

    if not plan.exclusives:
        return run_best()
    return _settle_exclusives(rule_set, plan, run_best)


def _sets_of_basket(look: Settling, active: Collection[str] | None) -> Combinations:
    """Return the sets to try for one basket: without the rules that it cannot get whatever the others do, and from the
    rules on that take most off by themselves, so that the best is likely among the first.
    """
    alone: list[tuple[int, PlannedRule]] = []
    for planned in look.plan.rules:
        if planned.not_with and (active is None or planned.key in active):
            grant = look.attempt(planned)
            if grant is not None or look.outcomes[planned.key].reason not in NEVER_HERE:
                alone.append((grant.total if grant is not None else 0, planned))
    return combinations_of([planned for _, planned in sorted(alone, key=lambda pair: -pair[0])])


def _set_aside(plan: Plan, sets: Combinations, chosen: frozenset[str]) -> dict[str, tuple[str, str]]:
    """Return the rules that do not go together with those chosen, each with the one that stands in its way."""
    return {
        each.key: (EXCLUDED, next(other.key for other in plan.rules if other.key in chosen & each.not_with))
        for each in plan.rules
        if each.key in sets.asked and each.key not in chosen
    }


def _tell_set_aside(plan: Plan, sets: Combinations, best: Settling, trials: Sequence[Settling]) -> None:
    """Say of each rule that was set aside what it came to where it was not: nothing by itself, or not the best.

    Where not all sets were tried, whatever may have stood in a better one says so.
    """
    not_best = NOT_BEST if sets.are_all else NOT_ALL_TRIED
    for planned in plan.rules:
        outcome = best.outcomes[planned.key]
        if planned.key in sets.asked and outcome.reason == EXCLUDED:
            own = [
                trial.outcomes[planned.key]
                for chosen, trial in zip(sets.sets, trials, strict=True)
                if planned.key in chosen
            ]
            gave = not own or any(one.reason == GRANTED for one in own)
            best.outcomes[planned.key] = planned.refused(not_best, outcome.by) if gave else own[0]


def _settle_exclusives(rule_set: RuleSet, plan: Plan, run: Any) -> Settling:
    """Try each exclusive rule, or group, without the others; what gives first counts, or what gives most."""
    always = {each.key for each in plan.rules if each.rule.terms.always}
    exclusive = {each.key for unit in plan.exclusives for each in unit} - always
    best: Settling | None = None
    refused: dict[str, Outcome] = {}
    for unit in plan.exclusives:
        keys = {each.key for each in unit}
        trial: Settling = run(keys | always, unit[0].key)
        if any(planned.key in keys for planned, _ in trial.granted):
            if rule_set.checkout.exclusive == "first":
                return trial
            refused |= {each.key: each.refused(NOT_BEST) for each in unit if each.key in exclusive}
            if best is None or trial.discount > best.discount:
                best = trial
        else:
            refused |= {key: trial.outcomes[key] for key in keys & exclusive}
    rest: Settling = run({each.key for each in plan.rules} - exclusive)
    if best is not None and best.discount >= rest.discount:
        return best
    rest.outcomes.update(refused)
    return rest
