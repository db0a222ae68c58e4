"""Attribution methods for image classifiers: where a network looks, for each class, at any layer.

    from attribution_core import explain, load_classifier, load_image

    classifier = load_classifier("efficientnet_lite0")
    image = load_image("cat.png", classifier.input_size)
    attribution = explain(classifier, image, "integrated_gradients", target=285)

TensorFlow is imported when the first classifier is loaded, Matplotlib when the first figure is
drawn, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attribution_core.attribution import Attribution
from attribution_core.figures.style import FigureStyle
from attribution_core.games.game import FunctionGame, Game
from attribution_core.images import Picture, load_image
from attribution_core.measures.class_correlation import class_correlation
from attribution_core.measures.class_values import ClassValues, class_values
from attribution_core.measures.curves import (
    FaithfulnessCurve,
    deletion_curve,
    insertion_curve,
    random_curves,
)
from attribution_core.measures.known_measures import MEASURES
from attribution_core.measures.localisation import Mosaic, grid_pointing, mosaic
from attribution_core.measures.map_curves import Players, faithfulness_curves
from attribution_core.measures.measure import Effort
from attribution_core.measures.measure_table import Measured, MeasureTable, measured_map
from attribution_core.measures.owen_parts import OwenParts, owen_parts
from attribution_core.measures.pair_interactions import PairInteractions, pair_interactions
from attribution_core.measures.similarity import Similarity, similarity, spearman
from attribution_core.measures.smallest_parts import SmallestParts, smallest_parts
from attribution_core.measures.strongest_classes import (
    Region,
    StrongestClasses,
    strongest_classes,
)
from attribution_core.methods.banzhaf_values import banzhaf_values
from attribution_core.methods.blur_integrated_gradients import blur_integrated_gradients
from attribution_core.methods.class_activation import class_activation
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.expected_gradients import expected_gradients
from attribution_core.methods.functions import Differentiable, TensorFunction
from attribution_core.methods.grad_cam import grad_cam
from attribution_core.methods.gradient import gradient
from attribution_core.methods.gradient_times_input import gradient_times_input
from attribution_core.methods.integrated_gradients import integrated_gradients
from attribution_core.methods.kernel_shap import kernel_shap
from attribution_core.methods.lime import lime
from attribution_core.methods.linear_attribution import linear_attribution
from attribution_core.methods.method import Method
from attribution_core.methods.occlusion import occlusion, sliding_squares
from attribution_core.methods.options import Option
from attribution_core.methods.owen_values import owen_values
from attribution_core.methods.path_integrated_gradients import path_integrated_gradients
from attribution_core.methods.rise import rise
from attribution_core.methods.shapley_interactions import (
    sampled_interactions,
    shapley_interactions,
)
from attribution_core.methods.shapley_values import shapley_values
from attribution_core.methods.smoothgrad import smoothgrad
from attribution_core.methods.xrai import xrai
from attribution_core.models.loading import load_classifier
from attribution_core.references import REFERENCE_KINDS, reference_image
from attribution_core.registry import METHODS
from attribution_core.request import Reason, Request, request_or_reason
from attribution_core.running.cache import Cache
from attribution_core.scores import Contrast
from attribution_core.segmentations import Grid, Slic, grid, superpixels

if TYPE_CHECKING:
    from attribution_core.explanation import explain, refine
    from attribution_core.figures.figure import figure
    from attribution_core.network.classifier import Classifier
    from attribution_core.network.randomisation import Randomisation, randomize
    from attribution_core.several_classes import explain_classes

__all__ = [
    "MEASURES",
    "METHODS",
    "REFERENCE_KINDS",
    "Attribution",
    "Cache",
    "ClassValues",
    "Classifier",
    "Contrast",
    "Differentiable",
    "Effort",
    "Estimate",
    "Estimator",
    "FaithfulnessCurve",
    "FigureStyle",
    "FunctionGame",
    "Game",
    "Grid",
    "MeasureTable",
    "Measured",
    "Method",
    "Mosaic",
    "Option",
    "OwenParts",
    "PairInteractions",
    "Picture",
    "Players",
    "Randomisation",
    "Reason",
    "Region",
    "Request",
    "Similarity",
    "Slic",
    "SmallestParts",
    "StrongestClasses",
    "TensorFunction",
    "banzhaf_values",
    "blur_integrated_gradients",
    "class_activation",
    "class_correlation",
    "class_values",
    "deletion_curve",
    "expected_gradients",
    "explain",
    "explain_classes",
    "faithfulness_curves",
    "figure",
    "grad_cam",
    "gradient",
    "gradient_times_input",
    "grid",
    "grid_pointing",
    "insertion_curve",
    "integrated_gradients",
    "kernel_shap",
    "lime",
    "linear_attribution",
    "load_classifier",
    "load_image",
    "measured_map",
    "mosaic",
    "occlusion",
    "owen_parts",
    "owen_values",
    "pair_interactions",
    "path_integrated_gradients",
    "random_curves",
    "randomize",
    "reference_image",
    "refine",
    "request_or_reason",
    "rise",
    "sampled_interactions",
    "shapley_interactions",
    "shapley_values",
    "similarity",
    "sliding_squares",
    "smallest_parts",
    "smoothgrad",
    "spearman",
    "strongest_classes",
    "superpixels",
    "xrai",
]

_WHEN_NEEDED = {
    "Classifier": "attribution_core.network.classifier",
    "Randomisation": "attribution_core.network.randomisation",
    "explain": "attribution_core.explanation",
    "explain_classes": "attribution_core.several_classes",
    "figure": "attribution_core.figures.figure",
    "randomize": "attribution_core.network.randomisation",
    "refine": "attribution_core.explanation",
}


def __getattr__(name: str) -> Any:
    if name not in _WHEN_NEEDED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHEN_NEEDED[name]), name)
