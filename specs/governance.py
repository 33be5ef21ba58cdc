"""A changed liquidation threshold: at once, or with a ramp that gives borrowers time.

Source: euler-xyz/euler-vault-kit 5b98b420, ``EVault/shared/types/LTVConfig.sol``: a lower loan-to-value for liquidation
is reached in a straight line over the ramp's duration, a higher one counts at once. Time is in ticks here.
"""

from typing import Any

from verifier.language import (
    Bool,
    Design,
    Piece,
    Real,
    Step,
    amount,
    assumption,
    each_tick,
    implies,
    invariant,
    lemma,
    maximum,
    param,
    require,
    rule,
    state,
    where,
)

from .books import Still
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .properties import solvency
from .seizure import FixedSpread
from .shocks import Drop, Path
from .units import TICKS, Ratio, Ticks


class Setting(Piece):
    """A threshold that governance may set to any share at any time, and that counts at once."""

    shock: Path

    before: Ratio = state()  # where the last change began
    target: Ratio = state()

    def threshold(self) -> Real:
        """The threshold that counts now."""
        return self.target

    @rule
    def set_threshold(self, to: Ratio) -> Step:
        """Governance sets the threshold."""
        return require(to > 0, to <= 1).then(self.after(before=self.threshold(), target=to))

    @lemma
    def thresholds_are_shares(self) -> Bool:
        return (self.before <= 1) & (self.target <= 1)

    @assumption(on="start")
    def starts_as_a_share(self) -> Bool:
        """At the start the threshold is a share, and no change is under way."""
        return (self.target <= 1) & (self.before == self.target)


class Ramp(Setting):
    """The same, but a lower threshold is reached bit by bit over ``duration``."""

    duration: Ticks = param

    remaining: Ticks = state(0)

    @assumption
    def ramp_takes_time(self) -> Bool:
        """A ramp is at least a tick long."""
        return self.duration >= amount(1, TICKS)

    def threshold(self) -> Real:
        return self.target + maximum(0, self.before - self.target) * self.remaining / self.duration

    @rule
    def set_threshold(self, to: Ratio) -> Step:
        """Governance sets the threshold; one that is lower is reached when the ramp is over."""
        return require(to > 0, to <= 1).then(
            self.after(before=self.threshold(), target=to, remaining=where(to < self.threshold(), self.duration, 0))
        )

    @each_tick
    def pass_time(self) -> "Ramp":
        return self.after(remaining=maximum(0, self.remaining - amount(1, TICKS)))

    @lemma
    def ramp_is_under_way_or_over(self) -> Bool:
        return self.remaining <= self.duration

    @invariant
    def stays_above_its_target(self) -> Bool:
        """The threshold is never lower than what was decided."""
        return self.threshold() >= self.target

    @invariant(on=Path.tick)
    def a_tick_takes_its_share_at_most(self, post: "Ramp") -> Bool:
        """Each tick takes at most one over the ramp's duration of the whole change off the threshold."""
        change = maximum(0, self.before - self.target)
        return (self.threshold() - post.threshold()) * self.duration <= change * amount(1, TICKS)


class Governed(FixedSpread):
    """A loan whose threshold is a setting; ``liquidation_threshold`` is what it may be at most."""

    setting: Setting

    def health_value(self) -> Real:
        return self.setting.threshold() * self.collateral * self.oracle.quote()

    @assumption(on="start")
    def threshold_starts_within_its_limit(self) -> Bool:
        """The threshold starts within its limit."""
        return self.setting.threshold() <= self.liquidation_threshold

    @invariant(on=Setting.set_threshold)
    def nobody_is_liquidatable_at_once(self, post: "Governed") -> Bool:
        """A changed threshold makes nobody unhealthy who was healthy before."""
        return implies(self.healthy(), post.healthy())


class RampedThreshold(Design, name="threshold-ramp"):
    """Ramps of 30 ticks on a threshold of at most 83 %, bonus 5 %."""

    shock = Drop(bound="0.1285")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    setting: Setting = Ramp(shock=shock, duration=30)
    pool = Governed(
        market=market, oracle=oracle, book=book, setting=setting, liquidation_threshold="0.83", liquidation_bonus="0.05"
    )
    keepers = Nobody(pool=pool)

    proved: tuple[Any, ...] = (
        Governed.nobody_is_liquidatable_at_once,
        Ramp.stays_above_its_target,
        Ramp.a_tick_takes_its_share_at_most,
        solvency(),
    )
    refuted = {
        solvency(shock="0.129"): "the threshold leaves no room beyond 1 - 0.83·1.05, whatever it is set to later"
    }


class ThresholdAtOnce(RampedThreshold, name="threshold-at-once"):
    """The same without a ramp."""

    setting = Setting(shock=RampedThreshold.shock)
    pool = Governed(
        market=RampedThreshold.market, oracle=RampedThreshold.oracle, book=RampedThreshold.book, setting=setting,
        liquidation_threshold="0.83", liquidation_bonus="0.05",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (solvency(),)
    refuted = {Governed.nobody_is_liquidatable_at_once: "whoever is between the new threshold and the old one"}
