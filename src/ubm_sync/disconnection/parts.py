"""The parts of a message: what is new, what is quoted, what is a signature.

People answer above or below what they quote, forward notices whole, and end with names, numbers
and warnings that were never meant for this message. Only what was written for it is read; what was
forwarded was sent for its content and is read too.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import NamedTuple

from ubm_sync.disconnection.tokens import fold

LONGEST = 20_000  # characters read of one text: its beginning ...
_TAIL = 4_000  # ... and its end
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})(?:\s[^<>]{0,400})?/?>")
_DROPPED = re.compile(r"<(style|script|head)\b[^<]{0,5000}</\1>", re.IGNORECASE)
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "table", "ul", "ol", "h1", "h2", "h3", "h4"})
_CELLS = frozenset({"td", "th"})
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x200E, 0x200F, 0xFE0F, 0x34F]
)
_BROKEN_WORD = re.compile(r"([a-zA-Z]{2})-\n[ \t]*([a-z]{2})")
_SPACED = re.compile(r"\b(?:[A-Za-z0-9] ){4,40}[A-Za-z0-9]\b")
_QUOTE = re.compile(r"^[ \t]{0,8}(>+)[ \t]?(.*)$")
_WROTE = re.compile(
    r"^.{0,160}\b(wrote|writes|escribio|escribi\u00f3|a \u00e9crit|a ecrit)\b ?:\s*$", re.IGNORECASE
)
_WROTE_BEGINS = re.compile(r"^(On|El|Le) .{5,160}$")
_ORIGINAL = re.compile(
    r"^[-_ *]{2}[-_*\s]*(original message|mensaje original|message d'origine|forwarded message|"
    r"begin forwarded message|mensaje reenviado|message transf\S+)\b|^begin forwarded message:",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^\*?(from|de|sent|enviado|date|fecha|to|para|cc|subject|asunto|objet)\*?\s?:", re.IGNORECASE
)
_FORWARDED = re.compile(r"^\W*(fwd?|rv|tr|enc|reenv\w*)\s?:", re.IGNORECASE)
_SIGNATURE = re.compile(r"^(--|__+|\u2014|\u2013)\s*$")
_DEVICE = re.compile(r"^(sent from my|enviado desde mi|get outlook for|sent via)\b", re.IGNORECASE)
_GREETING_OUT = re.compile(
    r"^(best|kind|warm|many)?\s*(regards|thanks|thank you|cheers|sincerely|saludos|atentamente|"
    r"respectfully|best wishes|cordialement|best)[\s,.!]*$",
    re.IGNORECASE,
)
_MOST_IN_SIGNATURE, _LONGEST_IN_SIGNATURE = 8, 90


class Parts(NamedTuple):
    """The texts of a message. ``new`` is what was written for it, ``quoted`` what it answers."""

    subject: str
    new: str
    quoted: str
    forwarded: bool


def plain_text(text: str) -> str:
    """Return text without HTML, invisible characters and the breaks of scanners; never raises."""
    if len(text) > LONGEST + _TAIL:
        text = f"{text[:LONGEST]}\n{text[-_TAIL:]}"
    text = text.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\xa0", " ").replace("\u2028", "\n").replace("\x00", " ")
    if "<" in text and ">" in text:
        text = _TAG.sub(_tag, _DROPPED.sub(" ", text))
    if "&" in text:
        text = html.unescape(text).replace("\xa0", " ")
    text = _BROKEN_WORD.sub(r"\1\2", text)
    return _SPACED.sub(_joined, text)


def _tag(match: re.Match[str]) -> str:
    name = match[2].lower()
    if name in _BREAKS:
        return "\n"
    return " | " if name in _CELLS and not match[1] else " "


def _joined(match: re.Match[str]) -> str:
    letters = match[0].replace(" ", "")
    return letters if sum(map(str.isalpha, letters)) * 2 > len(letters) else match[0]


def split(subject: str, body: str, signatures: Sequence[str] = ()) -> Parts:
    """Return the parts of a message; where nothing new is above a quotation, it is forwarded.

    ``signatures`` are more beginnings of lines (folded) where a signature begins.
    """
    subject, text = plain_text(subject).replace("\n", " "), plain_text(body)
    forwarded = bool(_FORWARDED.match(subject)) or "forwarded message" in text[:4000].lower()
    new, quoted = _unquoted(text.split("\n"))
    new = _unsigned(new, tuple(signatures))
    if not any(line.strip() for line in new):
        forwarded = True
    return Parts(subject, "\n".join(new), "\n".join(quoted), forwarded)


def _unquoted(lines: list[str]) -> tuple[list[str], list[str]]:
    new: list[str] = []
    quoted: list[str] = []
    below = False
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        mark = _QUOTE.match(line)
        if mark:
            quoted.append(mark[2].lstrip("> "))
            continue
        if below:
            quoted.append(line)
            continue
        if _ORIGINAL.match(line) or _is_header(line, following):
            below = True
            continue
        if _attribution(line, following):
            below = not any(map(_QUOTE.match, lines[number + 1 : number + 4]))
            continue
        new.append(line)
    return new, [line for line in quoted if not _HEADER.match(line)]


def _attribution(line: str, following: str) -> bool:
    """Return whether a line is "On ... wrote:", which may be broken over two lines."""
    if _WROTE.match(line):
        return True
    return bool(_WROTE_BEGINS.match(line) and _WROTE.match(following) and len(following) < 80)  # noqa: PLR2004


def _is_header(line: str, following: str) -> bool:
    return bool(re.match(r"^\*?(from|de)\*?\s?:", line, re.IGNORECASE) and _HEADER.match(following))


def _unsigned(lines: list[str], signatures: tuple[str, ...]) -> list[str]:
    """Return the lines up to the signature."""
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line) or _DEVICE.match(line):
            return lines[:number]
        if signatures and number and fold(line).strip().startswith(signatures):
            return lines[:number]
        if number and _GREETING_OUT.match(line) and _is_signature(lines[number + 1 :]):
            return lines[: number + 1]
    return lines


def _is_signature(lines: list[str]) -> bool:
    """Return whether what follows a greeting is a few short lines."""
    rest = [line for line in lines if line.strip()]
    few = 0 < len(rest) <= _MOST_IN_SIGNATURE
    return few and all(len(line) < _LONGEST_IN_SIGNATURE for line in rest)
