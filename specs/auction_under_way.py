"""Maker's Dutch auction from its first moment on, whatever was barked and at whatever top price.

Source: makerdao/dss fa4f6630, ``clip.sol`` (take, redo); the mechanism is in ``dutch_auction.py``. Any auction that
a bark begins is a start here, one whose top price no oracle showed, too; but the rest of the vault is safe at first.
"""

from typing import Any

from verifier.language import Bool, Q, assumption, down, given, in_fixed, state

from .auction_floor import Clipper, restarts_take_time
from .auction_keepers import keepers_get_at_most_the_penalty
from .maker_clipper import OPEN, TERMS, MakerClipper
from .maker_units import Rad, RayPrice, RayRayPrice, Wad
from .units import Collateral


class UnderWay(Clipper):
    """An auction that has just begun."""

    running: Bool = state(True)
    tab: Rad = state()
    lot: Collateral = state(like=20)
    top: RayPrice = state(like=2600)
    barked: Wad = state()
    rewards: Rad = state()
    least: RayRayPrice = state()

    @assumption(on="start")
    def auction_has_just_begun(self) -> Bool:
        """The auction is for something, at least for the dust limit, and its keeper has been paid."""
        sizes = (self.lot > 0) & (self.top > 0) & (self.barked > 0) & (self.barked >= self.dust)
        terms = (self.tab == down(self.barked * self.chop, 45)) & (self.least == self.cusp * self.top)
        return sizes & terms & (self.rewards == self.tip + down(self.chip * self.tab, 45))


COARSE: dict[str, Any] = {"step": 1800, "tail": 1200, "seconds": 1800}
"""Stairs of half an hour, and less until an auction must be redone."""

TINY: dict[str, Any] = {"dust": Q("1e-18"), "chop": 1, "buf": 1, "cusp": 0, "tip": 0, "chip": 0}
"""The least dust limit that there is, and nothing else that makes numbers long."""


class MakerClipperUnderWay(MakerClipper, name="maker-clipper-under-way"):
    """ETH-B's auction. Purchases in parts, to the unit, and how many restarts the penalty pays for."""

    clipper = UnderWay(
        market=MakerClipper.market, oracle=MakerClipper.oracle, book=MakerClipper.book, curve=MakerClipper.curve,
        **TERMS,
    )  # fmt: skip

    proved = (
        Clipper.who_pays_gets_something,
        Clipper.nobody_overpays,
        in_fixed(Clipper.nobody_overpays),
        Clipper.takes_add_up,
        Clipper.splitting_a_take_brings_nothing,
        in_fixed(Clipper.splitting_a_take_brings_nothing),
        keepers_get_at_most_the_penalty(most=1, dust=4698, **COARSE),
        given(restarts_take_time(), **OPEN),  # with ETH-B's terms no sooner than after 0.6/0.01·90 s: 90 minutes
    )
    refuted = {
        given(
            Clipper.takes_add_up, arithmetic="fixed", **TINY
        ): "what the dust limit leaves of the first part makes two roundings of one, each against the buyer",
        given(Clipper.who_pays_gets_something, dust=0, arithmetic="fixed"): "a tab that is less than the price of the "
        "smallest unit is paid in full, and buys none: only the dust limit keeps tabs from being so small",
        keepers_get_at_most_the_penalty(
            most=1, dust=4697, **COARSE
        ): "who restarts what nobody buys is paid again: 2·(300 + 0.00113·4697) is more than 0.13·4697",
    }
