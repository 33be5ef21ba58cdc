"""Evidence on disk: a folder with a manifest and the files it lists, each with its digest. Data, and nothing else.

What is read was written by a stranger: sizes, numbers of files and nesting are limited, names are plain, and all that
goes wrong is a ``Refused`` with its reason.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import attrs

MANIFEST = "manifest.json"
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}\.(smt2|json)")
LARGEST, MOST, TOTAL, DEEPEST = 16_000_000, 4_000, 256_000_000, 24
"""Bytes of a file, files of a folder, bytes of a folder, and levels of a document."""


class Refused(Exception):  # noqa: N818 (it says what happens to the evidence)
    """The evidence is damaged, incomplete, or about something else."""


@attrs.frozen(eq=False)
class Archive:
    """A manifest, and the text of each file."""

    manifest: Mapping[str, Any]
    files: Mapping[str, str]

    def write(self, folder: Path) -> Path:
        """Write everything into the folder, in the place of older evidence; the manifest's path."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if NAME.fullmatch(old.name):
                old.unlink()
        for name, text in self.files.items():
            (folder / name).write_bytes(text.encode())
        digests = {name: digest(text.encode()) for name, text in self.files.items()}
        path = folder / MANIFEST
        path.write_bytes(document({**self.manifest, "files": digests}).encode())
        return path


def read_archive(folder: Path) -> Archive:
    """What is in the folder, complete and undamaged. Raises Refused."""
    manifest = parsed(content(folder / MANIFEST).decode("utf-8", "replace"), MANIFEST)
    if not isinstance(manifest, dict) or not isinstance(listed := manifest.pop("files", None), dict):
        raise Refused(f"{MANIFEST} lists no files")
    if len(listed) > MOST:
        raise Refused(f"{MANIFEST} lists {len(listed)} files, more than {MOST}")
    present = {path.name for path in folder.iterdir()} - {MANIFEST}
    for name in sorted(set(listed) | present):
        if not NAME.fullmatch(name):
            raise Refused(f"{name!r} is no name of a file of evidence")
        if name not in present:
            raise Refused(f"{name} is missing")
        if name not in listed:
            raise Refused(f"{name} is not listed in {MANIFEST}")
    if sum((folder / name).lstat().st_size for name in listed) > TOTAL:
        raise Refused(f"the files have more than {TOTAL} bytes in all")
    return Archive(manifest, undamaged(folder, listed))


def undamaged(folder: Path, listed: Mapping[str, Any]) -> dict[str, str]:
    """The text of each listed file, which has the listed digest. Raises Refused."""
    files = {}
    for name, expected in listed.items():
        data = content(folder / name)
        if digest(data) != expected:
            raise Refused(f"{name} was changed: its digest is not the one in {MANIFEST}")
        try:
            files[name] = data.decode()
        except UnicodeDecodeError:
            raise Refused(f"{name} is no text") from None
    return files


def content(path: Path) -> bytes:
    """The bytes of a plain file of a decent size. Raises Refused."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            raise Refused(f"{path.name} is not a plain file")
        if about.st_size > LARGEST:
            raise Refused(f"{path.name} has {about.st_size} bytes, more than {LARGEST}")
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"{path.name} is missing") from None
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror}") from None


def parsed(text: str, name: str) -> Any:
    """A JSON document of whole numbers, texts, lists and objects. Raises Refused."""
    level = 0
    for part in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        level += {"[": 1, "{": 1, "]": -1, "}": -1}.get(part[0], 0)
        if level > DEEPEST:
            raise Refused(f"{name} is nested deeper than {DEEPEST}")

    def refuse(what: str) -> NoReturn:
        raise Refused(f"{name} has a number that is not whole: {what[:40]}")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Refused(f"{name} names something twice")
        return found

    try:
        return json.loads(text, parse_float=refuse, parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Refused(f"{name} is not a JSON document") from None


def document(data: Any) -> str:
    """A JSON document as text, the same for the same data."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def shaped(data: Any, shape: Any, where: str) -> Any:
    """The data, if it has the shape: a type, an object with these fields, ``[shape]``, or ``{str: shape}``.

    A tuple lists what is allowed. Raises Refused.
    """
    if isinstance(shape, tuple):
        if any(data is other if other is None else _is(data, other) for other in shape):
            return data
    elif isinstance(shape, list) and isinstance(data, list):
        return [shaped(item, shape[0], f"{where}, number {number}") for number, item in enumerate(data, 1)]
    elif isinstance(shape, dict) and isinstance(data, dict):
        if str in shape:
            return {name: shaped(item, shape[str], f"{where}, {name}") for name, item in data.items()}
        if set(data) != set(shape):
            missing, more = sorted(set(shape) - set(data)), sorted(set(data) - set(shape))
            raise Refused(f"{where} " + (f"lacks {missing[0]}" if missing else f"has an unknown field {more[0]!r}"))
        return {name: shaped(data[name], inner, f"{where}, {name}") for name, inner in shape.items()}
    elif isinstance(shape, type) and type(data) is shape:
        return data
    raise Refused(f"{where} is not what it should be")


def _is(data: Any, other: Any) -> bool:
    return type(data) is other if isinstance(other, type) else type(data) is type(other) and data == other


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
