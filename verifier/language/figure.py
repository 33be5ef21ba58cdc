"""What a comparison of designs asks of each: a property, and the quantity of which the best value is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Literal

import attrs

from verifier.language.expr import decimal_text
from verifier.language.pieces import Property

Environment = Mapping[str, Fraction]
"""The one environment for all: values by name."""


@attrs.frozen(eq=False)
class Term:
    """One value of the environment, which the command line may change."""

    name: str
    value: Fraction
    says: str
    """What it is, as a sentence with {} for the value."""
    percent: bool = False

    @property
    def sentence(self) -> str:
        """What it says, with its value."""
        shown = decimal_text(100 * self.value if self.percent else self.value)
        return self.says.format(f"{shown} %" if self.percent else shown)


@attrs.frozen(eq=False)
class Figure:
    """A number by which designs are compared."""

    name: str
    group: str
    title: str
    vary: str
    """The quantity that varies, as closed forms name it."""
    claim: Callable[[Environment, Any], Property]
    """The property with the quantity at a value."""
    holds: Literal["up to", "from"]
    """On which side of the number the property holds."""
    end: Fraction | None
    """Where the quantity's domain ends on that side's far end: a number there means always, or never a loss."""
    percent: bool = True
    crowd: bool = False
    """It is about a market, whose book has tiers."""
    size: Fraction | None = None
    """The size of the shock, for figures that are asked for several."""
    in_table: bool = True
    """Whether it has a column; the others are points of a curve."""
