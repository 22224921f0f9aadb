"""What retailers' own exports do beside what all do: blanks outside marks, letters for returns, taxes to be added."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .receipts import Line, lines
from .writing import card, comma, dialect, mail, text, workbook

HEADER = ["Ticket", "Date", "Code article", "Qté", "Montant TTC", "Carte"]


def quoted(cell: object) -> str:
    return '"{}"'.format(str(cell).replace('"', '""'))


@dialect("blancs.csv")
def blanks_outside_the_marks() -> bytes:
    rows = [["Ticket", "Date", "Libellé", "Qté", "Montant", "Carte"]] + [
        [line.receipt, f"{line.at:%d/%m/%Y}", f'{line.name} ; "lot"', line.quantity, comma(line.net), card(line)]
        for line in lines()
    ]
    return "".join(" ; ".join(map(quoted, row)) + "\r\n" for row in rows).encode()


@dialect("blancs entete.csv")
def blanks_in_the_header_alone() -> bytes:
    rows = [f"{line.receipt};{line.at:%d/%m/%Y};{line.quantity};{comma(line.net)};{card(line)}\n" for line in lines()]
    return (" ; ".join(map(quoted, ("Ticket", "Date", "Qté", "Montant", "Carte"))) + "\n" + "".join(rows)).encode()


@dialect("dos.txt")
def end_of_file_as_dos_marks_it() -> bytes:
    """Hours with a point are no amounts, however many they are."""
    rows = [
        [line.receipt, f"{line.at:%d-%m-%Y}", f"{line.at:%H.%M}", line.code, line.quantity, comma(line.net), card(line)]
        for line in lines()
    ]
    header = ["Ticket", "Date", "Heure", "Code article", "Qté", "Montant", "Carte"]
    return text([header, *rows], "\t", "cp850", "\r\n") + b"\x1a"


def _unsigned(name: str, say: Callable[[Line], str]) -> bytes:
    """Nothing is below zero: one column says what came back."""
    rows = [
        [say(line), line.receipt, f"{line.at:%d/%m/%Y}", line.code, abs(line.quantity), comma(abs(line.net)),
         card(line)]
        for line in lines()
    ]  # fmt: skip
    return text([[name, *HEADER], *rows], ";")


@dialect("lettres.csv")
def letters_for_returns() -> bytes:
    return _unsigned("Type", lambda line: "R" if line.is_back else "V")


@dialect("signes.csv")
def signs_in_a_column() -> bytes:
    return _unsigned("Sens", lambda line: "-" if line.is_back else "+")


@dialect("phrases.csv")
def phrases_for_returns() -> bytes:
    return _unsigned("Nature", lambda line: "Retour client" if line.is_back else "Vente comptoir")


@dialect("oui non.csv")
def a_yes_for_returns() -> bytes:
    return _unsigned("Retour", lambda line: "O" if line.is_back else "N")


@dialect("avoirs nommes.csv")
def returns_that_name_their_receipt() -> bytes:
    rows = [
        [line.receipt, "1001" if line.is_back else "", f"{line.at:%d/%m/%Y %H:%M}", line.code, line.quantity,
         comma(line.net), card(line)]
        for line in lines()
    ]  # fmt: skip
    return text([["N° pièce", "Pièce d’origine", *HEADER[1:]], *rows], ";")


@dialect("hors taxes.csv")
def tax_beside_the_amount_before_it() -> bytes:
    """No column holds both; of what comes back the tax is written without its sign."""
    rows = [
        [line.receipt, f"{line.at:%d/%m/%Y}", line.code, line.quantity, comma(line.before_tax),
         comma(abs(line.net - line.before_tax)), card(line)]
        for line in lines()
    ]  # fmt: skip
    return text([["Ticket", "Date", "Article", "Qté", "Montant HT", "Montant TVA", "Carte"], *rows], ";")


@dialect("deux trimestres.xlsx")
def sheets_whose_columns_stand_in_another_order() -> bytes:
    def row(line: Line, names: list[str]) -> list[Any]:
        said = {"Ticket": line.receipt, "Date": line.at.replace(tzinfo=None), "Article": line.code,
                "Qté": line.quantity, "Total TTC": float(line.net), "Courriel": mail(line)}  # fmt: skip
        return [said[name] for name in names]

    first = ["Ticket", "Date", "Article", "Qté", "Total TTC", "Courriel"]
    second = ["Courriel", "Date", "Ticket", "Total TTC", "Article", "Qté"]
    early = [line for line in lines() if line.at.month < 6]
    late = [line for line in lines() if line.at.month >= 6]
    return workbook(
        Printemps=[first, *(row(line, first) for line in early)],
        Automne=[["Suite"], second, *(row(line, second) for line in late)],
    )


@dialect("quebec.csv")
def dollars_as_they_are_written_in_french() -> bytes:
    rows = [
        [line.receipt, f"{line.at:%Y-%m-%d}", line.code, line.quantity, f"{comma(line.net, chr(0xA0))} $",
         f"2{line.customer:08}" if line.customer else ""]
        for line in lines()
    ]  # fmt: skip
    assert Decimal(0) not in {line.net for line in lines()}
    return text([["No facture", "Date", "Article", "Quantité", "Montant", "No membre"], *rows], ";", "cp1252")
