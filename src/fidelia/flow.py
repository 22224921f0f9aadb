"""The map: each announced event, the reactions to it, and the origins each reaction serves.

Read it to know what follows from what. A reaction serves live events only, unless its line says more: what an import
brings in, or what a till sends days late, writes to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from fidelia.activity.events import (
    HistoryRewarded,
    PurchaseClaimed,
    PurchaseRecorded,
    PurchaseReturned,
    PurchasesImported,
    PurchasesTakenBack,
)
from fidelia.activity.reactions import follow_plans
from fidelia.campaigns.events import CampaignEnded, CampaignLaunched
from fidelia.campaigns.reactions import tell_treated
from fidelia.cards.events import CardChanged, CardFollowed, CardSeriesOpened, CardsMade
from fidelia.cards.reactions import reassess_who_followed
from fidelia.customers.events import (
    ConsentGiven,
    ConsentWithdrawn,
    CustomerAdded,
    CustomerChanged,
    CustomerMerged,
    CustomersAdded,
    CustomersChanged,
    IdentityAdded,
    SegmentChanged,
    TraitsSet,
)
from fidelia.insight.events import InsightRefreshed
from fidelia.kernel.outbox import Event, Origin, Reaction
from fidelia.ledger.events import PointsLapsed
from fidelia.members.events import CodeAsked
from fidelia.members.reactions import send_codes
from fidelia.messaging.events import MessageFailed, MessageSent
from fidelia.messaging.reactions import (
    inform_of_points,
    tell_of_cheques,
    tell_of_coupons,
    tell_of_expiry,
    tell_of_limits,
    tell_of_referrals,
    tell_of_subscriptions,
    tell_of_tiers,
)
from fidelia.organisation.events import StoreOpened, StoresChanged, StoreWasClosed
from fidelia.products.events import ProductsChanged
from fidelia.programme.events import (
    BalancesOpened,
    MemberEnrolled,
    MembersEnrolled,
    PointsExpiring,
    PointsGiven,
    PoolJoined,
    PoolLeft,
    TierChanged,
    TierEnding,
    VersionPublished,
    VersionWithdrawn,
)
from fidelia.programme.reactions import follow_version, keep_points, reassess_pools, reassess_tiers
from fidelia.referral.events import ReferralChanged
from fidelia.referral.reactions import follow_friends
from fidelia.rewards.events import (
    ChequeIssued,
    ChequeWithdrawn,
    CouponAssigned,
    CouponSeriesEnded,
    CouponSeriesOpened,
    CouponsGenerated,
    GiftCardLapsed,
    GiftCardMoved,
    GiftCardSold,
    LimitNeared,
    OfferWasActivated,
    RedemptionEnded,
    RewardRedeemed,
    VoucherEnding,
    VoucherIssued,
    VoucherLapsed,
    VoucherRevoked,
)
from fidelia.rewards.reactions import turn_points
from fidelia.shadow.events import ShadowBegun, ShadowCutOver
from fidelia.subscriptions.events import SubscriptionChanged, SubscriptionDue, SubscriptionEnding

REACTIONS: tuple[Reaction, ...] = (
    # A purchase, a claim, a return, points given otherwise → the tiers that their points carry; also when they come
    # late, because tiers go by the day on which something happened.
    Reaction(
        reassess_tiers,
        on=[PurchaseRecorded, PurchaseClaimed, PurchaseReturned, PointsGiven],
        origins=[Origin.LIVE, Origin.LATE],
    ),
    # A tier reached → the points that it keeps alive: those of its very day would be dead by the night.
    Reaction(keep_points, on=[TierChanged], origins=[Origin.LIVE, Origin.LATE]),
    # A purchase, a claim → the chèque fidélité that its points make, where the terms turn them at once.
    Reaction(turn_points, on=[PurchaseRecorded, PurchaseClaimed], origins=[Origin.LIVE, Origin.LATE]),
    # A line that sells a plan, bought or given back → the member's paid membership.
    Reaction(
        follow_plans, on=[PurchaseRecorded, PurchaseClaimed, PurchaseReturned], origins=[Origin.LIVE, Origin.LATE]
    ),
    # A chèque issued, a voucher about to end → the letter that says so.
    Reaction(tell_of_cheques, on=[ChequeIssued, VoucherEnding], origins=[Origin.LIVE]),
    # A coupon given to be told → the letter with its code.
    Reaction(tell_of_coupons, on=[CouponAssigned], origins=[Origin.LIVE]),
    # A version published or withdrawn → everybody's tiers, where it has others.
    Reaction(follow_version, on=[VersionPublished, VersionWithdrawn], origins=[Origin.LIVE]),
    # Who joins or leaves a pool → the tiers of all who count together there.
    Reaction(reassess_pools, on=[PoolJoined, PoolLeft], origins=[Origin.LIVE]),
    # A friend who was brought bought, or brought something back → the referral, and what both sides get.
    Reaction(
        follow_friends, on=[PurchaseRecorded, PurchaseClaimed, PurchaseReturned], origins=[Origin.LIVE, Origin.LATE]
    ),
    # A paid membership that ends or is renewed soon, or is to be paid → the letter that says so.
    Reaction(
        tell_of_subscriptions, on=[SubscriptionChanged, SubscriptionDue, SubscriptionEnding], origins=[Origin.LIVE]
    ),
    # A referral recorded, rewarded, refused, taken back → both sides are told.
    Reaction(tell_of_referrals, on=[ReferralChanged], origins=[Origin.LIVE]),
    # A provisional card got its person → the tiers of who now has what it earned.
    Reaction(reassess_who_followed, on=[CardFollowed], origins=[Origin.LIVE]),
    # Points about to die, a tier about to end, a tier reached → the letter that says so.
    Reaction(tell_of_expiry, on=[PointsExpiring], origins=[Origin.LIVE]),
    Reaction(tell_of_tiers, on=[TierChanged, TierEnding], origins=[Origin.LIVE]),
    # A purchase → the e-mail that says what it earned, and why.
    Reaction(inform_of_points, on=[PurchaseRecorded], origins=[Origin.LIVE]),
    # A limit of all, or of a store, near its end or at it → the letter to those who may publish the programme.
    Reaction(tell_of_limits, on=[LimitNeared], origins=[Origin.LIVE]),
    # A code that was asked for → the e-mail with its digits, if a member has the address.
    Reaction(send_codes, on=[CodeAsked], origins=[Origin.LIVE]),
    # A launch → the letter of the campaign to those treated.
    Reaction(tell_treated, on=[CampaignLaunched], origins=[Origin.LIVE]),
)

# Announced for those who come after; nothing reacts yet, because what must be true at once is called, not announced.
NOTHING_REACTS: Mapping[type[Event], str] = {
    HistoryRewarded: "tiers are derived with the points, in the same transaction; the past writes to nobody",
    PurchasesTakenBack: "tiers are derived again with the points that go, in the same transaction",
    PurchasesImported: "the import derives tiers itself, once for all its batches",
    CustomerAdded: "nobody is greeted before a programme asks for it",
    CustomersAdded: "what an import brings in writes to nobody",
    CustomersChanged: "what an import brings in writes to nobody",
    CustomerMerged: "memberships and tiers become one in the same transaction; readers ask for all ids of a person",
    CustomerChanged: "readers look at the customer when they need it",
    IdentityAdded: "tills look a card up when it is shown",
    ConsentGiven: "consent is asked before each message, when it is queued and when it is sent",
    ConsentWithdrawn: "consent is asked before each message, when it is queued and when it is sent",
    TraitsSet: "rules read the traits of the moment",
    SegmentChanged: "rules and campaigns read the memberships of the moment",
    StoresChanged: "a store is looked up when it is named",
    StoreOpened: "a store is looked up when it is named",
    StoreWasClosed: "a store is looked up when it is named",
    ProductsChanged: "a product is looked up when it is bought",
    MemberEnrolled: "nobody is greeted before a programme asks for it",
    BalancesOpened: "what an import brings in writes to nobody",
    MembersEnrolled: "what an import brings in writes to nobody",
    MessageSent: "what became of a message stands on the message",
    MessageFailed: "an address that is dead is marked in the transaction that learns it",
    InsightRefreshed: "what was learnt is on the customers already, as traits",
    CouponSeriesOpened: "a series is looked up when one of its codes is shown",
    CouponSeriesEnded: "a series is looked up when one of its codes is shown",
    CouponsGenerated: "a code is looked up when it is shown",
    VoucherIssued: "who issues a voucher tells of it",
    ChequeWithdrawn: "the receipt of the return says it; a voucher is looked up when it is shown",
    VoucherRevoked: "a voucher is looked up when it is shown",
    GiftCardSold: "a gift card is looked up when it is shown",
    GiftCardMoved: "a gift card is looked up when it is shown",
    PointsLapsed: "members were told beforehand; it is there for who keeps the books",
    GiftCardLapsed: "it is there for who keeps the books",
    VoucherLapsed: "members were told beforehand; it is there for who keeps the books",
    CardSeriesOpened: "a series is looked up when a card is made",
    CardsMade: "a card is looked up when it is shown",
    CardChanged: "a card is looked up when it is shown",
    OfferWasActivated: "rules read the activations of the moment",
    RewardRedeemed: "who lets a member choose tells of it; the console shows what is to be handed over",
    RedemptionEnded: "who hands over or cancels tells of it",
    ShadowBegun: "the console shows what is judged; nothing is granted and nobody is told",
    ShadowCutOver: "the next purchase of the same key is recorded; members hear of it from their shop",
    CampaignEnded: "the segment of the treated is emptied in the transaction that ends it",
}
