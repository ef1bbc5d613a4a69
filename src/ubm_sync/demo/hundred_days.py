"""The last chapter: an onboarding of a hundred days, and who delayed it.

People do what they do anyway: write mail, ask for documents, book and miss meetings, move the
ticket. The service runs when something happens and when a deadline passes, as it would have done
then, so that every delay is found, noted and closed in its time. What it must come to is the worked
example the rules were made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ubm_sync.cli import screen
from ubm_sync.cli.delays import export_files
from ubm_sync.delays.codes import CODES
from ubm_sync.demo.cast import COMMON, RIVERBEND, SERVICES
from ubm_sync.demo.diary import Diary
from ubm_sync.demo.opening import enter, set_up
from ubm_sync.demo.people import People
from ubm_sync.demo.tale import Tale
from ubm_sync.reports.delays import accounts, story

START = datetime(2026, 9, 1, 13, 0, tzinfo=UTC)  # 08:00 in Chicago
PAGES = "delays"  # the folder of the exported pages
SLOT, NEW_SLOT = "2026-10-20T15:00:00Z", "2026-10-27T15:00:00Z"  # 10:00 in Chicago
STORE = {
    **COMMON,
    "location_code": "RG-01",
    "location_name": "Riverbend Main Street",
    "address_1": "1450 W Jefferson St",
    "city": "Joliet",
    "state": "IL",
    "zip": "60435",
    "vendor": "ComEd",
    "account_number": "'4471908023",
    "name_on_account": "Riverbend Grocers Inc",
}
# What the ticket must say in the end: 100 days, 44 of delays by the client if one just adds them
# up, 33 on the calendar, 8 of those late for others' reasons too: 25 count.
IN_THE_END = {
    "day_count": "100",
    "client_delay_days": "25",
    "client_delay_days_concurrent": "8",
    "vendor_delay_days": "14",
    "internal_delay_days": "5",
    "net_days": "75",
    "delay_event_count": "5",
    "primary_delay_reason": "CL-DOCS",
    "delay_open_reason": "",
    "onboarding_start": "2026-09-01",
    "live_date": "2026-12-10",
}
CUSTOMER_MUST_NOT_SEE = ("delay", "client-caused", *(code.lower() for code in CODES))


class HundredDays(Tale):
    """Plays one onboarding on a stage of its own, from the contract to the first bills."""

    def chapters(self) -> Iterator[Callable[[], None]]:
        """Yield the parts in order."""
        yield self.contract_is_signed
        yield self.documents_are_late
        yield self.nobody_answers
        yield self.portal_fails
        yield self.answers_come
        yield self.we_are_slow
        yield self.meeting_is_missed
        yield self.goes_live
        yield self.days_are_counted
        yield self.customer_sees_nothing
        yield self.everything_is_proven

    def _open(self) -> None:
        screen.heading("A hundred days of one onboarding, on a clock of its own")
        set_up(self.app)
        self.app = enter(self.stage, self.app, [RIVERBEND])
        self.people = People(self.stage, self.app)
        self.people.enter(RIVERBEND, self.app.customers[RIVERBEND.key].sheet)
        self.diary = Diary(self.stage, self.app, self.people, RIVERBEND)

    def contract_is_signed(self) -> None:
        """Begin: the service opens the ticket, and the clock runs."""
        self.diary.until("2026-09-01 09:00")
        self.diary.expect_fields(
            "Riverbend has signed: its onboarding ticket is there and counts the days",
            onboarding_start="2026-09-01", day_count="0",
        )  # fmt: skip

    def documents_are_late(self) -> None:
        """Ask for bill copies by a day, and let that day pass."""
        diary = self.diary
        diary.move("2026-09-03 09:00", "Priya begins to gather documents", "gathering_documents")
        self.copies = diary.do(
            "2026-09-03 09:30", "She asks for 60 bill copies, due Sep 10", RIVERBEND.csm,
            "ask_item", subject="Document: 60 bill copies", due="2026-09-10",
        )  # fmt: skip
        diary.until("2026-09-10 16:30")
        diary.expect_fields(
            "day 9, 16:30: they are due today, so nothing is late yet",
            day_count="9", delay_open_reason="", client_delay_days="0",
        )  # fmt: skip
        diary.until("2026-09-10 17:00")
        diary.expect_fields(
            "day 9, 17:00: the business day is over, and the ticket says that they are late",
            day_count="9", delay_open_reason="CL-DOCS",
        )  # fmt: skip

    def nobody_answers(self) -> None:
        """Write to the customer and hear nothing but a machine."""
        diary = self.diary
        diary.do(
            "2026-09-15 09:00", "She writes: where are the copies?", RIVERBEND.csm,
            "send_message", subject="Your bill copies", to=RIVERBEND.person,
        )  # fmt: skip
        diary.move("2026-09-20 09:00", "She waits for the customer", "waiting_on_customer")
        diary.do(
            "2026-09-21 08:00", "Riverbend's mailbox answers by itself", RIVERBEND.csm,
            "receive_message", contact=RIVERBEND.person, subject="Automatic reply: Away",
            automatic=True,
        )  # fmt: skip
        diary.expect_fields(
            "day 20: that is no answer; two delays go on, and each day counts once",
            day_count="20", delay_open_reason="CL-DOCS", delay_event_count="2",
            client_delay_days="11",
        )  # fmt: skip

    def portal_fails(self) -> None:
        """Let the utility's portal fail while the customer is late."""
        self.portal = self.diary.do(
            "2026-09-28 09:00", "ComEd's portal fails; Data Services note it", SERVICES,
            "ask_item", subject="Portal: ComEd",
        )  # fmt: skip
        self.diary.expect_fields(
            "day 27: from now on the days are not the customer's alone",
            day_count="27", delay_event_count="3", client_delay_days="18",
            client_delay_days_concurrent="0",
        )  # fmt: skip

    def answers_come(self) -> None:
        """Get the copies, look at them, get the answer."""
        diary = self.diary
        diary.do(
            "2026-10-01 09:00", "The copies arrive", RIVERBEND.csm, "receive_item", self.copies
        )
        diary.do(
            "2026-10-02 09:00", "They are good", RIVERBEND.csm, "accept_item", self.copies
        )  # fmt: skip
        diary.do(
            "2026-10-06 09:00", "Riverbend answers the mail of Sep 15", RIVERBEND.csm,
            "receive_message", contact=RIVERBEND.person, subject="Re: Your bill copies",
        )  # fmt: skip
        diary.expect_fields(
            "day 35: 18 of the client alone, 8 shared with the portal",
            day_count="35", client_delay_days="18", client_delay_days_concurrent="8",
            delay_open_reason="VN-PORTAL",
        )  # fmt: skip

    def we_are_slow(self) -> None:
        """Hold the kickoff, and then leave it lying for too long ourselves."""
        diary = self.diary
        diary.move("2026-10-06 09:30", "Priya schedules the kickoff", "kickoff_scheduling")
        diary.move("2026-10-08 09:00", "The kickoff is held; now it is our turn", "kickoff_held")
        diary.until("2026-10-09 17:00")
        diary.expect(
            "day 38: our own backlog is noted as plainly as the client's delays",
            lambda: diary.notes()[-1].startswith("Our own delay opened: IN-BACKLOG."),
        )
        diary.do("2026-10-12 09:00", "ComEd's portal works", SERVICES, "accept_item", self.portal)
        diary.move("2026-10-14 09:00", "We hand it to the utility", "waiting_on_utility")
        diary.expect_fields(
            "day 43: none of that is counted as the client's",
            day_count="43", client_delay_days="18", vendor_delay_days="14", internal_delay_days="5",
            delay_open_reason="",
        )  # fmt: skip

    def meeting_is_missed(self) -> None:
        """Let the customer type its store, miss the review, and come to the next."""
        diary, people = self.diary, self.people
        self.row = people.type_row(RIVERBEND, STORE)
        review = diary.do(
            "2026-10-15 09:00", "Priya books a review for Oct 20, 10:00", RIVERBEND.csm,
            "book_meeting", title="Review", at=SLOT,
        )  # fmt: skip
        people.edit_tickets(
            RIVERBEND.csm, [one["id"] for one in people.tickets()], approval="approve"
        )
        diary.do("2026-10-20 10:20", "Nobody of Riverbend comes", RIVERBEND.csm, "miss_meeting",
            review)  # fmt: skip
        diary.expect_fields(
            "day 49: the missed meeting is a delay at once",
            day_count="49",
            delay_open_reason="CL-RESCHED",
        )
        diary.do(
            "2026-10-20 12:00", "It is moved to Oct 27", RIVERBEND.csm, "move_meeting", review,
            at=NEW_SLOT,
        )  # fmt: skip
        diary.do("2026-10-27 11:00", "It is held", RIVERBEND.csm, "hold_meeting", review)
        diary.expect_fields(
            "day 56: a week of the client's alone",
            day_count="56", client_delay_days="25", client_delay_days_concurrent="8",
            delay_open_reason="",
        )  # fmt: skip

    def goes_live(self) -> None:
        """Enrol the store and end the onboarding."""
        self.diary.until("2026-12-01 09:00")
        ids = [ticket["id"] for ticket in self.people.tickets("enrolment")]
        self.people.move_tickets(SERVICES, ids, "enrolment", "enrolled")
        self.diary.move("2026-12-10 09:00", "The first bills are here: live", "live")

    def days_are_counted(self) -> None:
        """Show the ticket's days, and that they do not move any more."""
        diary = self.diary
        diary.until("2026-12-20 09:00")
        diary.expect_fields("day 100: 25 of the client alone, 8 shared, net 75", **IN_THE_END)
        diary.expect_fields(
            "every reason is named",
            delay_reasons="CL-RESCHED;CL-DOCS;CL-NOREPLY;VN-PORTAL;IN-BACKLOG",
        )
        told = self.told()
        added = (told["client_exclusive"], told["client_shared"], told["others_only"],
            told["unattributed"])  # fmt: skip
        diary.expect(
            "25 alone + 8 shared + 8 of others + 59 of nobody = 100 days",
            lambda: added == (25, 8, 8, 59) and sum(added) == told["gross_days"],
        )
        diary.expect(
            "44 days if the client's delays are just added up, 33 on the calendar, 25 charged",
            lambda: (told["client_sum"], told["client_union"]) == (44, 33),
        )
        about = [note for note in diary.notes() if "elay opened" in note or "elay closed" in note]
        diary.expect(
            "each of the 5 delays was noted once when it opened and once when it closed",
            lambda: len(about) == len(set(about)) == 10,  # noqa: PLR2004 - of five delays
        )
        screen.table("The ticket's days", ("field", "says"), diary.shown(*IN_THE_END))

    def customer_sees_nothing(self) -> None:
        """Nothing of it is in the customer's sheet."""
        cells = " ".join(self.people.rows(RIVERBEND)[self.row].values()).lower()
        self.diary.expect(
            "the customer's row is Active and says nothing of delays",
            lambda: "active" in cells and not any(word in cells for word in CUSTOMER_MUST_NOT_SEE),
        )

    def everything_is_proven(self) -> None:
        """Write the page, and show in a sentence each what every delay is known by."""
        told = self.told()
        self.diary.expect(
            "every delay was written down within the hour in which it began",
            lambda: not any(one["retrospective"] for one in told["events"]),
        )
        self.diary.expect("every delay has its evidence and the client's delays their notice",
            lambda: all(one["evidence"] and (one["notice"] or one["party"] != "client")
            for one in told["events"]))  # fmt: skip
        with self.app.state.reading() as tx:
            broken = tx.delays.verify()
        self.diary.expect("the ledger of delays is whole", lambda: broken is None)
        for one in told["events"]:
            screen.say(f"  {one['sentence']}")
        folder = self.stage.folder / PAGES
        export_files(self.app, folder)
        self._show(folder / f"{RIVERBEND.key}.html")

    def _show(self, page: Path) -> None:
        self.diary.expect(f"the page is written: {page}", page.exists)
        screen.say(
            "Open it in any browser: a timeline of the hundred days, and for each delay who was "
            "told what and when, by which mail, meeting or task. Print it, or save it as PDF."
        )
        command = f"ubm-sync --env-file {self.stage.env_file}"
        screen.say(f"The same in the terminal: {command} delays explain {RIVERBEND.key}")

    def told(self) -> dict[str, Any]:
        """Return what the ledger says of the onboarding."""
        rules = self.app.configuration.delays.rules
        with self.app.state.reading() as tx:
            (account,) = accounts(tx, self.app.customers, rules, self.app.clock.now())
            return story(tx, account)
