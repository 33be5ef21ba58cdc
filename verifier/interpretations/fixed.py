"""The contract's integers: the same rationals, with every declared rounding obeyed on its grid."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

import attrs

from verifier.interpretations.exact import EXACT, strict
from verifier.language.errors import SpecError
from verifier.language.expr import Interpretation, Op, Real, Var
from verifier.language.system import Arithmetic

HALF = Fraction(1, 2)


def round_down(value: Fraction, grid: Fraction) -> Fraction:
    """The largest grid point not above the value."""
    return floor(value / grid) * grid


def round_up(value: Fraction, grid: Fraction) -> Fraction:
    """The smallest grid point not below the value."""
    return ceil(value / grid) * grid


def round_nearest(value: Fraction, grid: Fraction) -> Fraction:
    """The nearest grid point, the higher one at a half."""
    return floor(value / grid + HALF) * grid


FIXED: Interpretation[Any] = attrs.evolve(
    EXACT,
    ops={
        **EXACT.ops,
        Op.DOWN: strict(round_down),
        Op.UP: strict(round_up),
        Op.NEAREST: strict(round_nearest),
    },
)


TABLES: Mapping[Arithmetic, Interpretation[Any]] = {"real": EXACT, "fixed": FIXED}
"""The exact interpreter of each reading."""


def decimals_of(var: Var) -> int:
    """The decimals of the grid that a variable lives on; a SpecError if its unit declares none."""
    if var.sort is not Real:
        return 0
    if var.unit is None or var.unit.decimals is None:
        raise SpecError(
            f"{var.name} has no place in the fixed-point reading: its unit ({var.unit or 'any'}) declares no decimals. "
            "Annotate it with one that does, for instance Annotated[Real, UNIT.kept_to(18)]"
        )
    return var.unit.decimals


def grid_of(var: Var) -> Fraction:
    """The distance between two neighbouring values of the variable."""
    return Fraction(1, 10 ** decimals_of(var))
