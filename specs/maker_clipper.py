"""Maker's Liquidations 2.0: an unsafe vault's collateral is sold in a Dutch auction, under a price an hour or so old.

Source: makerdao/dss fa4f6630, ``dog.sol``, ``clip.sol``, ``abaci.sol`` and others: the mechanism is in
``dutch_auction.py``, what it guarantees in ``auction_floor.py``; ETH-B's deployed parameters.
"""

from typing import Any

from verifier.language import ANY, Bool, Design, Q, assumption, given, in_fixed

from .auction_floor import Clipper, reaches_the_feed_after
from .auction_keepers import keepers_get_at_most_the_penalty
from .books import AnyPosition
from .curves import Curve, Linear, Stairstep
from .markets import Infinite
from .osm import Osm
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
from .shocks import Drawdown, Steps, Wick

ETH_B = deployed("maker-clipper-eth-b")
TOLERANCE = ETH_B.pop("tolerance")
STAIRS = {name: ETH_B[name] for name in ("cut", "step")}
TERMS = {name: value for name, value in ETH_B.items() if name not in STAIRS}
NO_CUSP = TERMS | {"cusp": "0"}
OPEN: dict[str, Any] = dict.fromkeys(ETH_B, ANY)

NONINTERFERENCE = oracle_noninterference(rules="bark redo withdraw borrow")
THEOREMS = (
    Clipper.take_pays_the_floor,
    Clipper.auction_pays_the_floor,
    Clipper.take_stays_within_tab_and_lot,
    Clipper.no_dusty_rest,
    Clipper.progress,
    conservation(),
    NONINTERFERENCE,
)


BUYERS = "what an auction brings depends on when somebody buys, which no assumption of the comparison says"


class MakerClipper(Design, name="maker-clipper"):
    """ETH-B as it was launched in April 2021. Default shock: the price may fall to anything above 0 and rise freely."""

    not_settled = dict.fromkeys(("solvency", "lender_loss", "collateral", "borrower", "no_worse_than"), BUYERS)

    shock = Steps(bound=ANY, seconds=ANY)
    market = Infinite(shock=shock)
    oracle = Osm(market=market)
    book = AnyPosition()
    curve: Curve = Stairstep(shock=shock, **STAIRS)
    clipper = Clipper(market=market, oracle=oracle, book=book, curve=curve, **TERMS)

    proved = (
        *THEOREMS,
        Clipper.no_giveaway,
        *(in_fixed(claim) for claim in (Clipper.auction_pays_the_floor, conservation(), NONINTERFERENCE)),
        *(given(claim, **OPEN) for claim in (Clipper.take_pays_the_floor, Clipper.auction_pays_the_floor)),
        liquidation_improves_health(),
        own_acts_keep_health(),
        healthy_is_safe(),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        Osm.next_was_sampled_in_the_hop_of_the_last_poke,
        Osm.price_was_seen_before_it_counts,
        given(Osm.price_is_at_most_two_hops_old, prompt=True),
        Clipper.barking_oneself_does_not_pay,
        Clipper.penalty_pays_keepers,
        given(Clipper.penalty_pays_keepers, **OPEN),
        in_fixed(Clipper.penalty_pays_keepers),
        keepers_get_at_most_the_penalty(most=5),
        Clipper.unsafe_can_be_barked_with_room,
        given(Clipper.unsafe_can_be_barked_with_room, **OPEN),
        reaches_the_feed_after(after=2430),
        reaches_the_feed_after(after=1710, buf="1.2"),
        reaches_the_feed_after(after=2940, buf="1.05", cut="0.999", step=60),
    )
    refuted = {
        solvency(shock=Drawdown(bound="0.231")): "a fall by more than 1 - 1/1.3 = 23.08 % leaves a vault at 130 % "
        "uncovered before the oracle shows it",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "the oracle shows a wick of more than 1 - 1/h that it "
        "sampled, though it is over by then",
        given(Clipper.barking_oneself_does_not_pay, dust=1000): "a tip of 300 DAI is more than 13 % of a small debt",
        Osm.price_is_a_hop_old_when_it_counts: "the time of a poke is cut down to whole hops, so two pokes may follow "
        "each other within a second",
        Osm.price_is_at_most_two_hops_old: "nobody need poke: a price counts until somebody does",
        Clipper.unsafe_can_be_barked: "while other auctions fill the hole, nothing more is barked",
    }


class MakerClipperLinear(MakerClipper, name="maker-clipper-linear"):
    """A misconfiguration: the price reaches 0 while the auction may still be taken. A tick takes as long as that."""

    shock = Steps(bound=ANY, seconds=3600)
    curve = Linear(shock=shock, tau=3600)
    clipper = Clipper(
        market=MakerClipper.market, oracle=MakerClipper.oracle, book=MakerClipper.book, curve=curve, **NO_CUSP
    )

    proved = (*THEOREMS, given(Clipper.no_giveaway, tau=9000), given(Clipper.no_giveaway, cusp=Q("0.1")))
    refuted = {Clipper.no_giveaway: "tau is less than tail and cusp is 0: from tau on the whole lot is free"}


class MakerClipperStepZero(MakerClipper, name="maker-clipper-step-zero"):
    """A misconfiguration that nothing forbids: stairs of any length, also of none, by which the price divides."""

    curve = Stairstep(shock=MakerClipper.shock, cut=STAIRS["cut"], step=ANY)
    clipper = Clipper(
        market=MakerClipper.market, oracle=MakerClipper.oracle, book=MakerClipper.book, curve=curve, **TERMS
    )

    proved = (conservation(), NONINTERFERENCE, Clipper.take_pays_the_floor, Clipper.auction_pays_the_floor)
    refuted = {Clipper.progress: "with step = 0 there is no price, so an auction can neither be taken nor redone"}


class AnyChop(Clipper):
    """An auction whose chop nobody checks."""

    @assumption
    def parameters_are_sane(self) -> Bool:
        """The liquidation ratio is at least 1, and the top price is not nothing."""
        return (self.liquidation_ratio >= 1) & (self.buf > 0)


class MakerClipperLowChop(MakerClipper, name="maker-clipper-low-chop"):
    """A misconfiguration: a chop that was never set, or one that takes less than the debt."""

    clipper = AnyChop(
        market=MakerClipper.market, oracle=MakerClipper.oracle, book=MakerClipper.book, curve=MakerClipper.curve,
        **TERMS | {"chop": ANY},
    )  # fmt: skip

    proved = (
        given(Clipper.unsafe_can_be_barked_with_room, chop="0.01"),
        conservation(),
    )
    refuted = {
        Clipper.unsafe_can_be_barked_with_room: "bark divides by it",
        given(Clipper.barking_oneself_does_not_pay, chop="0.9"): "with less than 1 to raise, an auction loses debt "
        "and pays for it",
    }
