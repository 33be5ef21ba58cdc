"""Real contracts, each run in an EVM of its own, that specs of the library are compared with."""

from __future__ import annotations

import importlib
import importlib.util

from .packages import install, missing

__all__ = ["IMPLEMENTATIONS", "implementation", "install", "lacking"]

IMPLEMENTATIONS = {
    "uniswap-v2": "uniswap_v2:UniswapV2",
    "aave-v3.0": "aave_v3_0:AaveV30",
    "aave-v3.6": "aave_v3_6:AaveV36",
    "compound-v2": "compound_v2:CompoundV2",
    "morpho-blue": "morpho_blue:MorphoBlue",
}
"""The module and class that runs the contract of each design."""


def lacking() -> str | None:
    """What has to be installed before any contract can run, or None."""
    needed = [name for name in ("pyrevm", "eth_abi", "eth_hash") if importlib.util.find_spec(name) is None]
    if needed:
        return f"{', '.join(needed)} not installed: pip install 'liquidation-verifier[contracts]'"
    return missing()


def implementation(design: str) -> type:
    """The class that runs the contract of a design."""
    module, name = IMPLEMENTATIONS[design].split(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)  # type: ignore[no-any-return]
