"""What was typed while that counted goes on to count once the record is accepted. Pure.

Some fields change owner with the acceptance: a row's edit of the account number counts until then.
What had been typed and taken by then is on its way to the other places, and the account may have
been made with it: it is carried on as if nothing had happened, until every place shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ubm_sync.sync import notebook as book
from ubm_sync.sync.merge import is_everywhere
from ubm_sync.sync.plan import shown

if TYPE_CHECKING:
    from ubm_sync.model import Observation
    from ubm_sync.sync.plan import RecordPlan
    from ubm_sync.sync.rules import Rules, SharedRule


def count_on(
    rules: Rules, plan: RecordPlan, seen: Mapping[str, Observation], notebook: dict[str, str]
) -> None:
    """Note what was typed where it counts no more, and forget what is everywhere or was replaced.

    ``seen`` is what is there after the writes.
    """
    before = dict(book.entries(plan.subject.notebook, book.COUNTS))
    for where in before:
        notebook.pop(book.COUNTS + where, None)
    if not (plan.decision.accepted and (before or plan.merged.changed)):
        return
    for rule in rules.shared:
        if rule.writers <= rule.writers_once_accepted or _is_over(rule, plan, seen):
            continue
        counted = {**dict(_typed(rules, rule, plan)), **dict(_known(rule, before))}
        for place, value in counted.items():
            where = f"{place}.{rule.name}"
            landed = notebook.get(book.PUT + where)
            is_ours = landed is not None and landed != plan.subject.notebook.get(book.PUT + where)
            if not is_ours or rule.equal(landed or None, value or None):
                notebook[book.COUNTS + where] = value


def _is_over(rule: SharedRule, plan: RecordPlan, seen: Mapping[str, Observation]) -> bool:
    """Return whether a field is agreed on, or a person said what it is to be."""
    merged, name = plan.merged, rule.name
    if name in merged.decided or name in merged.restored:
        return True
    agreed = is_everywhere(rule, merged.values.get(name), seen, plan.subject.blind)
    return agreed and name not in merged.blocked


def _typed(rules: Rules, rule: SharedRule, plan: RecordPlan) -> Iterator[tuple[str, str]]:
    """Yield what was taken from places whose changes count no more, by place."""
    name, subject = rule.name, plan.subject
    if name in plan.merged.blocked or name in plan.decision.fixes:
        return
    for place in plan.merged.changed.get(name, ()):
        value = shown(rules, subject)[place].values.get(name)
        if place not in rule.writers_once_accepted and not rule.equal(
            value, subject.base.get(name)
        ):
            yield place, value or ""


def _known(rule: SharedRule, before: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is known already of a field, by place."""
    for place in rule.places:
        if (value := before.get(f"{place}.{rule.name}")) is not None:
            yield place, value
