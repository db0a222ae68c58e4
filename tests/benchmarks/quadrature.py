"""Integrated Gradients' rules: completeness gap and error of the map by number of gradients.

Two gallery pictures against black, on the built-in model, at the input and at an inner layer. The
truth is the adaptive rule with many more gradients than any row has; its own expected error is
printed. The last rows are the adaptive rule stopped at a gap of 1 %. What to compare: the adaptive
rule with 25 gradients, and Gauss-Legendre with 50.
"""

from __future__ import annotations

import numpy as np

from attribution_core import integrated_gradients
from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.integrated_gradients import Rule
from attribution_core.problem import Problem
from attribution_core.scores import score_values
from tests.benchmarks.problems import best_class, built_in, gallery_picture, posed

PICTURES = ("rocket.jpg", "coffee.png")
LAYERS = ("input", "block5c_add")
RULES: tuple[Rule, ...] = ("midpoint", "trapezoid", "gauss_legendre", "adaptive")
STEPS = (25, 50, 100)
TRUTH_STEPS = 640


def main() -> None:
    classifier = built_in()
    print(
        f"{'layer':14}{'rule':18}{'gradients':>10}"
        + "".join(f"{picture.split('.')[0] + ' gap / map %':>22}" for picture in PICTURES)
    )
    for layer in LAYERS:
        problems = []
        for file in PICTURES:
            picture = gallery_picture(classifier, file)
            target = best_class(classifier, picture)
            problems.append(posed(classifier, picture, "integrated_gradients", target, layer))
        truths = [_integrated(problem, "adaptive", TRUTH_STEPS) for problem in problems]
        expected = [f"{100 * truth.diagnostics['map_error']:.2f}" for truth in truths]
        _row(layer, "truth", TRUTH_STEPS, [f"expected {error}" for error in expected])
        for rule in RULES:
            for steps in STEPS:
                found = [_integrated(problem, rule, steps) for problem in problems]
                _row(layer, rule, steps, _errors(problems, found, truths))
        found = [_integrated(problem, "adaptive", 256, tolerance=0.01) for problem in problems]
        used = "/".join(str(estimate.evaluations) for estimate in found)
        _row(layer, "adaptive to 1 %", used, _errors(problems, found, truths))


def _integrated(problem: Problem, rule: Rule, steps: int, tolerance: float = 0.0) -> Estimate:
    return integrated_gradients(
        problem.function,
        problem.point,
        problem.reference,
        steps=steps,
        rule=rule,
        tolerance=tolerance,
    )


def _errors(problems: list[Problem], found: list[Estimate], truths: list[Estimate]) -> list[str]:
    return [
        f"{100 * _gap(problem, estimate.values):.2f} / "
        f"{100 * _distance(estimate.values, truth.values):.1f}"
        for problem, estimate, truth in zip(problems, found, truths, strict=True)
    ]


def _gap(problem: Problem, values: FloatArray) -> float:
    """|Σ values − (f(x) − f(x′))| as a share of |f(x) − f(x′)|."""
    there, here = score_values(problem.ends, problem.score)
    return float(abs(values.sum(dtype=np.float64) - (there - here)) / abs(there - here))


def _distance(values: FloatArray, truth: FloatArray) -> float:
    return float(np.linalg.norm(values - truth) / np.linalg.norm(truth))


def _row(layer: str, rule: str, gradients: int | str, cells: list[str]) -> None:
    print(f"{layer:14}{rule:18}{gradients:>10}" + "".join(f"{c:>22}" for c in cells), flush=True)


if __name__ == "__main__":
    main()
