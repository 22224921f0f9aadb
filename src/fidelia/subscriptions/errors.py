"""What subscriptions refuse."""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class UnknownPlan(NotFound):
    """The programme sells no such plan now."""

    default_code = "unknown_plan"


class UnknownSubscription(NotFound):
    """There is no such subscription, or not the actor's to see."""

    default_code = "unknown_subscription"


class AlreadySubscribed(Refused):
    """The member has a plan of this ladder: it is renewed or changed, not bought beside."""

    default_code = "already_subscribed"


class NoTrial(Refused):
    """The plan has no trial, or the member had it before."""

    default_code = "no_trial"


class SubscriptionOver(Refused):
    """The subscription has ended: it is bought anew."""

    default_code = "subscription_over"


class NotRenewable(Refused):
    """The subscription lasts for life, or is paid ahead as far as it may be."""

    default_code = "not_renewable"


class ChangeNotAllowed(Refused):
    """The plan is not changed for that one."""

    default_code = "change_not_allowed"


class WrongAmount(Invalid):
    """The amount is below zero, above the price, or not what is due for the change."""

    default_code = "wrong_amount"
