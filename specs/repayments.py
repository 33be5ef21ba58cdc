"""How much of a debt a liquidation repays: sizes that restore a target, and what two liquidations take more than one.

Source: Aave v4 (Certora/aave-v4-pub c3b9287, ``LiquidationLogic.sol``), Silo v2 (its partial liquidation library) and
K. Qin, L. Zhou, P. Gamito, P. Jovanovic, A. Gervais, "An Empirical Study of DeFi Liquidations", arXiv 2106.06389, whose
formula for the gain of a second liquidation was derived anew, not read there.
"""

from verifier.language import (
    Bool,
    Design,
    Mechanism,
    Q,
    Real,
    Step,
    assumption,
    given,
    implies,
    invariant,
    minimum,
    param,
    require,
    rule,
    state,
)

from .units import Debt, Ratio


class Repayment(Mechanism):
    """A position counted by value, at prices that stand still: what is repaid takes the spread's multiple with it."""

    liquidation_threshold: Ratio = param
    spread: Ratio = param  # what is seized for each unit that is repaid

    collateral: Debt = state()
    debt: Debt = state()

    @assumption
    def threshold_is_a_share(self) -> Bool:
        """The threshold is a share, and the spread at least one."""
        return (self.liquidation_threshold > 0) & (self.liquidation_threshold <= 1) & (self.spread >= 1)

    def counted(self) -> Real:
        """The numerator of the health factor; the debt is its denominator."""
        return self.liquidation_threshold * self.collateral

    def after_repaying(self, repaid: Real) -> "Repayment":
        """The position with so much debt repaid and its collateral seized."""
        return self.after(collateral=self.collateral - repaid * self.spread, debt=self.debt - repaid)


class Targeted(Repayment):
    """One liquidation repays what takes the health factor to ``target``."""

    target: Ratio = param
    room: Bool = param(True)  # whether it is checked that the target leaves room for the spread

    @assumption
    def target_leaves_room(self) -> Bool:
        """The target is at least one, and the spread times the threshold below it, if that is checked."""
        return (self.target >= 1) & (~self.room | (self.spread * self.liquidation_threshold < self.target))

    def aave(self) -> Real:
        """D·(T - HF)/(T - LB·CF)."""
        return self.to_reach(self.target)

    def to_reach(self, target: Real) -> Real:
        """The same to another target."""
        return (target * self.debt - self.counted()) / (target - self.spread * self.liquidation_threshold)

    def silo(self) -> Real:
        """(D - L·C)/(1 - L - L·f), with the target as the loan-to-value L = CF/T and the fee f = LB - 1."""
        ratio = self.liquidation_threshold / self.target
        return (self.debt - ratio * self.collateral) / (1 - ratio - ratio * (self.spread - 1))

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """The size that restores the target is repaid, where there is so much debt and collateral."""
        repaid = self.aave()
        there = (repaid <= self.debt) & (repaid * self.spread <= self.collateral)
        return require(self.counted() < self.debt, there).then(self.after_repaying(repaid))

    @invariant(on=liquidate)
    def target_is_reached(self, post: "Targeted") -> Bool:
        """After it the health factor is the target."""
        return post.counted() == self.target * post.debt

    @invariant(on=liquidate)
    def size_is_no_less_than_nothing(self, post: "Targeted") -> Bool:
        """What is to be repaid is not negative."""
        return post.debt <= self.debt

    @invariant
    def feasible_exactly_while_covered(self) -> Bool:
        """The size is at most the debt where the collateral covers debt and bonus, and only there."""
        return (self.aave() <= self.debt) == (self.collateral >= self.spread * self.debt)

    @invariant
    def nothing_to_repay_exactly_at_the_target_or_above(self) -> Bool:
        """The size is nothing or less where the health factor is the target or more, and only there."""
        return (self.aave() <= 0) == (self.counted() >= self.target * self.debt)

    @invariant
    def more_health_asks_for_no_more(self, added: Debt) -> Bool:
        """Of two positions with one debt, the one with more collateral has no more to repay."""
        return self.after(collateral=self.collateral + added).aave() <= self.aave()

    @invariant
    def higher_target_asks_for_no_less(self, higher: Ratio) -> Bool:
        """To a higher target there is no less to repay."""
        return implies(higher >= self.target, self.aave() <= self.to_reach(higher))

    @invariant
    def higher_target_asks_the_covered_for_no_less(self, higher: Ratio) -> Bool:
        """To a higher target there is no less to repay, as long as the collateral covers debt and bonus."""
        covered = self.collateral >= self.spread * self.debt
        return implies(covered & (higher >= self.target), self.aave() <= self.to_reach(higher))

    @invariant
    def silo_repays_the_same(self) -> Bool:
        """Aave's formula and Silo's are one."""
        return self.aave() == self.silo()


