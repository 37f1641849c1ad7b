"""Tickets: what stands between a right password and a login, while more is asked for.

A ticket is known to this run's memory alone, for ten minutes; it opens nothing but its next step.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from appliance.control.errors import NotAuthenticated
from appliance.model.accounts import AccountKey

LIFE_SECONDS: Final = 600.0
MOST: Final = 5000
MOST_OF_ONE: Final = 10
OVER: Final = "This sign-in has taken too long. Start again."


@dataclass(slots=True)
class Ticket:
    """`account` None: a passkey will say whose it is. `password`: that was right; `factor`: how the
    second step was passed, "" where it was not yet. `secret` and `challenge` are what an enrolment
    or a passkey waits for."""

    public_id: str
    account: AccountKey | None
    expires_at: float
    password: bool = False
    factor: str = ""
    secret: str = field(default="", repr=False)
    challenge: bytes = field(default=b"", repr=False)


class Tickets:
    """`now`: monotonic seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tickets: OrderedDict[str, Ticket] = OrderedDict()

    def open(self, account: AccountKey | None, public_id: str = "") -> Ticket:
        """A new one, under a name that nobody can guess or one that is given; the oldest of too
        many are forgotten."""
        self._make_room(account)
        name = public_id or secrets.token_urlsafe(32)
        ticket = Ticket(name, account, self._now() + LIFE_SECONDS)
        self._tickets[ticket.public_id] = ticket
        return ticket

    def find(self, public_id: str) -> Ticket:
        """Raises NotAuthenticated."""
        ticket = self._tickets.get(public_id)
        if ticket is None or ticket.expires_at <= self._now():
            raise NotAuthenticated(OVER, "ticket_over")
        return ticket

    def keep(self, ticket: Ticket) -> None:
        """Go on with one that was dropped with the others of its account."""
        self._tickets[ticket.public_id] = ticket

    def spend(self, ticket: Ticket) -> None:
        """It led to a login, or nowhere."""
        self._tickets.pop(ticket.public_id, None)

    def drop_of(self, account: AccountKey) -> None:
        """Whatever is under way for the account is over."""
        for ticket in self._of(account):
            self.spend(ticket)

    def _of(self, account: AccountKey) -> list[Ticket]:
        return [one for one in self._tickets.values() if one.account == account]

    def _make_room(self, account: AccountKey | None) -> None:
        if account is not None:
            for ticket in self._of(account)[: -MOST_OF_ONE + 1]:
                self.spend(ticket)
        while self._tickets:
            oldest = next(iter(self._tickets.values()))
            if len(self._tickets) < MOST and oldest.expires_at > self._now():
                break
            self.spend(oldest)
