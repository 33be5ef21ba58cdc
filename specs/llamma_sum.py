"""What a position over several bands of LLAMMA loses: no more than its bands, each with its part of the debt.

Source: curvefi/curve-stablecoin, ``controller.vy``: the largest loan and health are sums over bands. A position's debt
is split in proportion to what its bands bring at the start. Then each band owes of what it brings what the position
does, and begins as a loan in one band (``llamma.py``) does, but with its own health: it is a position's health times
the mean of all tops over the band's own. What each loses in the end, they lose together at most. As in one band,
traders take a band to balance or leave it: stopped earlier it is worth no less (``balance_is_the_least_worth``).

What bands keep adds up alike: read as collateral at the first price, and what is kept of it after a wick of one tick,
each band lacks at most 1 - (1 - D)³ of its part (``llamma-soft``), and so does the position.
"""

from fractions import Fraction

from verifier.language import Bool, Design, Mechanism, Q, Step, invariant, maximum, require, rule, state

from .bands import VALUES
from .books import Still
from .keepers import Nobody
from .llamma import InAnyOrder, LlammaOneBand
from .properties import lender_loss_cap
from .units import Debt, Ratio


class BandOfMany(InAnyOrder):
    """One of a position's bands, with the part of its debt that is the band's part of what all of them bring.

    Health is the whole position's, so this band may be liquidated whenever the others ask for it.
    """

    @rule(by="liquidator")
    def liquidate(self) -> Step:  # type: ignore[override]
        """The whole position is taken over: the band's part of its debt is paid as far as the band is worth it."""
        return require(self.debt > 0).then(self.taken_over(), self.market.sell(self.collateral))


class LossesOfBands(Mechanism):
    """A position's bands, one after the other: what each owes as its part of the debt, and what it is worth."""

    owed: Debt = state(0)
    held: Debt = state(0)
    lost: Debt = state(0)  # what the bands lack, each by itself
    capped: Debt = state(0)  # the caps of those that have one, as shares of their parts

    @rule
    def add(self, part: Debt, worth: Debt, cap: Ratio) -> Step:
        """One more band, whose own loss is at most the cap's share of its part."""
        lost = maximum(0, part - worth)
        return require(part > 0, lost <= cap * part).then(
            self.after(
                owed=self.owed + part,
                held=self.held + worth,
                lost=self.lost + lost,
                capped=self.capped + cap * part,
            )
        )

    @invariant
    def position_loses_no_more_than_its_bands(self) -> Bool:
        """What the position lacks is at most what its bands lack, however many they are."""
        return maximum(0, self.owed - self.held) <= self.lost

    @invariant
    def position_loses_no_less_than_its_bands(self) -> Bool:
        """The reverse: what its bands lack is what the position lacks."""
        return self.lost <= maximum(0, self.owed - self.held)

    @invariant
    def caps_carry_over(self) -> Bool:
        """The position loses at most the caps' mean, each weighted by its band's part of the debt."""
        return maximum(0, self.owed - self.held) <= self.capped


class LlammaAnyBands(Design, name="llamma-any-bands"):
    """Bands of any number, seen only by what each owes and is worth."""

    bands = LossesOfBands()

    proved = (LossesOfBands.position_loses_no_more_than_its_bands, LossesOfBands.caps_carry_over)
    refuted = {
        LossesOfBands.position_loses_no_less_than_its_bands: "one band's surplus pays what another lacks",
    }


def health_of(place: int, bands: int) -> Fraction:
    """A band's health in units of its position's: the mean of all tops over its own, the highest place being 1."""
    bottom = 1 - 1 / Q(VALUES["amplification"])
    return sum((bottom**other for other in range(bands)), Fraction(0)) / bands / bottom ** (place - 1)


class LlammaBandOfFour(Design, name="llamma-band-of-four"):
    """Each of the four bands of a position of health 1.25, after a drop of 50 %, traders and keepers in any order.

    Weighted by their parts of the debt, which are as their tops, the caps come to 65.34 % of the position's debt.
    """

    shock = LlammaOneBand.shock
    market = LlammaOneBand.market
    oracle = LlammaOneBand.oracle
    book = LlammaOneBand.book
    pool = BandOfMany(market=market, oracle=oracle, book=book, top=1, liquidation_threshold="0.83", **VALUES)
    keepers = Nobody(pool=pool)

    proved = tuple(
        lender_loss_cap(cap=cap, book=Still(health=Q("1.25") * health_of(place, 4)))
        for place, cap in enumerate(("0.6688", "0.6586", "0.6482", "0.6374"), 1)
    )
    refuted = {
        lender_loss_cap(cap="0.6687", book=Still(health=Q("1.25") * health_of(1, 4))): "the highest band is the "
        "furthest above the price after the drop",
    }
