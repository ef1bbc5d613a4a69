"""Notes on tickets: texts for people, said once. Making one twice would show it twice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from ubm_hubspot.client import Client
from ubm_hubspot.links import FINAL
from ubm_hubspot.tickets import BATCH, certain, chunks
from ubm_hubspot.values import LONGEST, instant, milliseconds
from ubm_sync.errors import NoAccess, Refused, Temporary, UnknownOutcome
from ubm_sync.model import Note, Outcome, Result

NOTE_TO_TICKET = 228  # HubSpot's type id, direction note -> ticket
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<\s*(br|/p|/div|/li)\b[^>]*>", re.IGNORECASE)

_Mark = tuple[str, str, int]  # ticket, words, epoch ms: what makes a note the same note


class Notes:
    """Attaches notes and finds them again."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        """Yield one outcome per note; see ``Connector.annotate``."""
        short: list[Note] = []
        for note in notes:
            if len(as_html(note.text)) <= LONGEST:
                short.append(note)
            else:
                reason = f"The note is longer than the {LONGEST:,} characters HubSpot holds."
                yield Outcome(note.place, note.key, Result.REFUSED, reason=reason, permanent=True)
        for some in chunks(short, BATCH):
            yield from self._create(some)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of the notes that are attached already.

        Raises NoAccess, Temporary.
        """
        attached = self._attached({note.ref for note in notes})
        owner_of: dict[str, list[str]] = {}
        for ticket, found in attached.items():
            for note_id in found:
                owner_of.setdefault(note_id, []).append(ticket)
        there: set[_Mark] = set()
        for record in self._read(list(owner_of)):
            properties = record["properties"]
            words = _words(properties.get("hs_note_body") or "")
            stamp = milliseconds(properties.get("hs_timestamp") or "0")
            there |= {(ticket, words, stamp) for ticket in owner_of[str(record["id"])]}
        return frozenset(note.key for note in notes if _mark(note) in there)

    def _create(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        create = self._client.crm.objects.notes.batch_api.create
        body = {"inputs": [_input(note, index) for index, note in enumerate(notes)]}
        try:
            answer = self._client.call("create notes", create, body=body, safe=False)
        except UnknownOutcome as error:
            yield from _all(notes, Result.UNKNOWN, str(error))
            return
        except (NoAccess, Temporary):
            raise
        except Refused as error:
            if len(notes) == 1:
                yield from _all(notes, Result.REFUSED, str(error), permanent=True)
                return
            half = len(notes) // 2  # nothing was written: find the one that was refused
            yield from self._create(notes[:half])
            yield from self._create(notes[half:])
            return
        yield from _told(notes, answer)

    def _attached(self, tickets: Iterable[str]) -> dict[str, list[str]]:
        read = self._client.crm.associations.v4.batch_api.get_page
        found: dict[str, list[str]] = {}
        for some in chunks(sorted(tickets), 1_000):  # HubSpot: inputs of one batch/read
            waiting: list[dict[str, str]] = [{"id": ticket} for ticket in some]
            while waiting:
                body = {"inputs": waiting}
                answer = self._client.call("find notes", read, "tickets", "notes", body=body)
                certain(answer, "notes")
                waiting = []
                for each in answer.get("results") or []:
                    ticket = str(each["from"]["id"])
                    ids = [str(to["toObjectId"]) for to in each.get("to") or []]
                    found.setdefault(ticket, []).extend(ids)
                    after = ((each.get("paging") or {}).get("next") or {}).get("after")
                    if after:
                        waiting.append({"id": ticket, "after": str(after)})
        return found

    def _read(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        read = self._client.crm.objects.notes.batch_api.read
        for some in chunks(ids, BATCH):
            inputs = [{"id": each} for each in some]
            body = {"inputs": inputs, "properties": ["hs_note_body", "hs_timestamp"]}
            answer = self._client.call("read notes", read, body=body)
            certain(answer, "notes")
            yield from answer["results"]


def as_html(text: str) -> str:
    """Return plain text as the HTML of a note."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def _input(note: Note, index: int) -> dict[str, Any]:
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": NOTE_TO_TICKET}
    return {
        "properties": {"hs_timestamp": instant(_stamp(note)), "hs_note_body": as_html(note.text)},
        "associations": [{"to": {"id": note.ref}, "types": [kind]}],
        "objectWriteTraceId": str(index),
    }


def _told(notes: Sequence[Note], answer: Mapping[str, Any]) -> Iterator[Outcome]:
    """Read the answer to a batch; a note it does not mention may be there or not."""
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
    results = answer.get("results") or []
    made: dict[object, str] = {}
    for result in results:
        made[str(result.get("objectWriteTraceId"))] = str(result["id"])
        made[_said(result)] = str(result["id"])
    complete = len(results) + len(refused) == len(notes)
    for index, note in enumerate(notes):
        place, key = note.place, note.key
        if index in refused:
            reason = f"HubSpot refused the note: {refused[index]}"
            permanent = index in lasting
            yield Outcome(place, key, Result.REFUSED, reason=reason, permanent=permanent)
        elif ref := made.get(str(index)) or made.get(_mark(note)[1:]):
            yield Outcome(place, key, Result.LANDED, ref=ref)
        elif complete:
            yield Outcome(place, key, Result.LANDED)
        else:
            reason = "HubSpot's answer did not mention the note."
            yield Outcome(place, key, Result.UNKNOWN, reason=reason)


def _said(result: Mapping[str, Any]) -> tuple[str, int]:
    properties = result.get("properties") or {}
    stamp = properties.get("hs_timestamp")
    return _words(properties.get("hs_note_body") or ""), milliseconds(stamp) if stamp else 0


def _all(
    notes: Iterable[Note], result: Result, reason: str, *, permanent: bool = False
) -> Iterator[Outcome]:
    for note in notes:
        yield Outcome(note.place, note.key, result, reason=reason, permanent=permanent)


def _stamp(note: Note) -> int:
    return int(note.at.astimezone(UTC).timestamp() * 1000)


def _mark(note: Note) -> _Mark:
    return note.ref, _words(as_html(note.text)), _stamp(note)


def _words(body: str) -> str:
    # HubSpot's editor may rewrite the HTML; the words stay.
    return " ".join(html.unescape(_TAG.sub("", _BREAK.sub(" ", body))).split())
