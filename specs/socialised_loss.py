"""Who bears a socialised loss: what neither the insurance fund nor auto-deleveraging covers, shared out over accounts.

Source: textbook models, no contract. By size is what keeps the promise of Hyperliquid's documentation of
auto-deleveraging, that a user without an open position bears no socialised loss; how a venue shares it out otherwise
is not said there. By balance is what a fund that is one pot for all accounts amounts to.
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
    implies,
    in_fixed,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
)

from .units import Collateral, Debt


class SocialisedLoss(Mechanism):
    """A loss is shared out in proportion to a weight; accounts, of any number, are met one after another."""

    loss: Debt = param
    sizes: Collateral = param  # of all open positions
    balances: Debt = param  # of all accounts

    met_size: Collateral = state(0)
    met_balance: Debt = state(0)
    borne: Debt = state(0)

    # The account met last.
    size: Collateral = state(0)
    part: Debt = state(0)  # what it bears

    @assumption
    def there_are_positions_and_balances(self) -> Bool:
        """Somebody has a position, and somebody a balance."""
        return (self.sizes > 0) & (self.balances > 0)

    def due(self, size: Real, balance: Real) -> Real:
        """What is borne once accounts with so much size and balance in all are met."""
        raise NotImplementedError

    @rule
    def charge(self, size: Collateral, balance: Debt) -> Step:
        """The next account bears its part; the sums are rounded, so that the parts end on the loss."""
        met_size, met_balance = self.met_size + size, self.met_balance + balance
        part = self.due(met_size, met_balance) - self.borne
        return require(met_size <= self.sizes, met_balance <= self.balances).then(
            self.after(met_size=met_size, met_balance=met_balance, borne=self.borne + part, size=size, part=part)
        )

    @lemma
    def as_much_as_is_due(self) -> Bool:
        return self.borne == self.due(self.met_size, self.met_balance)

    @invariant
    def parts_add_up(self) -> Bool:
        """Once all positions and balances are met, what was borne is the loss."""
        all_met = (self.met_size == self.sizes) & (self.met_balance == self.balances)
        return implies(all_met, self.borne == self.loss)

    @invariant
    def no_flat_account_is_touched(self) -> Bool:
        """An account without an open position bears nothing, whatever its balance."""
        return implies(self.size == 0, self.part == 0)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {"size met": self.met_size, "balance met": self.met_balance, "borne": self.borne, "part": self.part}


class BySize(SocialisedLoss):
    """Each bears by the size of its open positions."""

    def due(self, size: Real, balance: Real) -> Real:
        del balance
        return down(self.loss * size / self.sizes)


class ByBalance(SocialisedLoss):
    """Each bears by its balance."""

    def due(self, size: Real, balance: Real) -> Real:
        del size
        return down(self.loss * balance / self.balances)


class SocialisedBySize(Design, name="socialised-by-size"):
    """A loss shared out by the size of open positions, over any number of accounts."""

    pool = BySize(loss=ANY, sizes=ANY, balances=ANY)

    proved = (
        BySize.parts_add_up,
        BySize.no_flat_account_is_touched,
        in_fixed(BySize.parts_add_up),
        in_fixed(BySize.no_flat_account_is_touched),
    )


class SocialisedByBalance(Design, name="socialised-by-balance"):
    """A loss shared out by balance, over any number of accounts."""

    pool = ByBalance(loss=ANY, sizes=ANY, balances=ANY)

    proved = (ByBalance.parts_add_up, in_fixed(ByBalance.parts_add_up))
    refuted = {ByBalance.no_flat_account_is_touched: "cash without a position pays with the rest"}
