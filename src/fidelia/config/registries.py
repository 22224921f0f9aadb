"""What the modules register with each other, gathered where all of them are known."""

from __future__ import annotations

from fidelia.activity.facts import FACTS as ACTIVITY_FACTS
from fidelia.activity.jobs import JOBS as ACTIVITY_JOBS
from fidelia.activity.operations.imports import PURCHASES_KIND
from fidelia.campaigns.facts import FACTS as CAMPAIGN_FACTS
from fidelia.campaigns.jobs import JOBS as CAMPAIGN_JOBS
from fidelia.cards.facts import FACTS as CARD_FACTS
from fidelia.cards.jobs import JOBS as CARD_JOBS
from fidelia.customers.facts import FACTS as CUSTOMER_FACTS
from fidelia.customers.jobs import JOBS as CUSTOMER_JOBS
from fidelia.customers.operations.imports import CUSTOMERS_KIND
from fidelia.demo.jobs import JOBS as DEMO_JOBS
from fidelia.insight.jobs import JOBS as INSIGHT_JOBS
from fidelia.intake.jobs import JOBS as INTAKE_JOBS
from fidelia.intake.kinds import ImportKind
from fidelia.intake.stores import STORES_KIND
from fidelia.jobs.jobs import JOBS as JOBS_OF_JOBS
from fidelia.jobs.operations import JobKind
from fidelia.kernel.facts import FactTable
from fidelia.ledger.facts import FACTS as LEDGER_FACTS
from fidelia.ledger.jobs import JOBS as LEDGER_JOBS
from fidelia.members.jobs import JOBS as MEMBER_JOBS
from fidelia.messaging.facts import FACTS as MESSAGE_FACTS
from fidelia.products.facts import FACTS as PRODUCT_FACTS
from fidelia.products.operations.imports import KINDS as PRODUCT_IMPORTS
from fidelia.programme.facts import FACTS as PROGRAMME_FACTS
from fidelia.programme.jobs import JOBS as PROGRAMME_JOBS
from fidelia.programme.operations.opening import MEMBERS_KIND
from fidelia.referral.facts import FACTS as REFERRAL_FACTS
from fidelia.referral.jobs import JOBS as REFERRAL_JOBS
from fidelia.rewards.facts import FACTS as REWARD_FACTS
from fidelia.rewards.jobs import JOBS as REWARD_JOBS
from fidelia.rewards.operations.imports import KINDS as OWED_IMPORTS
from fidelia.shadow.jobs import JOBS as SHADOW_JOBS
from fidelia.subscriptions.facts import FACTS as SUBSCRIPTION_FACTS
from fidelia.worker.housekeeping import JOBS as HOUSEKEEPING

# What analytics may read (insight exports it).
FACTS: tuple[FactTable, ...] = (
    *CUSTOMER_FACTS,
    *PRODUCT_FACTS,
    *LEDGER_FACTS,
    *PROGRAMME_FACTS,
    *SUBSCRIPTION_FACTS,
    *REWARD_FACTS,
    *CARD_FACTS,
    *ACTIVITY_FACTS,
    *REFERRAL_FACTS,
    *MESSAGE_FACTS,
    *CAMPAIGN_FACTS,
)

# The kinds of long work (jobs runs them).
JOBS: tuple[JobKind, ...] = (
    *JOBS_OF_JOBS,
    *HOUSEKEEPING,
    *INTAKE_JOBS,
    *CUSTOMER_JOBS,
    *LEDGER_JOBS,
    *MEMBER_JOBS,
    *PROGRAMME_JOBS,
    *REWARD_JOBS,
    *CARD_JOBS,
    *REFERRAL_JOBS,
    *ACTIVITY_JOBS,
    *SHADOW_JOBS,
    *INSIGHT_JOBS,
    *CAMPAIGN_JOBS,
    *DEMO_JOBS,
)

# What files can bring in (intake runs them), in layer order.
IMPORTS: tuple[ImportKind, ...] = (
    STORES_KIND,
    *PRODUCT_IMPORTS,
    CUSTOMERS_KIND,
    MEMBERS_KIND,
    *OWED_IMPORTS,
    PURCHASES_KIND,
)
