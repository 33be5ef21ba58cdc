"""The domain on which a spec says what a contract does: beyond it a product no longer fits into a machine word."""

from collections.abc import Callable

from verifier.analyses.cases import Case
from verifier.analyses.prove import Prover
from verifier.evidence.verdict import Finding, Refuted
from verifier.language import Bool, Design, Real, amount, in_fixed
from verifier_specs.aave_pool import VALUE, numbers_fit
from verifier_specs.aave_v3_6 import AaveV36


class DearAave(AaveV36):
    """Aave with prices of up to 96 bits."""

    def prices_fit(self, collateral_price: Real, debt_price: Real) -> Bool:
        least, most = (amount(number, VALUE) for number in (1, 2**96))
        return (collateral_price >= least) & (collateral_price < most) & (debt_price >= least) & (debt_price < most)


class DearAaveWethUsdc(Design):
    """The same pair."""

    pool = DearAave(
        collateral_token=10**18,
        debt_token=10**6,
        liquidation_threshold="0.83",
        liquidation_bonus="1.05",
        protocol_fee="0.1",
    )


def test_prices_of_96_bits_are_too_much_for_aave(prover: Prover) -> None:
    wider = prover.finding(Case(DearAaveWethUsdc, in_fixed(numbers_fit(bits=255)), {}, None), explain=False)
    assert isinstance(wider.verdict, Refuted)


def test_a_word_of_224_bits_is_too_small_for_uniswap(settle: Callable[..., Finding]) -> None:
    assert isinstance(settle("uniswap-v2", "numbers_fit", "fixed", bits=224).verdict, Refuted)
