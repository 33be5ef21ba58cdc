"""One reserve of Aave v3: what is owed to suppliers is owed by borrowers, at hand, or a deficit.

Source: aave-dao/aave-v3-origin, ``ReserveLogic.sol`` (indices, the treasury's share, rates), ``TokenMath.sol`` (v3.5:
supply shares are minted down and burned up, debt shares the other way), ``DefaultReserveInterestRateStrategyV2.sol``
(suppliers' rate: the borrowers' times debt / (at hand + debt + deficit), less the reserve factor).

One supplier is told apart and all others act as one; who may borrow or be liquidated is not asked, so more may happen.
Rates follow from the state that the last call left, whatever the curve: interest is any that time may bring.
"""

from typing import Any, Self

from verifier.language import (
    Bool,
    Mechanism,
    Real,
    Step,
    amount,
    assumption,
    down,
    holding,
    initially,
    invariant,
    lemma,
    nearest,
    param,
    require,
    rule,
    state,
    up,
    where,
)

from .aave_pool import DEBT, RAY, Debt, Ray, Share


class Reserve(Mechanism):
    """One asset's supply shares, debt shares and accounts."""

    reserve_factor: Share = param  # the treasury's share of interest
    counts_the_deficit: Bool = param(True)  # whether suppliers' rate counts it among what bears no interest

    supply_shares: Debt = state(like=1000)
    own_supply_shares: Debt = holding("supply_shares", None)
    treasury_shares: Debt = state(0)  # not minted yet
    debt_shares: Debt = state(like=800)
    liquidity_index: Ray = state(like=1)
    borrow_index: Ray = state(like=1)
    at_hand: Debt = state(like=200)  # the virtual balance
    deficit: Debt = state(0)

    @assumption
    def factor_is_a_share(self) -> Bool:
        """The treasury gets at most all interest."""
        return self.reserve_factor <= 1

    @initially
    def solvent_as_runs_leave_it(self) -> Bool:
        """Indices start at one and grow; what is owed to suppliers is there."""
        return (self.liquidity_index >= 1) & (self.borrow_index >= 1) & (self.gap() <= 0)

    @lemma
    def indices_only_grow(self) -> Bool:
        return (self.liquidity_index >= 1) & (self.borrow_index >= 1)

    # What is owed, to whom.

    def owed_to_suppliers(self) -> Real:
        return (self.supply_shares + self.treasury_shares) * self.liquidity_index

    def owed_by_borrowers(self) -> Real:
        return self.debt_shares * self.borrow_index

    def gap(self) -> Real:
        """What is owed to suppliers and the treasury beyond what borrowers owe, what is at hand, and the deficit."""
        return self.owed_to_suppliers() - self.owed_by_borrowers() - self.at_hand - self.deficit

    def fewer(self, units: Real, index: Real) -> Real:
        """So many units in shares, rounded to the one side, which is the pool's when shares are made for suppliers."""
        return down(units / index)

    def more(self, units: Real, index: Real) -> Real:
        """And to the other."""
        return up(units / index)

    # What users do.

    @rule
    def supply(self, units: Debt) -> Step:
        """Anyone pays in and gets supply shares."""
        made = self.fewer(units, self.liquidity_index)
        return require(made > 0).then(self.supplied(made, at_hand=self.at_hand + units))

    @rule
    def withdraw(self, units: Debt) -> Step:
        """A supplier takes out what is at hand."""
        burned = self.more(units, self.liquidity_index)
        return require(units > 0, burned <= self.own_supply_shares, units <= self.at_hand).then(
            self.supplied(-burned, at_hand=self.at_hand - units)
        )

    @rule
    def borrow(self, units: Debt) -> Step:
        """Anyone takes out what is at hand, and owes it."""
        made = self.more(units, self.borrow_index)
        return require(units > 0, units <= self.at_hand).then(
            self.after(debt_shares=self.debt_shares + made, at_hand=self.at_hand - units)
        )

    @rule
    def repay(self, units: Debt) -> Step:
        """A borrower, or a liquidator for it, pays back."""
        burned = self.fewer(units, self.borrow_index)
        return require(burned > 0, burned <= self.debt_shares).then(
            self.after(debt_shares=self.debt_shares - burned, at_hand=self.at_hand + units)
        )

    @rule
    def repay_with_supply(self, units: Debt) -> Step:
        """A borrower who is a supplier pays back with that."""
        burned, paid = self.more(units, self.liquidity_index), self.fewer(units, self.borrow_index)
        return require(paid > 0, paid <= self.debt_shares, burned <= self.own_supply_shares).then(
            self.supplied(-burned, debt_shares=self.debt_shares - paid)
        )

    @rule
    def write_off(self, shares: Debt) -> Step:
        """What a borrower without collateral owes becomes a deficit."""
        return require(shares > 0, shares <= self.debt_shares).then(
            self.after(debt_shares=self.debt_shares - shares, deficit=self.deficit + up(shares * self.borrow_index))
        )

    @rule
    def cover(self, units: Debt) -> Step:
        """The insurance fund burns supply of its own for the deficit."""
        burned = self.more(units, self.liquidity_index)
        return require(units > 0, units <= self.deficit, burned <= self.own_supply_shares).then(
            self.supplied(-burned, deficit=self.deficit - units)
        )

    @rule
    def flash_loan(self, premium: Debt) -> Step:
        """Somebody borrows within one call; its premium is the treasury's."""
        made = self.fewer(premium, self.liquidity_index)
        return require(premium > 0).then(
            self.after(treasury_shares=self.treasury_shares + made, at_hand=self.at_hand + premium)
        )

    @rule
    def mint_to_treasury(self) -> Step:
        """The treasury's shares become supply."""
        return require(self.treasury_shares > 0).then(
            self.after(supply_shares=self.supply_shares + self.treasury_shares, treasury_shares=amount(0, DEBT))
        )

    def supplied(self, shares: Real, **changes: Any) -> Self:
        """The reserve when somebody has so many supply shares more."""
        return self.after(
            supply_shares=self.supply_shares + shares, own_supply_shares=self.own_supply_shares + shares, **changes
        )

    @rule(by="environment")
    def accrue(self, simple: Ray, compounded: Ray) -> Step:
        """Time passes: borrowers owe compounded interest, suppliers get simple interest on what is lent."""
        idle = self.at_hand + where(self.counts_the_deficit, self.deficit, amount(0, DEBT))
        lent = nearest(self.owed_by_borrowers() / (self.owed_by_borrowers() + idle), RAY)
        earned = nearest(nearest(simple * lent, RAY) * (1 - self.reserve_factor), RAY)
        grown = nearest((1 + earned) * self.liquidity_index, RAY)
        owed = nearest((1 + compounded) * self.borrow_index, RAY)
        fee = nearest(down(self.debt_shares * (owed - self.borrow_index)) * self.reserve_factor)
        return require(self.debt_shares > 0).then(
            self.after(
                liquidity_index=grown, borrow_index=owed, treasury_shares=self.treasury_shares + self.fewer(fee, grown)
            )
        )

    @assumption(on=accrue)
    def interest_compounds(self, simple: Ray, compounded: Ray) -> Bool:
        """Compounded interest is at least simple interest."""
        return simple <= compounded

    # What holds.

    @invariant
    def pool_is_solvent(self) -> Bool:
        """What is owed to suppliers and the treasury is owed by borrowers, at hand, or a deficit."""
        return self.gap() <= 0

    @invariant(on="not the environment")
    def no_call_opens_a_gap(self, post: "Reserve") -> Bool:
        """No call makes what is owed to suppliers grow by more than what stands against it."""
        return post.gap() <= self.gap()


class HalfUpReserve(Reserve):
    """The same before v3.5: shares are rounded to the nearest."""

    def fewer(self, units: Real, index: Real) -> Real:
        return nearest(units / index)

    def more(self, units: Real, index: Real) -> Real:
        return nearest(units / index)
