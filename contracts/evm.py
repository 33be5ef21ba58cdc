"""An EVM in this process: deploy, call, read and write storage, and reverts by their reason."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pyrevm
from eth_abi.abi import decode, encode
from eth_hash.auto import keccak

ANYONE = "0x" + "11" * 20
ANSWER = "0x7060005460005260015460205260406000f36000526011600ff3"
"""Creation code of a contract that answers every question with the first two words of its storage."""
OUTPUT = re.compile(r"output: 0x([0-9a-f]*)")


class Reverted(Exception):  # noqa: N818 (the field's word)
    """A call that was undone, with the reason it gave."""


def digest(data: bytes) -> bytes:
    """The EVM's hash."""
    return bytes(keccak(data))


@cache
def selector(signature: str) -> bytes:
    """The first four bytes of a function's or an error's hash."""
    return digest(signature.encode())[:4]


@cache
def types(signature: str) -> list[str]:
    """The types of a function's arguments."""
    inner, found, depth = signature[signature.index("(") + 1 : -1], [""], 0
    for letter in inner:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found if inner else []


def calldata(signature: str, args: tuple[Any, ...]) -> bytes:
    """A call's data; whole numbers and addresses are written directly, which is much faster."""
    if all(isinstance(arg, int) or (isinstance(arg, str) and len(arg) == 42) for arg in args):
        return selector(signature) + b"".join(
            arg.to_bytes(32, "big") if isinstance(arg, int) else bytes(12) + bytes.fromhex(arg[2:]) for arg in args
        )
    return selector(signature) + encode(types(signature), args)


def slot(key: int | str, base: int) -> int:
    """Where a mapping keeps the value of a key."""
    number = int(key, 16) if isinstance(key, str) else key
    return int.from_bytes(digest(number.to_bytes(32, "big") + base.to_bytes(32, "big")), "big")


def reason(message: str) -> str:
    """What a failed call says: its text, its panic code, or the first four bytes of its own error."""
    found = OUTPUT.search(message)
    if found is None:
        return message
    data = bytes.fromhex(found[1])
    if data[:4] == selector("Error(string)"):
        return str(decode(["string"], data[4:])[0])
    if data[:4] == selector("Panic(uint256)"):
        return f"Panic {int.from_bytes(data[4:36], 'big'):#x}"
    return f"0x{data[:4].hex()}" if data else "revert without data"


class Evm:
    """One chain with one caller who has all the ether that he needs."""

    def __init__(self, fork: str = "SHANGHAI", *, any_size: bool = False) -> None:
        env = pyrevm.Env(cfg=pyrevm.CfgEnv(limit_contract_code_size=2**24)) if any_size else None
        self.raw = pyrevm.EVM(env=env, gas_limit=2**60, spec_id=fork)
        self.raw.set_balance(ANYONE, 2**200)

    def at(self, timestamp: int, number: int = 1) -> None:
        """Set the clock."""
        self.raw.set_block_env(pyrevm.BlockEnv(timestamp=timestamp, number=number, gas_limit=2**60, basefee=0))

    def deploy(self, code: str, kinds: str = "", *args: Any, sender: str = ANYONE) -> str:
        """A new contract from its creation code and constructor's arguments; its address."""
        return str(self.raw.deploy(sender, bytes.fromhex(code.removeprefix("0x")) + encode(types(f"({kinds})"), args)))

    def call(self, to: str, signature: str, *args: Any, sender: str = ANYONE) -> bytes:
        """What the call returns; its effects stay. Raises Reverted."""
        try:
            return bytes(self.raw.message_call(sender, to, calldata(signature, args)))
        except RuntimeError as error:
            raise Reverted(reason(str(error))) from None

    def number(self, to: str, signature: str, *args: Any) -> int:
        """The first word of what a call returns."""
        return int.from_bytes(self.call(to, signature, *args)[:32], "big")

    def address(self, to: str, signature: str, *args: Any) -> str:
        """The address that a call returns."""
        return f"0x{self.number(to, signature, *args):040x}"

    def write(self, address: str, place: int, value: int) -> None:
        """Write a word of storage."""
        self.raw.insert_account_storage(address, place, value)

    def stored(self, address: str, place: int) -> int:
        """A word of storage."""
        return int(self.raw.storage(address, place))

    def logs(self) -> list[tuple[list[bytes], bytes]]:
        """Topics and data of what the last call logged."""
        result = self.raw.result
        assert result is not None
        return [([bytes(topic) for topic in log.data[0]], bytes(log.data[1])) for log in result.logs]
