"""The further points currencies in which a file of members may say balances, each by columns of its own."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from fidelia.customers.operations.imports.target import custom_columns
from fidelia.intake.targets import Column, Kind
from fidelia.kernel.folding import fold
from fidelia.kernel.localized import LocalizedText as Text

from ...models import PointsCurrency, Programme, ProgrammeCurrency

MAIN = ""  # how the main currency of the programme is called among balances
CURRENCY = "points_currency"
_OF_ROW = Column(
    CURRENCY,
    Text("Points currency of the row", "Unité de points de la ligne"),
    Kind.TEXT,
    synonyms=(
        *("points currency", "point currency", "points type", "point type", "type of points", "wallet"),
        *("type de points", "unité de points", "compteur", "compte de points", "porte-monnaie"),
    ),
    help=Text(
        "By its code or its name; empty where the balances are in the main one.",
        "Par son code ou son nom ; vide si les soldes sont dans l’unité principale.",
    ),
    length_max=80,
)


def own_columns() -> tuple[Column, ...]:
    """Return the columns that an installation adds: its custom fields, and its further points currencies."""
    more = PointsCurrency.objects.filter(code__in=ProgrammeCurrency.objects.values("currency_id")).order_by("code")
    columns = tuple(chain.from_iterable(_columns_of(one) for one in more))
    return (*custom_columns(), *((_OF_ROW, *columns) if columns else ()))


def columns_of(code: str) -> tuple[str, str]:
    """Return how the columns of a further currency are called: of its balance, and of the day on which that ends."""
    return f"balance.{code}", f"expires_on.{code}"


def _columns_of(currency: PointsCurrency) -> tuple[Column, Column]:
    balance, expires_on = columns_of(currency.code)
    name = currency.name
    return (
        Column(
            balance, Text(f"Balance: {name.en}", f"Solde : {name.fr}"), Kind.POINTS,
            synonyms=tuple(
                word for one in (name.en, name.fr, currency.code) for word in (one, f"balance {one}", f"solde {one}")
            ),
        ),
        Column(
            expires_on, Text(f"Expires on: {name.en}", f"Valable jusqu’au : {name.fr}"), Kind.DAY,
            synonyms=tuple(
                f"{word} {one}" for one in (name.en, name.fr, currency.code)
                for word in ("expiry", "expires", "expires on", "échéance", "expiration", "valable jusqu’au")
            ),
        ),
    )  # fmt: skip


class CurrenciesOf:
    """The points currencies of a programme: the main one as `MAIN`, further ones by their codes, in their order."""

    def __init__(self, programme: Programme) -> None:
        main = programme.points_currency
        self._main_code = main.code
        further = programme.more_currencies.select_related("currency").order_by("currency_id")
        self._known: dict[str, PointsCurrency] = {MAIN: main, **{one.currency_id: one.currency for one in further}}
        named = [(key, name) for key, one in self._known.items() for name in (one.code, one.name.en, one.name.fr)]
        self._names: Mapping[str, str] = {fold(name): key for key, name in reversed(named)}

    @property
    def further(self) -> tuple[str, ...]:
        return tuple(self._known)[1:]

    def get(self, key: str) -> PointsCurrency:
        """Raises KeyError."""
        return self._known[key]

    def code_of(self, key: str) -> str:
        """Return the code by which the ledger knows a currency."""
        return key or self._main_code

    def find(self, name: str) -> str | None:
        """Return which currency a file calls so; None where the programme has none of that name."""
        return self._names.get(fold(name))
