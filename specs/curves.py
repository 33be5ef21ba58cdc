"""
How the price of a Dutch auction falls, as a share of its top price.

Source: makerdao/dss fa4f6630, ``abaci.sol``. Powers are kept by recurrence; time passes with the shock's ticks.
"""

from verifier.language import (
    Bool,
    Piece,
    Real,
    assumption,
    down,
    each_tick,
    param,
    state,
    where,
)

from .maker_units import Ray
from .shocks import Path
from .units import Seconds


class Curve(Piece):
    """How an auction's price falls: the share of its top price that is asked at an age."""

    shock: Path

    age: Seconds = state(0)  # since the auction's start or restart

    @each_tick
    def older(self) -> "Curve":
        return self.after(age=self.age + self.shock.seconds)

    def restarted(self) -> "Curve":
        return self.after(age=0)

    def factor(self) -> Real:
        """The share of the top price, in each kind of curve."""
        raise NotImplementedError


class Linear(Curve):
    """Down to nothing in a straight line."""

    tau: Seconds = param

    def factor(self) -> Real:
        return where(self.age >= self.tau, 0, down((self.tau - self.age) / self.tau, 27))


class Stairstep(Curve):
    """One cut after each step of so many seconds: a power of the cut, kept by recurrence.

    The contract squares instead of recurring, so the last of the 27 digits may differ.
    """

    cut: Ray = param
    step: Seconds = param

    stairs: Ray = state(0)  # how many cuts there were
    power: Ray = state(1)  # the cut to that power

    @assumption
    def at_most_one_cut_a_tick(self) -> Bool:
        """A tick is at most one step of the stairs long, where there are stairs."""
        return (self.cut <= 1) & ((self.step == 0) | (self.shock.seconds <= self.step))

    @each_tick
    def older(self) -> "Stairstep":
        age = self.age + self.shock.seconds
        due = age >= (self.stairs + 1) * self.step
        power = where(due, down(self.power * self.cut, 27), self.power)
        return self.after(age=age, stairs=self.stairs + where(due, 1, 0), power=power)

    def restarted(self) -> "Stairstep":
        return self.after(age=0, stairs=0, power=1)

    def factor(self) -> Real:
        """Never past the next cut; but as in the contract, whoever asks for the price divides by the step."""
        next_cut = (self.stairs + 1) * self.step
        return where((self.age - next_cut) / next_cut < 0, self.power, down(self.power * self.cut, 27))


class Exponential(Curve):
    """One cut each tick: the contract's cut for a second, to the power of the tick's seconds."""

    cut: Ray = param

    power: Ray = state(1)

    @assumption
    def cut_is_a_share(self) -> Bool:
        """A cut never raises the price."""
        return self.cut <= 1

    @each_tick
    def older(self) -> "Exponential":
        return self.after(age=self.age + self.shock.seconds, power=down(self.power * self.cut, 27))

    def restarted(self) -> "Exponential":
        return self.after(age=0, power=1)

    def factor(self) -> Real:
        return self.power
