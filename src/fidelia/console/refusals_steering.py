"""What programmes, segments, campaigns and insight refuse, by code: for whom the domain's own English is not enough."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Mapping[str, str | Promise] = {
    "denied": _("Your role does not include this act."),
    "missing_language": _("Give this text in both languages."),
    "malformed_amount": _("This is not an amount such as 12.50, with the decimals of its currency."),
    "unreadable_text": _("This text is not YAML."),
    "name_twice": _("The same name stands here twice; only one of the two would count."),
    "head_differs": _("The head of the document says of the programme what is not so."),
    "nothing_to_apply": _("The document is in force to the letter."),
    # programmes
    "unknown_programme": _("There is no such programme."),
    "unknown_version": _("There is no such version."),
    "malformed_document": _("A part of the document is missing, unknown, or out of bounds."),
    "changed_meanwhile": _("Another person changed this meanwhile. What you typed is still here; open it anew."),
    "unknown_rule": _("There is no such rule."),
    "unknown_score_version": _("There is no such version of the score."),
    "rule_not_in_force": _("No rule in force has this name, or it has ended already."),
    "rule_not_stopped": _("The rule gives again already, or is no rule of the version in force."),
    "control_share": _("A control group is at most half of the people."),
    "version_not_draft": _("Only a draft can be changed or published."),
    "version_not_in_force": _("Only a published version can be withdrawn."),
    "second_person_needed": _("A second person publishes: you wrote this version."),
    "version_refused": _("Another person refused this version as it stands: change it, or put it forward again."),
    "approval_outdated": _("The draft was changed after it was put forward: it has to be put forward again."),
    "published_in_the_past": _("A version is in force from now on, or later."),
    "changes_would_be_lost": _("Something was published since this draft was begun: bring the draft up to date first."),
    "nothing_to_catch_up": _("This draft lacks nothing of what was published since."),
    "malformed_lines": _("A line needs a product, a quantity above zero, and an amount that is not below zero."),
    "unknown_member": _("This customer is not a member of the programme."),
    "unknown_customer": _("There is no such customer."),
    "rule_value_out_of_bounds": _("A value of the basket is larger than rules can count with."),
    # segments
    "segment_key_taken": _("Another segment has this key."),
    "unknown_segment": _("There is no such segment."),
    "segment_archived": _("The segment is archived."),
    "segment_fixed": _("The segment holds the people who were put into it: it follows no condition."),
    "segment_ahead": _("The segment was already refreshed for a later moment."),
    # campaigns
    "unknown_campaign": _("There is no such campaign."),
    "campaign_key_taken": _("Another campaign has this key."),
    "campaign_not_draft": _("The campaign is no longer a draft."),
    "campaign_not_waiting": _("The campaign does not wait for an approval, or was launched already."),
    "campaign_not_running": _("The campaign does not run."),
    "campaign_not_launched": _("The campaign has no people who count yet."),
    "global_control_out_of_bounds": _("Hold out between 0.1% and 20% of the members, or nobody."),
    "no_global_control": _("No global control group is held out: there is nothing to measure."),
    "campaign_over": _("The end of the campaign has passed: change its dates."),
    "campaign_not_over": _("The end of the campaign has not come: stop it instead."),
    "control_share_out_of_bounds": _("Leave alone between 5% and 50% of the people."),
    "malformed_campaign": _("The key, the dates or the message of the campaign cannot be such."),
    "malformed_offer": _("The offer has a part that an offer does not have."),
    "audience_too_small": _("Too few people are left to draw two groups from."),
    "no_version_in_force": _("The programme has no version in force yet."),
    "later_version_scheduled": _("A version that begins later would take the offer out again."),
    "another_person_decides": _("Another person decides: who asked does not approve."),
    "approval_missing": _("Another person has to approve this first."),
    "approval_already_decided": _("Somebody has decided already."),
    "approval_already_asked": _("An approval of this is waiting for its decision."),
    # shadow
    "no_shadow": _("The programme is in no shadow."),
    "shadow_running": _("This programme is in shadow already."),
    "shadow_ended": _("The shadow is over: purchases are recorded for real."),
    "programme_live": _("This programme has granted points for purchases: it is live."),
    # insight
    "malformed_slice": _("There is no such part of the purchases, or a refresh came in between: choose it again."),
    "too_many_slices": _("Many parts are kept already. The next refresh makes room."),
    "no_refresh_yet": _("Nothing was learnt yet: refresh insight first."),
    "spark_missing": _("Measures are computed on Spark, which is not there: `fidelia doctor` says what is missing."),
    "no_mail_server": _("No server for e-mail is set yet: FIDELIA_SMTP_HOST."),
    "mail_not_sent": _("The server for e-mail did not take every message. It is asked again tomorrow morning."),
    "no_export": _("The facts are older than this: refresh insight first."),
    "too_few_people": _("A group has too few people for an interval."),
}
