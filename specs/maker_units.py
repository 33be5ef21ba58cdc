"""The units of Maker's contracts: tokens in wads, prices and factors in rays, DAI that is a product of both in rads.

Source: makerdao/dss fa4f6630, the comments on each contract's fields: a wad has 18 digits, a ray 27, a rad 45.
"""

from typing import Annotated

from verifier.language import RATIO, SIGNED, Real

from .units import DEBT, PRICE

Ray = Annotated[Real, RATIO.kept_to(27)]
Wad = Annotated[Real, DEBT.kept_to(18)]
Rad = Annotated[Real, DEBT.kept_to(45)]
RadFlow = Annotated[Real, DEBT.kept_to(45), SIGNED]
WadPrice = Annotated[Real, PRICE.kept_to(18)]
RayPrice = Annotated[Real, PRICE.kept_to(27)]
RayRayPrice = Annotated[Real, PRICE.kept_to(54)]  # a price times a share, unrounded
