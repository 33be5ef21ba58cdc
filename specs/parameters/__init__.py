"""Deployed parameter sets: one TOML file each, every value with its source and its date."""

import tomllib
from decimal import Decimal
from importlib.resources import files


def deployed(name: str) -> dict[str, str]:
    """The values of a parameter set by name, as exact decimal texts."""
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text, parse_float=Decimal)
    return {key: str(entry["value"]) for key, entry in table.items() if isinstance(entry, dict)}
