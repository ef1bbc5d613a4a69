"""``config/delays.yaml``: when a delay begins, who bears it, and what the numbers mean.

The file may be missing, and so may every key: what is not there is as the rules have it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field

from ubm_sync.config.service import Block
from ubm_sync.delays.codes import CODES, Party
from ubm_sync.delays.rules import Clock, CodeRule, DelayRules, StageRule
from ubm_sync.errors import Flaw
from ubm_sync.mapping import Located, load_yaml, nearest, validate

DELAYS_FILE = "delays.yaml"
_WORDS = re.compile(r"\{([^{}]*)\}")
_KNOWN = ("customer", "ticket")


def _address(value: str) -> str:
    for word in _WORDS.findall(value):
        if word not in _KNOWN:
            raise ValueError(f'"{{{word}}}" is not known here; write {{customer}} or {{ticket}}')
    if value and not value.startswith(("https://", "http://")):
        raise ValueError(f'"{value}" is no address; write one that begins with https://')
    return value


class CodeBlock(Block):
    """One reason for a delay; what is left out stays as it is."""

    on: bool | None = None
    """Whether it is used."""

    threshold: int | None = Field(default=None, ge=0, le=250)
    """Business days people have after the notice before a delay begins."""

    party: Annotated[Party, Field(strict=False)] | None = None
    """Who bears it: client, vendor or internal."""


class StageBlock(Block):
    """One stage of the onboarding; what is left out stays as it is."""

    clock: Annotated[Clock, Field(strict=False)] | None = None
    """Whose move it is: client, internal, vendor, shared or nobody."""

    longest: int | None = Field(default=None, ge=0, le=250)
    """Business days it may take; null: no limit."""

    waiting: bool | None = None
    """Whether a message of ours is a question there."""

    hold: bool | None = None
    """Whether the customer asked to pause."""

    live: bool | None = None
    """Whether the onboarding is done there."""


class DelayFile(Block):
    """The whole file."""

    goal_days: int = Field(default=90, ge=1, le=1000)
    """The goal for the days of an onboarding, in reports."""

    deduct_concurrent: bool = False
    """Whether days that were late for somebody else's reason too are taken off."""

    day_ends: int = Field(default=17, ge=1, le=23)
    """The hour at which a business day is over, in the customer's zone."""

    review_days: int = Field(default=2, ge=0, le=60)
    """Business days in which we look at a document before the delay is ours."""

    bill_days: int = Field(default=35, ge=0, le=365)
    """Days after the last statement in which a bill is normal."""

    scope_share: float = Field(default=0.05, ge=0, le=10)
    """How far the scope may grow before it counts; 0.05 is 5 %."""

    pause_days: int = Field(default=7, ge=0, le=60)
    """Days before a ticket is put on hold in which the client may have asked for it."""

    mail_minutes: int = Field(default=60, ge=1, le=1440)
    """Minutes by which a request and the mail that carries it may lie apart."""

    log_url: Annotated[str, AfterValidator(_address)] = ""
    """Where the exported pages are shown; {customer} and {ticket} are filled in."""

    codes: Mapping[str, CodeBlock] = Field(default_factory=dict)
    """The reasons for a delay, by code."""

    stages: Mapping[str, StageBlock] = Field(default_factory=dict)
    """The stages of an onboarding, by their key in mappings/onboarding.yaml."""

    def rules(self) -> DelayRules:
        """Return the rules: the defaults with what the file says instead."""
        usual = DelayRules()
        codes = {
            key: CodeRule(**_merged(rule._asdict(), self.codes.get(key)))
            for key, rule in usual.codes.items()
        }
        names = dict.fromkeys([*usual.stages, *self.stages])
        unknown = StageRule(Clock.NOBODY)
        stages = {
            key: StageRule(
                **_merged(usual.stages.get(key, unknown)._asdict(), self.stages.get(key))
            )
            for key in names
        }
        return DelayRules(
            stages=stages,
            codes=codes,
            review_days=self.review_days,
            bill_days=self.bill_days,
            scope_share=self.scope_share,
            day_ends=self.day_ends,
            deduct_concurrent=self.deduct_concurrent,
            goal_days=self.goal_days,
            pause_days=self.pause_days,
            mail_minutes=self.mail_minutes,
        )


@dataclass(frozen=True, slots=True)
class DelaySettings:
    """What the service needs of the file; ``log_url`` "" where there are no pages."""

    rules: DelayRules = field(default_factory=DelayRules)
    log_url: str = ""

    @property
    def digest(self) -> str:
        """The hash of everything that may change a result; ``goal_days`` only judges one."""
        content = {**asdict(self.rules), "goal_days": None}
        text = orjson.dumps(content, default=list, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()[:16]

    def address(self, customer: str, ticket: str) -> str:
        """Return where the page of an onboarding is shown, "" where nowhere."""
        return self.log_url.replace("{customer}", customer).replace("{ticket}", ticket)


def load_delays(folder: Path | str, stages: Iterable[str]) -> tuple[DelaySettings, list[Flaw]]:
    """Return the settings of ``folder`` and every flaw; ``stages`` are the mapping's (or none).

    Raises ConfigError where the file cannot be read as what it should be.
    """
    path = Path(folder) / DELAYS_FILE
    if not path.exists():
        return DelaySettings(), []
    located = load_yaml(path)
    file = validate(DelayFile, located)
    flaws = _unknown(located, "codes", file.codes, CODES)
    if known := set(stages):
        flaws += _unknown(located, "stages", file.stages, known)
    return DelaySettings(file.rules(), file.log_url), flaws


def _unknown(
    located: Located, block: str, given: Iterable[str], known: Iterable[str]
) -> list[Flaw]:
    names = set(known)
    what = {"codes": "code of a delay", "stages": "stage in the mapping"}[block]
    return [
        located.flaw(f'there is no {what} "{key}"{nearest(key, names)}', block, key, key=True)
        for key in given
        if key not in names
    ]


def _merged(usual: Mapping[str, Any], block: Block | None) -> dict[str, Any]:
    """Return the usual settings with those a block names; null says something of ``longest``."""
    given = {} if block is None else block.model_dump(exclude_unset=True)
    return {
        **usual,
        **{key: value for key, value in given.items() if value is not None or key == "longest"},
    }
