"""A lending contract and four faulty or simpler versions of it, with what a public benchmark says of each.

Source: bitbart/contracts-verification-benchmark, use case lending-protocol, versions v1 (``lending_contract.py``),
v3, v4, v7 and v8 (``lending_versions.py``), labels of ad9858c, 16 July 2026 (``lending_labels.py``).
"""

from typing import Any

from verifier.language import Design, Property, given, in_fixed

from .lending_labels import LendingProtocol, credits_zero, xr_geq_one
from .lending_versions import FixedRate, KeepsOne, ListsTwice, RepaysSecond

P = LendingProtocol
ROUNDED = "the exchange rate and the credits are rounded down, by more in one state than in the other"
EMPTIED = "a redeem of the last credits leaves a rate of one by convention"
NO_INTEREST = "a debt below 10 earns floor(debt / 10) = 0, and the rate's last digit may be too coarse: mislabelled"


def begun(claim: Any, deposited: int) -> Property:
    """The claim in integers, of runs that begin after a deposit of this, its loan, an accrual and the repayment."""
    return given(claim, arithmetic="fixed", begun=deposited)


ACTS = tuple(
    map(
        in_fixed,
        (P.dep_state, P.bor_state, P.dep_tokens, P.bor_tokens, P.bor_additivity, P.rpy_additivity, P.bor_xr_eq,
         P.rpy_xr_eq, P.dep_xr, xr_geq_one(), P.xr_increasing_but_rdm),
    )
)  # fmt: skip
REPAYS = (in_fixed(P.rpy_state), in_fixed(P.rpy_tokens))
REDEEMS = (in_fixed(P.rdm_state), in_fixed(P.rdm_tokens))
ONCE = (in_fixed(P.expected_interest),)
EXACT = (credits_zero(), P.dep_xr_eq)
RISES = (in_fixed(P.int_xr_gneq_above_ten), P.int_xr_gneq)
ROUNDS = {
    begun(credits_zero(), 13): "a redeem of all credits, rounded down, leaves something",
    begun(P.dep_additivity, 10): ROUNDED,
    begun(P.rdm_additivity, 10): ROUNDED,
    begun(P.dep_xr_eq, 10): ROUNDED,
    begun(P.rdm_xr_eq, 10): ROUNDED,
    begun(P.xr_increasing, 10): EMPTIED,
    begun(P.int_xr_gneq, 10): NO_INTEREST,
}


class Version1(Design, name="lending-protocol-v1"):
    """The minimal contract, without liquidation."""

    pool = LendingProtocol()

    proved = (*ACTS, *REPAYS, *REDEEMS, *ONCE, *EXACT, *RISES, P.xr_invariant, P.dep_gain_eq)
    refuted = {**ROUNDS, begun(P.xr_invariant, 10): ROUNDED, begun(P.dep_gain_eq, 10): ROUNDED}


class Version3(Design, name="lending-protocol-v3"):
    """The contract with a list of borrowers that may name one twice."""

    pool = ListsTwice()

    proved = (*ACTS, *REPAYS, *REDEEMS, *EXACT, *RISES)
    refuted = {**ROUNDS, in_fixed(P.expected_interest): "who is listed twice pays twice"}


class Version4(Design, name="lending-protocol-v4"):
    """The contract with a redeem that keeps one unit."""

    pool = KeepsOne()

    proved = (*ACTS, *REPAYS, *ONCE, *RISES[:1])
    refuted = {
        **ROUNDS,
        P.int_xr_gneq: "the last credits may be redeemed while a debt of what was kept is left: the rate stays one",
        credits_zero(): "what was kept is left",
        P.dep_xr_eq: "what was kept is the next depositor's",
        in_fixed(P.rdm_state): "one unit is kept",
        in_fixed(P.rdm_tokens): "one unit is kept",
    }


class Version7(Design, name="lending-protocol-v7"):
    """The contract with a repayment of the wrong token."""

    pool = RepaysSecond()

    proved = (*ACTS, *REDEEMS, *ONCE, *EXACT, *RISES)
    refuted = {
        **ROUNDS,
        in_fixed(P.rpy_state): "what is repaid is another token",
        in_fixed(P.rpy_tokens): "what is repaid is another token",
    }


class Version8(Design, name="lending-protocol-v8"):
    """The contract with an exchange rate of one."""

    pool = FixedRate()

    fixed = (P.dep_additivity, P.rdm_additivity, P.dep_xr_eq, P.rdm_xr_eq, P.xr_increasing)
    proved = (*ACTS, *REPAYS, *REDEEMS, *ONCE, P.dep_xr_eq, *map(in_fixed, fixed))
    refuted = {
        begun(credits_zero(), 10): "interest is nobody's credit",
        credits_zero(): "interest is nobody's credit",
        begun(P.int_xr_gneq, 10): "the rate is fixed",
    }