class Split(Repayment):
    """A liquidator repays up to the close factor's share of the debt, and the same again while it is unhealthy."""

    close_factor: Ratio = param

    gained: Debt = state(0)

    @assumption
    def close_factor_is_a_share(self) -> Bool:
        """One liquidation repays some part of the debt, and a healthy rest can be reached."""
        share = (self.close_factor > 0) & (self.close_factor <= 1)
        return share & (self.liquidation_threshold * self.spread < 1)

    @rule(by="liquidator")
    def liquidate_twice(self, first: Debt) -> Step:
        """First a part that leaves the position unhealthy, then all that the close factor allows."""
        between = self.after_repaying(first)
        second = self.close_factor * between.debt
        left = between.after_repaying(second)
        sane = (first <= self.close_factor * self.debt) & (left.collateral >= 0)
        return require(self.counted() < self.debt, sane, between.counted() < between.debt).then(
            left.after(gained=(self.spread - 1) * (first + second))
        )

    def once(self) -> Real:
        """What one liquidation gains at most."""
        return (self.spread - 1) * self.close_factor * self.debt

    def largest_first(self) -> Real:
        """What can be repaid at most before the position is healthy: (D - LT·C)/(1 - LT·(1 + b))."""
        return (self.debt - self.counted()) / (1 - self.liquidation_threshold * self.spread)

    @invariant(on=liquidate_twice)
    def two_gain_what_is_published(self, post: "Split") -> Bool:
        """Two gain at most the close factor's share, and of the rest what can be repaid before health is restored."""
        most = minimum(self.close_factor * self.debt, self.largest_first())
        return post.gained - self.once() <= (self.spread - 1) * (1 - self.close_factor) * most

    @invariant(on=liquidate_twice)
    def one_is_as_good(self, post: "Split") -> Bool:
        """Two liquidations gain no more than one."""
        return post.gained <= self.once()

    @invariant(on=liquidate_twice)
    def first_keeps_it_unhealthy(self, post: "Split", first: Debt) -> Bool:
        """The first repayment is the largest that restores health, or less."""
        del post
        return first < self.largest_first()


class AtHealth(Split):
    """The same at a health factor of ``health``, for which the gain is published."""

    health: Ratio = param
    gain: Ratio = param  # of the second liquidation, as a share of what one gains

    @assumption(on=Split.liquidate_twice)
    def health_is(self) -> Bool:
        """The position's health factor is the given one."""
        return self.counted() == self.health * self.debt

    @invariant(on=Split.liquidate_twice)
    def two_gain_at_most(self, post: "AtHealth") -> Bool:
        """Two liquidations gain at most this share more than one."""
        return post.gained <= (1 + self.gain) * self.once()


class RestoringSizes(Design, name="restoring-sizes"):
    """Any threshold, spread and target."""

    pool = Targeted()

    proved = (
        Targeted.target_is_reached,
        Targeted.size_is_no_less_than_nothing,
        Targeted.feasible_exactly_while_covered,
        Targeted.nothing_to_repay_exactly_at_the_target_or_above,
        Targeted.more_health_asks_for_no_more,
        Targeted.higher_target_asks_the_covered_for_no_less,
        Targeted.silo_repays_the_same,
    )
    refuted = {
        given(Targeted.size_is_no_less_than_nothing, room=False): "a spread of 3 on a threshold of 1/2 turns the sign",
        Targeted.higher_target_asks_for_no_less: "who is not covered has more than all debt to repay, "
        "and less of that to a higher target",
    }


class SplitAny(Design, name="split-in-two"):
    """Any threshold, spread and close factor."""

    pool = Split()

    proved = (
        Split.two_gain_what_is_published,
        Split.first_keeps_it_unhealthy,
        given(Split.one_is_as_good, close_factor=1),
    )
    refuted = {Split.one_is_as_good: "what is repaid first no longer counts towards the close factor"}


class SplitOnCompound(Design, name="split-on-compound"):
    """Threshold 75 %, spread 8 %, close factor 50 %, at a health of 0.99: 5.263 %."""

    pool = AtHealth(liquidation_threshold="0.75", spread="1.08", close_factor="0.5", health="0.99", gain=Q("1/19"))

    proved = (AtHealth.two_gain_at_most, given(AtHealth.two_gain_at_most, health="0.9", gain="0.5"))
    refuted = {
        given(AtHealth.two_gain_at_most, gain="0.0526"): "up to 0.01/(1 - 0.75·1.08) = 1/19 of the debt comes first",
        given(AtHealth.two_gain_at_most, health="0.9", gain="0.49"): "the first, too, is at most half of the debt",
    }


class SplitOnAave(Design, name="split-on-aave"):
    """Threshold 80 %, spread 5 %, close factor 50 %, at a health of 0.99: 6.25 %."""

    pool = AtHealth(liquidation_threshold="0.8", spread="1.05", close_factor="0.5", health="0.99", gain="0.0625")

    proved = (AtHealth.two_gain_at_most,)
    refuted = {given(AtHealth.two_gain_at_most, gain="0.0624"): "up to 0.01/(1 - 0.8·1.05) = 1/16 comes first"}
