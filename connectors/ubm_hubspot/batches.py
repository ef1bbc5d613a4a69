"""One batch of tickets to HubSpot and back: who landed, who was refused and for which field.

Tickets that exist are updated by their id, not through the unique property: an upsert for a ticket
that was archived or merged away would quietly make a second one, while an update by id says that
it is not there. Tickets that do not exist yet are upserted by the unique property, so that a lost
answer may be asked for again, once nobody has archived what it may have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from ubm_hubspot.client import Client
from ubm_hubspot.decode import PIPELINE, STAGE, modified_of
from ubm_hubspot.encode import Parcel
from ubm_hubspot.links import FINAL
from ubm_hubspot.reading import PropertyFault, holder_of, property_faults
from ubm_sync.errors import NoAccess, NotThere, Refused, Stopping, SyncError, Temporary, Throttled
from ubm_sync.model import Result
from ubm_sync.transport import Outdated

GONE = "archived"
_ROUNDS = 4  # HubSpot may name the bad fields of a record one after the other
_FOR_ALL = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})  # true of every record alike
# HubSpot, 2026-09: what an admin made a stage require is asked of every write into that stage.
_LACKING = frozenset({"MISSING_CONDITIONAL_REQUIRED_PROPERTY", "MISSING_REQUIRED_PROPERTY"})
_STAGE_GONE = "The HubSpot pipeline has no such stage; put it back or run `ubm-sync setup hubspot`."
_SPECIAL = {  # fields whose values people know by another name than HubSpot's own
    PIPELINE: _STAGE_GONE,
    STAGE: _STAGE_GONE,
    "hubspot_owner_id": "HubSpot has no active user with this e-mail; choose somebody else.",
}
_FILL_IN = {  # whether the ticket is new -> what to do
    False: "fill that in on the ticket and move it there",
    True: "do not require it there, or give the mapping a field for it",
}
_TROUBLE = 2  # batches in a row without an answer before the rest is left for later


class Ended(NamedTuple):
    """How one parcel ended; ``stamp`` is HubSpot's time of the change in epoch ms.

    ``stale``: the ticket is not there any more as the write was decided on.
    """

    parcel: Parcel
    result: Result
    ref: str | None = None
    stamp: int = 0
    new: bool = False
    reason: str = ""
    permanent: bool = False
    stale: bool = False


@dataclass(slots=True)
class Run:
    """What the batches of one ``apply`` share; ``error`` stops the ones not sent yet."""

    error: SyncError | None = None
    trouble: int = 0
    broken: dict[str, PropertyFault] = field(default_factory=dict)  # useless for every record

    def failed(self, error: Temporary) -> None:
        """Count a request without an answer; too many in a row stop the rest."""
        self.trouble += 1
        if self.trouble >= _TROUBLE:
            self.error = error


@dataclass(slots=True)
class _Sorted:
    """An answer taken apart."""

    ended: list[Ended] = field(default_factory=list)
    again: list[Parcel] = field(default_factory=list)


class Batches:
    """Sends batches of at most 100 parcels, all new or none.

    ``before_repeat`` is called with the identities of tickets that a request without an answer may
    have made, before it is sent again; what it raises leaves that open (see ``Look``).
    """

    def __init__(
        self,
        client: Client,
        identity: str,
        fields_of: Mapping[str, Mapping[str, str]],
        before_repeat: Callable[[Sequence[str]], None] = lambda _keys: None,
    ) -> None:
        self._client = client
        self._before_repeat = before_repeat
        self._identity = identity
        self._fields_of = fields_of

    def send(self, parcels: Sequence[Parcel], *, new: bool, run: Run) -> list[Ended]:
        """Return how each parcel ended; the ones missing were not sent (see ``run.error``)."""
        ended: list[Ended] = []
        waiting = list(parcels)
        for turn in range(_ROUNDS):
            if run.error or not waiting:
                break
            ready = self._without_broken(waiting, run, new=new)
            ended += ready.ended
            done = self._attempt(ready.again, new=new, run=run, last=turn == _ROUNDS - 1)
            ended += done.ended
            waiting = done.again
        return ended

    def _without_broken(self, parcels: Iterable[Parcel], run: Run, *, new: bool) -> _Sorted:
        out = _Sorted()
        for parcel in parcels:
            bad = [fault for name, fault in run.broken.items() if name in parcel.properties]
            refused = self._strip(parcel, bad, new=new) if bad else None
            if refused:
                out.ended.append(refused)
            else:
                out.again.append(parcel)
        return out

    def _attempt(
        self, parcels: Sequence[Parcel], *, new: bool, run: Run, last: bool = False
    ) -> _Sorted:
        if not parcels or run.error:
            return _Sorted()
        try:
            answer = self._call(parcels, new=new)
        except Outdated as error:
            return _unanswered(parcels, error) if error.unsure else _outdated(parcels, error)
        except (NoAccess, Throttled, Stopping) as error:
            run.error = error
            return _unanswered(parcels, error) if error.unsure else _Sorted()
        except Temporary as error:
            run.failed(error)
            return _unanswered(parcels, error)
        except Refused as error:
            run.trouble = 0
            return self._refused(parcels, error, new=new, run=run, last=last)
        run.trouble = 0
        return self._sort(parcels, answer, new=new, run=run, last=last)

    def _call(self, parcels: Sequence[Parcel], *, new: bool) -> dict[str, Any]:
        api = self._client.crm.tickets.batch_api
        inputs: list[dict[str, Any]] = []
        for index, parcel in enumerate(parcels):
            one: dict[str, Any] = {
                "id": parcel.identity if new else parcel.write.ref,
                "properties": parcel.properties,
                "objectWriteTraceId": str(index),
            }
            if new:
                one["idProperty"] = self._identity
            inputs.append(one)
        name, operation = ("upsert", api.upsert) if new else ("update", api.update)
        keys = [parcel.identity for parcel in parcels]
        answer: dict[str, Any] = self._client.call(
            f"{name} tickets",
            operation,
            body={"inputs": inputs},
            until=_until(parcels),
            before_repeat=partial(self._before_repeat, keys) if new else None,
        )
        return answer

    def _refused(
        self, parcels: Sequence[Parcel], error: Refused, *, new: bool, run: Run, last: bool
    ) -> _Sorted:
        """Read a refusal of the whole batch: nothing of it was written."""
        problem: Mapping[str, Any] = error.detail if isinstance(error.detail, dict) else {}
        if len(parcels) == 1:
            gone = isinstance(error, NotThere)
            return self._judge(parcels[0], problem, str(error), new=new, gone=gone, last=last)
        shared = [each for each in property_faults(problem) if each.code in _FOR_ALL]
        if shared and not last:
            run.broken.update({each.name: each for each in shared})
            return _Sorted(again=list(parcels))
        # One record is to blame and HubSpot does not say which: halves find it, the rest lands.
        half = len(parcels) // 2
        return _joined(
            self._attempt(some, new=new, run=run, last=last)
            for some in (parcels[:half], parcels[half:])
        )

    def _sort(
        self,
        parcels: Sequence[Parcel],
        answer: Mapping[str, Any],
        *,
        new: bool,
        run: Run,
        last: bool,
    ) -> _Sorted:
        out = _Sorted()
        open_ = dict(enumerate(parcels))
        by_ref = {_ref(p, new=new): index for index, p in enumerate(parcels)}
        for result in answer.get("results") or []:
            index = self._index(result, open_, by_ref, new=new)
            if index is not None:
                out.ended.append(_landed(open_.pop(index), result))
        stray: dict[str, Any] = {}
        for error in answer.get("errors") or []:
            indices = _named(error, by_ref)
            stray = stray if indices else error
            run.broken |= {f.name: f for f in property_faults(error) if f.code in _FOR_ALL}
            for index in indices:
                if parcel := open_.pop(index, None):
                    text = str(error.get("message") or "")
                    judged = self._judge(parcel, error, text, new=new, last=last)
                    out = _joined([out, judged])
        return _joined([out, self._unnamed([*open_.values()], parcels, stray, new, run, last)])

    def _unnamed(
        self,
        left: Sequence[Parcel],
        sent: Sequence[Parcel],
        stray: Mapping[str, Any],
        new: bool,
        run: Run,
        last: bool,
    ) -> _Sorted:
        """Settle the parcels an answer says nothing about, or says something about nobody."""
        if not left:
            return _Sorted()
        if stray and len(sent) == 1:
            return self._judge(left[0], stray, str(stray.get("message")), new=new, last=last)
        if stray:
            half = max(1, len(left) // 2)
            return _joined(
                self._attempt(some, new=new, run=run, last=last)
                for some in (left[:half], left[half:])
            )
        reason = "HubSpot's answer did not mention the ticket."
        return _Sorted([Ended(parcel, Result.UNKNOWN, reason=reason) for parcel in left])

    def _index(
        self,
        result: Mapping[str, Any],
        open_: Mapping[int, Parcel],
        by_ref: Mapping[str | None, int],
        *,
        new: bool,
    ) -> int | None:
        # HubSpot: the order of results is not the order of inputs.
        trace = result.get("objectWriteTraceId")
        if isinstance(trace, str) and trace.isdecimal() and int(trace) in open_:
            return int(trace)
        name = (result.get("properties") or {}).get(self._identity) if new else result.get("id")
        found = by_ref.get(str(name)) if name else None
        if found is None and len(open_) == 1:
            return next(iter(open_))
        return found if found in open_ else None

    def _judge(
        self,
        parcel: Parcel,
        problem: Mapping[str, Any],
        said: str,
        *,
        new: bool,
        gone: bool = False,
        last: bool = False,
    ) -> _Sorted:
        """Read what HubSpot said about one record."""
        category = str(problem.get("category") or "")
        if (gone or category == "OBJECT_NOT_FOUND") and not new:
            ended = Ended(parcel, Result.REFUSED, reason=GONE, permanent=True, stale=True)
            return _Sorted([ended])
        reason = f"HubSpot refused the ticket: {said[:400]}"
        if new and (holder := holder_of(problem, self._identity, parcel.identity)):
            # An upsert does not find it, so it was archived or merged away: it is read first.
            return _Sorted([Ended(parcel, Result.REFUSED, holder, reason=reason, stale=True)])
        named = property_faults(problem)
        faults = [f for f in named if f.name in parcel.properties]
        if lacking := [f for f in named if f.code in _LACKING and f not in faults]:
            needed = ", ".join(f'"{f.name}"' for f in lacking)
            reason = f"HubSpot takes no ticket into this stage without {needed}; {_FILL_IN[new]}."
            if STAGE in parcel.properties:
                faults.append(PropertyFault(STAGE, lacking[0].code, reason))
        if faults and not last:
            refused = self._strip(parcel, faults, new=new)
            return _Sorted([refused]) if refused else _Sorted(again=[parcel])
        settled = not category or category in FINAL or bool(faults)
        if not settled and not last:
            return _Sorted(again=[parcel])
        # Trouble that passes may have come after an attempt that took effect.
        result = Result.REFUSED if settled else Result.UNKNOWN
        return _Sorted([Ended(parcel, result, reason=reason, permanent=settled)])

    def _strip(self, parcel: Parcel, faults: Iterable[PropertyFault], *, new: bool) -> Ended | None:
        """Take refused fields out, so that they fail alone; the refusal where none is left."""
        fields = self._fields_of[parcel.write.place]
        for fault in faults:
            names = (PIPELINE, STAGE) if fault.name in {PIPELINE, STAGE} else (fault.name,)
            text = sentence(fault, parcel.properties.get(fault.name, ""))
            for name in names:
                parcel.properties.pop(name, None)
            parcel.faults[fields.get(fault.name, fault.name)] = text
        lost = {fault.name for fault in faults}
        vital = self._identity in lost or (new and bool(lost & {PIPELINE, STAGE}))
        if vital or not parcel.properties:
            reason = " ".join(parcel.faults.values())
            return Ended(parcel, Result.REFUSED, reason=reason, permanent=True)
        return None


def sentence(fault: PropertyFault, value: str) -> str:
    """Return what is wrong with one field, for a person."""
    known: dict[str, Callable[[], str]] = {
        "PROPERTY_DOESNT_EXIST": lambda: (
            f'The HubSpot ticket property "{fault.name}" does not exist; '
            "run `ubm-sync setup hubspot`."
        ),
        "READ_ONLY_VALUE": lambda: f'HubSpot does not let "{fault.name}" be written.',
        "INVALID_OPTION": lambda: (
            f'"{value}" is not an option of the HubSpot property "{fault.name}"; '
            "add it there or run `ubm-sync setup hubspot`."
        ),
    }
    if fault.name == STAGE and fault.code in _LACKING:
        return fault.message
    special = "" if fault.code in _FOR_ALL else _SPECIAL.get(fault.name, "")
    if special:
        return special
    plain = known.get(fault.code)
    said = " ".join(fault.message.split())[:300]
    return plain() if plain else f'HubSpot refused "{fault.name}": {said}'


def _unanswered(parcels: Iterable[Parcel], error: SyncError) -> _Sorted:
    return _Sorted([Ended(parcel, Result.UNKNOWN, reason=str(error)) for parcel in parcels])


def _outdated(parcels: Iterable[Parcel], error: Outdated) -> _Sorted:
    """Have them planned anew: nothing was sent, and the look at them holds no more."""
    reason = str(error)
    return _Sorted([Ended(one, Result.REFUSED, reason=reason, stale=True) for one in parcels])


def _until(parcels: Iterable[Parcel]) -> datetime | None:
    return min((one.until for one in parcels if one.until is not None), default=None)


def _landed(parcel: Parcel, result: Mapping[str, Any]) -> Ended:
    new = bool(result.get("new"))
    return Ended(parcel, Result.LANDED, str(result["id"]), modified_of(result), new)


def _named(error: Mapping[str, Any], by_ref: Mapping[str | None, int]) -> list[int]:
    """Return the positions in the batch that one error of a 207 names."""
    context = error.get("context")
    context = context if isinstance(context, dict) else {}
    traces = context.get("objectWriteTraceId") or []
    found = [int(trace) for trace in traces if str(trace).isdecimal()]
    return found or [by_ref[str(i)] for i in context.get("ids") or [] if str(i) in by_ref]


def _ref(parcel: Parcel, *, new: bool) -> str | None:
    return parcel.identity if new else parcel.write.ref


def _joined(parts: Iterable[_Sorted]) -> _Sorted:
    out = _Sorted()
    for part in parts:
        out.ended += part.ended
        out.again += part.again
    return out
