"""What a word says of a row: that it is no line of a receipt, or that nothing came of an order. Knows no Django."""

from __future__ import annotations

from collections.abc import Collection

# What a column says of a row, folded: that it was sold, or that it came back.
SALE_WORDS = frozenset(
    (
        *("vente", "ventes", "facture", "factures", "ticket", "sale", "sales", "sold", "invoice", "purchase"),
        *("order", "achat", "commande", "receipt", "purchases", "sale line", "verkauf", "rechnung", "regular"),
        *("normal", "standard", "product", "produit", "article", "line", "ligne", "ligne de vente"),
    )
)
RETURN_WORDS = frozenset(
    (
        *("avoir", "avoirs", "retour", "retours", "remboursement", "refund", "refunds", "refunded", "return"),
        *("returns", "returned", "credit note", "credit memo", "credit", "exchange return", "gutschrift"),
        *("ruckgabe", "reprise", "note de credit", "facture d avoir", "return line", "devolucion", "reso"),
    )
)
# What a column may say of a row that is no line: how the receipt was paid.
PAYMENT_WORDS = frozenset(
    (
        *("payment", "payments", "paiement", "paiements", "reglement", "reglements", "encaissement", "tender"),
        *("zahlung", "payment line", "ligne de paiement", "change", "rendu monnaie"),
    )
)
# What the state of an order says, folded: that it was sold, or that nothing came of it.
SOLD_STATES = frozenset(
    (
        *("paid", "partially paid", "partially refunded", "completed", "complete", "closed", "processing", "shipped"),
        *("delivered", "fulfilled", "partially fulfilled", "unfulfilled", "invoiced", "succeeded", "success"),
        *("captured", "settled", "done", "finished", "ok", "valid", "validated", "posted", "approved", "accepted"),
        *(
            "paye",
            "payee",
            "payes",
            "paiement accepte",
            "termine",
            "terminee",
            "livre",
            "livree",
            "expedie",
            "expediee",
        ),
        *("en cours de preparation", "preparation en cours", "facture", "facturee", "validee", "valide", "cloture"),
        *("cloturee", "clos", "soldee", "solde", "encaisse", "encaissee", "bezahlt", "abgeschlossen", "erledigt"),
        *("sold", "sale", "open", "active", "normal"),
    )
)
REFUNDED_STATES = frozenset(("refunded", "rembourse", "remboursee", "fully refunded", "erstattet"))
NOT_SOLD_STATES = REFUNDED_STATES | frozenset(
    (
        *("cancelled", "canceled", "cancelled by customer", "annule", "annulee", "annules", "annulees", "storniert"),
        *("storno", "void", "voided", "failed", "failure", "echec", "echoue", "echouee", "erreur de paiement"),
        *("pending", "pending payment", "payment pending", "on hold", "en attente", "en attente de paiement"),
        *("attente paiement", "draft", "brouillon", "quote", "quotation", "devis", "abandoned", "abandonne"),
        *("abandonnee", "declined", "refuse", "refusee", "rejected", "expired", "expire", "expiree", "trash"),
        *("unpaid", "impaye", "impayee", "incomplete", "authorized", "parked", "test"),
    )
)


def words_of_no_lines(said: Collection[str]) -> set[str]:
    """Return which words of a column that speaks of rows name no lines: payments, and sales beside lines of sales."""
    found = {
        word
        for word in said
        if word in PAYMENT_WORDS or {f"{word} line", f"ligne de {word}", f"{word} item"} & set(said)
    }
    return found if set(said) - found - RETURN_WORDS else set()  # where sales are called payments
