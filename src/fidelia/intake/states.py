"""What a word says of a row: that it is no line of a receipt, or that nothing came of an order. Knows no Django."""

from __future__ import annotations

from collections.abc import Collection

from fidelia.kernel.folding import fold

from .values import FALSE, TRUE

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
        *("sold", "sale", "open", "active", "normal", "received", "recu", "recue", "collected", "picked up"),
        *("placed", "awaiting fulfillment", "awaiting shipment", "awaiting pickup", "ready", "in process", "new"),
    )
)
REFUNDED_STATES = frozenset(("refunded", "refund", "rembourse", "remboursee", "fully refunded", "erstattet"))
NOT_SOLD_STATES = REFUNDED_STATES | frozenset(
    (
        *("cancelled", "canceled", "cancelled by customer", "annule", "annulee", "annules", "annulees", "storniert"),
        *("storno", "void", "voided", "failed", "failure", "echec", "echoue", "echouee", "erreur de paiement"),
        *("pending", "pending payment", "payment pending", "on hold", "en attente", "en attente de paiement"),
        *("attente paiement", "draft", "brouillon", "quote", "quotation", "devis", "abandoned", "abandonne"),
        *("abandonnee", "declined", "refuse", "refusee", "rejected", "expired", "expire", "expiree", "trash"),
        *("unpaid", "impaye", "impayee", "incomplete", "authorized", "parked", "test"),
        *("returned", "awaiting payment", "manual verification required", "disputed", "shopping basket", "place order"),
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


# Names of columns beside which a yes says that a row came back, or that nothing was sold.
_ASKS_IF_BACK = frozenset(
    (
        *("retour", "retours", "return", "returned", "refund", "refunded", "avoir", "rembourse", "remboursement"),
        *("reprise", "credit", "devolucion", "reso", "retoure", "storno", "reversal"),
    )
)
_ASKS_IF_VOID = frozenset(
    (
        *("void", "voided", "cancelled", "canceled", "annule", "annulee", "annulation", "supprime", "supprimee"),
        *("deleted", "storniert", "cancellation", "training", "formation", "ecole"),
    )
)
_BEFORE_STATES = frozenset(("order", "orders", "commande", "payment", "paiement", "wc", "status", "statut"))
# Of two letters or signs one says that something was sold: V and R, F and A, D and C, + and -.
_SOLD_SIGNS = frozenset(("v", "s", "f", "i", "n", "t", "d", "+", "1"))
_BACK_SIGNS = frozenset(("r", "a", "c", "-", "-1"))


def word_of(text: str) -> str:
    """Return what a cell says as words are compared: folded; a sign that is no word as it stands."""
    return fold(text) or text.strip()


def says_of(word: str, vocabulary: Collection[str]) -> bool:
    """Say whether a state is one of a vocabulary, as it stands or by how it begins: “cancelled by customer”.

    What many programs write before it counts for nothing: “order_refunded”, “wc-completed”.
    """
    parts = word.split()
    while len(parts) > 1 and parts[0] in _BEFORE_STATES:
        parts = parts[1:]
    return word in vocabulary or " ".join(parts) in vocabulary or (bool(parts) and parts[0] in vocabulary)


def words_of_returns(name: str, said: Collection[str]) -> frozenset[str] | None:
    """Return which words of a column say that a row gives back; None where what it says is not understood.

    `said` are its different cells as `word_of` has them. A yes beside a name such as “return”, one of two letters or
    signs, or a phrase that speaks of a return and of no sale.
    """
    if not _ASKS_IF_BACK.isdisjoint(fold(name).split()) and _are_answers(said):
        return frozenset(said) & TRUE
    if set(said) <= _SOLD_SIGNS | _BACK_SIGNS and len(set(said) & _BACK_SIGNS) == len(set(said) & _SOLD_SIGNS) == 1:
        return frozenset(said) & _BACK_SIGNS
    kinds = {word: speaks_of_return(word) for word in said}
    if None in kinds.values() or not said:
        return None
    return frozenset(word for word, is_back in kinds.items() if is_back)


def words_of_nothing_sold(name: str, said: Collection[str]) -> frozenset[str]:
    """Return which words of a column say yes to its name, such as “void”; none where it asks nothing like it."""
    is_asked = not _ASKS_IF_VOID.isdisjoint(fold(name).split()) and _are_answers(said)
    return frozenset(said) & TRUE if is_asked else frozenset()


def _are_answers(said: Collection[str]) -> bool:
    return bool(said) and set(said) <= TRUE | FALSE and bool(set(said) & TRUE)


def speaks_of_return(word: str) -> bool | None:
    """Whether a word or phrase says that something came back; None where it says neither that nor a sale."""
    if word in RETURN_WORDS:
        return True
    if word in SALE_WORDS | PAYMENT_WORDS:
        return False
    parts = set(word.split())
    is_back, is_sold = not parts.isdisjoint(RETURN_WORDS), not parts.isdisjoint(SALE_WORDS)
    return is_back if is_back != is_sold else None
