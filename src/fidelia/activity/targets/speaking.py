"""The columns of a file of purchases that say of a whole row what it is: sold, given back, or nothing."""

from __future__ import annotations

from fidelia.intake.states import (
    NOT_SOLD_STATES,
    PAYMENT_WORDS,
    RETURN_WORDS,
    SALE_WORDS,
    SOLD_STATES,
    words_of_nothing_sold,
    words_of_returns,
)
from fidelia.intake.targets import Column, Kind
from fidelia.kernel.localized import LocalizedText as Text

KIND = Column(
    "kind",
    Text(en="Sale or return", fr="Vente ou retour"),
    Kind.TEXT,
    (
        *("type", "kind", "transaction type", "document type", "line type", "sale type", "order type"),
        *("type de pièce", "type pièce", "type document", "type de document", "type d'opération", "nature"),
        *("is return", "is refund", "return flag", "return", "refund", "retour", "avoir", "est un retour", "v r"),
        *("signe", "sign", "sale return", "vente retour", "debit credit", "credit note", "movement type"),
        *("type ticket", "sens", "opération", "mouvement", "type mouvement", "belegart"),
    ),
    help=Text(
        en="Rows that it calls a return, a refund or a credit note give back, whatever sign they have.",
        fr="Les lignes qu’elle dit retour, remboursement ou avoir rendent, quel que soit leur signe.",
    ),
    vocabulary=frozenset(SALE_WORDS | RETURN_WORDS | PAYMENT_WORDS),
    understands=lambda name, said: bool(words_of_returns(name, said)),
)
STATUS = Column(
    "status",
    Text(en="State of the order", fr="État de la commande"),
    Kind.TEXT,
    (
        *("status", "order status", "financial status", "payment status", "state", "sale status"),
        *("statut", "état", "statut de la commande", "état de la commande", "état commande"),
        *("void", "voided", "is void", "cancelled", "canceled", "is cancelled", "annulé", "annulée", "annulation"),
        *("ligne annulée", "ticket annulé", "deleted", "supprimé", "storno", "training", "formation"),
        *("statut commande", "statut paiement", "statut du paiement", "situation", "bestellstatus"),
    ),
    help=Text(
        en="Rows whose state says that nothing came of them are given back.",
        fr="Les lignes dont l’état dit qu’elles sont restées sans suite sont rendues.",
    ),
    vocabulary=frozenset(SOLD_STATES | NOT_SOLD_STATES),
    vocabulary_begins=True,
    understands=lambda name, said: bool(words_of_nothing_sold(name, said)),
)
