"""A chapter on a clock of its own: five notices, from arrival to somebody who has them in hand.

Customers write, call and type; the service looks at the help desk as often as it would have done,
and people answer late, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ubm_sync.cli import screen
from ubm_sync.demo.cast import DANA, DREW, JOLIET, LEA, OMAR, PRIYA
from ubm_sync.demo.desk_tale import CLIENT, DeskTale
from ubm_sync.demo.virtual import VirtualStage

COVERAGE = f"""\
closures: [2026-11-27, 2026-12-24]
people:
  {DANA}: {{name: Dana Lee, absences: [{{from: 2026-12-23, to: 2027-01-01, reason: vacation}}]}}
  {PRIYA}: {{name: Priya Nair, absences: [{{from: 2026-12-24, to: 2026-12-28, reason: vacation}}]}}
  {OMAR}: {{name: Omar Reyes}}
  {LEA}: {{name: Lea Brandt}}
  {DREW}: {{name: Drew Malik}}
on_call: {{order: [{OMAR}]}}
lead: {LEA}
director: {DREW}
"""


class HelpDesk(DeskTale):
    """Plays a few days at the help desk, on a stage of their own."""

    def __init__(self, stage: VirtualStage) -> None:
        (stage.folder / "config" / "coverage.yaml").write_text(COVERAGE, encoding="utf-8")
        super().__init__(stage)

    def chapters(self) -> Iterator[Callable[[], None]]:
        """Yield the parts in order."""
        yield self.a_location_is_there
        yield self.a_notice_by_mail
        yield self.a_call_from_the_dark
        yield self.a_store_that_closes
        yield self.a_note_in_the_sheet
        yield self.nobody_answers
        yield self.christmas_eve
        yield self.nothing_is_lost

    def _open(self) -> None:
        screen.heading("Five notices at the help desk, on a clock of its own")
        super()._open()

    # ------------------------------------------------------------------------------ the notices

    def a_location_is_there(self) -> None:
        """Take one location all the way to its account: the one the first notice is about."""
        self.say("Halsted added Joliet, Dana approves it")
        self._row = self.people.type_row(CLIENT, JOLIET)
        self._settle()
        (ticket,) = self.people.tickets()
        self._location = str(ticket["id"])
        self.people.edit_tickets(DANA, [self._location], approval="approve")
        self._settle()
        account = self.people.rows(CLIENT)[self._row].get("ubm_account_id", "")
        self.expect(f"its account is {account}, its ticket {self._location}", lambda: bool(account))

    def a_notice_by_mail(self) -> None:
        """Show what a manager is given with a notice, and that an answer ends the reminders."""
        ref = self.arrives(
            "2026-11-23 09:05", "Halsted forwards a notice by mail",
            "FWD: DISCONNECT NOTICE - Store 0412 Joliet",
            "Pls take care of this!\n\n> ComEd: our records show an unpaid balance of $1,204.11 on "
            "account 4471908023. Service is scheduled for disconnection on 12/01/2026.",
        )  # fmt: skip
        self.expect_fields(
            ref, "Dana has it within one look: urgent, with both deadlines",
            owner=DANA, priority="URGENT", ticket_type="urgent_disconnect",
            deadline="2026-12-01", deadline_kind="stated", pay_by="2026-11-25",
        )  # fmt: skip
        self.expect("Thanksgiving and the closed Friday lie between: pay by Wednesday",
            lambda: "pay by Wed 11/25" in self.notes(ref)[0])  # fmt: skip
        self.expect("one task waits for Dana", lambda: self.tasks(ref) == [DANA])
        self.expect(f"it is linked to Joliet's own ticket, {self._location}",
            lambda: self._page(ref)["tickets"] == [self._location])  # fmt: skip
        self.does("2026-11-23 09:17", "Dana answers the customer", DANA, "send_message", ref,
            subject="Re: notice", to=CLIENT.person, text="Paid today.")  # fmt: skip
        self.until("2026-11-23 12:00")
        self.expect("12 minutes later it was in hand, and nobody else was called",
            lambda: self.tasks(ref) == [DANA]
            and "12 minutes after it was routed" in self.notes(ref)[-1])  # fmt: skip

    def a_call_from_the_dark(self) -> None:
        """Show what is told at once where the service is off."""
        ref = self.arrives(
            "2026-11-23 13:10", "A store calls: it is dark", "Power is off at our Naperville store",
            "ComEd turned us off this morning, the tech left a door tag for non-payment. The "
            "walk-in freezers are warming up. Who do we call??", channel="PHONE",
        )  # fmt: skip
        self.expect("it is off: the backup is told at once, not only Dana",
            lambda: self.tasks(ref) == [DANA, PRIYA])  # fmt: skip
        self.until("2026-11-23 13:27")
        self.expect("a quarter of an hour later the lead is told: the waits are halved",
            lambda: self.tasks(ref) == [DANA, PRIYA, LEA])  # fmt: skip
        self.does("2026-11-23 13:31", "Priya moves the ticket on", PRIYA, "move_ticket", ref,
            stage=self._stage_label("in_progress"), pipeline=self._place.pipeline)  # fmt: skip
        self.until("2026-11-23 16:00")
        self.expect("that ends it: the director is not called",
            lambda: DREW not in self.tasks(ref)
            and "Acknowledged: priya" in self.notes(ref)[-1])  # fmt: skip

    def a_store_that_closes(self) -> None:
        """Show that a wish to close is no emergency."""
        ref = self.arrives(
            "2026-11-24 10:00", "A store closes", "Please disconnect service at our closed store",
            "Store 0311 in Dubuque closes 12/31. Please have electric and gas disconnected and "
            "request final bills.",
        )  # fmt: skip
        self.until("2026-11-24 15:00")
        self.expect_fields(
            ref, "it is a wish of the customer's own: no alarm, and how it goes on",
            owner=DANA, priority="MEDIUM", ticket_type="close_account",
        )  # fmt: skip
        self.expect("nobody is called, one note says what to do",
            lambda: self.tasks(ref) == [] and len(self.notes(ref)) == 1)  # fmt: skip

    def a_note_in_the_sheet(self) -> None:
        """Show that a notice typed into a row is handled, and marked."""
        self._pass("2026-11-25 09:00")
        self.say("Halsted types into the notes of a row")
        words = "shut off notice from ComEd on the door!! says 12/09/2026"
        self.people.edit_row(CLIENT, self._row, {"notes": words})
        self.engine.cycle()
        self.look()
        (page,) = [one for one in self._find() if one["properties"].get(self._names["off_channel"])]
        ref = str(page["id"])
        self._show_notes(ref)
        self.expect_fields(
            ref, "there is a ticket for it, marked as off channel, with a reply to send",
            owner=DANA, off_channel="true", deadline="2026-12-09",
        )  # fmt: skip
        self.does("2026-11-25 09:10", "Dana moves it on", DANA, "move_ticket", ref,
            stage=self._stage_label("in_progress"))  # fmt: skip

    def nobody_answers(self) -> None:
        """Show each level, once, at its time."""
        ref = self.arrives(
            "2026-11-30 10:00", "A notice, and a day on which nobody looks", "10-day notice ComEd",
            "We got a disconnection notice from ComEd for acct 5519044871, shut off 12/10/2026.",
        )  # fmt: skip
        for at, who in (("10:31", PRIYA), ("11:01", LEA), ("12:01", DREW)):
            self.until(f"2026-11-30 {at}")
            self.expect(f"{at}: {who} is told, once", partial(self._was_told_last, ref, who))
        self.does("2026-11-30 12:20", "Drew fills in that he has it", DREW, "edit_ticket", ref,
            properties={self._names["acknowledged_at"]: "2026-11-30T18:20:00Z"})  # fmt: skip
        self.until("2026-11-30 18:00")
        self.expect("and from then on it is quiet",
            lambda: self.tasks(ref) == [DANA, PRIYA, LEA, DREW])  # fmt: skip

    def christmas_eve(self) -> None:
        """Show who has it when both managers are away."""
        ref = self.arrives(
            "2026-12-24 09:40", "Christmas Eve, Dana and Priya are away", "Shut off notice!!",
            "City of Joliet water: they cut the water at store 0412 on Dec 28 if we don't pay.",
        )  # fmt: skip
        self.expect_fields(ref, "Omar is on call and has it at once", owner=OMAR)
        screen.say(f"  Why Omar: ubm-sync --env-file {self.stage.env_file} disconnections who "
            f'--customer {CLIENT.key} --at "2026-12-24 09:40"')  # fmt: skip
        self.does("2026-12-24 09:55", "Omar moves it on", OMAR, "move_ticket", ref,
            stage=self._stage_label("in_progress"), pipeline=self._place.pipeline)  # fmt: skip

    def nothing_is_lost(self) -> None:
        """Ask what came in and reached nobody."""
        left = self.lane.daily()
        self.expect("the daily check: unrouted 0", lambda: left == [])
        with self.app.state.reading() as tx:
            cases = tx.disconnections.all()
        screen.table(
            "What came of them",
            ("case", "ticket", "what", "with", "outcome"),
            [
                (one.name, one.ticket, one.category.value, one.acknowledged_by or one.owner,
                 one.outcome or "open")
                for one in reversed(cases)
            ],
        )  # fmt: skip
        command = f"ubm-sync --env-file {self.stage.env_file} disconnections"
        screen.say(f"The same in the terminal: {command} list --all")
        screen.say(f"Why one is one, and all that was sent: {command} show {cases[0].name}")
