"""Compound v2 in the fork that npm ships, Venus 0.7.0: comptroller and two markets from their artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .evm import ANSWER, ANYONE, Evm, Reverted, digest, slot
from .packages import artifact, plain_token, version

PACKAGE = "@venusprotocol/venus-protocol"
BORROWER, PLENTY, BLOCK = "0x" + "22" * 20, 2**240, 10**6
CLOSE_FACTOR, INCENTIVE, MARKETS, REWARDS = 5, 6, 9, (16, 17)  # the comptroller's storage
RATES, RESERVE_FACTOR, ACCRUED, INDEX, BORROWS, RESERVES, SUPPLY, TOKENS, DEBTS = 7, 8, 9, 10, 11, 12, 13, 14, 16
BALANCES = 1  # of the tokens
FAILURE = digest(b"Failure(uint256,uint256,uint256)")

WHOLE = 10**18
EXAMPLE = {
    "liquidation_threshold": 75 * 10**16, "liquidation_incentive": 108 * 10**16, "close_factor": WHOLE // 2,
    "reserve_factor": WHOLE // 10, "debt_price": WHOLE, "price": WHOLE, "peak": WHOLE, "tokens": 10**6,
    "own_index": WHOLE, "borrow_index": WHOLE, "borrows": 10**6, "cash": 1000, "token_supply": 2 * 10**6,
    "held_cash": 10**6, "held_borrows": 10**6,
}  # fmt: skip
"""A position whose cTokens stand for one unit each, at prices of one."""
LARGE = EXAMPLE | {
    "debt_price": WHOLE // 3, "price": WHOLE // 3, "tokens": 3 * 10**25, "own_index": WHOLE + 7,
    "borrow_index": WHOLE + 11, "borrows": 10**26, "cash": 10**25, "token_supply": 7 * 10**25,
    "held_cash": 4 * 10**25, "held_borrows": 4 * 10**25,
}  # fmt: skip
"""Of so much, at prices and indices so unround, that each truncation shows."""


def creation(path: str) -> str:
    return str(artifact(PACKAGE, f"artifacts/contracts/{path}.sol/{path.rpartition('/')[2]}.json")["bytecode"])


class CompoundV2:
    """One borrower with one collateral and one debt; a refusal that returns a code is told as error/info/detail."""

    settings: ClassVar[Mapping[str, Any]] = {
        "liquidation_threshold": "any", "liquidation_incentive": "any", "close_factor": "any", "reserve_factor": "any",
        "debt_price": "any", "bears_interest": True, "shock.bound": "any",
    }  # fmt: skip
    words: ClassVar[Mapping[str, int]] = {
        "liquidation_incentive": 61, "reserve_factor": 59, "debt_price": 112, "price": 80, "tokens": 112,
        "principal": 112, "own_index": 100, "borrow_index": 100, "borrows": 112, "cash": 112, "reserves": 110,
        "token_supply": 112, "held_cash": 112, "held_borrows": 112, "held_reserves": 112,
        "accrue_interest.rate": 42, "accrue_interest.blocks": 22,
        "accrue_on_collateral.rate": 42, "accrue_on_collateral.blocks": 22,
    }  # fmt: skip
    examples: ClassVar[tuple[Mapping[str, int], ...]] = (
        *(EXAMPLE | {"principal": principal} for principal in (0, 100, 750000, 800000, 950000)),
        EXAMPLE | {"principal": 10**6, "close_factor": WHOLE, "liquidation_incentive": WHOLE},
        EXAMPLE | {"principal": 100, "held_reserves": 10**5},
        *(LARGE | {"principal": principal} for principal in (25 * 10**24, 27 * 10**24, 29 * 10**24)),
    )
    """Without debt, far from liquidation, just healthy, covered and not covered, with little left to be lent; a debt
    that is all that is borrowed and may be repaid at once; beside reserves; large."""
    wider: ClassVar[tuple[str, ...]] = ("healthy_at_the_start",)
    room: ClassVar[Mapping[str, int]] = {}
    apart: ClassVar[Mapping[str, str]] = {
        "tick": "what the price may do is an assumption about the world; every state has a price of its own",
    }
    reasons: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "insufficient_shortfall": "3/18/3",
        "too_much_repay": "3/18/17",
        "price_error": "3/18/13",
        "invalid_close_amount_requested": "7/21/0",
        "repay_borrow_new_total_balance_calculation_failed": "REPAY_BORROW_NEW_TOTAL_BALANCE_CALCULATION_FAILED",
        "repay_borrow_new_account_borrow_balance_calculation_failed": (
            "REPAY_BORROW_NEW_ACCOUNT_BORROW_BALANCE_CALCULATION_FAILED"
        ),
        "liquidate_seize_too_much": ("LIQUIDATE_SEIZE_TOO_MUCH", "multiplication overflow"),
        # This fork gives no other reason where one redeems or borrows; of what no word holds nothing else is asked.
        "redeem.insufficient_liquidity": ("math error", "multiplication overflow"),
        "redeem.redeem_new_account_balance_calculation_failed": "math error",
        "redeem.token_insufficient_cash": "math error",
        "mint.division by zero": "MINT_EXCHANGE_CALCULATION_FAILED",
        "liquidate_borrow.division by zero": "divide by zero",
        "borrow.insufficient_liquidity": ("math error", "multiplication overflow"),
        "borrow.token_insufficient_cash": "math error",
    }

    def __init__(self) -> None:
        self.source = f"{version(PACKAGE)} (ComptrollerG5, VBep20)"
        self.evm = evm = Evm("ISTANBUL", any_size=True)
        evm.at(1, BLOCK)
        self.comptroller = evm.deploy(creation("Comptroller/ComptrollerG5"))
        self.oracle = evm.deploy(creation("test/SimplePriceOracle"))
        evm.call(self.comptroller, "_setPriceOracle(address)", self.oracle)
        self.rates = evm.deploy(ANSWER)
        evm.write(self.rates, 0, 1)  # it is an interest rate model
        self.tokens = [evm.deploy(plain_token(), "uint256", 0) for _ in range(2)]
        self.held, self.owed = (self.market(token) for token in self.tokens)
        evm.call(self.comptroller, "enterMarkets(address[])", [self.held, self.owed], sender=BORROWER)
        evm.write(self.comptroller, INCENTIVE, 10**18)

    def market(self, token: str) -> str:
        kinds = "address,address,address,uint256,string,string,uint8,address"
        made = self.evm.deploy(
            creation("Tokens/VTokens/VBep20Immutable"), kinds, token, self.comptroller, self.rates, 10**18, "", "", 8,
            ANYONE,
        )  # fmt: skip
        self.evm.call(self.comptroller, "_supportMarket(address)", made)
        for owner in (ANYONE, BORROWER):
            self.evm.write(token, slot(owner, BALANCES), PLENTY)
            self.evm.call(token, "approve(address,uint256)", made, 2**256 - 1, sender=owner)
        return made

    def put(self, state: Mapping[str, int]) -> None:
        write, self.block = self.evm.write, BLOCK
        self.evm.at(1, BLOCK)
        write(self.comptroller, CLOSE_FACTOR, state["close_factor"])
        write(self.comptroller, INCENTIVE, state["liquidation_incentive"])
        write(self.comptroller, slot(self.held, MARKETS) + 1, state["liquidation_threshold"])
        for token, price in zip(self.tokens, (state["price"], state["debt_price"]), strict=True):
            write(self.oracle, slot(token, 0), price)
            for owner in (ANYONE, BORROWER):
                write(token, slot(owner, BALANCES), PLENTY)
        for market in (self.held, self.owed):
            write(market, RESERVE_FACTOR, state["reserve_factor"])
            write(market, ACCRUED, BLOCK)
            for rewards in REWARDS:
                write(self.comptroller, slot(market, rewards), 0)  # or they would be from a block to come
        write(self.owed, INDEX, state["borrow_index"])
        write(self.owed, BORROWS, state["borrows"])
        write(self.owed, RESERVES, state["reserves"])
        write(self.tokens[1], slot(self.owed, BALANCES), state["cash"])
        debt = slot(BORROWER, DEBTS)
        write(self.owed, debt, state["principal"])
        write(self.owed, debt + 1, state["own_index"])
        write(self.held, INDEX, 10**18)
        write(self.held, BORROWS, state["held_borrows"])
        write(self.held, RESERVES, state["held_reserves"])
        write(self.held, SUPPLY, state["token_supply"])
        write(self.held, slot(BORROWER, TOKENS), state["tokens"])
        write(self.held, slot(ANYONE, TOKENS), 0)
        write(self.tokens[0], slot(self.held, BALANCES), state["held_cash"])

    def read(self) -> dict[str, int]:
        stored, debt = self.evm.stored, slot(BORROWER, DEBTS)
        return {
            "borrow_index": stored(self.owed, INDEX), "borrows": stored(self.owed, BORROWS),
            "reserves": stored(self.owed, RESERVES), "cash": stored(self.tokens[1], slot(self.owed, BALANCES)),
            "principal": stored(self.owed, debt), "own_index": stored(self.owed, debt + 1),
            "held_borrows": stored(self.held, BORROWS), "held_reserves": stored(self.held, RESERVES),
            "token_supply": stored(self.held, SUPPLY), "tokens": stored(self.held, slot(BORROWER, TOKENS)),
            "held_cash": stored(self.tokens[0], slot(self.held, BALANCES)),
        }  # fmt: skip

    def act(self, rule: str, inputs: Mapping[str, int]) -> None:
        """Take the step. Raises Reverted, also where the code returns an error instead."""
        match rule:
            case "liquidate_borrow":
                self.call(self.owed, "liquidateBorrow(address,uint256,address)", BORROWER, inputs["repaid"], self.held,
                          sender=ANYONE)  # fmt: skip
            case "mint":
                self.call(self.held, "mint(uint256)", inputs["given"])
            case "redeem":
                self.call(self.held, "redeem(uint256)", inputs["units"])
            case "borrow":
                self.call(self.owed, "borrow(uint256)", inputs["drawn"])
            case "repay_borrow":
                self.call(self.owed, "repayBorrow(uint256)", inputs["paid"])
            case "accrue_interest":
                self.accrue(self.owed, self.held, inputs)
            case "accrue_on_collateral":
                self.accrue(self.held, self.owed, inputs)

    def accrue(self, market: str, other: str, inputs: Mapping[str, int]) -> None:
        """Blocks pass in which one market bears interest, and the other none."""
        self.block += inputs["blocks"]
        self.evm.at(1, self.block)
        self.evm.write(other, ACCRUED, self.block)
        self.evm.write(self.rates, 0, inputs["rate"])
        self.call(market, "accrueInterest()")

    def call(self, to: str, signature: str, *args: Any, sender: str = BORROWER) -> None:
        code = int.from_bytes(self.evm.call(to, signature, *args, sender=sender)[:32], "big")
        if code != 0:
            told = [data for topics, data in self.evm.logs() if topics == [FAILURE]][-1]
            raise Reverted("/".join(str(int.from_bytes(told[n : n + 32], "big")) for n in (0, 32, 64)))
