"""The house: which room may know which, read off the imports (the README has its picture)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CORE = (
    "arrays assets known_networks regular_files version",
    "running",
    "images painting region_merging resampling",
    "references segmentations scores",
    "games",
    "methods",
    "registry",
    "request",
    "figures",
    "attribution",
    "saved_maps",
    "network",
    "problem",
    "models",
    "explanation",
    "several_classes",
    "measures",
    "axioms",
    "command_line",
)
"""From the ground up: a room knows only rooms of lines above its own."""

PAGES = (
    "components",
    "worker",
    "shell",
    "stage",
    "maps",
    "motion",
    "methods regions superpixels layers references randomisation faithfulness axioms stories "
    "operator",
    "newcomer",
    "serve",
)
FREE_OF_KERAS = ("games", "methods", "measures", "axioms", "arrays", "registry", "request")
BROWSER = {"streamlit", "plotly"}


@cache
def modules() -> dict[str, Path]:
    """Every module of core and pages by its dotted name."""
    files = [*ROOT.glob("attribution_core/**/*.py"), *ROOT.glob("pages/**/*.py")]
    return {_dotted(file): file for file in files}


def _dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imports(module: str) -> Iterator[str]:
    """What a module imports, inside functions too; what only types need is no arrow."""
    pending: list[ast.AST] = [ast.parse(modules()[module].read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            parts = [f"{origin}.{name.name}" for name in node.names]
            yield from (part if part in modules() else origin for part in parts)
        else:
            pending.extend(ast.iter_child_nodes(node))


def room_of(module: str) -> str:
    """The room of a module: a folder, or a file on the ground floor."""
    return module.removeprefix("attribution_core.").removeprefix("pages.ui.").split(".")[0]


def level_of(module: str) -> int:
    """How high a module's room lies; the front door and the command's entry above all others."""
    if module in ("attribution_core", "attribution_core.__main__"):
        return len(CORE)
    if module.startswith("attribution_core."):
        lines = CORE
    elif module.startswith("pages.ui."):
        lines = PAGES
    else:
        return len(CORE) + len(PAGES) + 1
    base = 0 if lines is CORE else len(CORE) + 1
    if module == "pages.ui":
        return base
    return base + next(
        level for level, rooms in enumerate(lines) if room_of(module) in rooms.split()
    )


@pytest.mark.parametrize("module", sorted(modules()))
def test_no_arrow_points_upwards(module: str) -> None:
    known = [name for name in imports(module) if name in modules() and name != "attribution_core"]
    upwards = [
        name
        for name in known
        if level_of(name) > level_of(module)
        or (level_of(name) == level_of(module) and room_of(name) != room_of(module))
    ]
    assert not upwards


def test_there_is_no_circle_of_modules() -> None:
    graph = {
        name: {other for other in imports(name) if other in modules() and other != name}
        for name in modules()
    }
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", [name for name in sorted(modules()) if name[0] == "a"])
def test_the_core_does_not_know_the_browser(module: str) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & (BROWSER | {"pages"})


@pytest.mark.parametrize(
    "module", [name for name in sorted(modules()) if room_of(name) in FREE_OF_KERAS]
)
def test_mathematics_does_not_ask_keras(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(module)}
    assert "keras" not in roots


def test_the_ground_floor_stays_small() -> None:
    rooms = {room_of(module) for module in modules() if module.startswith("attribution_core.")}
    assert len(rooms - {"__main__"}) <= 28


def lengths(module: str) -> Iterator[tuple[str, int]]:
    """Each function with its lines, those of its docstring not counted."""
    for node in ast.walk(ast.parse(modules()[module].read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            first = node.body[0]
            documented = ast.get_docstring(node) is not None and first.end_lineno
            docstring = documented - first.lineno + 1 if documented else 0
            yield node.name, node.end_lineno - node.lineno + 1 - docstring


@pytest.mark.parametrize("package", ["attribution_core", "pages"])
def test_a_function_is_read_at_one_go(package: str) -> None:
    found = {
        f"{module}.{name}": lines
        for module in modules()
        if module.split(".")[0] == package
        for name, lines in lengths(module)
    }
    assert {name: lines for name, lines in found.items() if lines > 60} == {}


@pytest.mark.parametrize("module", [name for name in sorted(modules()) if name[0] == "p"])
def test_what_a_button_does_is_done_in_a_callback(module: str) -> None:
    # A run that asks whether its button was pressed may be superseded before it asks.
    asked = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(modules()[module].read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("button", "form_submit_button")
        and "on_click" not in {keyword.arg for keyword in node.keywords}
    }
    assert not asked
