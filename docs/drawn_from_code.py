"""A Sphinx extension: a page a method from its file, the tables, the core's reference."""

from __future__ import annotations

import csv
import inspect
import os
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, NumpyDocstring

import attribution_core
from attribution_core import METHODS, Estimator
from attribution_core.axioms.promises import facts_of, precision_shown
from attribution_core.known_networks import KERAS_APPLICATIONS, KerasApplication
from attribution_core.measures.known_measures import MEASURES
from attribution_core.methods.badges import badges_of, cost_of
from attribution_core.methods.method import QUESTIONS, Method
from attribution_core.methods.options import Option
from attribution_core.methods.presets import PRESETS, Preset
from attribution_core.models.preprocessing import title_of
from attribution_core.registry import grouped, in_groups


def setup(app: Sphinx) -> None:
    """Write the pages before any is read."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir)))
    app.connect("autodoc-process-docstring", _escape)


def _escape(
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    lines[:] = without_bars("\n".join(lines)).splitlines()


def write_pages(docs: Path) -> None:
    """Write ``methods/*.md``, ``networks_table.md``, ``measures_list.md``, ``measured_*.md`` and
    ``reference.md``.

    What is there already and equal stays.
    """
    (docs / "methods").mkdir(exist_ok=True)
    for method in METHODS.values():
        _write(docs / "methods" / f"{method.name}.md", method_page(method))
    _write(docs / "methods" / "index.md", methods_page())
    _write(docs / "networks_table.md", networks_table())
    _write(docs / "measures_list.md", measures_list())
    for part, pixels in (("pixels", True), ("inner", False)):
        table = measured_table(docs / "methods_by_measures.csv", pixels=pixels)
        _write(docs / f"measured_{part}.md", table)
    _write(docs / "reference.md", reference_page())


def _write(path: Path, text: str) -> None:
    # Sphinx reads again what is newer.
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def methods_page() -> str:
    """The list of all methods, by the question that they answer."""
    tables = [
        f"## {QUESTIONS[question]}\n\n| method | what it does | | cost | values |\n"
        "|---|---|---|---|---|\n" + "\n".join(map(_method_row, methods))
        for question, methods in in_groups().items()
    ]
    names = "\n".join(grouped())
    return (
        "# Methods\n\nEach page is drawn from the method's file in `attribution_core/methods/`. "
        "The cost is that of a map of a layer with 49 players, in passes through the network "
        "above it.\n\n" + "\n\n".join(tables) + "\n\n## Sets of methods\n\n| set | methods | |\n"
        "|---|---|---|\n"
        + "\n".join(map(_set_row, PRESETS.values()))
        + f"\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    )


def _method_row(method: Method[Any]) -> str:
    badges = ", ".join(badge.title for badge in badges_of(method))
    cells = (_link(method), method.summary, badges, cost_of(method), precision_shown(method))
    return f"| {' | '.join(cells)} |"


def _set_row(preset: Preset) -> str:
    named = ", ".join(_link(METHODS[name]) for name in preset.names(METHODS, {}))
    return f"| {preset.title} | {named} | {preset.help} |"


def _link(method: Method[Any]) -> str:
    return f"[{method.title}]({method.name}.md)"


def method_page(method: Method[Any]) -> str:
    """Title, source, formula, options and promises of one method."""
    module = import_module(method.run.__module__)
    parts = [
        f"# {method.title}",
        method.summary,
        "\n".join(f"- {fact}" for fact in facts_of(method)),
    ]
    if method.two_variables is not None:
        parts += ["On a function of two variables:", f"$$\n{method.two_variables.formula}\n$$"]
    for name, estimator in _estimators(module):
        parts += [f"## `{name}`", _documented(name, estimator.refine)]
    if method.options:
        parts += ["## Options", _options(method.options)]
    parts.append(f"Command line: `attributions explain PICTURE --method {method.name}`")
    return "\n\n".join(parts) + "\n"


def _estimators(module: ModuleType) -> Iterator[tuple[str, Estimator[Any]]]:
    """The formulas that a method's file holds."""
    for name, value in vars(module).items():
        if isinstance(value, Estimator) and value.refine.__module__ == module.__name__:
            yield name, value


def _options(options: tuple[Option, ...]) -> str:
    rows = [
        f"| `{option.name}` | {option.default} | {option.expected} | {option.help} |"
        for option in options
    ]
    return "| option | default | values | |\n|---|---|---|---|\n" + "\n".join(rows)


def networks_table() -> str:
    """The networks of Keras Applications, a row each."""
    head = "| name | network | MB | input | prepared | exact at the top | paper | file |\n"
    rows = "\n".join(_network_row(network) for network in KERAS_APPLICATIONS.values())
    return f"{head}|---|---|---|---|---|---|---|---|\n{rows}\n"


def _network_row(network: KerasApplication) -> str:
    prepared = "inside" if network.preprocessing == "none" else title_of(network.preprocessing)
    cells = (
        f"`{network.name}`",
        network.title,
        network.megabytes,
        f"{network.input_size}×{network.input_size}",
        prepared,
        "yes" if network.local else "no",
        f"{network.paper}, arXiv:{network.arxiv}",
        f"`{network.file}`",
    )
    return f"| {' | '.join(map(str, cells))} |"


def measures_list() -> str:
    """The measures, a paragraph each."""
    return "\n".join(
        f"**{measure.title}** (`{measure.name}`, {measure.better} is better; {measure.paper}). "
        f"{measure.summary} *What it cannot say:* {measure.cannot_say} "
        f"Baseline: {measure.random}.\n"
        for measure in MEASURES.values()
    )


def measured_table(path: Path, *, pixels: bool) -> str:
    """Methods at the pixels, or at inner layers, by measures, as ``attributions evaluate`` left it.

    A mean is bold where the interval of its gain over maps without information lies above 0, and
    in italics where it lies below.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["layer"] == "input") == pixels]
    cells = {(row["measure"], row["method"], row["layer"]): _measured(row) for row in rows}
    columns = list(dict.fromkeys((row["method"], row["layer"]) for row in rows))
    titles = [
        METHODS[method].title + ("" if pixels else f"<br>`{layer}`") for method, layer in columns
    ]
    lines = [
        f"| {MEASURES[name].title}&nbsp;{'↑' if MEASURES[name].better == 'higher' else '↓'} | "
        + " | ".join(cells[name, *column] for column in columns)
        + " |"
        for name in dict.fromkeys(row["measure"] for row in rows)
    ]
    head = f"| measure | {' | '.join(titles)} |\n|---|{'---:|' * len(columns)}\n"
    return head + "\n".join(lines) + "\n"


def _measured(row: dict[str, str]) -> str:
    mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
    mark = "**" if float(row["gain_low"]) > 0 else "*" if float(row["gain_high"]) < 0 else ""
    told = f"{mark}{_hundredths(mean)}&nbsp;±&nbsp;{_hundredths((high - low) / 2)}{mark}"
    return f"{told}<br>{_hundredths(float(row['random_mean']))}"


def _hundredths(value: float) -> str:
    """.25, −.03, 1.00, and .00 without a sign."""
    digits = f"{abs(value):.2f}".removeprefix("0")
    return ("−" if value < 0 and float(digits) else "") + digits


def reference_page() -> str:
    """All that `attribution_core` offers, from the docstrings."""
    parts = [
        "# The core's reference",
        "What `from attribution_core import …` gives. It needs no browser and no Streamlit.",
    ]
    for name in attribution_core.__all__:
        value = getattr(attribution_core, name)
        if isinstance(value, type):
            parts.append(_in_rst(f".. autoclass:: attribution_core.{name}\n   :members:\n"))
        elif isinstance(value, Estimator):
            parts.append(_documented(name, value.refine))
        elif callable(value):
            parts.append(_documented(name, value))
    return "\n\n".join(parts) + "\n"


def _documented(name: str, function: Callable[..., Any]) -> str:
    """A function's signature, without types, and its docstring."""
    signature = inspect.signature(function)
    short = signature.replace(
        parameters=[
            _shown(each.replace(annotation=inspect.Parameter.empty))
            for each in signature.parameters.values()
        ],
        return_annotation=inspect.Signature.empty,
    )
    settings = Config(napoleon_use_rtype=False)
    words = without_bars(inspect.getdoc(function) or "")
    text = str(NumpyDocstring(words, settings, what="function"))
    body = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
    return _in_rst(f".. py:function:: {name}{short}\n   :no-index:\n\n{body}\n")


class _Environment:
    """Stands for the environment, whose values are nobody's business."""

    def __repr__(self) -> str:
        return "os.environ"


def _shown(parameter: inspect.Parameter) -> inspect.Parameter:
    return (
        parameter.replace(default=_Environment()) if parameter.default is os.environ else parameter
    )


def without_bars(text: str) -> str:
    """The same with bars of absolute values escaped, which mark substitutions otherwise."""
    parts = re.split(r"(``.*?``)", text, flags=re.DOTALL)
    return "".join(each if each.startswith("``") else each.replace("|", r"\|") for each in parts)


def _in_rst(text: str) -> str:
    return f"````{{eval-rst}}\n{text}````"
