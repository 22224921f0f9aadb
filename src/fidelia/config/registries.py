"""What the modules register with each other, gathered where all of them are known."""

from __future__ import annotations

from fidelia.activity.facts import FACTS as ACTIVITY_FACTS
from fidelia.campaigns.facts import FACTS as CAMPAIGN_FACTS
from fidelia.customers.facts import FACTS as CUSTOMER_FACTS
from fidelia.kernel.facts import FactTable
from fidelia.messaging.facts import FACTS as MESSAGE_FACTS
from fidelia.products.facts import FACTS as PRODUCT_FACTS

# What analytics may read (insight exports it).
FACTS: tuple[FactTable, ...] = (
    *CUSTOMER_FACTS,
    *PRODUCT_FACTS,
    *ACTIVITY_FACTS,
    *MESSAGE_FACTS,
    *CAMPAIGN_FACTS,
)
