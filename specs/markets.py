"""Where seized collateral is sold."""

from verifier.language import Market, Real

from .shocks import Path


class Infinite(Market):
    """A market so deep that sales do not move it: the market price is the fundamental price."""

    shock: Path

    def price(self) -> Real:
        return self.shock.price
