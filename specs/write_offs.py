"""When bad debt is written off: dust of a second collateral, which it pays nobody to take, may stand in the way.

Source: the conditions of Euler v2 (euler-xyz/euler-vault-kit 5b98b420, ``Liquidation.sol``: the balance of each
collateral is exactly nothing, as in morpho-org/morpho-blue 1.0.0 that of the only one) and of Aave v3.3 and later
(aave-dao/aave-v3-origin fd1fbd91, ``LiquidationLogic.sol``: what was taken is worth all that the collateral was, and a
rest of it must not be too small). The third condition, by what is worth taking, is a textbook one. Prices stay; a
liquidation pays a bonus, and costs whoever makes it something.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    assumption,
    down,
    given,
    implies,
    in_fixed,
    initially,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
    up,
    where,
)

from .units import Collateral, Debt, Price, Ratio


class WriteOff(Mechanism):
    """A position that may be liquidated, with two kinds of collateral."""

    price: Price = param
    second_price: Price = param
    bonus: Ratio = param
    cost: Debt = param  # of a liquidation, to whoever makes it
    second_kind: Bool = param(True)
    leaves_dust: Bool = param(False)  # whether a rest of what is taken may be worth less than taking it pays for

    collateral: Collateral = state(like=10)
    second: Collateral = state(like=1)
    debt: Debt = state(like=30000)
    deficit: Debt = state(0)

    @assumption
    def liquidations_pay_and_cost_something(self) -> Bool:
        """Prices, bonus and cost are positive."""
        return (self.price > 0) & (self.second_price > 0) & (self.bonus > 0) & (self.cost > 0)

    @initially
    def second_kind_is_there_or_not(self) -> Bool:
        """Without a second kind there is nothing of it."""
        return self.second_kind | (self.second == 0)

    def values(self) -> tuple[Real, Real]:
        """What each kind of collateral is worth."""
        return down(self.collateral * self.price), down(self.second * self.second_price)

    def pays(self, value: Real) -> Bool:
        """Whether the bonus on what is worth so much pays for a liquidation."""
        return value * self.bonus >= self.cost * (1 + self.bonus)

    def hopeless(self) -> Bool:
        """Whether what is still owed is written off."""
        raise NotImplementedError

    def taken(self, units: Real, price: Real, held: Real, post: "WriteOff") -> Step:
        """Debt is repaid for some of a collateral, and the rest of it is written off if it is hopeless."""
        repaid, rest = up(units * price / (1 + self.bonus)), down((held - units) * price)
        left = post.after(debt=self.debt - repaid)
        lost = where(left.hopeless(), left.debt, 0)
        return require(
            units > 0, units <= held, repaid <= self.debt, self.leaves_dust | (units == held) | self.pays(rest)
        ).then(left.after(debt=left.debt - lost, deficit=self.deficit + lost))

    @rule(by="liquidator")
    def liquidate(self, units: Collateral) -> Step:
        """Anyone takes collateral of the first kind."""
        return self.taken(units, self.price, self.collateral, self.after(collateral=self.collateral - units))

    @rule(by="liquidator")
    def liquidate_second(self, units: Collateral) -> Step:
        """Anyone takes collateral of the second kind."""
        return self.taken(units, self.second_price, self.second, self.after(second=self.second - units))

    @assumption(on=liquidate)
    def first_kind_is_taken_for_gain(self, units: Collateral) -> Bool:
        """Liquidators take what pays them."""
        return self.pays(down(units * self.price))

    @assumption(on=liquidate_second)
    def second_kind_is_taken_for_gain(self, units: Collateral) -> Bool:
        """Liquidators take what pays them."""
        return self.pays(down(units * self.second_price))

    def worth_taking(self) -> Bool:
        """Whether any kind of collateral still pays for a liquidation."""
        first, second = self.values()
        return self.pays(first) | self.pays(second)

    @invariant(on="liquidator")
    def bad_debt_is_realised(self, post: "WriteOff") -> Bool:
        """After a liquidation that leaves nothing worth taking, no more is owed than what is left covers."""
        return post.worth_taking() | (post.debt <= sum(post.values()))

    @invariant(on="liquidator")
    def nothing_worth_taking_is_given_up(self, post: "WriteOff") -> Bool:
        """Nothing is written off while there is collateral that is worth taking."""
        return implies(post.deficit > self.deficit, ~post.worth_taking())

    @invariant(on="liquidator")
    def covered_debt_is_not_written_off(self, post: "WriteOff") -> Bool:
        """What is written off is more than what is left covers."""
        lost = post.deficit - self.deficit
        return (lost == 0) | (lost > sum(post.values()))

    @lemma
    def nothing_of_a_kind_that_is_not_there(self) -> Bool:
        return self.second_kind | (self.second == 0)


class AtNothing(WriteOff):
    """Nothing is left of any collateral."""

    def hopeless(self) -> Bool:
        return (self.collateral == 0) & (self.second == 0)


class AtNoValue(WriteOff):
    """What is left of all collateral is worth nothing, rounded down."""

    def hopeless(self) -> Bool:
        first, second = self.values()
        return first + second == 0


class BelowWorth(WriteOff):
    """Each kind is worth less than this, and both together less than is owed."""

    least: Debt = param

    def hopeless(self) -> Bool:
        first, second = self.values()
        return (first < self.least) & (second < self.least) & (first + second < self.debt)


OPEN: dict[str, Any] = {"price": ANY, "second_price": ANY, "bonus": "0.05", "cost": 5}
DUST = "dust of the other kind is left, which it pays nobody to take"


class WriteOffAtNothing(Design, name="write-off-at-nothing"):
    """The condition of Euler v2. Bonus 5 %, and a liquidation costs 5: less than 105 is not worth taking."""

    pool = AtNothing(**OPEN)

    proved = (given(WriteOff.bad_debt_is_realised, second_kind=False), WriteOff.nothing_worth_taking_is_given_up)
    refuted = {
        WriteOff.bad_debt_is_realised: DUST,
        in_fixed(WriteOff.bad_debt_is_realised): "a unit of the other kind is enough",
        given(WriteOff.bad_debt_is_realised, second_kind=False, leaves_dust=True): "a liquidator may leave a unit",
    }


class WriteOffAtNoValue(Design, name="write-off-at-no-value"):
    """The condition of Aave v3.3 and later."""

    pool = AtNoValue(**OPEN)

    proved = (given(WriteOff.bad_debt_is_realised, second_kind=False), WriteOff.nothing_worth_taking_is_given_up)
    refuted = {
        WriteOff.bad_debt_is_realised: DUST,
        in_fixed(WriteOff.bad_debt_is_realised): "what is worth a unit of value is enough",
    }


class WriteOffBelowWorth(Design, name="write-off-below-worth"):
    """What is worth taking counts, and nothing else does."""

    pool = BelowWorth(least=105, **OPEN)

    proved = (
        WriteOff.bad_debt_is_realised,
        given(WriteOff.bad_debt_is_realised, leaves_dust=True),
        WriteOff.nothing_worth_taking_is_given_up,
        WriteOff.covered_debt_is_not_written_off,
        in_fixed(WriteOff.bad_debt_is_realised),
        in_fixed(WriteOff.nothing_worth_taking_is_given_up),
    )
