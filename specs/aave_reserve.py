"""One reserve of Aave v3: is what is owed to suppliers always there?

Source: aave-dao/aave-v3-origin, the invariant of its ``certora/solvency`` rules, which prove it of each call; here it
is proved of time that passes, too. What the reserve does, and from where: ``scaled_reserve.py``.
"""

from verifier.language import Design, given, in_fixed

from .scaled_reserve import HalfUpReserve, Reserve


class AaveReserve(Design, name="aave-reserve"):
    """A reserve of v3.5 and later, for every reserve factor, with interest, write-offs and their cover.

    In whole units time is left out: it rounds indices and the treasury's share to the nearest, which opens tiny gaps.
    """

    reserve = Reserve(reserve_factor="any")

    proved = (Reserve.pool_is_solvent, Reserve.no_call_opens_a_gap, in_fixed(Reserve.no_call_opens_a_gap))
    refuted = {
        given(Reserve.pool_is_solvent, counts_the_deficit=False): "interest is paid on what nobody owes",
        given(
            Reserve.pool_is_solvent, arithmetic="fixed", reserve_factor=0
        ): "time rounds the suppliers' index to the nearest",
    }


class HalfUp(Design, name="aave-reserve-half-up"):
    """A reserve of v3.4 and before, in which half a share may be given away in each call."""

    reserve = HalfUpReserve(reserve_factor="any")

    proved = (Reserve.pool_is_solvent, Reserve.no_call_opens_a_gap)
    refuted = {
        in_fixed(Reserve.no_call_opens_a_gap): "a share is made or left where less than one is paid for",
        given(Reserve.pool_is_solvent, arithmetic="fixed", reserve_factor=0): "and nothing else stands against it",
    }
