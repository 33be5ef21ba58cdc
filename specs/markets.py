"""Where collateral is sold. The market price is the fundamental price times the impact of what was sold.

Each market that remembers says what a sale brings: ``worth(quantity)``, in units of the fundamental price, is what
selling ``quantity`` from a full market raises in all, and the price is its slope. What was sold comes back at
``recovery`` a tick.
"""

from typing import Any, Self

from verifier.language import (
    Bool,
    Market,
    Real,
    amount,
    assumption,
    data,
    each_tick,
    maximum,
    minimum,
    param,
    state,
    where,
)

from .shocks import Path
from .units import COLLATERAL, Collateral, Ratio


class Infinite(Market):
    """A market so deep that sales do not move it: the market price is the fundamental price."""

    shock: Path

    def price(self) -> Real:
        """The price of the next unit."""
        return self.shock.price

    def all_sold(self) -> Real:
        """What was sold and has not come back."""
        return amount(0, COLLATERAL)

    def impact(self, sold: Real) -> Real:
        """The share of the fundamental price that is left when so much was sold."""
        del sold
        return amount(1, COLLATERAL / COLLATERAL)

    def worth(self, sold: Real) -> Real:
        """What selling so much from a full market brings, were the fundamental price one."""
        return sold

    def proceeds(self, quantity: Real) -> Real:
        """What selling so much brings now."""
        return self.shock.price * quantity

    def sell(self, quantity: Real) -> Self:
        """The market after the sale."""
        del quantity
        return self.after()


class Shallow(Infinite):
    """A market that remembers what was sold."""

    depth: Collateral = param  # the quantity that the impact is measured by; see each kind
    recovery: Collateral = param(0)  # how much of what was sold comes back in a tick
    sold: Collateral = state(0)

    @assumption
    def there_is_depth(self) -> Bool:
        """The market has some depth."""
        return self.depth > 0

    @each_tick
    def recover(self) -> Self:
        return self.after(sold=maximum(0, self.sold - self.recovery))

    def price(self) -> Real:
        return self.shock.price * self.impact(self.sold)

    def proceeds(self, quantity: Real) -> Real:
        return self.shock.price * (self.worth(self.sold + quantity) - self.worth(self.sold))

    def all_sold(self) -> Real:
        return self.sold

    def reserve(self) -> Real:
        """What the market has to pay with, at its price."""
        return self.depth * self.price()

    def sell(self, quantity: Real) -> Self:
        return self.after(sold=self.sold + quantity)


class Linear(Shallow):
    """Each unit sold takes 1/depth off the price; a sale beyond the depth meets no buyers."""

    def impact(self, sold: Real) -> Real:
        return maximum(0, 1 - sold / self.depth)

    def worth(self, sold: Real) -> Real:
        within = minimum(sold, self.depth)
        return within - within * within / (2 * self.depth)


POOL: dict[str, Any] = {"market": "constant-product", "depth": 50}
"""Settings: a pool of 50 units of collateral instead of a market that sales do not move."""


class ConstantProduct(Shallow):
    """A pool that keeps the product of its reserves: ``depth`` of collateral before the first sale.

    The price factor (1 + sold/depth)⁻² is exact without a fee. With one it is a sound floor, however sales are sliced,
    since what the fee leaves in the pool only raises the product (model: Uniswap v2); a fee is paid from proceeds.
    """

    fee: Ratio = param(0)  # the share of what is sold that stays in the pool

    @assumption
    def fee_is_a_share(self) -> Bool:
        """The fee takes a share of a sale, and not all of it."""
        return self.fee < 1

    def impact(self, sold: Real) -> Real:
        left = self.depth / (self.depth + sold)
        return left * left

    def worth(self, sold: Real) -> Real:
        return self.depth * sold / (self.depth + sold)

    def reserve(self) -> Real:
        """What the pool holds of the debt token."""
        return (self.depth + self.sold) * self.price()

    def proceeds(self, quantity: Real) -> Real:
        return super().proceeds((1 - self.fee) * quantity)


class OrderBook(Shallow):
    """Standing bids: ``rows`` of (discount, quantity), each discount relative to the fundamental price.

    The price is that of the best bid left, so at an exhausted level the next one's; beyond the last nobody buys.
    ``depth`` is only the measure of shares.
    """

    rows: tuple[tuple[Any, Any], ...] = data()
    depth: Collateral = param(1)

    def impact(self, sold: Real) -> Real:
        price = amount(0, COLLATERAL / COLLATERAL)
        for discount, quantity in reversed(self._until()):
            price = where(sold < amount(quantity, COLLATERAL), 1 - discount, price)
        return price

    def worth(self, sold: Real) -> Real:
        brought, before = amount(0, COLLATERAL), 0
        for discount, until in self._until():
            here = maximum(0, minimum(sold, amount(until, COLLATERAL)) - amount(before, COLLATERAL))
            brought, before = brought + (1 - discount) * here, until
        return brought

    def _until(self) -> list[tuple[Any, Any]]:
        """The rows with the quantity that has been sold when each is exhausted."""
        total, made = 0, []
        for discount, quantity in self.rows:
            total += quantity
            made.append((discount, total))
        return made
