"""What customers write into their sheets: off channel, and handled all the same."""

from __future__ import annotations

import hashlib
from datetime import datetime

from ubm_sync.disconnection.values import Category, Reading
from ubm_sync.dispatch.gathering import Gatherer, Text
from ubm_sync.dispatch.hearing import Docket, note, stale
from ubm_sync.model import Customer, Values
from ubm_sync.routing import words
from ubm_sync.routing.case import ROW, Case, case_id
from ubm_sync.state import Inquiry, RecordState, Remark, State, Tx

TOGETHER = 500  # remarks in one transaction
_NOTHING = "nothing in it tells of a disconnection or of closing an account"
_CLOSE_ROW = "the row itself asks to close the account"
_EMPTY = "the cell is empty now"
_CLOSE = "close"


class Rows:
    """Reads remarks in the cells that the mapping says customers write words into."""

    def __init__(self, state: State, gatherer: Gatherer) -> None:
        self._state = state
        self._gather = gatherer

    def take(self, now: datetime) -> int:
        """Read what is waiting; return how many remarks were read."""
        done = 0
        while True:
            with self._state.transaction() as tx:
                waiting = tx.remarks.waiting(TOGETHER)
                if not waiting:
                    return done
                self._keep(tx, waiting, now)
                for place in {one.place for one in waiting}:
                    tx.remarks.read(place, [one.sync_id for one in waiting if one.place == place])
            done += len(waiting)

    def _keep(self, tx: Tx, waiting: list[Remark], now: datetime) -> None:
        ids = [one.sync_id for one in waiting]
        known = tx.inquiries.load(ROW + id_ for id_ in ids)
        records = tx.records.load(ids)
        seen = tx.observations.load(ids)
        docket = Docket(tx, self._gather.rules.merge_days)
        for one in waiting:
            record, there = records.get(one.sync_id), seen.get(one.sync_id, {}).get(one.place)
            if record is None or there is None or there.gone:
                continue
            source = ROW + one.sync_id
            before = known.get(source)
            led_to = before.case_id if before is not None else ""
            inquiry, fresh = self._hear(one, record, there.values, before, now)
            known[source] = inquiry
            if fresh is not None:
                case = docket.enter(fresh, "", now, led_to)
                case.due = True
                inquiry.case_id, inquiry.customer = case.id, case.customer
        tx.inquiries.save(known.values())
        docket.save()

    def _hear(
        self,
        remark: Remark,
        record: RecordState,
        values: Values,
        before: Inquiry | None,
        now: datetime,
    ) -> tuple[Inquiry, Case | None]:
        customer = self._gather.named(record.customer)
        arrived = remark.at or now
        digest = hashlib.sha256(remark.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        source = ROW + remark.sync_id
        inquiry = before or Inquiry(source, remark.sync_id, arrived)
        if digest == inquiry.digest:
            return inquiry, None
        inquiry.digest, inquiry.read_at, inquiry.customer = digest, now, customer.key
        texts = [Text("", remark.text, arrived, remark.by)]
        reading = self._gather.read(texts, customer.zone)
        if reading is None:
            inquiry.category, inquiry.reason = Category.OTHER.value, _EMPTY
            return inquiry, None
        note(inquiry, reading)
        inquiry.reason = self._reason(reading, values, arrived, now)
        if inquiry.reason:
            return inquiry, None
        case = self._gather.case(case_id(source, digest), source, reading, customer, texts)
        self._of_row(case, record, values, remark, customer)
        return inquiry, case

    def _reason(self, reading: Reading, values: Values, arrived: datetime, now: datetime) -> str:
        if reading.category is Category.OTHER:
            return _NOTHING
        asked = values.get("request_type", "").casefold()
        if reading.category is Category.CLOSE and asked == _CLOSE:
            return _CLOSE_ROW
        return stale(arrived, now, self._gather.rules.stale)

    def _of_row(
        self,
        case: Case,
        record: RecordState,
        values: Values,
        remark: Remark,
        customer: Customer,
    ) -> None:
        """Fill in what the row itself says where the words do not, and the ticket to open."""
        number = values.get("account_number", "")
        if number and not case.numbers:
            case.numbers = (number,)
            case.keys = tuple(filter(None, (self._gather.key_of(number),)))
        case.vendor = case.vendor or values.get("vendor", "")
        where = (values.get("location_code", ""), values.get("city", ""))
        case.site = case.site or " ".join(part for part in where if part)
        case.off_channel = True
        case.title = words.subject(case, customer.name)
        who = remark.by or "Somebody"
        case.text = (
            f"{who} wrote this into the notes of {record.label or 'a row'} of the customer's "
            f"sheet:\n\n{remark.text}"
        )
