"""What a text names: accounts, meters, amounts of money and utilities, as they are typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from ubm_sync.disconnection.annotation import Read
from ubm_sync.disconnection.grammar import VENDOR

_NUMBER = (
    r"[A-Za-z]{0,3}\d[\dA-Za-z]{0,24}"
    r"(?:[- ](?=[\dA-Za-z]{0,8}\d)(?!\d{1,2}/)[\dA-Z]{1,12}(?![a-z])|-[\dA-Za-z]{1,12}){0,6}"
)
_LABEL = r"(?:acc[o0]unts?|accts?|accnt|acc|cuentas?|cta|compte|customer|esi(?:\s?id)?|esid|client)"
_AFTER_LABEL = re.compile(
    rf"(?:\b{_LABEL}\b|\ba/c\b)"
    r"(?:\s?(?:number|num|no|nr|nro|numero|n\u00famero|ending|in|id|is|de|the|n\u00b0))*[\s.:#=(*]{0,8}"
    rf"(?:\|\s)?({_NUMBER})",
    re.IGNORECASE,
)
_LATER = re.compile(
    rf"\b(?:acc[o0]unt|acct|cuenta|compte)s?\b[^\n.;,\d|]{{1,32}}?[ (:#]({_NUMBER})(?![/\d])",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?<![\d/$.:-])({_NUMBER})(?![/\d%:])")
_MORE = re.compile(rf"\s{{0,3}}(?:,|and|&|;|y|/)\s{{0,3}}(?:acct\s|#)?({_NUMBER})")
_METER = re.compile(
    r"\b(?:meter|mtr|medidor|compteur)s?\b(?:\s?(?:number|num|no|nr|serial|id))*[\s.:#(]{0,6}"
    rf"({_NUMBER})",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\$\s?(\d[\d,]{0,14}(?:\.\d{1,2})?)(\s?k\b)?", re.IGNORECASE)
_BARE_MONEY = re.compile(
    r"(?<![\d.,/$-])(\d{1,3}(?:,\d{3})+\.\d{2}|\d{1,6}\.\d{2})(?![\d.,/%-]*\d)"
)
_FRENCH_MONEY = re.compile(r"(\d{1,3}(?:[ \u202f]\d{3})*),(\d{2}) ?(?:\$|\u20ac)")
_DIGITS = re.compile(r"\d")
_BESIDE = re.compile(r"[ ,:|#]{0,4}")
_FEWEST_DIGITS = 4
_FEWEST_IN_ROW = 6
_FEWEST_BARE = 7
_MOST = 50
_PUBLIC = re.compile(
    r"\b(?:City|Town|Village|County|Borough|Township) of "
    r"(?:[A-Z][\w'-]{1,20})(?: [A-Z][\w'-]{1,20}){0,3}"
)
_COMPANY = re.compile(
    r"\b(?:[A-Z][\w&'-]{1,20} ){1,3}(?:Energy|Power(?: (?:&|and) Light)?|Electric(?: Cooperative|"
    r" Co-?op| Company)?|Gas(?: Company)?|Water(?: Department| District| Works| Authority| Dept| & "
    r"Sewer| Utility)?|Utilities|Light|EMC|PUD|Edison|Public Service)\b"
)


def accounts(text: str) -> tuple[str, ...]:
    """Return the account numbers that follow the word for one, as typed."""
    found: list[str] = []
    for match in _AFTER_LABEL.finditer(text):
        _take(found, text, match, 1)
    if not found:
        for match in _LATER.finditer(text):
            _take(found, text, match, 1)
    return tuple(dict.fromkeys(found))[:_MOST]


def accounts_beside(text: str, spans: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """Return numbers that stand right after a utility's name: "LG&E 3000-1177-2204"."""
    found: list[str] = []
    for _, end in spans:
        match = _BARE.match(text, end + len(_BESIDE.match(text, end)[0]))  # type: ignore[index]
        if match and len(_DIGITS.findall(match[1])) >= _FEWEST_BARE:
            found.append(match[1])
    return tuple(dict.fromkeys(found))[:_MOST]


def account_in_row(row: str) -> tuple[str, ...]:
    """Return the long numbers of one line of a table, which has the word for them in its head."""
    found = [
        match[1]
        for match in _BARE.finditer(row)
        if len(_DIGITS.findall(match[1])) >= _FEWEST_IN_ROW and "." not in match[1]
    ]
    return tuple(dict.fromkeys(found))[:1]


def _take(found: list[str], text: str, match: re.Match[str], group: int) -> None:
    if not _add(found, text, match[group], match.end(group)):
        return
    at = match.end(group)
    while (more := _MORE.match(text, at)) and len(found) < _MOST:
        if not _add(found, text, more[1], more.end(1)):
            return
        at = more.end(1)


def _add(found: list[str], text: str, number: str, end: int) -> bool:
    if text[end : end + 1] == "/" or len(_DIGITS.findall(number)) < _FEWEST_DIGITS:
        return False
    found.append(number)
    return True


def meters(text: str) -> tuple[str, ...]:
    """Return the meter numbers, as typed."""
    found: list[str] = []
    for match in _METER.finditer(text):
        _take(found, text, match, 1)
    return tuple(dict.fromkeys(found))[:_MOST]


def amounts(text: str) -> tuple[Decimal, ...]:
    """Return the amounts of money in dollars."""
    found: list[Decimal] = []
    for match in _MONEY.finditer(text):
        try:
            value = Decimal(match[1].replace(",", "").rstrip("."))
        except InvalidOperation:
            continue
        found.append(value * 1000 if match[2] else value)
    found += [
        Decimal(f"{re.sub(r'[^0-9]', '', one[1])}.{one[2]}") for one in _FRENCH_MONEY.finditer(text)
    ]
    if not found:
        found = [Decimal(one[1].replace(",", "")) for one in _BARE_MONEY.finditer(text)]
    return tuple(dict.fromkeys(found))[:_MOST]


def vendor_spans(text: str, reads: Sequence[Read]) -> list[tuple[int, int]]:
    """Return where utilities are named, in the order of the text.

    A word before a name that is known is none of it: "FYI Idaho Power".
    """
    listed = list(_listed(reads))
    known = {end for _, end in listed}
    spans = [*listed, *(match.span() for match in _PUBLIC.finditer(text))]
    spans += [span for one in _COMPANY.finditer(text) if (span := one.span())[1] not in known]
    kept: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda each: (each[0], -each[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept[:_MOST]


def named(text: str, spans: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """Return the words of some spans, each once."""
    return tuple(dict.fromkeys(text[start:end] for start, end in spans))


def _listed(reads: Iterable[Read]) -> Iterable[tuple[int, int]]:
    for read in reads:
        words = read.sentence.tokens
        for index, tags in enumerate(read.tags):
            for end in tags.get(VENDOR, ()):
                yield words[index].start, words[end - 1].end
