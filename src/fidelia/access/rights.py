"""Every right that some verb asks for, with a sentence, and the roles that come with the product.

A verb asks for a right by its name; a house test fails when the name is not listed here. A grant may also name all of
a noun ("purchase.*"). The roles of the product are code, so that a new release's rights reach them without migration;
an installation adds its own as rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.localized import LocalizedText

RIGHTS: dict[str, str | Promise] = {
    # access
    "user.see": _("See the users and their roles"),
    "user.create": _("Create a user"),
    "user.change_password": _("Set another user’s password"),
    "user.deactivate": _("Deactivate a user"),
    "role.create": _("Create a role"),
    "role.change": _("Change the rights of a role"),
    "role.grant": _("Give a user a role, and take it back"),
    "key.see": _("See the API keys, never their secrets"),
    "key.issue": _("Issue an API key"),
    "key.revoke": _("Revoke an API key"),
    "audit.see": _("See who did what"),
    # organisation
    "operator.set_up": _("Say who runs this installation"),
    "partner.see": _("See the partners"),
    "partner.add": _("Add a partner"),
    "partner.rename": _("Rename a partner"),
    "banner.add": _("Add a banner"),
    "banner.rename": _("Rename a banner"),
    "store.see": _("See the stores"),
    "store.add": _("Add a store"),
    "store.rename": _("Rename a store"),
    "store.close": _("Close a store"),
    "policy.see": _("See what the law of each country says of promotions"),
    "policy.change": _("Say what the law of a country is, from which day"),
    "portal.see": _("See how the pages for members are set up"),
    "portal.change": _("Open and close the pages for members, and change their look"),
    # jobs and parked events
    "job.see": _("See the jobs and their progress"),
    "job.stop": _("Stop a job"),
    "job.resume": _("Resume a job that stopped or failed"),
    "event.see": _("See the events that wait and why"),
    "event.retry": _("Try an event again that could not be served"),
    "event.dismiss": _("Give an event up that cannot be served"),
    "system.see": _("See the state of the system"),
    # files
    "file.keep": _("Hand in a file to be kept"),
    "file.see": _("Open the files that others handed in"),
    "file.forget": _("Delete the files that others handed in"),
    # files brought in
    "import.run": _("Start the check and the recording of a file as a job"),
    # customers and products
    "customer.see": _("See customers, their facts and what they agreed to"),
    "customer.see_contacts": _("See the addresses and telephone numbers of customers"),
    "customer.create": _("Add a customer"),
    "customer.change": _("Change the facts and addresses of a customer"),
    "customer.merge": _("Let two records of one person become one"),
    "customer.import": _("Bring customers in from a file"),
    "customer.identify": _("Give a customer a card or another identity, and end it"),
    "customer.record_consent": _("Record that a customer gave or withdrew consent"),
    "customer.export": _("Take customers out as a file"),
    "request.see": _("See what customers ask about their own data, and until when it is due"),
    "request.erase": _("Erase a customer who asked for it, for good"),
    "request.answer": _("Answer what a customer asks about their own data"),
    "customer.set_traits": _("Set traits of customers"),
    "customer.define_trait": _("Define a trait that rules may read"),
    "segment.see": _("See the segments and who is in them"),
    "segment.define": _("Define, change and archive a segment"),
    "segment.refresh": _("Find out anew who is in a segment"),
    "product.see": _("See the products and their costs"),
    "product.change": _("Add and change products and their costs"),
    # messages
    "message.see": _("See the messages sent to customers and the templates"),
    "message.edit_template": _("Write a new version of a template"),
    "message.send": _("Send a message to a customer"),
    # points
    "points.open": _("Bring members in with their opening balances"),
    "points.adjust": _("Correct a balance of points by hand"),
    "points.convert": _("Exchange a member’s points for others"),
    "points.transfer": _("Move points from one account to another"),
    "points.expire": _("Write down the expiry of points"),
    "points.see": _("See the points of members"),
    "points.grant": _("Give points to a member as the terms say"),
    "points.activate": _("Bring pending points to life, or give them up"),
    "points.extend": _("Let points live longer"),
    "points.reinstate": _("Bring expired points back"),
    "points.approve": _("Approve a correction of points that another person asked"),
    "pool.create": _("Create a pool of points"),
    "pool.change": _("Let members join and leave a pool of points"),
    # purchases
    "purchase.see": _("See purchases and returns"),
    "purchase.import": _("Bring past purchases in from a file"),
    "purchase.record": _("Record a purchase"),
    "purchase.shadow": _("Have purchases judged in shadow mode, and tell what the present vendor granted"),
    "purchase.return": _("Record a return"),
    "purchase.claim": _("Give an anonymous purchase to a member"),
    "decision.see": _("See why a purchase gave its points"),
    # programme
    "programme.see": _("See the programmes and their rules"),
    "programme.create": _("Create a programme"),
    "programme.draft": _("Draft a version of a programme"),
    "programme.change_look": _("Change how a programme looks to its members"),
    "programme.publish": _("Approve, publish and withdraw a version of a programme"),
    "enrolment.create": _("Enrol a customer in a programme"),
    "enrolment.end": _("End an enrolment"),
    # rewards
    "coupon.see": _("See the series of coupons, their codes and their uses"),
    "coupon.change": _("Create, change and end series of coupons, and revoke codes"),
    "coupon.generate": _("Generate codes of coupons and bring codes in"),
    "coupon.export": _("Take the codes of coupons out as a file"),
    "coupon.assign": _("Give coupons to members"),
    "voucher.see": _("See vouchers"),
    "voucher.issue": _("Issue a voucher"),
    "voucher.revoke": _("Take a voucher back"),
    "reward.see": _("See the catalog of rewards and what members chose"),
    "reward.change": _("Change the catalog of rewards"),
    "reward.redeem": _("Let a member choose a reward"),
    "reward.fulfil": _("Note that a chosen reward was handed over"),
    "reward.cancel": _("Cancel the choice of a reward"),
    "cheque.issue": _("Turn points into loyalty cheques"),
    "gift_card.see": _("See gift cards, their balances and movements"),
    "gift_card.sell": _("Sell a gift card"),
    "gift_card.top_up": _("Put more money onto a gift card"),
    "gift_card.spend": _("Pay by a gift card"),
    "gift_card.refund": _("Pay out the money of a gift card"),
    "gift_card.block": _("Block a gift card"),
    "gift_card.expire": _("Write down the expiry of gift cards"),
    "voucher.expire": _("Write down the expiry of vouchers"),
    "stock.see": _("See what there is to give away"),
    "stock.change": _("Change what there is to give away"),
    # cards
    "card.see": _("See loyalty cards and whom they name"),
    "card.make": _("Create series of cards, make cards and bring numbers in"),
    "card.give": _("Hand cards out, give them to members and register them"),
    "card.block": _("Report a card lost, replace it, block it and let it work again"),
    "card.expire": _("Write down the expiry of cards"),
    # referral
    "referral.see": _("See referrals and what became of them"),
    "referral.record": _("Record that a new member came by a code"),
    "referral.review": _("Decide about a referral that is doubted"),
    "referral.follow": _("Reward referrals that are due"),
    "offer.see": _("See offers that members activate"),
    "offer.activate": _("Activate an offer for a member"),
    # subscriptions
    "subscription.see": _("See paid memberships and what was paid for them"),
    "subscription.open": _("Let a member have a plan, or begin its trial"),
    "subscription.renew": _("Record that the next period of a paid membership is paid"),
    "subscription.change": _("Change the plan of a paid membership"),
    "subscription.end": _("End a paid membership, now or at its end"),
    "subscription.follow": _("End paid memberships that are over, and tell those that are due"),
    # insight and campaigns
    "insight.see": _("See what insight has learnt"),
    "insight.refresh": _("Export the facts and refresh what is learnt from them"),
    "insight.plan": _("Save how a budget is divided among the classes of customers"),
    "campaign.see": _("See the campaigns and their results"),
    "campaign.draft": _("Draft a campaign and ask for its approval"),
    "campaign.approve": _("Approve or refuse a campaign that another person drafted"),
    "campaign.launch": _("Launch an approved campaign"),
    "campaign.stop": _("Stop a running campaign"),
    "campaign.hold_out": _("Set the share of members whom no campaign treats"),
    "campaign.measure": _("Measure the effect of a campaign"),
}


@dataclass(frozen=True, slots=True)
class BuiltInRole:
    """A role of the product: its name for people and what it gives."""

    code: str
    name: LocalizedText
    rights: tuple[str, ...]


BUILT_IN_ROLES: dict[str, BuiltInRole] = {
    role.code: role
    for role in (
        BuiltInRole(
            "loyalty_manager",
            LocalizedText(en="Loyalty manager", fr="Responsable fidélité"),
            (
                *("customer.*", "segment.*", "product.*", "programme.*", "enrolment.*", "points.*", "pool.*"),
                "purchase.*",
                *("decision.*", "insight.*", "campaign.*", "message.*", "store.see", "partner.see"),
                *(
                    "coupon.*",
                    "voucher.*",
                    "gift_card.*",
                    "stock.*",
                    "policy.*",
                    "card.*",
                    "referral.*",
                    "subscription.*",
                    "offer.*",
                    "portal.*",
                    "request.*",
                ),
                "cheque.*",
                "reward.*",
                *("job.*", "event.see", "file.*"),
            ),
        ),
        BuiltInRole(
            "call_centre_agent",
            LocalizedText(en="Call-centre agent", fr="Téléconseiller"),
            (
                *(
                    "customer.see",
                    "customer.change",
                    "customer.see_contacts",
                    "customer.identify",
                    "customer.record_consent",
                ),
                *("message.see", "enrolment.create", "points.see"),
                *("purchase.see", "purchase.claim", "decision.see", "programme.see", "store.see"),
                *("reward.see", "reward.redeem", "reward.cancel", "offer.see", "offer.activate"),
                *("coupon.see", "coupon.assign", "voucher.see", "gift_card.see", "gift_card.block"),
                *("card.see", "card.give", "card.block", "referral.see", "referral.record"),
                *("subscription.see", "subscription.open", "subscription.renew", "subscription.change"),
                "subscription.end",
            ),
        ),
        BuiltInRole(
            "cashier",
            LocalizedText(en="Cashier", fr="Hôte de caisse"),
            (
                *(
                    "customer.see",
                    "customer.create",
                    "customer.identify",
                    "customer.record_consent",
                    "enrolment.create",
                ),
                *("points.see", "purchase.record", "purchase.see", "purchase.return", "purchase.claim"),
                *("gift_card.see", "gift_card.sell", "gift_card.top_up", "gift_card.spend"),
                *("coupon.see", "voucher.see", "stock.see"),
                *("store.see", "card.see", "card.give", "card.block", "referral.record"),
                *("reward.see", "reward.redeem", "reward.fulfil", "offer.see", "offer.activate"),
            ),
        ),
        BuiltInRole(
            "analyst",
            LocalizedText(en="Analyst", fr="Analyste"),
            (
                *(
                    "customer.see",
                    "customer.export",
                    "segment.*",
                    "product.see",
                    "programme.see",
                    "points.see",
                    "purchase.see",
                ),
                *("decision.see", "insight.*", "campaign.see", "store.see", "job.see"),
            ),
        ),
        BuiltInRole(
            "finance",
            LocalizedText(en="Finance", fr="Finance"),
            (
                *("programme.see", "points.see", "purchase.see", "decision.see", "campaign.see", "partner.see"),
                *("store.see", "gift_card.see", "voucher.see", "subscription.see"),
            ),
        ),
        BuiltInRole(
            "partner",
            LocalizedText(en="Partner", fr="Partenaire"),
            ("purchase.see", "campaign.see", "store.see", "partner.see"),
        ),
        BuiltInRole(
            "administrator",
            LocalizedText(en="Administrator", fr="Administrateur"),
            (
                *("user.*", "role.*", "key.*", "audit.see", "operator.*", "partner.*", "banner.*", "store.*"),
                *("job.*", "event.*", "system.see", "file.keep", "portal.*"),
            ),
        ),
    )
}


def is_known(right: str) -> bool:
    """Tell whether some verb asks for the right, or, for "noun.*", for a right of the noun."""
    if right.endswith(".*"):
        return any(known.startswith(right[:-1]) for known in RIGHTS)
    return right in RIGHTS
