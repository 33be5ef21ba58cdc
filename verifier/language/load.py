"""Finding designs: the bundled library, and specs in files of one's own."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from pathlib import Path
from types import ModuleType

from verifier.language.errors import PACKAGE, Site, SpecError, known
from verifier.language.pieces import Design, Generic
from verifier.language.project import Project, find_project

LIBRARY = "verifier_specs"


def bundled() -> dict[str, type[Design]]:
    """The bundled designs by name, file by file in alphabetical order, in the order in which each file has them."""
    found: dict[str, type[Design]] = {}
    package = importlib.import_module(LIBRARY)
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        if not info.ispkg:
            found |= designs_in(importlib.import_module(f"{LIBRARY}.{info.name}"))
    return found


def generics() -> list[Generic]:
    """The properties of the library that any design may be asked for; one name may have several forms."""
    module = importlib.import_module(f"{LIBRARY}.properties")
    return [found for found in vars(module).values() if isinstance(found, Generic)]


def from_file(path: Path) -> dict[str, type[Design]]:
    """The designs of a spec file, which may import its neighbours and the bundled library."""
    found = designs_in(module_of(path))
    if not found:
        raise SpecError(f"{path} has no design: a class that extends Design and wires a mechanism")
    return found


def module_of(path: Path) -> ModuleType:
    """The module that a file is. Raises SpecError for whatever is wrong with it."""
    if not path.exists():
        raise SpecError(f"there is no file {path}")
    if path.resolve().parent in map(Path, importlib.import_module(LIBRARY).__path__):
        return importlib.import_module(f"{LIBRARY}.{path.stem}")
    name = f"_spec_{abs(hash(path.resolve()))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SpecError(f"{path} is not a Python file; a spec ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except SpecError:
        raise
    except SyntaxError as error:
        site = Site(error.filename or str(path), error.lineno or 0)
        raise SpecError(f"this is not Python: {error.msg}: {(error.text or '').strip()}", site) from error
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith((PACKAGE, "<"))]
        site = Site(frames[-1].filename, frames[-1].lineno or 0) if frames else Site(str(path), 0)
        raise SpecError(f"{type(error).__name__}: {error}", site) from error
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


def designs_in(module: ModuleType) -> dict[str, type[Design]]:
    """The designs that a module defines itself."""
    return {
        value.title: value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Design) and value.__module__ == module.__name__
    }


def select(names: tuple[str, ...]) -> dict[str, type[Design]]:
    """The designs that a command line names: bundled ones by name, files by path; all bundled ones if it names none."""
    library = bundled()
    if not names:
        return library
    chosen: dict[str, type[Design]] = {}
    for name in names:
        if name in library:
            chosen[name] = library[name]
        elif name.endswith(".py") or "/" in name:
            chosen |= from_file(Path(name))
        else:
            raise SpecError(f"there is no design '{name}'; {known(library, name)}. A file is named with its .py")
    return chosen


def chosen_or_listed(names: tuple[str, ...]) -> dict[str, type[Design]]:
    """The designs that a command line names; without names those of the project around us, or all bundled ones."""
    project = None if names else find_project(Path.cwd())
    return select(names) if project is None or project.designs is None else listed(project)


def listed(project: Project) -> dict[str, type[Design]]:
    """The designs that a project lists."""
    chosen: dict[str, type[Design]] = {}
    for entry in project.designs or ():
        if entry.files:
            for path in entry.files:
                chosen |= from_file(path)
            continue
        try:
            chosen |= select((entry.text,))
        except SpecError as error:
            raise SpecError(error.message, error.site or entry.site) from error
    return chosen
