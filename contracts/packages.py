"""The npm packages that hold the contracts: fetched by ``npm ci`` into a cache, outside of this project's tree."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

HERE = Path(__file__).parent
LOCK, LIST, SCRIPT = "package-lock.json", "package.json", "compile.js"


def cache() -> Path:
    """The folder for packages and compiled output: VERIFIER_CONTRACTS, else one in the user's cache."""
    if given := os.environ.get("VERIFIER_CONTRACTS"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "verifier" / "contracts"


def folder() -> Path:
    """Where the packages of the present lock file are."""
    return cache() / hashlib.sha256((HERE / LOCK).read_bytes()).hexdigest()[:16]


def missing() -> str | None:
    """What to do before the packages are there, or None if they are."""
    done = (folder() / "node_modules" / ".package-lock.json").exists()
    return None if done else "the contracts' packages are not installed: verifier conform --install"


def install() -> None:
    """Fetch the packages of the lock file, running none of their scripts."""
    if missing() is None:
        return
    folder().mkdir(parents=True, exist_ok=True)
    for name in (LOCK, LIST):
        shutil.copy(HERE / name, folder() / name)
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed: the contracts come from its registry")
    command = [npm, "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=folder(), check=True)


def artifact(package: str, path: str) -> dict[str, Any]:
    """A JSON file of a package."""
    return json.loads((folder() / "node_modules" / package / path).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def plain_token() -> str:
    """Creation code of a token without surprises; it takes its supply, and keeps balances in its second slot."""
    return str(artifact("@uniswap/v2-core", "build/ERC20.json")["evm"]["bytecode"]["object"])


def version(package: str) -> str:
    """The package with its version, as npm names it."""
    return f"{package}@{artifact(package, 'package.json')['version']}"


def compiled(
    package: str, solc: str, files: tuple[str, ...], settings: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, dict[str, Any]]:
    """The contracts of some of a package's files by name, compiled at the first time that they are asked for."""
    what = json.dumps([package, solc, files, dict(settings)]) + (HERE / SCRIPT).read_text(encoding="utf-8")
    out = folder() / f"compiled-{hashlib.sha256(what.encode()).hexdigest()[:16]}.json"
    if not out.exists():
        fresh = out.with_suffix(f".{os.getpid()}")  # put in its place when it is whole: others may compile, too
        root = folder() / "node_modules" / package
        command = ["node", str(HERE / SCRIPT), solc, str(root), str(fresh), json.dumps(dict(settings)), *files]
        subprocess.run(command, cwd=folder(), check=True)
        fresh.replace(out)
    return json.loads(out.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
