"""Versions: `pyproject.toml` says what fits, `requirements.txt` pins one of each that does."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEPENDENCIES = {
    canonicalize_name(each.name): each for each in map(Requirement, PROJECT["dependencies"])
}
OPTIONAL = {
    canonicalize_name(each.name): each
    for extra in PROJECT["optional-dependencies"].values()
    for each in map(Requirement, extra)
}
UNSEEN = {"cryptography", "jinja2"}
"""What another package imports only where it finds it."""


def pins(path: Path) -> dict[str, str]:
    """The version of each package that a file pins, those of the files it includes among them."""
    found: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            found |= pins(path.parent / text.removeprefix("-r "))
        elif text:
            name, version = text.split("==")
            assert canonicalize_name(name) not in found, f"{name} is pinned twice"
            found[canonicalize_name(name)] = version
    return found


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a module imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("name", [*DEPENDENCIES, *OPTIONAL])
def test_the_pinned_version_fits(name: str) -> None:
    file = "requirements.txt" if name in DEPENDENCIES else "tests/requirements.txt"
    version = pins(ROOT / file).get(name)
    assert version is not None, f"{name} is not pinned"
    declared = DEPENDENCIES.get(name) or OPTIONAL[name]
    assert declared.specifier.contains(version)
    # A range with both ends: what next year's version breaks is not installed by itself.
    assert {each.operator for each in declared.specifier} == {">=", "<"}


def test_what_the_code_imports_is_declared_and_nothing_else() -> None:
    modules = [ROOT / "app.py"]
    for package in ("attribution_core", "pages"):
        modules += (ROOT / package).rglob("*.py")
    names = {name for module in modules for name in imported(module)}
    others = names - set(sys.stdlib_module_names) - {"attribution_core", "pages"}
    distributions = packages_distributions()
    declared = {canonicalize_name(distributions[name][0]) for name in others}
    assert declared == {*DEPENDENCIES, *OPTIONAL} - UNSEEN


@pytest.mark.parametrize("path", ["tests/requirements.txt", "tests/benchmarks/requirements.txt"])
def test_what_tests_need_is_pinned_beside_the_apps_own(path: str) -> None:
    assert pins(ROOT / path).items() >= pins(ROOT / "requirements.txt").items()
