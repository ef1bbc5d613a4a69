"""What is attached to tickets and said once: notes, tasks. Making one twice would show it twice.

A lost answer leaves open whether they are there, so that they are looked for: by their ticket,
their words and their instant, since HubSpot keeps no key of ours with them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ubm_hubspot.client import TICKETS, Client
from ubm_hubspot.links import FINAL
from ubm_hubspot.tickets import BATCH, certain, chunks, left_unlinked
from ubm_hubspot.values import milliseconds
from ubm_sync.errors import NoAccess, Refused, Temporary, UnknownOutcome
from ubm_sync.model import Outcome, Result

STAMP = "hs_timestamp"
_ASSOCIATIONS = 1_000  # HubSpot: inputs of one association batch/read
_FORBIDDEN = 403
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<\s*(br|/p|/div|/li|/tr|/td|/h\d)\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record on tickets."""

    name: str  # HubSpot's name of the object: "notes"
    word: str  # "note"
    to_ticket: int  # HubSpot's type id, direction record -> ticket
    told_by: str  # the property whose words make it the same one


@dataclass(frozen=True, slots=True)
class Item:
    """One record to make; ``properties`` hold the instant and the words that tell it."""

    key: str
    place: str
    ref: str  # the ticket
    properties: Mapping[str, str]


