"""Checks of account numbers and meter numbers: most are about what spreadsheets do to digits."""

from __future__ import annotations

import re

from ubm_sync.locations.findings import Checker, shown
from ubm_sync.locations.rules import NUMBER_PENDING
from ubm_sync.model import Mark
from ubm_sync.spelling import display, number_key

_PLAIN = re.compile(r"[A-Za-z0-9 ._/#-]+", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d+|\d+\.\d+[eE]\d+", re.ASCII)
_POINT = re.compile(r"\d+\.\d+", re.ASCII)
_POINT_ZERO = re.compile(r"\d+\.0+", re.ASCII)
_COMMAS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.0+)?", re.ASCII)
_DIGIT = re.compile(r"\d", re.ASCII)
_SEVERAL = re.compile(r"[;,&+|]|\s(?:and|or|y)\s", re.IGNORECASE)
_LOOKALIKE = re.compile(r"\d[OoIl]+\d|^[OoIl]+\d+$|\d[OoIl]$", re.ASCII)
_LETTERS = re.compile(r"[A-Za-z]", re.ASCII)
_METER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]*", re.ASCII)
# Digits that begin with no zero: equal only where they read the same.
_PLAIN_METERS = re.compile(r"[1-9]\d*(?:; [1-9]\d*)*", re.ASCII)
_SPLIT = re.compile(r"[;,\n]")
_EXACT_DIGITS = 15  # a spreadsheet keeps no more digits of a number

_AS_TEXT = "Please type it as on the bill, with an apostrophe first, like '{example}."


def account_number(check: Checker) -> None:
    """Check the account number: present, whole, one, and not damaged by a spreadsheet."""
    raw = check.values.get("account_number", "")
    if not raw:
        if check.values.get("bill_type", "").casefold() != NUMBER_PENDING.casefold():
            check.missing.append("account_number")
        return
    text = display(raw)
    numeric = check.marks.get("account_number") == Mark.NUMERIC
    fewest, most = check.rules.account_length
    if not numeric and raw.isdigit() and raw.isascii() and fewest <= len(raw) <= _EXACT_DIGITS:
        if not number_key(raw):
            check.error("account_number", "{} has only zeros. Please type the number on the bill.")
        return  # what nearly all are
    problem = _damage(text, numeric=numeric) or _form(text, fewest, most)
    if problem:
        check.error("account_number", problem.replace("{value}", shown(text or raw)))
        return
    check.fix("account_number", text)
    if numeric:
        check.warn(
            "account_number", f"{{}} {shown(text)} came as a number: were there leading zeros?"
        )
    letters = _LETTERS.findall(text)
    if letters and set(letters) <= set("OoIl") and _LOOKALIKE.search(text):
        check.warn(
            "account_number", f'{{}} "{shown(text)}" mixes letters O, l with digits: 0 or 1?'
        )


def _damage(text: str, *, numeric: bool) -> str:
    """Return what a spreadsheet did to a number, "" where nothing is seen."""
    example = "4471908023"
    if _SCIENTIFIC.fullmatch(text):
        return (
            f"{{}} {{value}} was shortened by the spreadsheet. {_AS_TEXT.format(example=example)}"
        )
    if _POINT_ZERO.fullmatch(text) or (numeric and _POINT.fullmatch(text)):
        return f"{{}} {{value}} has a decimal point. {_AS_TEXT.format(example=example)}"
    if _COMMAS.fullmatch(text):
        digits = text.partition(".")[0].replace(",", "")
        return f"{{}} {{value}} has thousands commas. {_AS_TEXT.format(example=digits)}"
    if text.isdigit() and len(text) > _EXACT_DIGITS and (numeric or text.endswith("000")):
        return (
            "{} {value} has lost its last digits in the spreadsheet. "
            f"{_AS_TEXT.format(example='10443720007123456')}"
        )
    return ""


def _form(text: str, fewest: int, most: int) -> str:
    """Return what is wrong with the form of a number, "" where nothing is."""
    parts = [part for part in _SEVERAL.split(text) if _DIGIT.search(part)]
    if len(parts) > 1:
        return '{} "{value}" holds more than one number. Please use one row for each account.'
    if not _DIGIT.search(text):
        return (
            '{} "{value}" has no digits. Please type the number from the bill, or choose Bill Type '
            f'"{NUMBER_PENDING}".'
        )
    if not _PLAIN.fullmatch(text):
        return '{} "{value}" has characters no account number has. Please type it as on the bill.'
    length = len(number_key(text)) if len(text) > fewest else len(text)
    if length > most:
        return f"{{}} {{value}} is too long. Please type at most {most} characters."
    if len(text.replace(" ", "")) < fewest or not length:
        return f"{{}} {{value}} is too short. Please type all of it, at least {fewest} characters."
    return ""


def meter_numbers(check: Checker) -> None:
    """Check the list of meters: form of each, none twice, none equal to the account number."""
    typed = check.values.get("meter_numbers")
    if not typed:
        return
    fewest, most = check.rules.meter_length
    if _PLAIN_METERS.fullmatch(typed) and typed != check.values.get("account_number"):
        meters = typed.split("; ")
        if len(meters) == len(set(meters)) and all(fewest <= len(one) <= most for one in meters):
            return  # what nearly all are
    if check.marks.get("meter_numbers") == Mark.NUMERIC and _SCIENTIFIC.fullmatch(typed):
        check.error(
            "meter_numbers",
            f"{{}} {shown(typed)} was shortened by the spreadsheet. "
            f"{_AS_TEXT.format(example='230114477')}",
        )
        return
    meters = [part for piece in _SPLIT.split(typed) if (part := display(piece))]
    for meter in meters:
        if not fewest <= len(meter) <= most or not _METER.fullmatch(meter):
            check.error(
                "meter_numbers",
                f'{{}} "{shown(meter)}" is not a meter number. Please type {fewest} to {most} '
                "letters and digits each, with ; between two meters.",
            )
            return
    keys = [number_key(meter) for meter in meters]
    if len(set(keys)) < len(keys):
        twice = next(meter for meter, key in zip(meters, keys, strict=True) if keys.count(key) > 1)
        check.error("meter_numbers", f"{{}} {shown(twice)} is there twice. Please leave one out.")
        return
    account = number_key(check.values.get("account_number", ""))
    if account and account in keys:
        check.warn("meter_numbers", "{} is the same as the account number: one of them is wrong.")
