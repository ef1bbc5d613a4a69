"""Tasks for people on tickets of the help desk: made once, shown in a person's own list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ubm_hubspot.attaching import STAMP, Attachments, Item, Kind, as_html, whole
from ubm_hubspot.catalog import Catalog
from ubm_hubspot.client import Client
from ubm_hubspot.desk_names import FORBIDDEN
from ubm_hubspot.values import LONGEST, instant
from ubm_sync.desk import Task
from ubm_sync.errors import NoAccess
from ubm_sync.model import Outcome, Result

_TASKS = Kind("tasks", "task", 230, "hs_task_subject")
_CUT = " [...]"
_HALF = re.compile(r"(&[^;]*|<[^>]*)$")  # an entity or a tag that was cut in two


class Tasks:
    """Makes tasks and finds them again."""

    def __init__(self, client: Client, catalog: Catalog, place: str) -> None:
        self._attachments = Attachments(client, _TASKS, raises=False)
        self._catalog = catalog
        self._place = place

    def assign(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Yield one outcome per task; see ``Desk.assign``."""
        items: list[Item] = []
        owners: dict[str, str] = {}
        for task in tasks:
            owner, reason = self._owner(task.owner)
            if owner:
                items.append(self._item(task, owner))
                owners[task.key] = task.owner
            else:
                yield Outcome(
                    self._place,
                    task.key,
                    Result.REFUSED,
                    reason=reason,
                    permanent=True,
                    at_fault=("owner",),
                )
        for outcome in self._attachments.make(items):
            if outcome.result is Result.REFUSED:  # the person may have left since
                self._catalog.doubt_owner(owners[outcome.key])
            yield outcome

    def assigned(self, tasks: Sequence[Task]) -> frozenset[str]:
        """Return the keys of the tasks that are there already. Raises NoAccess, Temporary."""
        return self._attachments.there([self._item(task, "") for task in tasks])

    def _owner(self, email: str) -> tuple[str, str]:
        """Return the owner's id, or why there is none."""
        try:
            found = self._catalog.owner_id(email)
        except NoAccess as error:
            if error.status != FORBIDDEN:
                raise
            return "", str(error)
        return found or "", f"No active HubSpot user has the e-mail {email}."

    def _item(self, task: Task, owner: str) -> Item:
        properties = {
            STAMP: instant(whole(task.due)),
            "hs_task_subject": " ".join(task.subject.split()),
            "hs_task_body": short(task.body),
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "TODO",
            "hubspot_owner_id": owner,
        }
        if task.urgent:
            properties["hs_task_priority"] = "HIGH"
        return Item(task.key, self._place, task.ref, properties)


def short(text: str) -> str:
    """Return a body as HTML that HubSpot holds: a task cut short is better than none."""
    body = as_html(text)
    if len(body) <= LONGEST:
        return body
    return _HALF.sub("", body[: LONGEST - len(_CUT)]) + _CUT
