"""Aave v3.0.x as npm ships it: pool, tokens and libraries from their artifacts, two reserves written into storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .evm import ANYONE, Evm, slot
from .packages import artifact, plain_token, version

CORE = "@aave/core-v3"
LOGIC = "protocol/libraries/logic"
LIBRARIES = (
    "BorrowLogic",
    "BridgeLogic",
    "EModeLogic",
    "FlashLoanLogic",
    "LiquidationLogic",
    "PoolLogic",
    "SupplyLogic",
)
BORROWER, TREASURY, ZERO = "0x" + "22" * 20, "0x" + "33" * 20, "0x" + "00" * 20
RAY, HALF_WORD, BALANCE, PLENTY = 10**27, 2**128 - 1, 2**120 - 1, 2**240
RESERVES, USERS, LIST, COUNT = 52, 53, 54, 59  # the pool's storage
A_TOKEN, V_TOKEN = 52, 56  # where the tokens keep their users
BALANCES = 1  # and a plain token what each holds
NOW = 10**9
EXAMPLE = {
    "collateral_token": 10**6, "debt_token": 10**6, "collateral_price": 10**6, "debt_price": 10**6,
    "liquidation_threshold": 10**4, "liquidation_bonus": 10500, "protocol_fee": 1000, "liquidity_index": RAY,
    "borrow_index": RAY, "collateral_enabled": True, "borrowing": True, "reserve_factor": 0,
}  # fmt: skip
"""A position whose balances are values, in units of a hundred-millionth."""
YEAR = 365 * 86400
STEEP = (
    (172729785734829185539789990, YEAR), (172729785734829185539789988, YEAR),  # the rounding of the rate's square shows
    (116179617332472046359600710, YEAR), (116179617319631765264416571, YEAR),  # that of its cube
    (RAY - 1, YEAR), (RAY - 1, 2), (RAY - 1, 1),
)  # fmt: skip
"""Rates and times for which interest shows how each of its terms is rounded."""


def parts(path: str) -> tuple[str, Mapping[str, Any]]:
    """The creation code of a contract, and where libraries go into it."""
    found = artifact(CORE, f"artifacts/contracts/{path}.sol/{path.rpartition('/')[2]}.json")
    return found["bytecode"], found["linkReferences"]


class AaveV30:
    """One borrower with one collateral and one debt; the caller liquidates, and rates stay as they are."""

    settings: ClassVar[Mapping[str, Any]] = dict.fromkeys(
        ("collateral_token", "debt_token", "liquidation_threshold", "liquidation_bonus", "protocol_fee",
         "liquidity_rate", "borrow_rate", "reserve_factor"), "any",
    )  # fmt: skip
    words: ClassVar[Mapping[str, int]] = {"report.collateral": 72, "report.debt": 72, "wait.seconds": 25}
    examples: ClassVar[tuple[Mapping[str, int], ...]] = tuple(
        EXAMPLE | {"scaled_collateral": collateral * 10**8, "scaled_debt": debt * 10**8}
        for collateral, debt in ((5000, 5000), (9500, 10000), (1960, 2000), (2000, 2050), (2900, 3000))
    ) + tuple(
        EXAMPLE | {"scaled_collateral": 10**12, "scaled_debt": 10**12, "borrow_rate": rate, "borrow_age": age,
                   "reserve_factor": 1500}
        for rate, age in STEEP
    ) + (
        EXAMPLE | {"liquidation_threshold": 8000, "scaled_collateral": 2450 * 10**8, "scaled_debt": 2000 * 10**8},
    )  # fmt: skip
    """Health factors of exactly 1 and 0.95, values of 2000; steep rates; a debt of 2000 at a health factor of 0.98."""
    wider: ClassVar[tuple[str, ...]] = ()
    room: ClassVar[Mapping[str, int]] = {}
    apart: ClassVar[Mapping[str, str]] = {
        "interest rates after the call": "a strategy of constant rates stands in for the curve",
        "efficiency mode, isolation mode, stable debt, sentinel": "not part of the spec",
    }
    reasons: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "healthy_45": "45",
        "not_collateral_46": "46",
        "nothing_repaid_25": "25",
        "nothing_seized_25": "25",
    }

    def __init__(self) -> None:
        self.source = version(CORE)
        self.evm = Evm("BERLIN")
        self.evm.at(NOW)
        self.libraries: dict[str, str] = {}
        self.provider = self.deploy("protocol/configuration/PoolAddressesProvider", "string,address", "", ANYONE)
        for name in LIBRARIES:
            self.libraries[name] = self.deploy(f"{LOGIC}/{name}")
        self.pool = self.deploy("protocol/pool/Pool", "address", self.provider)
        self.open()

    def open(self) -> None:
        """Two reserves in the pool, an oracle, and a caller who has all that he needs."""
        self.oracle = self.deploy("mocks/oracle/PriceOracle")
        self.evm.call(self.provider, "setPriceOracle(address)", self.oracle)
        self.strategies: list[str] = []
        self.tokens: list[str] = []
        self.shares: list[str] = []
        self.debts: list[str] = []
        for number in range(2):
            self.tokens.append(self.evm.deploy(plain_token(), "uint256", 0))
            self.reserve(self.tokens[number])
            self.evm.write(self.pool, slot(number, LIST), int(self.tokens[number], 16))
        self.evm.write(self.pool, COUNT, 2 << 64)
        collateral, debt = self.tokens
        self.holder = slot(ANYONE, BALANCES)
        self.evm.write(collateral, slot(self.shares[0], BALANCES), PLENTY)
        self.evm.call(debt, "approve(address,uint256)", self.pool, 2**256 - 1)

    def deploy(self, path: str, kinds: str = "", *args: Any) -> str:
        return self.evm.deploy(self.linked(*parts(path)), kinds, *args)

    def linked(self, code: str, links: Mapping[str, Any]) -> str:
        """The code with the addresses of its libraries."""
        code = code.removeprefix("0x")
        for places in links.values():
            for name, spots in places.items():
                for start in (2 * spot["start"] for spot in spots):
                    code = code[:start] + self.libraries[name][2:] + code[start + 40 :]
        return code

    def reserve(self, token: str) -> None:
        """A token's pool tokens and strategy; what varies is written with each state."""
        share, stable, debt = (
            self.deploy(f"protocol/tokenization/{name}", "address", self.pool)
            for name in ("AToken", "StableDebtToken", "VariableDebtToken")
        )
        names = "uint8,string,string,bytes"
        rest = (18, "", "", b"")
        self.evm.call(
            share, f"initialize(address,address,address,address,{names})", self.pool, TREASURY, token, ZERO, *rest
        )
        for made in (stable, debt):
            self.evm.call(made, f"initialize(address,address,address,{names})", self.pool, token, ZERO, *rest)
        strategy = self.deploy(
            "mocks/tests/MockReserveInterestRateStrategy", "address,uint256,uint256,uint256,uint256,uint256,uint256",
            self.provider, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip
        self.shares.append(share)
        self.debts.append(debt)
        self.strategies.append(strategy)
        for offset, address in enumerate((share, stable, debt, strategy), 4):
            self.evm.write(self.pool, slot(token, RESERVES) + offset, int(address, 16))

    # States.

    def put(self, state: Mapping[str, int]) -> None:
        self.state = dict(state)
        self.now = NOW
        self.evm.at(NOW)
        self.prices(state["collateral_price"], state["debt_price"])
        collateral, debt = self.tokens
        self.configure(0, state["collateral_token"], state)
        self.indices(0, state["liquidity_index"], state["liquidity_rate"], state["liquidity_age"])
        self.configure(1, state["debt_token"], state)
        self.indices(1, state["borrow_index"], state["borrow_rate"], state["borrow_age"])
        flags = state["collateral_enabled"] << 1 | state["borrowing"] << 2
        self.evm.write(self.pool, slot(BORROWER, USERS), flags)
        self.evm.write(self.pool, slot(ANYONE, USERS), 0)
        held = {
            BORROWER: state["scaled_collateral"], ANYONE: state["liquidator_shares"], TREASURY: state["treasury_shares"]
        }  # fmt: skip
        for owner, scaled in held.items():
            self.evm.write(self.shares[0], slot(owner, A_TOKEN), scaled | RAY << 128)
        self.evm.write(self.shares[0], A_TOKEN + 2, sum(held.values()))
        self.evm.write(self.debts[1], slot(BORROWER, V_TOKEN), state["scaled_debt"] | RAY << 128)
        self.evm.write(self.debts[1], V_TOKEN + 2, state["scaled_debt"])
        self.evm.write(collateral, self.holder, PLENTY + state["liquidator_collateral"])
        self.evm.write(debt, self.holder, PLENTY + state["liquidator_cash"])
        self.evm.write(debt, slot(self.shares[1], BALANCES), 0)
        treasury = slot(debt, RESERVES) + 8
        beside = self.evm.stored(self.pool, treasury) & ~HALF_WORD
        self.evm.write(self.pool, treasury, beside | state["accrued_to_treasury"])

    def prices(self, collateral: int, debt: int) -> None:
        for token, price in zip(self.tokens, (collateral, debt), strict=True):
            self.evm.write(self.oracle, slot(token, 0), price)

    def configure(self, number: int, unit: int, state: Mapping[str, int]) -> None:
        """The reserve's bit map: active, with its decimals, threshold, bonus and both of the treasury's shares."""
        decimals = len(str(unit)) - 1
        bits = state["liquidation_threshold"] << 16 | state["liquidation_bonus"] << 32 | decimals << 48 | 1 << 56
        shares = state["reserve_factor"] << 64 | state["protocol_fee"] << 152
        self.evm.write(self.pool, slot(self.tokens[number], RESERVES), bits | shares)

    def indices(self, number: int, index: int, rate: int, age: int) -> None:
        """The collateral earns and is not lent; the debt is lent and earns nothing."""
        place = slot(self.tokens[number], RESERVES)
        supply, borrow = ((index, rate), (RAY, 0)) if number == 0 else ((RAY, 0), (index, rate))
        self.evm.write(self.pool, place + 1, supply[0] | supply[1] << 128)
        self.evm.write(self.pool, place + 2, borrow[0] | borrow[1] << 128)
        self.evm.write(self.pool, place + 3, NOW - age << 128 | number << 168)
        self.keep_rates(number, supply[1], borrow[1])

    def keep_rates(self, number: int, supply: int, borrow: int) -> None:
        """Let the reserve's strategy answer with the rates that it has."""
        for offset, value in enumerate((supply, 0, borrow)):
            self.evm.write(self.strategies[number], offset, value)

    def read(self) -> dict[str, int]:
        collateral, debt = self.tokens
        flags = self.evm.stored(self.pool, slot(BORROWER, USERS))
        places = [slot(token, RESERVES) for token in self.tokens]
        updated = [self.evm.stored(self.pool, place + 3) >> 128 & 2**40 - 1 for place in places]
        return {
            "scaled_collateral": self.evm.stored(self.shares[0], slot(BORROWER, A_TOKEN)) & BALANCE,
            "scaled_debt": self.evm.stored(self.debts[1], slot(BORROWER, V_TOKEN)) & BALANCE,
            "collateral_enabled": bool(flags & 2),
            "borrowing": bool(flags & 4),
            "liquidity_index": self.evm.stored(self.pool, places[0] + 1) & HALF_WORD,
            "borrow_index": self.evm.stored(self.pool, places[1] + 2) & HALF_WORD,
            "liquidity_age": self.now - updated[0],
            "borrow_age": self.now - updated[1],
            "liquidator_shares": self.evm.stored(self.shares[0], slot(ANYONE, A_TOKEN)) & BALANCE,
            "accrued_to_treasury": self.evm.stored(self.pool, places[1] + 8) & HALF_WORD,
            "treasury_shares": self.evm.stored(self.shares[0], slot(TREASURY, A_TOKEN)) & BALANCE,
            "liquidator_collateral": self.evm.stored(collateral, self.holder) - PLENTY,
            "liquidator_cash": self.evm.stored(debt, self.holder) - PLENTY,
        }

    def act(self, rule: str, inputs: Mapping[str, int]) -> None:
        """Take the step. Raises Reverted."""
        match rule:
            case "wait":
                self.now += inputs["seconds"]
                self.evm.at(self.now)
            case "report":
                self.prices(inputs["collateral"], inputs["debt"])
            case "liquidate":
                self.evm.call(
                    self.pool, "liquidationCall(address,address,address,uint256,bool)", *self.tokens, BORROWER,
                    inputs["offer"], int(inputs["receive_shares"]),
                )  # fmt: skip
