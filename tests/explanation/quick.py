"""Every method as quick as its checks allow, on the tiny classifier."""

from __future__ import annotations

from typing import Any

from attribution_core import Attribution, Classifier, Grid, explain
from attribution_core.images import Pixels

QUICK: dict[str, dict[str, Any]] = {
    "integrated_gradients": {"steps": 128},
    "expected_gradients": {"references": "blurs", "samples": 32},
    "blur_integrated_gradients": {"steps": 256},
    "xrai": {"steps": 128},
    "smoothgrad": {"samples": 6},
    "occlusion": {"window": 6, "stride": 4},
    "rise": {"samples": 60},
    "lime": {"samples": 60},
    "kernel_shap": {"budget": 80, "estimator": "least squares"},
    "shapley_values": {"superpixels": 6},
    "banzhaf_values": {"superpixels": 6},
}
INNER = "pooled"
CLASS = 2


def run(classifier: Classifier, image: Pixels, method: str, **settings: Any) -> Attribution:
    settings = {"superpixels": Grid(4, 4)} | QUICK.get(method, {}) | settings
    return explain(classifier, image, method, settings.pop("target", CLASS), **settings)


def shared(method: str) -> dict[str, Any]:
    return {"superpixels": Grid(4, 4)} | QUICK.get(method, {})
