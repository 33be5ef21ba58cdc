"""A first spec for somebody to change."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from verifier.language.errors import SpecError


def write_starting_spec(name: str, folder: Path) -> Path:
    """Write ``name.py`` into the folder. Raises SpecError if there is one, or the name cannot be one of a design."""
    words = [word for word in re.split(r"[^a-zA-Z0-9]+", name.removesuffix(".py")) if word]
    if not words or not words[0][0].isalpha():
        raise SpecError(f"'{name}' is no name for a spec: use letters and digits, beginning with a letter")
    path = folder / f"{'_'.join(word.lower() for word in words)}.py"
    if path.exists():
        raise SpecError(f"{path.name} exists already; choose another name")
    template = files(__package__).joinpath("starting_spec.txt").read_text(encoding="utf-8")
    text = template.replace("MECHANISM", "".join(word.capitalize() for word in words))
    path.write_text(text.replace("DESIGN", "-".join(word.lower() for word in words)), encoding="utf-8")
    return path
