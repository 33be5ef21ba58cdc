"""The one family of errors that a spec's author sees: where it went wrong, what, and how to mend it."""

import difflib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import attrs

PACKAGE = f"{Path(__file__).resolve().parent.parent}{os.sep}"


@attrs.frozen
class Site:
    """A place in somebody's source text; prints as ``file:line``."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SpecError(Exception):
    """A mistake in a spec or in a setting; never a fault of the verifier's own."""

    def __init__(self, message: str, site: Site | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.site = site

    def __str__(self) -> str:
        return f"{self.site}: {self.message}" if self.site else self.message


def here() -> Site | None:
    """The innermost line of the running program that is not the verifier's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((PACKAGE, "<")):
            return Site(file, frame.f_lineno)
        frame = frame.f_back
    return None


def mistake(message: str) -> SpecError:
    """A mistake made at the line of the spec that is running now."""
    return SpecError(message, here())


def known(names: Iterable[str], wrong: str) -> str:
    """The end of a sentence about an unknown name: the likely one first, then all there are."""
    names = sorted(set(names))
    close = difflib.get_close_matches(wrong, names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}Known: {', '.join(names) or 'none'}"
