"""Measure each rule that leaves a share of people out, against those people; stop one that surely does harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.insight.measures.tallies import Counted, Tally
from fidelia.insight.models import FactExport
from fidelia.insight.queries import count_tallies_of, get_last_export
from fidelia.insight.queries.given import count_given
from fidelia.insight.queries.parting import Parts, count_tallies_by_part
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import lock_programme, publish_draft, write_draft
from fidelia.programme.queries import (
    get_programme_by_id,
    list_programmes,
    list_versions,
    parse_document,
    terms_of,
    version_in_force,
)
from fidelia.rules import Rule
from fidelia.rules.control import is_held_out, place_of
from fidelia.rules.effects import GiftProduct, IssueCode

from ..errors import NoVersionInForce, RuleNotInForce, RuleNotStopped
from ..models import Arm, RuleResult, RuleStop
from .costing import voucher_of
from .ending import HARM
from .holding_out import persons_of
from .parting import PartOfResult, as_kept
from .watching import LookedAt, looked_at

PLANNED: Final = timedelta(days=365)
PEOPLE_MIN: Final = 30  # in each arm; of fewer nothing is said
PERMILLE: Final = 1000


@dataclass(frozen=True, slots=True)
class ControlledRule:
    """A rule of the version in force that leaves a share out, and since when it does so without a break."""

    programme: Programme
    version: ProgrammeVersion
    rule: Rule
    share: Fraction
    since: datetime


def list_controlled_rules(programme: Programme, *, at: datetime) -> list[ControlledRule]:
    """Return the rules in force at an instant that leave people out, in declared order; none before a version."""
    current = version_in_force(programme, at)
    if current is None:
        return []
    return [
        ControlledRule(programme, current, rule, rule.terms.control, _since(programme, rule, at))
        for rule in terms_of(current.id).rule_set.rules
        if rule.terms.control is not None
    ]


def _since(programme: Programme, rule: Rule, at: datetime) -> datetime:
    """The beginning of the unbroken run of versions in which the rule leaves the same share out."""
    begun = at
    for version in sorted(_published(programme, at), key=lambda one: (one.in_force_from, one.number), reverse=True):
        former = terms_of(version.id).rule_set.rule_at.get(rule.key)
        if former is None or former.terms.control != rule.terms.control or version.in_force_from is None:
            break
        begun = version.in_force_from
    return max(begun, rule.valid_from) if rule.valid_from is not None else begun


def _published(programme: Programme, at: datetime) -> Iterator[ProgrammeVersion]:
    for version in list_versions(programme):
        begun = version.in_force_from is not None and version.in_force_from <= at
        if begun and (version.withdrawn_at is None or version.withdrawn_at > at):
            yield version


def measure_rules(*, by: Actor, at: datetime) -> list[RuleResult]:
    """Count what members and the control group of each rule in force bought since it leaves them out.

    Everybody counts where the draw has them, whether or not they ever met the rule's condition (intention to treat).
    A rule begun after the last export waits for the next one; with fewer than 30 people in an arm nothing is kept.
    Raises Denied (campaign.measure), NoExport.
    """
    by.require("campaign.measure")
    export = get_last_export()
    results = []
    for programme in list_programmes():
        people = persons_of(programme)
        for found in list_controlled_rules(programme, at=at):
            until = min(export.cut_off_at, found.rule.valid_until or export.cut_off_at)
            if found.since >= until:
                continue
            arms, counted = arms_of(people, found.rule.key, found.share), Counted(str(programme.id), programme.currency)
            tallies = count_tallies_of(export=export, arms=arms, since=found.since, until=until, programme=counted)
            if len(tallies) == len(Arm) and min(tally.people for tally in tallies.values()) >= PEOPLE_MIN:
                parts = count_tallies_by_part(
                    export=export, drawn=arms, since=found.since, until=until, programme=counted, classes=False
                )
                results.append(_keep(by, at, found, export=export, until=until, tallies=tallies, parts=parts))
    return results


def arms_of(people: list[UUID], rule_key: str, share: Fraction) -> dict[UUID, str]:
    """Return the arm of each person for a rule; the same as the engine decides."""
    return {
        person: (Arm.CONTROL if is_held_out(place_of(str(person)), rule_key, share) else Arm.TREATED).value
        for person in people
    }


def _keep(
    by: Actor, at: datetime, found: ControlledRule, *, export: FactExport, until: datetime, tallies: dict[str, Tally],
    parts: Parts,
) -> RuleResult:  # fmt: skip
    versions = [one.id for one in _published(found.programme, at)]
    given = count_given(
        export=export, rule_key=found.rule.key, versions=versions, since=found.since, until=until,
        currency=found.programme.currency, voucher=voucher_of(found.rule),
    ).as_value()  # fmt: skip
    with transaction_of_use_case():
        RuleResult.objects.filter(programme_id=found.programme.id, rule_key=found.rule.key).update(parts={})
        result = RuleResult.objects.create(
            programme_id=found.programme.id, rule_key=found.rule.key, version_id=found.version.id,
            kind=kind_of(found.rule), permille=round(found.share * PERMILLE), export_id=export.id, given=given,
            counted_from=found.since, counted_until=until, currency=found.programme.currency,
            tallies={arm: asdict(tally) for arm, tally in tallies.items()}, measured_at=at, parts=as_kept(parts),
        )  # fmt: skip
        record_audit(
            by=by, at=at, verb="campaign.measure", object_type="rule", object_id=result.id,
            after={"rule": found.rule.key, "until": until},
        )  # fmt: skip
    return result


def kind_of(rule: Rule) -> str:
    """Return by which instrument a rule gives: coupon, discount, gift, voucher or points."""
    if isinstance(rule.effect, IssueCode):
        return rule.effect.kind
    if rule.terms.coupon is not None:
        return "coupon"
    if isinstance(rule.effect, GiftProduct):
        return "gift"
    return "discount" if rule.lowers_prices else "points"


def watched_rule(result: RuleResult) -> LookedAt:
    """Return the effects of a result with intervals valid at every look; narrowest after a year."""
    treated, control = (Tally(**result.tallies[arm.value]) for arm in (Arm.TREATED, Arm.CONTROL))
    return looked_at(treated, control, (result.counted_until - result.counted_from) / PLANNED)


def watched_part_of_rule(result: RuleResult, part: PartOfResult) -> LookedAt:
    """Return what a rule did to the people of one part; no effects where they are too few in an arm."""
    if part.treated is None or part.control is None:
        return LookedAt(None, None, None)
    return looked_at(part.treated, part.control, (result.counted_until - result.counted_from) / PLANNED)


def harms(result: RuleResult) -> bool:
    """Tell whether members surely buy less, or less often, than those left out."""
    seen = watched_rule(result)
    return any(effect is not None and effect.high < 0 for effect in (seen.buyers, seen.spend))


def stop_harmful_rules(*, by: Actor, at: datetime, results: list[RuleResult]) -> list[RuleStop]:
    """Stop each rule whose result says that it surely does harm; one already stopped stays. Raises Denied."""
    by.require("campaign.stop")
    stops = []
    for result in filter(harms, results):
        programme = get_programme_by_id(result.programme_id)
        if not RuleStop.objects.filter(programme_id=programme.id, rule_key=result.rule_key, resumed_at=None).exists():
            stops.append(stop_rule(by=by, at=at, programme=programme, rule_key=result.rule_key, reason=HARM))
    return stops


def stop_rule(*, by: Actor, at: datetime, programme: Programme, rule_key: str, reason: str) -> RuleStop:
    """End a rule now, in a new version of the programme, by one person or the night alone; points granted stay.

    Raises Denied (campaign.stop), NoVersionInForce, RuleNotInForce (none in force has this key, or it has ended).
    """
    by.require("campaign.stop")
    with transaction_of_use_case():
        now = lock_programme(programme, at)
        current = _current(programme, now)
        written = _written(current, rule_key)
        rule = terms_of(current.id).rule_set.rule_at[rule_key]
        if rule.valid_until is not None and rule.valid_until <= now:
            raise RuleNotInForce(f"“{rule_key}” has ended already.")
        version = _publish(by, now, current, rule_key, valid_until=now.isoformat(), note=f"Stop of {rule_key}")
        stop = RuleStop.objects.create(
            programme_id=programme.id, rule_key=rule_key, version_id=version.id, reason=reason[:200],
            former_end=str(written.get("valid_until") or ""), stopped_at=now, stopped_by=by.label,
        )  # fmt: skip
        _audit(by, at, "campaign.stop", stop, {"rule": rule_key, "reason": reason})
    return stop


def resume_rule(*, by: Actor, at: datetime, stop_id: UUID) -> RuleStop:
    """Undo a stop: the rule gives again from now on, until the end it had before, in a new version.

    Raises Denied (campaign.stop), RuleNotStopped (it gives again already, or is no more), NoVersionInForce.
    """
    by.require("campaign.stop")
    with transaction_of_use_case():
        stop = RuleStop.objects.filter(id=stop_id).first()
        if stop is None:
            raise RuleNotStopped("There is no such stop.")
        programme = get_programme_by_id(stop.programme_id)
        now = lock_programme(programme, at)
        stop.refresh_from_db()
        if stop.resumed_at is not None:
            raise RuleNotStopped(f"“{stop.rule_key}” gives again already.")
        try:
            current = _current(programme, now)
            _written(current, stop.rule_key)
        except RuleNotInForce as gone:
            raise RuleNotStopped(f"“{stop.rule_key}” is no rule of the version in force.") from gone
        end, note = stop.former_end or None, f"{stop.rule_key} gives again"
        _publish(by, now, current, stop.rule_key, valid_until=end, note=note)
        stop.resumed_at = now
        stop.save(update_fields=["resumed_at"])
        _audit(by, at, "campaign.stop", stop, {"rule": stop.rule_key, "resumed": True})
    return stop


def _current(programme: Programme, now: datetime) -> ProgrammeVersion:
    current = version_in_force(programme, now)
    if current is None:
        raise NoVersionInForce("The programme has no version in force.")
    return current


def _written(version: ProgrammeVersion, rule_key: str) -> dict[str, Any]:
    for rule in version.document["rules"]:
        if rule.get("key") == rule_key:
            return dict(rule)
    raise RuleNotInForce(f"No rule in force has the key “{rule_key}”.")


def _publish(
    by: Actor, now: datetime, current: ProgrammeVersion, rule_key: str, *, valid_until: str | None, note: str
) -> ProgrammeVersion:
    programme, change = current.programme, {"valid_until": valid_until}
    rules = [_changed(rule, change) if rule.get("key") == rule_key else rule for rule in current.document["rules"]]
    document, version_id = current.document | {"rules": rules}, new_id()
    parse_document(programme, document, version_id=version_id)
    # The stop itself is the author, as with campaigns: whoever stops publishes no word of their own.
    author = Actor.system(note)
    write_draft(by=author, at=now, programme=programme, document=document, note=note, version_id=version_id)
    return publish_draft(by=by, at=now, version_id=version_id, in_force_from=now)


def _changed(rule: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (rule | change).items() if value is not None}


def _audit(by: Actor, at: datetime, verb: str, stop: RuleStop, after: dict[str, Any]) -> None:
    record_audit(by=by, at=at, verb=verb, object_type="rule_stop", object_id=stop.id, after=after)
