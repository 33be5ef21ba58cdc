"""Four faulty or simpler versions of a lending contract.

Source: bitbart/contracts-verification-benchmark, use case lending-protocol, versions v3, v4, v7 and v8 at ad9858c,
16 July 2026, each with what it does otherwise than ``lending_contract.py``.
"""

from typing import Any

from verifier.language import RATIO, Bool, Real, Step, amount, implies, param, require, rule, state, where

from .lending_contract import TOKEN, Token
from .lending_labels import LendingProtocol
from .units import Ratio


class ListsTwice(LendingProtocol):
    """Version 3: whoever borrows with no debit in the token is listed once more; two entries stand for more."""

    entries: Ratio = state(0)  # 1: listed once; 2: more than once

    @rule
    def borrow(self, drawn: Token, own: Bool) -> Step:
        """Somebody draws debt; the user is listed unless it has debit in this token."""
        listed = where(own & (self.debit == 0) & (self.entries <= 1), self.entries + 1, self.entries)
        step = super().borrow(drawn, own)
        post: Any = step.posts[0]
        return require(step.guard).then(post.after(entries=listed))

    @rule
    def borrow_other_token(self) -> Step:
        """The user borrows another token, by which it is listed, too."""
        return require(self.entries <= 1).then(self.after(entries=self.entries + 1))

    def earns(self, own: Real) -> Bool:
        once = self.grown(self.debit)
        twice = once + self.grown(self.debit + once)
        return own == where(self.entries > 1, twice, once)


class KeepsOne(LendingProtocol):
    """Version 4: a redeem pays one unit less than the credits are worth."""

    def redeemed(self, units: Real) -> Real:
        return super().redeemed(units) - amount(1, TOKEN)


class RepaysSecond(LendingProtocol):
    """Version 7: a repayment is always one of the contract's second token."""

    is_second: Bool = param  # whether the token looked at is that one

    debit_in_second: Token = state(0)  # the user's, if it is not

    @rule
    def borrow_second(self, drawn: Token) -> Step:
        """The user borrows the second token."""
        return require(drawn > 0, ~self.is_second).then(self.after(debit_in_second=self.debit_in_second + drawn))

    @rule
    def repay(self, paid: Token, own: Bool) -> Step:
        """Somebody pays debt in the second token back; what others owe in it, if it is not this one, is not kept."""
        here = where(self.is_second, paid, 0)
        step = super().repay(here, own)
        post: Any = step.posts[0]
        elsewhere = where(own, paid - here, 0)
        enough = implies(~self.is_second, elsewhere <= self.debit_in_second)
        return require(paid > 0, enough, implies(self.is_second, step.guard)).then(
            post.after(debit_in_second=self.debit_in_second - elsewhere)
        )


class FixedRate(LendingProtocol):
    """Version 8: the exchange rate is one."""

    def rate(self) -> Real:
        return amount(1, RATIO)
