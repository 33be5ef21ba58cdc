"""Maker's Dutch auction: an unsafe vault's collateral is sold at a price that falls, under a feed an hour or so old.

Source: makerdao/dss fa4f6630, ``dog.sol`` (bark), ``clip.sol`` (kick, redo, take), ``abaci.sol`` (price curves),
``vat.sol`` (frob) and ``spot.sol``. There is no stability fee (rate = 1) and DAI is at par. A vault has one auction at
a time: what is left of it is barked when that is over. The spotter is poked together with the oracle. A buyer's highest
price only keeps that buyer away, so it is left out, as are stopping and shutting down.
"""

from typing import Any, Self

from verifier.language import (
    Bool,
    Mechanism,
    Real,
    Step,
    assumption,
    at_start,
    down,
    implies,
    lemma,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .books import AnyPosition
from .curves import Curve
from .maker_units import Rad, RadFlow, Ray, RayPrice, RayRayPrice, Wad
from .markets import Infinite
from .osm import Osm
from .units import Collateral, CollateralFlow, Seconds


class DutchAuction(Mechanism):
    """A vault that anyone may bark once it is unsafe, and the auction of what was barked."""

    market: Infinite
    oracle: Osm
    book: AnyPosition
    curve: Curve

    liquidation_ratio: Ray = param  # collateral value over debt below which the vault is unsafe (mat)
    buf: Ray = param  # top price over the oracle's
    tail: Seconds = param  # an auction older than this must be redone
    cusp: Ray = param  # an auction that asks less than this share of its top price must be redone
    chop: Ray = param  # what the auction is to raise, over the debt that was barked
    chip: Ray = param  # the keeper's share of the tab
    tip: Rad = param  # and what it gets besides
    dust: Rad = param  # the least debt of a vault
    hole: Rad = param  # the most that auctions may be raising at a time

    collateral: Collateral = state(like=20)
    debt: Wad = state()
    running: Bool = state(False)
    tab: Rad = state(0)  # what the auction has yet to raise
    lot: Collateral = state(0)  # what it has yet to sell
    top: RayPrice = state(0)

    barked: Wad = state(0)  # the debt that the auction is about
    restarts: Ray = state(0)  # since it was barked
    rewards: Rad = state(0)
    paid: Rad = state(0)
    sold: Collateral = state(0)
    least: RayRayPrice = state(0)  # the smallest cusp·top of its starts

    deficit: Rad = state(0, tally=True)  # the tab of auctions that sold out before raising it, penalty included
    penalties: RadFlow = state(0, tally=True)
    incentives: RadFlow = state(0, tally=True)
    owner_collateral: CollateralFlow = state(0, tally=True)
    taker_collateral: CollateralFlow = state(0, tally=True)
    owner_cash: RadFlow = state(0, tally=True)
    keeper_cash: RadFlow = state(0, tally=True)
    taker_cash: RadFlow = state(0, tally=True)
    pool_cash: RadFlow = state(0, tally=True)

    @assumption
    def parameters_are_sane(self) -> Bool:
        """Liquidation ratio and chop are at least 1, and the top price is not nothing."""
        return (self.liquidation_ratio >= 1) & (self.chop >= 1) & (self.buf > 0)

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The vault's health is at least the book's floor, as the oracle sees it."""
        return self.debt * self.book.health <= self.health_value()

    @assumption(on="start")
    def not_dusty_at_the_start(self) -> Bool:
        """The vault owes nothing, or at least the dust limit."""
        return self.not_dusty()

    def health_value(self) -> Real:
        """The debt that the collateral is good for."""
        return self.collateral * down(self.oracle.quote() / self.liquidation_ratio, 27)

    def healthy(self) -> Bool:
        return self.debt <= self.health_value()

    def not_dusty(self) -> Bool:
        return (self.debt == 0) | (self.debt >= self.dust)

    def chost(self) -> Real:
        """The least tab that a partial purchase may leave."""
        return down(self.dust * self.chop, 45)

    def asked(self) -> Real:
        """The auction's price per unit of collateral now."""
        return down(self.top * self.curve.factor(), 27)

    def done(self) -> Bool:
        """Whether nobody may buy before the auction is redone."""
        return (down(self.asked() / self.top, 27) < self.cusp) | (self.curve.age > self.tail)

    # The owner.

    @rule(by="owner")
    def deposit(self, added: Collateral) -> Step:
        """The owner adds collateral."""
        return require(added > 0).then(
            self.after(collateral=self.collateral + added, owner_collateral=self.owner_collateral - added)
        )

    @rule(by="owner")
    def withdraw(self, taken: Collateral) -> Step:
        """The owner takes collateral out, as far as the vault stays safe."""
        post = self.after(collateral=self.collateral - taken, owner_collateral=self.owner_collateral + taken)
        return require(taken > 0, taken <= self.collateral, post.healthy()).then(post)

    @rule(by="owner")
    def borrow(self, drawn: Wad) -> Step:
        """The owner draws debt, as far as the vault stays safe."""
        post = self.after(debt=self.debt + drawn, owner_cash=self.owner_cash + drawn, pool_cash=self.pool_cash - drawn)
        return require(drawn > 0, post.healthy(), post.not_dusty()).then(post)

    @rule(by="owner")
    def repay(self, back: Wad) -> Step:
        """The owner pays debt back, all of it or down to the dust limit."""
        post = self.after(debt=self.debt - back, owner_cash=self.owner_cash - back, pool_cash=self.pool_cash + back)
        return require(back > 0, back <= self.debt, post.not_dusty()).then(post)

    @assumption(on=(withdraw, borrow))
    def frozen_book(self) -> Bool:
        """No collateral is withdrawn and no debt drawn after the start."""
        return self.book.may_take_risk()

    # Keepers and buyers.

    def started(self, *, tab: Real, earns: Bool | bool = True) -> Self:
        """An auction for this tab at a fresh top price, and its keeper's incentive."""
        reward = where(earns, self.tip + down(self.chip * tab, 45), 0)
        return self.after(
            running=True, tab=tab, top=down(self.oracle.quote() * self.buf, 27),
            rewards=self.rewards + reward, incentives=self.incentives + reward,
            keeper_cash=self.keeper_cash + reward, pool_cash=self.pool_cash - reward,
        )  # fmt: skip

    @rule(by="liquidator")
    def bark(self, room: Rad) -> Step:
        """Anyone puts an unsafe vault up for auction, as much of it as other auctions leave room for in the hole."""
        wanted = minimum(self.debt, down(room / self.chop, 18))
        dart = where(self.debt - wanted < self.dust, self.debt, wanted)
        dink = down(self.collateral * dart / self.debt, 18)
        tab = down(dart * self.chop, 45)
        post = self.after(rewards=0).started(tab=tab)
        allowed = (room > 0) & (room <= self.hole) & ((dart == self.debt) | (dart >= self.dust))
        return require(~self.running, ~self.healthy(), allowed, dink > 0, tab > 0, post.top > 0).then(
            post.after(
                collateral=self.collateral - dink, debt=self.debt - dart, lot=dink,
                penalties=self.penalties + (tab - dart), barked=dart, restarts=0, paid=0, sold=0,
                least=self.cusp * post.top,
            ),
            self.curve.restarted(),
        )  # fmt: skip

    @rule(by="anyone")
    def redo(self) -> Step:
        """Anyone restarts an auction that went on for too long or fell too deep."""
        worth = (self.tab >= self.chost()) & (self.lot * self.oracle.quote() >= self.chost())
        post = self.started(tab=self.tab, earns=worth)
        return require(self.running, self.done(), post.top > 0).then(
            post.after(least=minimum(self.least, self.cusp * post.top), restarts=self.restarts + 1),
            self.curve.restarted(),
        )

    @rule(by="anyone")
    def take(self, amount: Collateral) -> Step:
        """Anyone buys up to so much at the price asked now, but leaves no dusty rest."""
        price = self.asked()
        wanted = minimum(self.lot, amount)
        worth = wanted * price
        too_much = worth > self.tab
        dusty = (worth < self.tab) & (wanted < self.lot) & (self.tab - worth < self.chost())
        owe = where(too_much, self.tab, where(dusty, self.tab - self.chost(), worth))
        bought = where(too_much | dusty, down(owe / price, 18), wanted)
        lot, tab = self.lot - bought, self.tab - owe
        sold_out = lot == 0
        ended = sold_out | (tab == 0)
        return require(self.running, ~self.done(), ~dusty | (self.tab > self.chost())).then(
            self.after(
                running=~ended, tab=where(ended, 0, tab), lot=where(ended, 0, lot),
                deficit=self.deficit + where(sold_out, tab, 0),
                owner_collateral=self.owner_collateral + where(ended, lot, 0),
                taker_collateral=self.taker_collateral + bought, taker_cash=self.taker_cash - owe,
                pool_cash=self.pool_cash + owe, paid=self.paid + owe, sold=self.sold + bought,
            )
        )  # fmt: skip

    @lemma
    def auction_is_for_something(self) -> Bool:
        return implies(self.running, (self.tab > 0) & (self.lot > 0) & (self.top > 0))

    @lemma
    def vault_is_not_dusty(self) -> Bool:
        return self.not_dusty()

    @lemma
    def nothing_is_left_of_an_auction(self) -> Bool:
        return implies(~self.running, (self.tab == 0) & (self.lot == 0))

    @lemma
    def least_is_the_smallest_floor(self) -> Bool:
        return implies(self.running, self.least <= self.cusp * self.top)

    @lemma
    def frozen_vault_is_as_safe_as_at_the_start(self) -> Bool:
        spot = down(at_start(self.market.price()) / self.liquidation_ratio, 27)
        return self.book.may_take_risk() | (self.debt * self.book.health <= self.collateral * spot)

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what the system is owed, lost or spent."""
        return (
            self.collateral + self.lot + self.owner_collateral + self.taker_collateral,
            self.owner_cash + self.keeper_cash + self.taker_cash + self.pool_cash,
            self.pool_cash + self.debt + self.tab + self.deficit + self.incentives - self.penalties,
        )

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.market.price(), "oracle": self.oracle.cur, "oracle next": self.oracle.nxt,
            "collateral": self.collateral, "debt": self.debt, "lot": self.lot, "tab": self.tab,
            "asked": self.asked(), "deficit": self.deficit,
        }  # fmt: skip
