"""Codes as people say them: kinds of point movements, consents, sources, states. A code without a word stays itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fidelia.access.rights import RIGHTS

Words = Mapping[str, str | Promise]

CHANNELS: Words = {
    "email": _("E-mail"),
    "sms": _("SMS"),
    "phone": _("Telephone"),
    "post": _("Post"),
    "push": _("Push message"),
    "web": _("Web"),
    "any": _("Any channel"),
    "store": _("Store"),
}
PURPOSES: Words = {
    "marketing": _("Offers and news"),
    "profiling": _("Profiling"),
    "open_tracking": _("Tracking of openings"),
    "tracking": _("Tracking of visits"),
    "service": _("Service messages"),
}
SOURCES: Words = {
    "till": _("till"),
    "web": _("web"),
    "import": _("import"),
    "contest": _("contest"),
    "console": _("console"),
    "api": _("API"),
    "demo": _("invented shop"),
    "portal": _("portal"),
}
PROOFS: Words = {
    "counter": _("said at the counter"),
    "phone": _("said on the telephone"),
    "form": _("paper form"),
    "web": _("box ticked on the web"),
    "console": _("noted in the console"),
    "unsubscribe_link": _("link of a message"),
    "link": _("link of a message"),
    "import": _("import"),
}
SCHEMES: Words = {
    "card": _("Card"),
    "email": _("E-mail"),
    "phone": _("Telephone"),
    "external": _("Number in another system"),
    "app": _("App"),
}
POSTINGS: Words = {
    "earn": _("Points earned"),
    "redeem": _("Points used"),
    "capture": _("Points used"),
    "hold": _("Points put aside"),
    "release": _("Points put back"),
    "revoke": _("Points taken back"),
    "adjust": _("Correction by hand"),
    "open": _("Opening balance"),
    "expire": _("Points expired"),
    "transfer": _("Points moved"),
    "transfer_out": _("Points given away"),
    "transfer_in": _("Points received"),
    "pend": _("Points on their way"),
    "activate": _("Points come to life"),
    "cancel": _("Points given up"),
    "extend": _("Points prolonged"),
    "reinstate": _("Points brought back"),
    "give_back": _("Points given back"),
    "reverse": _("Reversal"),
}
POSTING_ICONS: Mapping[str, str] = {
    "earn": "coins",
    "redeem": "gift",
    "capture": "gift",
    "hold": "clock-pause",
    "release": "arrow-back-up",
    "revoke": "receipt-refund",
    "adjust": "pencil",
    "open": "login",
    "expire": "hourglass",
    "transfer": "arrows-exchange",
    "transfer_out": "arrows-exchange",
    "transfer_in": "arrows-exchange",
    "pend": "hourglass",
    "activate": "coins",
    "cancel": "hourglass",
    "extend": "hourglass",
    "reinstate": "arrow-back-up",
    "give_back": "arrow-back-up",
    "reverse": "arrow-back-up",
}
MESSAGE_STATES: Words = {
    "queued": _("to be sent"),
    "sending": _("being sent"),
    "sent": _("sent"),
    "failed": _("not delivered"),
    "suppressed": _("not sent"),
    "in_doubt": _("perhaps sent"),
}
MESSAGE_REASONS: Words = {
    "no_consent": _("no consent"),
    "objection": _("the customer objects"),
    "no_address": _("no address"),
    "no_mobile": _("no mobile number"),
    "sms_undelivered": _("never arrived on the telephone"),
    "customer_gone": _("no such customer any more"),
    "campaign_over": _("the campaign was over"),
    "expired": _("too late to be of use"),
    "template": _("the template does not fit"),
    "server_down": _("the mail server does not answer"),
    "worker_died_twice": _("a worker died while sending, twice"),
}
FACTS: Words = {
    "kind": _("Kind"),
    "given_name": _("Given name"),
    "family_name": _("Family name"),
    "company_name": _("Company"),
    "registration_number": _("SIREN or SIRET"),
    "vat_number": _("VAT number"),
    "role": _("Position"),
    "title": _("Title"),
    "birth_on": _("Born on"),
    "language": _("Language"),
    "country": _("Country"),
    "town": _("Town"),
    "postal_code": _("Postal code"),
    "home_store_id": _("Store"),
}
KINDS: Words = {"person": _("Person"), "company": _("Company")}
LANGUAGES: Words = {"fr": _("French"), "en": _("English")}
PURCHASE_KINDS: Words = {"sale": _("Purchase"), "return": _("Return")}
TRAIT_VALUES: Words = {
    "treated": _("gets the offer"),
    "control": _("in the control group"),
    "buyer": _("Has bought once"),
    "customer": _("Comes back"),
    "supporter": _("Supporter"),
    "ambassador": _("Ambassador"),
    "left": _("No longer comes"),
    "varied": _("Of several kinds"),
    "stars": _("Star"),
    "question_marks": _("Question mark"),
    "profit_customers": _("Profit customer"),
    "to_select": _("To select"),
}
RESULTS: Words = {
    "customers": _("Customers"),
    "bytes": _("Bytes"),
    "events": _("Events"),
    "jobs": _("Jobs"),
    "files": _("Files"),
    "accounts": _("Accounts"),
    "points": _("Points"),
    "rate_limits": _("Rate limits"),
    "members": _("Members"),
    "purchases": _("Purchases"),
    "recorded": _("Recorded"),
    "rejected": _("Rejected"),
    "done": _("Done"),
    "waits": _("Waiting for a second person"),
    "unchanged": _("As they were"),
    "refused": _("Refused"),
}
CONTACT_STATES: Words = {"active": _("active"), "bounced": _("mail comes back"), "retired": _("no longer used")}


REACTION_NAMES: Words = {
    "activity.follow_plans": _("Paid memberships follow the purchases"),
    "campaigns.tell_treated": _("The letter of a campaign"),
    "cards.reassess_who_followed": _("The tiers of who takes over a card"),
    "members.send_codes": _("The code by which a member comes in"),
    "messaging.inform_of_points": _("The e-mail about points"),
    "messaging.tell_of_cheques": _("The e-mail about loyalty cheques"),
    "messaging.tell_of_coupons": _("The e-mail about coupons"),
    "messaging.tell_of_expiry": _("The e-mail about points that end"),
    "messaging.tell_of_limits": _("The e-mail about limits that come near"),
    "messaging.tell_of_referrals": _("The e-mail about referrals"),
    "messaging.tell_of_subscriptions": _("The e-mail about paid memberships"),
    "messaging.tell_of_tiers": _("The e-mail about tiers"),
    "programme.follow_version": _("Tiers follow a new version"),
    "programme.reassess_pools": _("The tiers of a pool"),
    "programme.reassess_tiers": _("Tiers follow the points"),
    "programme.keep_points": _("A tier keeps its points alive"),
    "referral.follow_friends": _("Referrals follow the friend’s purchases"),
    "rewards.turn_points": _("Points become loyalty cheques"),
}
# Who acts without being a person.
ACTORS: Words = {"schedule": _("The schedule"), **REACTION_NAMES}
# What is written into the audit and asks for no right of its own.
ACTS: Words = {
    **RIGHTS,
    "user.log_in": _("Log in"),
    "user.change_preferences": _("Change one’s own settings"),
    "approval.ask": _("Ask a second person"),
    "approval.give": _("Approve what another person asked"),
    "approval.refuse": _("Refuse what another person asked"),
    "campaign.end": _("End a campaign"),
    "programme.withdraw": _("Withdraw a published version"),
    "request.ask": _("Write down a request about personal data"),
    "demo.begin": _("Begin to fill in the invented shop"),
    "demo.fill": _("Fill in the invented shop"),
    "demo.remove": _("Remove the invented shop"),
}


def word(words: Words, code: str) -> str:
    """Return the word of a code, the code itself when it has none."""
    return str(words.get(code, code))
