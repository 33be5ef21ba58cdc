"""Aave v3.6 compiled from npm's sources: the pool of v3.0's harness with this version's code, errors and deficit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from .aave_v3_0 import HALF_WORD, NOW, RESERVES, TREASURY, ZERO, AaveV30
from .evm import ANSWER, ANYONE, Evm, selector, slot
from .packages import compiled, version

ORIGIN = "@aave-dao/aave-v3-origin"
FILES = tuple(
    f"src/contracts/{path}.sol"
    for path in ("instances/PoolInstance", "instances/ATokenInstance", "instances/VariableDebtTokenInstance",
                 "protocol/configuration/PoolAddressesProvider")
)  # fmt: skip
SETTINGS = MappingProxyType({"remappings": ["openzeppelin-contracts/=@openzeppelin/"], "evmVersion": "shanghai"})
VIRTUAL_BALANCE = 2**127  # what the pool believes that it holds


def error(name: str) -> str:
    """How an error of the code's own begins."""
    return f"0x{selector(f'{name}()').hex()}"


class AaveV36(AaveV30):
    """One borrower with one collateral and one debt; the caller liquidates, and rates stay as they are."""

    reasons: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "health_factor_not_below_threshold": error("HealthFactorNotBelowThreshold"),
        "collateral_cannot_be_liquidated": error("CollateralCannotBeLiquidated"),
        "must_not_leave_dust": error("MustNotLeaveDust"),
        "no_debt_burnt": error("InvalidBurnAmount"),
        "no_collateral_burnt": error("InvalidBurnAmount"),
    }

    def __init__(self) -> None:
        self.source = version(ORIGIN)
        self.evm = Evm("SHANGHAI", any_size=True)
        self.evm.at(NOW)
        self.made = compiled(ORIGIN, "solc-0.8.27", FILES, SETTINGS)
        self.libraries: dict[str, str] = {}
        self.provider = self.instance("PoolAddressesProvider", "string,address", "", ANYONE)
        self.strategy = self.evm.deploy(ANSWER)
        for name in ("BorrowLogic", "FlashLoanLogic", "LiquidationLogic", "PoolLogic", "SupplyLogic"):
            self.libraries[name] = self.instance(name)
        self.pool = self.instance("PoolInstance", "address,address", self.provider, self.strategy)
        self.open()

    def instance(self, name: str, kinds: str = "", *args: Any) -> str:
        code = self.linked(self.made[name]["bytecode"], self.made[name]["linkReferences"])
        return self.evm.deploy(code, kinds, *args)

    def reserve(self, token: str) -> None:
        share = self.instance("ATokenInstance", "address,address,address", self.pool, ZERO, TREASURY)
        debt = self.instance("VariableDebtTokenInstance", "address,address", self.pool, ZERO)
        for made in (share, debt):
            self.evm.write(made, 0, 0)  # behind a proxy nothing would be initialized yet
            kinds = "initialize(address,address,uint8,string,string,bytes)"
            self.evm.call(made, kinds, self.pool, token, 18, "", "", b"")
        self.shares.append(share)
        self.debts.append(debt)
        place = slot(token, RESERVES)
        self.evm.write(self.pool, place + 4, int(share, 16))
        self.evm.write(self.pool, place + 6, int(debt, 16))

    def keep_rates(self, number: int, supply: int, borrow: int) -> None:
        self.evm.write(self.pool, slot(self.tokens[number], RESERVES) + 8, VIRTUAL_BALANCE << 128)
        self.evm.write(self.strategy, number, (supply, borrow)[number])

    def put(self, state: Mapping[str, int]) -> None:
        super().put(state)
        place = slot(self.tokens[1], RESERVES) + 3
        self.evm.write(self.pool, place, self.evm.stored(self.pool, place) | state["deficit"])

    def read(self) -> dict[str, int]:
        packed = self.evm.stored(self.pool, slot(self.tokens[1], RESERVES) + 3)
        return {**super().read(), "deficit": packed & HALF_WORD}