class Attachments:
    """Makes records of one kind and finds them again.

    ``raises`` says whether a missing permission is raised; else it refuses each record.
    """

    def __init__(self, client: Client, kind: Kind, *, raises: bool = True) -> None:
        self._client = client
        self._kind = kind
        self._raises = raises

    def make(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """Yield one outcome per record. Raises NoAccess, Temporary."""
        for some in chunks(items, BATCH):
            yield from self._create(some)

    def there(self, items: Sequence[Item]) -> frozenset[str]:
        """Return the keys of the records that are there already. Raises NoAccess, Temporary."""
        owner_of: dict[str, list[str]] = {}
        for ticket, found in self._attached({one.ref for one in items}).items():
            for ref in found:
                owner_of.setdefault(ref, []).append(ticket)
        there = {
            (ticket, *self._mark(record["properties"]))
            for record in self._read(list(owner_of))
            for ticket in owner_of[str(record["id"])]
        }
        return frozenset(
            one.key for one in items if (one.ref, *self._mark(one.properties)) in there
        )

    def _mark(self, properties: Mapping[str, Any]) -> tuple[str, int]:
        """Return what makes it the same record: its words and its instant (epoch ms)."""
        stamp = properties.get(STAMP)
        told = as_text(properties.get(self._kind.told_by) or "")
        return " ".join(told.split()), milliseconds(stamp) if stamp else 0

    def _create(self, items: Sequence[Item]) -> Iterator[Outcome]:
        kind = self._kind
        create = getattr(self._client.crm.objects, kind.name).batch_api.create
        body = {"inputs": [self._input(one, index) for index, one in enumerate(items)]}
        try:
            answer = self._client.call(f"create {kind.name}", create, body=body, safe=False)
        except UnknownOutcome as error:
            yield from _all(items, Result.UNKNOWN, str(error))
            return
        except Temporary:
            raise
        except NoAccess as error:
            if self._raises or error.status != _FORBIDDEN:
                raise
            yield from _all(items, Result.REFUSED, str(error))
            return
        except Refused as error:
            if len(items) == 1:
                yield from _all(items, Result.REFUSED, str(error), permanent=True)
                return
            half = len(items) // 2  # nothing was written: find the one that was refused
            yield from self._create(items[:half])
            yield from self._create(items[half:])
            return
        yield from self._told(items, answer)

    def _input(self, item: Item, index: int) -> dict[str, Any]:
        link = {
            "associationCategory": "HUBSPOT_DEFINED",
            "associationTypeId": self._kind.to_ticket,
        }
        return {
            "properties": dict(item.properties),
            "associations": [{"to": {"id": item.ref}, "types": [link]}],
            "objectWriteTraceId": str(index),
        }

    def _told(self, items: Sequence[Item], answer: Mapping[str, Any]) -> Iterator[Outcome]:
        """Read the answer to a batch; a record it does not mention may be there or not."""
        word = self._kind.word
        refused, lasting = _refusals(answer)
        results = answer.get("results") or []
        made: dict[object, str] = {}
        for result in results:
            made[str(result.get("objectWriteTraceId"))] = str(result["id"])
            made[self._mark(result.get("properties") or {})] = str(result["id"])
        complete = len(results) + len(refused) == len(items)
        for index, one in enumerate(items):
            if index in refused:
                reason = f"HubSpot refused the {word}: {refused[index]}"
                permanent = index in lasting
                yield Outcome(
                    one.place, one.key, Result.REFUSED, reason=reason, permanent=permanent
                )
            elif ref := made.get(str(index)) or made.get(self._mark(one.properties)):
                yield Outcome(one.place, one.key, Result.LANDED, ref=ref)
            elif complete:
                yield Outcome(one.place, one.key, Result.LANDED)
            else:
                reason = f"HubSpot's answer did not mention the {word}."
                yield Outcome(one.place, one.key, Result.UNKNOWN, reason=reason)

    def _attached(self, tickets: Iterable[str]) -> dict[str, list[str]]:
        read = self._client.crm.associations.v4.batch_api.get_page
        name = self._kind.name
        found: dict[str, list[str]] = {}
        for some in chunks(sorted(tickets), _ASSOCIATIONS):
            waiting: list[dict[str, str]] = [{"id": ticket} for ticket in some]
            first = True
            while waiting:
                body = {"inputs": waiting}
                answer = self._client.call(f"find {name}", read, TICKETS, name, body=body)
                certain(answer, name)
                waiting = [{"id": ticket} for ticket in left_unlinked(answer, some) if first]
                first = False
                for each in answer.get("results") or []:
                    ticket = str(each["from"]["id"])
                    ids = [str(to["toObjectId"]) for to in each.get("to") or []]
                    found.setdefault(ticket, []).extend(ids)
                    after = ((each.get("paging") or {}).get("next") or {}).get("after")
                    if after:
                        waiting.append({"id": ticket, "after": str(after)})
        return found

    def _read(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        kind = self._kind
        read = getattr(self._client.crm.objects, kind.name).batch_api.read
        for some in chunks(ids, BATCH):
            inputs = [{"id": each} for each in some]
            body = {"inputs": inputs, "properties": [kind.told_by, STAMP]}
            answer = self._client.call(f"read {kind.name}", read, body=body)
            certain(answer, kind.name)
            yield from answer["results"]


def _refusals(answer: Mapping[str, Any]) -> tuple[dict[int, str], set[int]]:
    """Return why records of a batch were refused, by position, and which for good."""
    refused: dict[int, str] = {}
    lasting: set[int] = set()
    for error in answer.get("errors") or []:
        context = error.get("context")
        traces = context.get("objectWriteTraceId") or [] if isinstance(context, dict) else []
        for trace in traces:
            if str(trace).isdecimal():
                refused[int(trace)] = str(error.get("message") or "no reason given")[:400]
                if not error.get("category") or error.get("category") in FINAL:
                    lasting.add(int(trace))
    return refused, lasting


def _all(
    items: Iterable[Item], result: Result, reason: str, *, permanent: bool = False
) -> Iterator[Outcome]:
    for one in items:
        yield Outcome(one.place, one.key, result, reason=reason, permanent=permanent)


def as_html(text: str) -> str:
    """Return plain text as the HTML of a note or a task."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def as_text(body: str) -> str:
    """Return the words of HTML as lines; HubSpot's editor may rewrite the HTML, the words stay."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", body)))


def whole(at: datetime) -> int:
    """Return an instant in epoch milliseconds, which is all HubSpot keeps."""
    return int(at.astimezone(UTC).timestamp() * 1000)
