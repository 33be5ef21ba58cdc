"""Who must act, and how fast. Without an assumption nobody needs to: keepers are free to come late, or never."""

from typing import Any, cast

from verifier.language import (
    RATIO,
    Bool,
    Mechanism,
    Piece,
    Real,
    all_of,
    amount,
    any_of,
    assumption,
    down,
    each_tick,
    implies,
    lemma,
    param,
    state,
    where,
    whole,
)

from .markets import Infinite
from .units import TICKS, Debt, Ratio, Ticks


def unsold(*sales: Any) -> Any:
    """The assumption that rules by which holders sell are not used, unless the mechanism's ``holders_sell`` is set."""

    def holders_keep(self: Any) -> Bool:
        """Whoever is given collateral keeps it."""
        return cast(Bool, self.holders_sell)

    return assumption(on=sales)(holders_keep)


class Attended(Mechanism):
    """A mechanism that keepers have to act on, sometimes."""

    market: Infinite

    patience: Ticks = param(0)  # the ticks that pass at most before keepers act, where they are assumed to act at all

    def due(self) -> Bool:
        """Whether there is something for a keeper to do."""
        raise NotImplementedError

    def lender_loss(self) -> Real:
        """What lenders have lost, realised or not."""
        raise NotImplementedError

    def loss_if_closed(self) -> Real:
        """What lenders would have lost if a keeper now did all that is allowed once something is due."""
        return self.lender_loss()

    def worn_to(self, left: Real) -> Bool:
        """What is known of a position since when, at worst, this share is left of the price."""
        del left
        return all_of()


class Keepers(Piece):
    """Liquidators who may come, late, or never."""

    pool: Attended


class Nobody(Keepers):
    """Nobody has to act."""


class Prompt(Keepers):
    """As long as there is something for a liquidator to do, at most the pool's ``patience`` of ticks pass."""

    waiting: Ticks = state(0)  # ticks for which there has been something to do
    left: Ratio = state(1)  # what falls as fast as they may have left of the price since then

    @each_tick
    def wait(self) -> "Prompt":
        one = 1 - self.pool.market.shock.fastest()
        return self.after(
            waiting=where(self.pool.due(), self.waiting + amount(1, TICKS), 0),
            left=where(self.pool.due(), down(self.left * one, 18), 1),
        )

    @assumption(on="environment")
    def keepers_are_prompt(self) -> Bool:
        """Keepers with the capital act on what is due before more ticks pass than their patience."""
        return implies(self.pool.due(), self.waiting < self.pool.patience)

    @lemma
    def what_is_left_is_a_power(self) -> Bool:
        one, latest = 1 - self.pool.market.shock.fastest(), whole(self.pool.patience)
        if latest is None:
            return all_of()
        cases, power = [], amount(1, RATIO)
        for ticks in range(latest + 1):
            cases.append((self.waiting == amount(ticks, TICKS)) & (self.left == power))
            power = power * one
        return any_of(*cases)

    @lemma
    def health_is_lost_a_tick_at_a_time(self) -> Bool:
        return self.pool.worn_to(self.left * (1 - self.pool.market.shock.fastest()))


class InFull(Prompt):
    """Prompt keepers who never leave a part of what they may do to later."""

    @assumption(on="liquidator")
    def liquidations_are_in_full(self, offer: Debt) -> Bool:
        """Who liquidates repays all that may be repaid at that moment."""
        return offer >= self.pool.debt
