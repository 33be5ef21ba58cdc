"""What becomes of the debt that Maker's liquidations leave: the queue, and the auctions that issue MKR to pay it.

Source: makerdao/dss, ``vow.sol`` (fess, flog, heal, kiss, flop) and ``flop.sol`` (dent); the blocked auctions of March
2020 are the trace blocked-flop of makerdao/mkr-mcd-spec, and what mends them is MIP19. Auctions are told apart by
nothing but whether somebody has bid, so there may be any number. Left out: the queue's delay, so more may happen; how
much MKR a bidder asks for, and bids after an auction's first, which pay the bidder before: neither is the vow's.
"""

from typing import Any

from verifier.language import (
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    amount,
    given,
    implies,
    in_fixed,
    invariant,
    lemma,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .maker_units import Rad, RadFlow
from .properties import conservation
from .units import DEBT


class Vow(Mechanism):
    """Who owes what no vault owes any more."""

    sump: Rad = param  # what an auction is to raise
    settles: Bool = param(True)  # whether an auction's first bid pays the debt on auction, as since MIP19

    surplus: Rad = state(0)
    unbacked: Rad = state(0)  # all debt that no vault owes, in the queue, on auction or free
    queued: Rad = state(0)
    on_auction: Rad = state(0)
    awaited: Rad = state(0)  # what auctions are to raise in which nobody has bid yet

    backed: RadFlow = state(0, tally=True)  # what vaults owe
    outside: RadFlow = state(0, tally=True)  # DAI that others hold

    def free(self) -> Real:
        """Debt that surplus may pay, and new auctions are for."""
        return self.unbacked - self.queued - self.on_auction

    # What comes in.

    @rule(by="liquidator")
    def liquidate(self, debt: Rad) -> Step:
        """A vault's debt becomes the system's, in the queue first."""
        return require(debt > 0).then(
            self.after(
                backed=self.backed - debt, unbacked=self.unbacked + debt, queued=self.queued + debt
            )
        )  # fmt: skip

    @rule(by="anyone")
    def receive(self, dai: Rad) -> Step:
        """Bids for collateral come in, or fees, or gifts."""
        return require(dai > 0).then(self.after(outside=self.outside - dai, surplus=self.surplus + dai))

    # What anybody may do about it.

    @rule(by="anyone")
    def flog(self, debt: Rad) -> Step:
        """Debt leaves the queue."""
        return require(debt > 0, debt <= self.queued).then(self.after(queued=self.queued - debt))

    @rule(by="anyone")
    def heal(self, debt: Rad) -> Step:
        """Surplus pays free debt."""
        return require(debt > 0, debt <= self.surplus, debt <= self.free()).then(self.paid(debt))

    @rule(by="anyone")
    def kiss(self, debt: Rad) -> Step:
        """Surplus pays debt on auction."""
        return require(debt > 0, debt <= self.surplus, debt <= self.on_auction).then(
            self.paid(debt, on_auction=self.on_auction - debt)
        )

    def paid(self, debt: Real, **changes: Any) -> "Vow":
        """After surplus has paid some debt."""
        return self.after(surplus=self.surplus - debt, unbacked=self.unbacked - debt, **changes)

    @rule(by="anyone")
    def flop(self) -> Step:
        """Free debt is put up for auction where no surplus is left to pay it."""
        return require(self.surplus == 0, self.sump <= self.free()).then(
            self.after(on_auction=self.on_auction + self.sump, awaited=self.awaited + self.sump)
        )

    @rule(by="anyone")
    def dent(self) -> Step:
        """An auction's first bidder pays in what it is to raise."""
        settled = where(self.settles, minimum(self.sump, self.on_auction), amount(0, DEBT))
        return require(self.sump <= self.awaited).then(
            self.after(
                outside=self.outside - self.sump, surplus=self.surplus + self.sump - settled,
                unbacked=self.unbacked - settled, on_auction=self.on_auction - settled,
                awaited=self.awaited - self.sump,
            )
        )  # fmt: skip

    # What holds of it.

    def totals(self) -> tuple[Real, ...]:
        """All DAI is owed, by vaults or by the system."""
        return (self.outside + self.surplus - self.backed - self.unbacked,)

    @invariant
    def parts_are_no_more_than_all(self) -> Bool:
        """What is queued and on auction is unbacked debt."""
        return self.free() >= 0

    @invariant
    def debt_on_auction_will_be_paid(self) -> Bool:
        """Surplus, and first bids to come, pay what is on auction."""
        return self.on_auction <= self.awaited + self.surplus

    @invariant(exits=(flop,))
    def bad_debt_can_be_auctioned(self) -> Bool:
        """Where no debt is queued, no first bid awaited, and no surplus left, bad debt of a lot can be auctioned."""
        idle = (self.queued == 0) & (self.awaited == 0) & (self.surplus == 0)
        return implies(idle & (self.unbacked >= self.sump), self.flop().enabled())

    @invariant(exits=(heal, kiss))
    def surplus_pays_first(self) -> Bool:
        """A surplus, even a gift that is to hinder an auction, can at once pay debt that is not queued."""
        heals = self.heal(minimum(self.surplus, self.free())).enabled()
        kisses = self.kiss(minimum(self.surplus, self.on_auction)).enabled()
        return implies((self.surplus > 0) & (self.unbacked > self.queued), heals | kisses)

    @lemma
    def first_bids_pay_what_is_on_auction(self) -> Bool:
        return ~self.settles | (self.on_auction <= self.awaited)


class MakerFlopper(Design, name="maker-flopper"):
    """Any number of vaults and auctions, for every size of lot."""

    vow = Vow(sump="any")

    proved = (
        Vow.debt_on_auction_will_be_paid,
        Vow.bad_debt_can_be_auctioned,
        Vow.parts_are_no_more_than_all,
        Vow.surplus_pays_first,
        conservation(),
        given(conservation(), settles=False),
        in_fixed(Vow.debt_on_auction_will_be_paid),
        in_fixed(Vow.bad_debt_can_be_auctioned),
        in_fixed(conservation()),
    )
    refuted = {
        given(Vow.debt_on_auction_will_be_paid, settles=False): "March 2020: a first bid healed other debt instead",
        given(Vow.bad_debt_can_be_auctioned, settles=False): "so what it was for stays on auction, and none can begin",
    }
