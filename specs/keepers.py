"""Who must act, and how fast. Without an assumption nobody needs to: keepers are free to come late, or never."""

from verifier.language import Bool, Piece, amount, assumption, each_tick, implies, lemma, param, state, where

from .loans import Loan
from .units import TICKS, Ticks


class Keepers(Piece):
    """Liquidators who may come, late, or never."""

    pool: Loan


class Nobody(Keepers):
    """Nobody has to act."""


class Prompt(Keepers):
    """As long as there is something for a liquidator to do, at most ``patience`` ticks pass."""

    patience: Ticks = param(0)

    waiting: Ticks = state(0)  # ticks for which there has been something to do

    @each_tick
    def wait(self) -> "Prompt":
        return self.after(waiting=where(self.pool.due(), self.waiting + amount(1, TICKS), 0))

    @assumption(on="environment")
    def keepers_are_prompt(self) -> Bool:
        """Keepers with the capital act on what is due before more ticks pass than their patience."""
        return implies(self.pool.due(), self.waiting < self.patience)

    @lemma
    def nobody_waits_longer(self) -> Bool:
        return self.waiting <= self.patience
