"""Maker's English auction: a vault that was bitten is sold to the highest bidder, in two phases.

Source: makerdao/dss fa4f6630, ``cat.sol`` (bite) and ``flip.sol`` (tend, dent, tick, deal). There is no stability fee,
DAI is at par, the oracle shows the market's price, and nothing limits how many auctions there are. A vault is one lot;
of a larger one a bite takes the same share of collateral and debt, so that each lot counts as a vault. Amounts have the
contracts' digits, and their spot price is cut down to a ray.
"""

from typing import Any

from verifier.language import (
    Bool,
    Real,
    Step,
    assumption,
    down,
    each_tick,
    generic,
    implies,
    invariant,
    lemma,
    maximum,
    param,
    require,
    rule,
    state,
)

from .maker_units import Rad, RadFlow, Wad
from .stablecoin_loans import StablecoinLoan
from .units import Collateral, Ratio, Seconds


class Flipper(StablecoinLoan):
    """A vault that anyone may bite once it is unsafe, and the English auction of what was bitten."""

    chop: Ratio = param  # what the auction is to raise, over the debt that was bitten
    beg: Ratio = param  # how many times its predecessor a bid must be
    ttl: Seconds = param  # a bid wins when nobody has outbid it for so long
    tau: Seconds = param  # and the auction is over after so long
    competition: Bool = param(False)  # whether somebody outbids whenever that pays

    deficit: Rad = state(0, tally=True)
    owner_cash: RadFlow = state(0, tally=True)
    liquidator_cash: RadFlow = state(0, tally=True)
    pool_cash: RadFlow = state(0, tally=True)

    running: Bool = state(False)
    bitten: Wad = state(0)  # the debt that the auction is about
    tab: Rad = state(0)  # what it is to raise, the penalty included
    lot: Collateral = state(0)
    bid: Rad = state(0)  # the highest bid, which its bidder has paid
    bidden: Bool = state(False)
    age: Seconds = state(0)  # since the auction began, or began anew
    quiet: Seconds = state(0)  # since the last bid

    penalties: RadFlow = state(0, tally=True)

    @assumption
    def parameters_are_sane(self) -> Bool:
        """A penalty is not negative, a bid raises its predecessor, and auctions take time."""
        return (self.chop >= 1) & (self.beg > 1) & (self.ttl > 0) & (self.tau > 0)

    @each_tick
    def clock(self) -> "Flipper":
        return self.after(age=self.age + self.market.shock.seconds, quiet=self.quiet + self.market.shock.seconds)

    def health_value(self) -> Real:
        """The debt that the collateral is good for."""
        return self.collateral * down(self.liquidation_threshold * self.oracle.quote(), 27)

    def open_for_bids(self) -> Bool:
        return self.running & (self.age < self.tau) & (~self.bidden | (self.quiet < self.ttl))

    def won(self) -> Bool:
        return self.running & self.bidden & ((self.age > self.tau) | (self.quiet > self.ttl))

    def due(self) -> Bool:
        return super().due() & ~self.running

    def ended(self, **changes: Any) -> "Flipper":
        """Without an auction."""
        return self.after(running=False, bitten=0, tab=0, lot=0, bid=0, **changes)

    # Keepers and bidders.

    @rule(by="liquidator")
    def bite(self, first: Rad) -> Step:
        """Anyone puts an unsafe vault up for auction, and may make the first bid in the same transaction."""
        tab = self.debt * self.chop
        return require(self.liquidatable(), ~self.running, self.collateral > 0, first <= tab).then(
            self.after(
                running=True, bitten=self.debt, tab=tab, lot=self.collateral, age=0, collateral=0, debt=0,
                bid=first, bidden=first > 0, quiet=0, liquidator_cash=self.liquidator_cash - first,
                pool_cash=self.pool_cash + first,
            )
        )  # fmt: skip

    @rule(by="anyone")
    def tend(self, offer: Rad) -> Step:
        """A higher bid for the whole lot; the first one may be next to nothing."""
        enough = (offer >= self.beg * self.bid) | (offer == self.tab)
        return require(self.open_for_bids(), offer > self.bid, offer <= self.tab, enough).then(
            self.after(
                bid=offer, bidden=True, quiet=0, liquidator_cash=self.liquidator_cash - (offer - self.bid),
                pool_cash=self.pool_cash + (offer - self.bid),
            )
        )  # fmt: skip

    @rule(by="anyone")
    def dent(self, smaller: Collateral) -> Step:
        """Once the tab is bid, a bid of the same for less of the lot; the owner gets the rest back."""
        lower = (smaller < self.lot) & (self.beg * smaller <= self.lot)
        return require(self.open_for_bids(), self.bid == self.tab, lower).then(
            self.after(lot=smaller, bidden=True, quiet=0, owner_collateral=self.owner_collateral + (self.lot - smaller))
        )

    @rule(by="anyone")
    def restart(self) -> Step:
        """An auction that nobody has bid in goes on."""
        return require(self.running, self.age > self.tau, ~self.bidden).then(self.after(age=0))

    @rule(by="anyone")
    def deal(self) -> Step:
        """The highest bidder takes the lot; debt that the bid does not pay is lost."""
        return require(self.won()).then(
            self.ended(
                deficit=self.deficit + maximum(0, self.bitten - self.bid),
                penalties=self.penalties + maximum(0, self.bid - self.bitten),
                liquidator_collateral=self.liquidator_collateral + self.lot,
            ),
            self.market.sell(self.lot),
        )

    @assumption(on=deal)
    def bidders_compete(self) -> Bool:
        """Nobody lets an auction end while the next higher bid, or the next smaller lot, would pay."""
        return ~self.competition | (self.lot * self.market.price() <= self.beg * self.bid)

    # What holds of it.

    def lender_loss(self) -> Real:
        """The same, and what neither the bid nor the lot's value covers of the debt in auction."""
        return super().lender_loss() + maximum(0, self.bitten - maximum(self.bid, self.lot * self.market.price()))

    def borrower_wealth(self) -> Real:
        """The same, what bids have left of the lot, and what is over in the auction."""
        price = self.market.price()
        return super().borrower_wealth() + self.owner_collateral * price + maximum(0, self.lot * price - self.tab)

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what the system is owed or has lost."""
        return (
            self.collateral + self.lot + self.owner_collateral + self.liquidator_collateral,
            self.owner_cash + self.liquidator_cash + self.pool_cash,
            self.pool_cash + self.debt + self.bitten - self.bid + self.deficit - self.penalties,
        )

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return super().columns() | {"lot": self.lot, "tab": self.tab, "bid": self.bid}

    @invariant
    def bids_are_paid(self) -> Bool:
        """Bidders have paid in, in all, at least the bid that stands."""
        return self.liquidator_cash + self.bid <= 0

    @invariant
    def bid_is_at_most_the_tab(self) -> Bool:
        """No auction raises more than it was to raise."""
        return self.bid <= self.tab

    @invariant(on=tend)
    def bids_rise_to_the_tab_in_steps(self, post: "Flipper") -> Bool:
        """A bid is at least beg times its predecessor, or the whole tab."""
        return (post.bid >= self.beg * self.bid) | (post.bid == self.tab)

    @invariant
    def first_bid_may_be_anything(self, offer: Rad) -> Bool:
        """A first bid may be anything up to the tab: whatever a Dutch auction of the same tab brings."""
        first = self.open_for_bids() & (self.bid == 0) & (offer > 0) & (offer <= self.tab)
        return implies(first, self.tend(offer).enabled())

    @invariant(on=dent)
    def owner_gets_back_what_dent_cuts(self, post: "Flipper") -> Bool:
        """Where the lot shrinks, by at least 1 - 1/beg of it, the owner gets all of the difference."""
        returned = post.owner_collateral - self.owner_collateral
        return (returned == self.lot - post.lot) & (self.beg * post.lot <= self.lot)

    @invariant(on=deal)
    def auctions_cover_the_debt(self, post: "Flipper") -> Bool:
        """No auction ends with less than the debt that it is about."""
        return post.deficit == self.deficit

    @invariant(exits=(tend, dent, restart, deal))
    def progress(self) -> Bool:
        """In an auction somebody can bid, begin it anew, or take the lot, but for the very second of its deadline."""
        deadline = (self.age == self.tau) | (self.bidden & (self.quiet == self.ttl))
        bids = self.tend(self.tab).enabled() | self.dent(self.lot * 0).enabled()
        done = (self.bid == self.tab) & (self.lot == 0)
        return implies(self.running & ~deadline & ~done, bids | self.restart().enabled() | self.deal().enabled())

    @lemma
    def nothing_without_an_auction(self) -> Bool:
        empty = (self.bid == 0) & (self.tab == 0) & (self.lot == 0) & (self.bitten == 0)
        return self.running | empty

    @lemma
    def the_penalty_is_not_negative(self) -> Bool:
        return (self.bitten <= self.tab) & (self.bidden | (self.bid == 0))

    @lemma
    def lot_was_good_at_the_peak(self) -> Bool:
        return (self.bid == self.tab) | (self.bitten <= self.liquidation_threshold * self.lot * self.market.shock.peak)


@generic(on="every rule")
def recovery_floor(it: Flipper, post: Flipper, share: Real) -> Bool:
    """Who wins a lot has paid at least this share of its value at the market's price."""
    taken = post.liquidator_collateral - it.liquidator_collateral
    return it.bid >= share * taken * it.market.price()
