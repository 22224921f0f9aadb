"""The words of what is wrong with a cell or a row: one place, so that a preview, a check and the file of rejects agree.

Knows no Django. The words are fragments without a full stop; what is between braces is filled in.
"""

from __future__ import annotations

from typing import Any

from fidelia.kernel.localized import LocalizedText

EXCERPT = 40

REASONS: dict[str, LocalizedText] = {
    # of a cell
    "missing": LocalizedText(en="the {column} is missing", fr="il manque : {column}"),
    "not_a_number": LocalizedText(en="“{text}” is not a number", fr="« {text} » n’est pas un nombre"),
    "too_large": LocalizedText(en="the number is too large", fr="le nombre est trop grand"),
    "other_currency": LocalizedText(
        en="“{text}” is not in the currency {currency}", fr="« {text} » n’est pas dans la devise {currency}"
    ),
    "not_a_percentage": LocalizedText(en="“{text}” is not a percentage", fr="« {text} » n’est pas un pourcentage"),
    "not_a_date": LocalizedText(
        en="“{text}” is not a date such as {example}", fr="« {text} » n’est pas une date comme {example}"
    ),
    "not_of_form": LocalizedText(
        en="“{text}” is not a date of the form {form}", fr="« {text} » n’est pas une date de la forme {form}"
    ),
    "impossible_date": LocalizedText(
        en="“{text}” is out of the calendar", fr="« {text} » n’existe pas dans le calendrier"
    ),
    "after_today": LocalizedText(en="“{text}” lies after today", fr="« {text} » est après aujourd’hui"),
    "not_a_time": LocalizedText(
        en="“{text}” is not a time of the day such as 14:05", fr="« {text} » n’est pas une heure comme 14:05"
    ),
    "not_a_flag": LocalizedText(en="“{text}” is neither yes nor no", fr="« {text} » n’est ni oui ni non"),
    "not_a_country": LocalizedText(en="“{text}” is not a country", fr="« {text} » n’est pas un pays"),
    "not_a_language": LocalizedText(
        en="“{text}” is not a language that Fidelia speaks", fr="« {text} » n’est pas une langue de Fidelia"
    ),
    "not_an_email": LocalizedText(
        en="“{text}” is not an e-mail address", fr="« {text} » n’est pas une adresse électronique"
    ),
    "not_a_phone": LocalizedText(
        en="“{text}” is not a telephone number", fr="« {text} » n’est pas un numéro de téléphone"
    ),
    "not_a_choice": LocalizedText(en="“{text}” is not one of {choices}", fr="« {text} » n’est pas parmi {choices}"),
    "too_long": LocalizedText(
        en="the {column} is longer than {most} characters", fr="{column} : plus de {most} caractères"
    ),
    # of a whole row
    "cells": LocalizedText(
        en="the row has {cells} cells, the header {columns}",
        fr="la ligne a {cells} cellules, l’en-tête en a {columns}",
    ),
    "cell_too_long": LocalizedText(
        en="a cell of the row is longer than {most} characters",
        fr="une cellule de la ligne dépasse {most} caractères",
    ),
    "open_quote": LocalizedText(
        en="a quotation mark in the row is never closed", fr="un guillemet de la ligne n’est jamais refermé"
    ),
    "undecodable": LocalizedText(
        en="the row holds characters that are not written in {encoding}",
        fr="la ligne contient des caractères qui ne sont pas écrits en {encoding}",
    ),
    "no_text": LocalizedText(
        en="the row holds a character that no text has",
        fr="la ligne contient un caractère qu’aucun texte ne contient",
    ),
}


def say(code: str, language: str = "en", **values: Any) -> str:
    """Return the reason of this code in words; a long `text` is cut. Raises KeyError for a code that is none."""
    if "text" in values:
        values["text"] = str(values["text"])[:EXCERPT]
    if "example" in values and language.startswith("fr"):  # two forms: a day, or a day with its hour
        values["example"] = str(values["example"]).replace(" or ", " ou ")
    return REASONS[code].in_language(language).format(**values)
