"""The lane of disconnections beside the cycles of one command."""

from __future__ import annotations

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.dispatch.lane import Round

_COUNTS = ("seen", "read", "cases", "sent", "handed_over")


class Lane:
    """Looks at the help desk before the cycles and, if rows had something to say, after them."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._dispatcher = app.dispatcher()
        self.rounds: list[Round] = []

    def look(self, *, again: bool = False) -> None:
        """Look once; ``again`` only where something waits to be read."""
        if self._dispatcher is None:
            return
        if again:
            with self._app.state.reading() as tx:
                if not tx.remarks.waiting(1):
                    return
        self.rounds.append(self._dispatcher.round())

    def told(self) -> dict[str, object]:
        """Return what the rounds did, for programs."""
        found = {name: sum(getattr(one, name) for one in self.rounds) for name in _COUNTS}
        problems = [text for one in self.rounds for text in one.problems]
        unrouted = self.rounds[-1].unrouted if self.rounds else 0
        return {**found, "unrouted": unrouted, "problems": problems}

    def show(self) -> None:
        """Say what the rounds did, where they did anything."""
        for one in self.rounds:
            if one.skipped:
                screen.say(f"disconnections: {one.skipped}")
            elif one.read or one.cases or one.sent or one.handed_over:
                screen.say(
                    f"disconnections: {one.read} texts read, {one.cases} cases taken further, "
                    f"{one.sent} notes and tasks sent, {one.handed_over} tickets handed over; "
                    f"unrouted: {one.unrouted}"
                )
            for text in one.problems:
                screen.complain(f"  {text}")

    def close(self) -> None:
        """Release connections."""
        if self._dispatcher is not None:
            self._dispatcher.close()
