"""Find what looks like a password in what people type, and mask it.

The detector prefers precision: "password will follow" and "bus pass 12" are no secrets. It looks
for a word that announces a secret followed by something that can be one, and for well-known forms
of tokens. What it masks is gone for good: nothing of it stays in any value of the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MASK = "••••••"

# Quantifiers are possessive where a long text could make the search slow.
# One of these is in every text with a secret in it: a cheap look before the expensive one.
_HINTS = (
    "pass", "pw", "p/w", "pin", "uid", "clave", "contrase", "login", "log in", "user", "usuario",
    "key", "token", "secret", "bearer", "akia", "ghp_", "sk_", "sk-", "xox", "pat-", "eyj", "://",
    MASK,
)  # fmt: skip

# What "pass" must be followed by to announce anything: every ticket says how many checks passed.
_PASS = re.compile(r"pass(?:\b|\s?(?:word|phrase|code)|wd)")

# Short texts without any: most cells of a sheet hold what many others hold too.
_CLEAN: set[str] = set()
_MOST_CLEAN = 5_000
_SHORT = 40

_WORD = (  # a word that announces a password
    r"(?:pass\s?words?|passwd|pass\s?phrase|pass\s?code|pswd|pwd|p/w|pw|contrase(?:ñ|n)a)"
)
_SHORT_WORD = r"(?:pass|clave)"  # these mean other things as well: "Donner Pass I-80"
_PLAIN = (  # what may follow such a word without being a secret
    r"(?![\"'(\[]*(?:will|to|is|was|are|be|been|has|have|had|the|a|an|and|or|for|of|in|on|at|by|"
    r"with|via|see|sent|send|provid\w*|pending|tbd|tba|n/?a|none|no|not|unknown|required|needed|"
    r"resets?|changed?|expired?|protected|same|stored|shared|shows?|coming|later|soon|user\w*|"
    r"secure|through|word|phrase|code|book|port|manager|vault|link|hint|policy|field|please|log|"
    r"login|ask|call|contact|e-?mail|que|se|por|en|con|de|del|la|el|es|est[aá]|pendiente)"
    r"(?:[\s.,;:!?)'\"\]]|$))"
)
_MIXED = r"(?=\S*[A-Za-z])(?=\S*[0-9!@#$%^&*+=?~])"  # letters and something else
_CHAR = r"[^\s•]"
_ALNUM = r"(?=\S*[A-Za-z0-9])"
_GAP = r"[\"')]*+\s*+(?:(?:is|es|was)\s++|[-\u2013\u2014/]\s*+)?"
_LOGIN = r"\b(?:log\s?in|user(?:\s?name|\s?id)?|usuario|uid)\b\s*+[:=]?\s*+"

_KEY = r"(?:api[\s_-]?key|access[\s_-]?key|secret(?:[\s_-]?key)?|token)"

_EXPRESSIONS = {
    "password: hunter2": (
        rf"\b(?:{_WORD}|{_SHORT_WORD})\b[\"')]*\s*+(?:is\s*+|es\s*+)?(?:[:=]|->|→)++\s*+"
        rf"{_PLAIN}{_ALNUM}(?P<s>{_CHAR}{{3,}})"
    ),
    "pw Spring#1": rf"\b{_WORD}\b{_GAP}{_PLAIN}{_MIXED}(?P<s>{_CHAR}{{4,}})",
    "pass Spring#12": rf"\b{_SHORT_WORD}\b{_GAP}{_PLAIN}{_MIXED}(?P<s>{_CHAR}{{6,}})",
    "user bob / pass hunter": (
        rf"{_LOGIN}[^\s/|,;:]++\s*+[/|,;:-]*+\s*+(?:and\s++)?+"
        rf"\b(?:{_WORD}|{_SHORT_WORD})\b\s*+[:=]?\s*+"
        rf"{_PLAIN}{_ALNUM}(?P<s>{_CHAR}+)"
    ),
    "login bsmith / Hunter2!": (
        rf"{_LOGIN}[^\s/|,;:]{{2,}}+\s*+[/|,;:]\s*+(?!//){_MIXED}(?P<s>{_CHAR}{{5,}})"
    ),
    "PIN: 4711": r"\bpin\s*(?:code|no\.?|number)?\s*(?:is\s+|[:=#]+\s*)(?P<s>\d{4,8})\b",
    "api key: 8f3a9b": (rf"\b{_KEY}\s*(?:is\s+|[:=]+\s*){_PLAIN}{_ALNUM}(?P<s>{_CHAR}{{6,}})"),
    "tokens that announce themselves": (
        r"(?P<s>\bAKIA[0-9A-Z]{16}\b|\bghp_\w{20,}|\bsk_(?:live|test)_\w{10,}|\bsk-[\w-]{20,}|"
        r"\bxox[abpr]-[\w-]{10,}|\bpat-[a-z]{2}\d-[0-9a-f-]{20,}|"
        r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
    ),
    "Authorization header": r"\bbearer\s+(?P<s>[\w.~+/-]{16,}=*)",
    "https://user:word@host": r"://[^\s/:@]+:(?P<s>[^\s/@•]+)@",
}
_PATTERNS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _EXPRESSIONS.values())


def may_hold_secret(texts: Iterable[str]) -> bool:
    """Return whether a closer look is worth it; never False where ``mask`` would change a text."""
    fresh = [text for text in texts if text not in _CLEAN]
    if not fresh:
        return False
    lower = "\n".join(fresh).lower()
    for hint in _HINTS:  # every row comes here: no generator
        if hint in lower and (hint != "pass" or _PASS.search(lower)):
            return True
    if len(_CLEAN) < _MOST_CLEAN:
        _CLEAN.update(text for text in fresh if len(text) <= _SHORT)
    return False


def masked(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that hold a secret, with the secret masked; usually none."""
    if not may_hold_secret(values.values()):
        return {}
    clean = {name: mask(text) for name, text in values.items()}
    return {name: text for name, text in clean.items() if text != values[name]}


def mask(text: str) -> str:
    """Return ``text`` with every secret in it replaced by a mask; the same text where none is."""
    if not may_hold_secret((text,)):
        return text
    for _ in range(len(text)):
        masked = text
        for pattern in _PATTERNS:
            masked = pattern.sub(_masked, masked)
        if masked == text:
            break
        text = masked
    return text


def _masked(match: re.Match[str]) -> str:
    start, end = match.span("s")
    whole = match.group()
    offset = match.start()
    return f"{whole[: start - offset]}{MASK}{whole[end - offset :]}"
