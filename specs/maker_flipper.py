"""Maker's Liquidations 1.2: an unsafe vault's collateral is sold to the highest bidder, as on 12 March 2020.

Source: makerdao/dss fa4f6630, ``cat.sol`` and ``flip.sol`` (``english_auction.py``, and yank here) and ``end.sol``
(skip); the forged auction is the trace lucash-flip-end of runtimeverification/mkr-mcd-spec 28fb178.
"""

from typing import Any

from verifier.language import ANY, Bool, Design, Q, Step, given, in_fixed, param, require, rule

from .books import AnyPosition
from .english_auction import Flipper, recovery_floor
from .keepers import Nobody
from .maker_units import Rad
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    conservation,
    healthy_is_safe,
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Wick


class FlipperAtShutdown(Flipper):
    """The same when the system shuts down; anybody may start an auction, as in the flawed contract."""

    open_kick: Bool = param  # whether anybody may start an auction, and name the bid that it starts with

    @rule(by="anyone")
    def skip(self) -> Step:
        """The highest bid is paid back, and the vault gets back lot and tab."""
        return require(self.running, self.bid < self.tab).then(
            self.ended(
                collateral=self.collateral + self.lot, debt=self.debt + self.tab,
                penalties=self.penalties + (self.tab - self.bitten),
                liquidator_cash=self.liquidator_cash + self.bid, pool_cash=self.pool_cash - self.bid,
            )
        )  # fmt: skip

    @rule(by="anyone")
    def kick(self, named: Rad, wanted: Rad) -> Step:
        """Anyone starts an auction of nothing, with a bid that was never paid."""
        return require(self.open_kick, ~self.running, named < wanted).then(
            self.after(running=True, bitten=0, tab=wanted, lot=0, bid=named, bidden=False, age=0)
        )


def listed(name: str) -> dict[str, Any]:
    """The parameters of a kind of vault, its liquidation ratio as a threshold."""
    terms: dict[str, Any] = deployed(name)
    return terms | {"liquidation_threshold": 1 / Q(terms.pop("liquidation_ratio"))}


ETH_A, AAVE_A = listed("maker-flipper-eth-a"), listed("maker-flipper-aave-a")
NONINTERFERENCE = oracle_noninterference(rules="bite withdraw borrow deal")


BIDDERS = "a single bid of next to nothing may win, and no assumption of the comparison says who competes"
LATER = "a lot is sold when its auction ends, and tiers know of what is sold at once"


class MakerFlipper(Design, name="maker-flipper"):
    """ETH-A, with the contract's own steps and times. Nothing but competition bounds the price from below."""

    not_settled = dict.fromkeys(("solvency", "lender_loss", "collateral", "borrower"), BIDDERS) | dict.fromkeys(
        ("cascade_free", "price_floor"), LATER
    )

    shock = Drawdown(bound="0.3", seconds=ANY)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = Flipper(market=market, oracle=oracle, book=book, **ETH_A)
    keepers = Nobody(pool=pool)

    proved: tuple[Any, ...] = (
        solvency(competition=True),
        given(Flipper.auctions_cover_the_debt, competition=True),
        solvency(competition=True, shock=1 - AAVE_A["liquidation_threshold"] * Q(AAVE_A["beg"]), **AAVE_A),
        recovery_floor(share=Q("20/21"), competition=True),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        liquidation_improves_health(),
        own_acts_keep_health(),
        healthy_is_safe(),
        conservation(),
        NONINTERFERENCE,
        Flipper.bids_are_paid,
        Flipper.bid_is_at_most_the_tab,
        Flipper.bids_rise_to_the_tab_in_steps,
        Flipper.first_bid_may_be_anything,
        Flipper.owner_gets_back_what_dent_cuts,
        Flipper.progress,
        in_fixed(Flipper.bids_are_paid),
        in_fixed(Flipper.bid_is_at_most_the_tab),
        in_fixed(Flipper.bids_rise_to_the_tab_in_steps),
        in_fixed(Flipper.progress),
        in_fixed(conservation()),
        in_fixed(NONINTERFERENCE),
    )
    refuted = {
        recovery_floor(share="0.01"): "12 March 2020: the first bid may be next to nothing, and with no other it wins",
        Flipper.auctions_cover_the_debt: "so the debt is lost",
        given(
            Flipper.auctions_cover_the_debt, competition=True, shock="0.301"
        ): "even a competitive bid leaves 1/beg: the buffer is 1 - 1.05/1.5 = 30 %",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
    }


class MakerFlipperForged(MakerFlipper, name="maker-flipper-forged"):
    """The trace lucash-flip-end: whoever may start an auction names a bid, which the system pays back as it ends."""

    pool = FlipperAtShutdown(
        market=MakerFlipper.market, oracle=MakerFlipper.oracle, book=MakerFlipper.book, open_kick=True, **ETH_A
    )
    keepers = Nobody(pool=pool)

    proved = (given(Flipper.bids_are_paid, open_kick=False), given(conservation(), open_kick=False))
    refuted = {Flipper.bids_are_paid: "a forged bid was never paid, and is paid back in full"}
