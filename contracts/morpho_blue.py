"""Morpho Blue compiled from npm's sources: one market and one position, written into storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from eth_abi.abi import encode

from .evm import ANSWER, ANYONE, Evm, digest, slot
from .packages import compiled, version

PACKAGE = "@morpho-org/morpho-blue"
BORROWER, RECIPIENT = "0x" + "22" * 20, "0x" + "33" * 20
PARAMS = "(address,address,address,address,uint256)"
HALF, PLENTY, NOW = 2**128 - 1, 2**240, 10**9
FEE_RECIPIENT, POSITIONS, MARKETS = 1, 2, 3  # Morpho's storage
BALANCES = 1  # the tokens'
TOO_LARGE = ("Panic 0x11", "max uint128 exceeded")
LIQUIDATE = digest(b"Liquidate(bytes32,address,address,uint256,uint256,uint256,uint256,uint256)")
BAD_DEBT = 3  # the word of the event's data that is what was written off

EXAMPLE = {
    "liquidation_threshold": 86 * 10**16, "fee": 10**17, "price": 10**36, "peak": 10**36, "borrow_assets": 10**6,
    "borrow_shares": 10**12, "owed_shares": 10**12, "supply_assets": 2 * 10**6, "supply_shares": 2 * 10**12,
}  # fmt: skip
"""A market at a price of one, lent to one borrower alone."""
LARGE = EXAMPLE | {
    "liquidation_threshold": 86 * 10**16 + 1, "price": 3 * 10**36, "collateral": 333333 * 10**24,
    "borrow_assets": 10**30, "borrow_shares": 10**36, "owed_shares": 10**36, "supply_assets": 2 * 10**30,
    "supply_shares": 2 * 10**36,
}  # fmt: skip
"""Of so much, at so unround a threshold, that each rounding of the incentive shows."""


class MorphoBlue:
    """One market with one borrower, who is his own owner; the caller liquidates."""

    settings: ClassVar[Mapping[str, Any]] = {
        "liquidation_threshold": "any", "fee": "any", "bears_interest": True, "shock.bound": "any",
    }  # fmt: skip
    words: ClassVar[Mapping[str, int]] = {
        "fee": 57, "price": 128, "collateral": 112, "owed_shares": 124, "borrow_assets": 112, "borrow_shares": 124,
        "supply_assets": 112, "supply_shares": 124, "liquidate_shares.repaid": 126, "repay_shares.shares": 126,
        "accrue_interest.rate": 36, "accrue_interest.elapsed": 26,
    }  # fmt: skip
    examples: ClassVar[tuple[Mapping[str, int], ...]] = (
        *(EXAMPLE | {"collateral": collateral} for collateral in (10**9, 1162791, 1100000, 900000)),
        EXAMPLE | {"collateral": 333333, "price": 3 * 10**36},
        LARGE,
    )
    """Far from liquidation, just healthy, covered and not covered, little left to be lent; an unround price; large."""
    wider: ClassVar[tuple[str, ...]] = ("healthy_at_the_start",)
    room: ClassVar[Mapping[str, int]] = dict.fromkeys(
        ("collateral", "owed_shares", "borrow_assets", "borrow_shares", "supply_assets", "supply_shares"), 128
    )
    apart: ClassVar[Mapping[str, str]] = {
        "tick": "what the price may do is an assumption about the world; every state has a price of its own",
        "others_act": "it stands for anything that other borrowers do",
        "others_default": "and this for any liquidation of theirs that writes debt off",
    }
    reasons: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "too_large": TOO_LARGE,
        "inconsistent_input": "inconsistent input",
        "zero_assets": "zero assets",
        "healthy_position": "position is healthy",
        "underflow": TOO_LARGE,
        "insufficient_collateral": ("insufficient collateral", *TOO_LARGE),
        "insufficient_liquidity": ("insufficient liquidity", *TOO_LARGE),
    }
    """What no word holds is refused before anything else is asked."""

    def __init__(self) -> None:
        self.source = version(PACKAGE)
        self.evm = evm = Evm("SHANGHAI", any_size=True)
        made = compiled(PACKAGE, "solc-0.8.19", ("src/Morpho.sol", "src/mocks/ERC20Mock.sol"))
        self.morpho = evm.deploy(made["Morpho"]["bytecode"], "address", ANYONE)
        self.loan, self.collateral = (evm.deploy(made["ERC20Mock"]["bytecode"]) for _ in range(2))
        self.oracle, self.rates = evm.deploy(ANSWER), evm.deploy(ANSWER)
        evm.write(self.morpho, FEE_RECIPIENT, int(RECIPIENT, 16))
        for token in (self.loan, self.collateral):
            evm.write(token, slot(self.morpho, BALANCES), PLENTY)
            for owner in (ANYONE, BORROWER):
                evm.call(token, "approve(address,uint256)", self.morpho, 2**256 - 1, sender=owner)

    def outside(self, token: str) -> int:
        """What the two people have more than at the start."""
        return sum(self.evm.stored(token, slot(owner, BALANCES)) - PLENTY for owner in (ANYONE, BORROWER))

    def put(self, state: Mapping[str, int]) -> None:
        evm, self.now, self.deficit = self.evm, NOW, state["deficit"]
        evm.at(NOW)
        self.params = (self.loan, self.collateral, self.oracle, self.rates, state["liquidation_threshold"])
        market = int.from_bytes(digest(encode([PARAMS], [self.params])), "big")
        position = slot(market, POSITIONS)
        self.market, self.position, self.recipient, supplier = (
            slot(market, MARKETS), slot(BORROWER, position), slot(RECIPIENT, position), slot(ANYONE, position)
        )  # fmt: skip
        evm.write(self.morpho, self.market, state["supply_assets"] | state["supply_shares"] << 128)
        evm.write(self.morpho, self.market + 1, state["borrow_assets"] | state["borrow_shares"] << 128)
        evm.write(self.morpho, self.market + 2, NOW | state["fee"] << 128)
        evm.write(self.morpho, self.position + 1, state["owed_shares"] | state["collateral"] << 128)
        evm.write(self.morpho, self.recipient, state["fee_shares"])
        evm.write(self.morpho, supplier, state["supply_shares"])
        evm.write(self.oracle, 0, state["price"])
        for token, out in ((self.loan, state["cash_outside"]), (self.collateral, state["collateral_outside"])):
            evm.write(token, slot(BORROWER, BALANCES), PLENTY)
            evm.write(token, slot(ANYONE, BALANCES), PLENTY + out)

    def read(self) -> dict[str, int]:
        supplied, borrowed, own = (
            self.evm.stored(self.morpho, place) for place in (self.market, self.market + 1, self.position + 1)
        )
        return {
            "supply_assets": supplied & HALF, "supply_shares": supplied >> 128,
            "borrow_assets": borrowed & HALF, "borrow_shares": borrowed >> 128,
            "owed_shares": own & HALF, "collateral": own >> 128,
            "fee_shares": self.evm.stored(self.morpho, self.recipient),
            "collateral_outside": self.outside(self.collateral), "cash_outside": self.outside(self.loan),
            "deficit": self.deficit,
        }  # fmt: skip

    def act(self, rule: str, inputs: Mapping[str, int]) -> None:
        """Take the step. Raises Reverted."""
        assets, shares = inputs.get("assets", 0), inputs.get("shares", 0)
        match rule:
            case "liquidate" | "liquidate_shares":
                amounts = inputs.get("seized", 0), inputs.get("repaid", 0)
                self.call("liquidate", "address,uint256,uint256,bytes", BORROWER, *amounts, b"")
            case "supply_collateral":
                self.owner("supplyCollateral", "uint256,address,bytes", assets, BORROWER, b"")
            case "withdraw_collateral":
                self.owner("withdrawCollateral", "uint256,address,address", assets, BORROWER, BORROWER)
            case "borrow":
                self.owner("borrow", "uint256,uint256,address,address", assets, 0, BORROWER, BORROWER)
            case "repay" | "repay_shares":
                self.owner("repay", "uint256,uint256,address,bytes", assets, shares, BORROWER, b"")
            case "supply":
                self.call("supply", "uint256,uint256,address,bytes", assets, 0, ANYONE, b"")
            case "withdraw":
                self.call("withdraw", "uint256,uint256,address,address", assets, 0, ANYONE, ANYONE)
            case "accrue_interest":
                self.now += inputs["elapsed"]
                self.evm.at(self.now)
                self.evm.write(self.rates, 0, inputs["rate"])
                self.call("accrueInterest", "")

    def owner(self, function: str, kinds: str, *args: Any) -> None:
        self.call(function, kinds, *args, sender=BORROWER)

    def call(self, function: str, kinds: str, *args: Any, sender: str = ANYONE) -> None:
        signature = f"{function}({PARAMS}{',' if kinds else ''}{kinds})"
        self.evm.call(self.morpho, signature, self.params, *args, sender=sender)
        for topics, data in self.evm.logs():
            if topics[0] == LIQUIDATE:  # which alone tells what was written off
                self.deficit += int.from_bytes(data[32 * BAD_DEBT : 32 * BAD_DEBT + 32], "big")
