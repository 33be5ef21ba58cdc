"""Fluid's grid: which positions may be liquidated, when ratios are rounded to ticks 0.15 % apart.

Source: Instadapp/fluid-contracts-public at a9949b48, ``vaultT1/coreModule/main.sol`` and ``libraries/tickMath.sol``: a
position's tick is the next one above its own ratio of debt to collateral, for which dust is noted; the threshold's is
the one at or next below it; a tick may be liquidated that is above the threshold's. Liquidation: ``fluid_ticks.py``.
"""

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    assumption,
    implies,
    initially,
    invariant,
    param,
    require,
    rule,
    state,
)

from .units import Price, Ratio


class Grid(Mechanism):
    """A position's tick, and the threshold's."""

    spacing: Ratio = param

    ratio: Price = param  # debt for each unit of the position's collateral
    tick: Price = param

    threshold: Price = state(like=1660)
    threshold_tick: Price = state(like=1659)

    @assumption
    def tick_is_above_the_ratio(self) -> Bool:
        """The position's ratio is rounded up to the next tick."""
        return (self.spacing > 1) & (self.ratio < self.tick) & (self.tick <= self.spacing * self.ratio)

    @initially
    def threshold_is_on_the_grid(self) -> Bool:
        """The threshold's tick is next below the threshold."""
        return self.on_the_grid(self.threshold, self.threshold_tick)

    def on_the_grid(self, threshold: Real, tick: Real) -> Bool:
        """Whether the threshold is rounded down to a tick, and the position's is no tick between that and the next."""
        rounded = (tick <= threshold) & (threshold < self.spacing * tick)
        return rounded & ((self.tick <= tick) | (self.tick >= self.spacing * tick))

    @rule(by="environment")
    def reprice(self, threshold: Price, threshold_tick: Price) -> Step:
        """The price moves, and the threshold with it."""
        return require(self.on_the_grid(threshold, threshold_tick)).then(
            self.after(threshold=threshold, threshold_tick=threshold_tick)
        )

    def liquidatable(self) -> Bool:
        return self.tick > self.threshold_tick

    @invariant
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Whoever owes more than the threshold allows can be liquidated."""
        return implies(self.ratio > self.threshold, self.liquidatable())

    @invariant
    def healthy_by_a_step_is_safe(self) -> Bool:
        """Who would still be healthy if it owed one step of ticks more is not liquidated."""
        return implies(self.ratio * self.spacing <= self.threshold, ~self.liquidatable())

    @invariant
    def healthy_is_safe(self) -> Bool:
        """Who owes no more than the threshold allows is not liquidated."""
        return implies(self.ratio <= self.threshold, ~self.liquidatable())


class FluidGrid(Design, name="fluid-grid"):
    """Ticks 0.15 % apart."""

    vault = Grid(spacing="1.0015", ratio=ANY, tick=ANY)

    proved = (Grid.unhealthy_can_be_liquidated, Grid.healthy_by_a_step_is_safe)
    refuted = {Grid.healthy_is_safe: "its tick is above its ratio, and the threshold's below the threshold"}
