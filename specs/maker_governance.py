"""What governance, or anyone by its circuit breaker, may do to Maker's auctions while they run.

Source: makerdao/dss fa4f6630, ``dog.sol`` and ``clip.sol`` (file, and what levels of stopping forbid): cusp, tail and
curve are read as they stand, not as they stood when an auction began. The breaker is makerdao/clipper-mom 1150d335,
``ClipperMom.sol`` (tripBreaker), which stops barking and redoing until governance acts. Yank is left out.
"""

from verifier.language import (
    ANY,
    Bool,
    Q,
    Step,
    down,
    given,
    implies,
    invariant,
    param,
    require,
    rule,
    state,
)

from .auction_floor import Clipper
from .auction_under_way import COARSE, UnderWay
from .curves import Linear
from .maker_clipper import TERMS, TOLERANCE, MakerClipper
from .maker_units import Rad, Ray
from .osm import StoppableOsm
from .properties import conservation
from .shocks import Steps
from .units import Seconds


class Refiled(Linear):
    """A straight line that governance may make longer or shorter."""

    tau: Seconds = state(9000)


class Governed(UnderWay):
    """An auction whose terms governance may file anew."""

    curve: Refiled

    amid: Bool = param(True)  # whether it does so while the auction runs

    cusp: Ray = state(Q(TERMS["cusp"]))
    tail: Seconds = state(Q(TERMS["tail"]))

    @rule(by="anyone")
    def file(self, share: Ray, latest: Seconds, length: Seconds) -> Step:
        """Governance files another cusp and tail, and another tau of the curve."""
        return require(self.amid | ~self.running).then(
            self.after(cusp=share, tail=latest), self.curve.after(tau=length)
        )

    @invariant(on=file)
    def terms_hold_while_it_runs(self, post: "Governed") -> Bool:
        """Governance changes neither what a running auction asks nor whether it may be bought."""
        same = (post.asked() == self.asked()) & (post.done() == self.done())
        return implies(self.running, same)


class MakerClipperGoverned(MakerClipper, name="maker-clipper-governed"):
    """Terms that governance may change at any time, to anything."""

    shock = Steps(bound=ANY, seconds=3600)
    curve = Refiled(shock=shock)
    clipper = Governed(
        market=MakerClipper.market, oracle=MakerClipper.oracle, book=MakerClipper.book, curve=curve,
        **{name: value for name, value in TERMS.items() if name not in {"cusp", "tail"}},
    )  # fmt: skip

    proved = (
        Clipper.take_pays_the_floor,
        given(Clipper.auction_pays_the_floor, amid=False),
        Clipper.progress,
        conservation(),
    )
    refuted = {
        Governed.terms_hold_while_it_runs: "cusp, tail and curve are read as they stand",
        Clipper.auction_pays_the_floor: "a cusp that is lowered while the auction runs lowers the floor that it began "
        "with",
        Clipper.no_giveaway: "with a cusp of 0 and a tau that is over, the rest of the lot is free",
    }


class MakerClipperVoided(MakerClipper, name="maker-clipper-voided"):
    """An oracle that its authority may stop and void."""

    oracle = StoppableOsm(market=MakerClipper.market)
    clipper = UnderWay(
        market=MakerClipper.market, oracle=oracle, book=MakerClipper.book, curve=MakerClipper.curve, **TERMS
    )

    proved = (
        Clipper.take_pays_the_floor,
        Clipper.auction_pays_the_floor,
        Clipper.no_giveaway,
        Clipper.can_be_bought_while_it_lasts,
        conservation(),
    )
    refuted = {
        given(
            Clipper.progress, **COARSE
        ): "an auction that is over can neither be bought nor, without a price, be redone",
        Clipper.unsafe_can_be_barked_with_room: "without a price no debt is safe, and none can be barked",
    }


class Breakable(UnderWay):
    """An auction with a circuit breaker; that governance closes it again is left out."""

    tolerance: Ray = param  # the breaker may be tripped where the next price is less than this share of what counts

    tripped: Bool = state(False)

    @rule(by="anyone")
    def trip(self) -> Step:
        """Anyone trips the breaker once the next price is so low."""
        return require(~self.tripped, self.oracle.nxt < down(self.tolerance * self.oracle.cur, 18)).then(
            self.after(tripped=True)
        )

    @rule(by="liquidator")
    def bark(self, room: Rad) -> Step:
        """Anyone barks, unless the breaker is tripped."""
        step = super().bark(room)
        return require(~self.tripped, step.guard).then(*step.posts)

    @rule(by="anyone")
    def redo(self) -> Step:
        """Anyone redoes, unless the breaker is tripped."""
        step = super().redo()
        return require(~self.tripped, step.guard).then(*step.posts)


class MakerClipperBreaker(MakerClipper, name="maker-clipper-breaker"):
    """A circuit breaker at half the price that counts, as ETH-B's: it stops liquidations when they are due."""

    clipper = Breakable(
        market=MakerClipper.market, oracle=MakerClipper.oracle, book=MakerClipper.book, curve=MakerClipper.curve,
        tolerance=TOLERANCE, **TERMS,
    )  # fmt: skip

    proved = (
        Clipper.take_pays_the_floor,
        Clipper.auction_pays_the_floor,
        Clipper.can_be_bought_while_it_lasts,
        conservation(),
    )
    refuted = {
        given(Clipper.progress, **COARSE): "an auction that is over waits until governance closes the breaker again",
        Clipper.unsafe_can_be_barked_with_room: "a fall of more than half keeps unsafe vaults from being barked",
    }
