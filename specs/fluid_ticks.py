"""Fluid's ticks: the riskiest one is liquidated first, down to the next one, and then both together to the threshold.

Source: Instadapp/fluid-contracts-public at a9949b48, ``vaultT1/coreModule/main.sol`` (``liquidate``): a tick's debt D
against collateral C comes down to a ratio R by repaying (D - R·C)/(1 - s·R), where s is seized for a unit of debt with
the penalty; all positions of a tick, or of ticks that came together, keep one share of their debt. What a tick has
beyond debt and penalty, C - s·D, is never touched, so that a tick is told here by its level: its debt for each unit of
that. The price stays, and nobody is absorbed. Which positions stand in which tick: ``fluid_grid.py``.
"""

from typing import Annotated

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    assumption,
    at_start,
    implies,
    initially,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .properties import add_up
from .units import COLLATERAL, DEBT, Collateral, Debt, Price

PerDebt = Annotated[Real, COLLATERAL / DEBT]


class Ticks(Mechanism):
    """Two ticks with debt, and the threshold's."""

    seizes: PerDebt = param  # the collateral for a unit of debt and its penalty
    beyond: Collateral = param  # what the riskier tick has beyond its debt and the penalty
    safer_beyond: Collateral = param
    threshold: Price = param  # the level at which liquidation ends

    level: Price = state(like=10000)  # of the riskier tick
    safer_level: Price = state(like=8000)
    own_debt: Debt = state(like=1000)  # of one position in the riskier tick
    safer_own_debt: Debt = state(like=1000)  # and of one in the safer tick

    @assumption
    def positions_are_worth_more_than_debt_and_penalty(self) -> Bool:
        """Whoever is not absorbed has something beyond its debt and the penalty."""
        return (self.beyond > 0) & (self.safer_beyond > 0) & (self.seizes > 0)

    @initially
    def ticks_are_in_order(self) -> Bool:
        """One tick is riskier than the other, and positions in them have some of their debt."""
        some = (self.own_debt <= self.debt()) & (self.safer_own_debt <= self.safer_debt())
        return (self.level > self.safer_level) & (self.safer_level > 0) & some

    def debt(self) -> Real:
        return self.level * self.beyond

    def safer_debt(self) -> Real:
        return self.safer_level * self.safer_beyond

    def ratio(self, level: Real) -> Real:
        """Debt for each unit of collateral."""
        return level / (1 + self.seizes * level)

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Anyone repays debt of the riskier tick down to the other or the threshold, and then of both."""
        first = minimum(offer, (self.level - maximum(self.safer_level, self.threshold)) * self.beyond)
        left, held = self.debt() - first, self.beyond + self.safer_beyond
        both = left + self.safer_debt()
        rest = minimum(offer - first, both - self.threshold * held)
        second = where(self.safer_level > self.threshold, rest, 0)
        kept = 1 - second / both
        return require(offer > 0, self.level > self.threshold).then(
            self.after(
                level=left / self.beyond - second / held,
                safer_level=self.safer_level - second / held,
                own_debt=self.own_debt * left / self.debt() * kept,
                safer_own_debt=self.safer_own_debt * kept,
            )
        )

    # What holds.

    @invariant
    def repays_what_the_contract_asks_for(self) -> Bool:
        """Down to the threshold's level the riskier tick repays what the contract computes from its ratios."""
        ratio, collateral = self.ratio(self.threshold), self.beyond + self.seizes * self.debt()
        asked = (self.debt() - ratio * collateral) / (1 - self.seizes * ratio)
        return asked == self.debt() - self.threshold * self.beyond

    @invariant(on=liquidate)
    def safer_ticks_wait(self, post: "Ticks") -> Bool:
        """Nobody in the safer tick loses anything before the riskier one has come down to it."""
        return implies(post.safer_level < self.safer_level, post.level == post.safer_level)

    @invariant
    def ticks_keep_their_order(self) -> Bool:
        """The riskier tick never gets safer than the safer one."""
        return self.level >= self.safer_level

    @invariant
    def one_tick_loses_alike(self) -> Bool:
        """A position keeps the same share of its debt as its tick does, in either of them."""
        own = self.own_debt * at_start(self.level) == at_start(self.own_debt) * self.level
        safer = self.safer_own_debt * at_start(self.safer_level) == at_start(self.safer_own_debt) * self.safer_level
        return own & safer

    @invariant
    def both_ticks_lose_alike(self) -> Bool:
        """Both ticks keep the same share of their debt."""
        return self.safer_level * at_start(self.level) == at_start(self.safer_level) * self.level

    @invariant
    def portions_add_up(self, one: Debt, other: Debt) -> Bool:
        """Two liquidations, whether or not the first goes past the riskier tick, end where one of both sums does."""
        return add_up(self.liquidate, one, other, "level safer_level")

    @invariant(on=liquidate)
    def nobody_goes_below_the_threshold(self, post: "Ticks") -> Bool:
        """A liquidation ends at the threshold, and who stands there or below loses nothing."""
        spared = post.safer_level == self.safer_level
        return (post.level >= self.threshold) & (spared | (post.safer_level >= self.threshold))

    @lemma
    def levels_are_positive(self) -> Bool:
        return (self.level > 0) & (self.safer_level > 0)


class FluidTicks(Design, name="fluid-ticks"):
    """Any penalty, threshold, price, ticks and debts in them."""

    vault = Ticks(seizes=ANY, beyond=ANY, safer_beyond=ANY, threshold=ANY)

    proved = (
        Ticks.repays_what_the_contract_asks_for,
        Ticks.safer_ticks_wait,
        Ticks.ticks_keep_their_order,
        Ticks.one_tick_loses_alike,
        Ticks.portions_add_up,
        Ticks.nobody_goes_below_the_threshold,
    )
    refuted = {
        Ticks.both_ticks_lose_alike: "the riskier one is taken down first",
    }
