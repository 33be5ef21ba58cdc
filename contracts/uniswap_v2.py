"""Uniswap v2 as npm ships it: the pair made by its factory, the router's quotes, the example oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .evm import ANYONE, Evm, digest, slot
from .packages import artifact, version

CORE, PERIPHERY = "@uniswap/v2-core", "@uniswap/v2-periphery"
RESERVES, SUM0, SUM1 = 8, 9, 10  # the pair's storage
SEEN0, SEEN1, SEEN_AT, MEAN0, MEAN1 = range(5)  # the oracle's
WORD = 2**112 - 1


def creation(package: str, name: str) -> str:
    return str(artifact(package, f"build/{name}.json")["evm"]["bytecode"]["object"])


class UniswapV2:
    """One pair with an observer; a trade pays in and then asks the pair, as the router does."""

    settings: ClassVar[Mapping[str, Any]] = {}
    words: ClassVar[Mapping[str, int]] = {"seen0": 256, "seen1": 256, "seen_at": 32}
    examples: ClassVar[tuple[Mapping[str, int], ...]] = (
        *({"reserve0": 997, "reserve1": 2}, {"reserve0": 2, "reserve1": 997}) * 10,
        {"reserve0": 10**6, "reserve1": 10**5},
    )
    """Half of a reserve costs a thousand exactly, so that the product stays the same; and small trades."""
    wider: ClassVar[tuple[str, ...]] = ("observer_starts_with_the_pair",)
    room: ClassVar[Mapping[str, int]] = {}
    apart: ClassVar[Mapping[str, str]] = {}
    reasons: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "insufficient_output_amount": "UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT",
        "insufficient_liquidity": "UniswapV2: INSUFFICIENT_LIQUIDITY",
        "insufficient_input_amount": "UniswapV2: INSUFFICIENT_INPUT_AMOUNT",
        "k": "UniswapV2: K",
        "overflow": "UniswapV2: OVERFLOW",
        "no_input": "UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT",
        "no_output": "UniswapV2Library: INSUFFICIENT_OUTPUT_AMOUNT",
        "underflow": "ds-math-sub-underflow",
        "nothing_left": "Halt { reason: InvalidFEOpcode",
        "period_not_elapsed": "ExampleOracleSimple: PERIOD_NOT_ELAPSED",
    }

    def __init__(self) -> None:
        self.source = f"{version(CORE)}, {version(PERIPHERY)}"
        self.evm = evm = Evm("ISTANBUL")
        evm.at(1)
        pair_code = creation(CORE, "UniswapV2Pair")
        factory = evm.deploy(creation(CORE, "UniswapV2Factory"), "address", ANYONE)
        token = creation(CORE, "ERC20")
        self.tokens = sorted((evm.deploy(token, "uint256", 0) for _ in range(2)), key=lambda it: int(it, 16))
        self.pair = evm.address(factory, "createPair(address,address)", *self.tokens)
        library = creation(PERIPHERY, "UniswapV2Router02")
        assert digest(bytes.fromhex(pair_code)).hex() in library  # the pair that the router was written for
        self.router = evm.deploy(library, "address,address", factory, ANYONE)
        self.places = [(token, slot(self.pair, 1)) for token in self.tokens]
        self.now = 1
        self.reserves(1, 1, 1)
        self.oracle = evm.deploy(
            creation(PERIPHERY, "ExampleOracleSimple"), "address,address,address", factory, *self.tokens
        )

    def reserves(self, reserve0: int, reserve1: int, last: int) -> None:
        """Write the pair's reserves and that it holds just them."""
        self.evm.write(self.pair, RESERVES, reserve0 | reserve1 << 112 | last << 224)
        for (token, place), reserve in zip(self.places, (reserve0, reserve1), strict=True):
            self.evm.write(token, place, reserve)

    def put(self, state: Mapping[str, int]) -> None:
        self.evm.at(state["now"])
        self.now = state["now"]
        self.reserves(state["reserve0"], state["reserve1"], state["last"])
        self.evm.write(self.pair, SUM0, state["cumulative0"])
        self.evm.write(self.pair, SUM1, state["cumulative1"])
        for place, name in enumerate(("seen0", "seen1", "seen_at", "mean0", "mean1")):
            self.evm.write(self.oracle, place, state[name])

    def read(self) -> dict[str, int]:
        packed = self.evm.stored(self.pair, RESERVES)
        held = [self.evm.stored(token, place) for token, place in self.places]
        assert held == [packed & WORD, packed >> 112 & WORD]
        seen = [self.evm.stored(self.oracle, place) for place in range(5)]
        return {
            "reserve0": held[0], "reserve1": held[1], "last": packed >> 224,
            "cumulative0": self.evm.stored(self.pair, SUM0), "cumulative1": self.evm.stored(self.pair, SUM1),
            "now": self.now,
        } | dict(zip(("seen0", "seen1", "seen_at", "mean0", "mean1"), seen, strict=True))  # fmt: skip

    def act(self, rule: str, inputs: Mapping[str, int]) -> None:
        """Take the step. Raises Reverted."""
        match rule:
            case "swap":
                self.trade(0, inputs["sold"], inputs["bought"])
            case "swap_back":
                self.trade(1, inputs["sold"], inputs["bought"])
            case "sell":
                self.trade(0, inputs["sold"], self.quote("getAmountOut", inputs["sold"]))
            case "buy":
                self.trade(0, self.quote("getAmountIn", inputs["bought"]), inputs["bought"])
            case "sync":
                self.evm.call(self.pair, "sync()")
            case "update":
                self.evm.call(self.oracle, "update()")
            case "wait":
                self.now = (self.now + inputs["seconds"]) % 2**32
                self.evm.at(self.now)

    def quote(self, function: str, quantity: int) -> int:
        held = [self.evm.stored(token, place) for token, place in self.places]
        return self.evm.number(self.router, f"{function}(uint256,uint256,uint256)", quantity, *held)

    def trade(self, paid_in: int, sold: int, bought: int) -> None:
        """Pay one token in, take the other; what was paid is given back where the pair refuses."""
        token, place = self.places[paid_in]
        before = self.evm.stored(token, place)
        self.evm.write(token, place, before + sold)
        taken = (0, bought) if paid_in == 0 else (bought, 0)
        try:
            self.evm.call(self.pair, "swap(uint256,uint256,address,bytes)", *taken, ANYONE, b"")
        except Exception:
            self.evm.write(token, place, before)
            raise
