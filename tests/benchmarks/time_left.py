"""How far off the time left is that the app shows, and the cost it tells before.

Sampling methods at the pixels of the built-in model, on the app's own worker. Half way, between 30
and 70 %, the time left against what then passed; before the second run of a kind, with another
picture, its cost against what it then took. The aim is 30 %.
"""

from __future__ import annotations

import time
from statistics import median

from attribution_core import Classifier
from attribution_core.methods.options import OptionValue
from attribution_core.request import granted, request_or_reason
from attribution_core.running.pace import TimeLeft
from attribution_core.segmentations import Slic
from pages.ui.shell.gallery import pixels_of
from pages.ui.shell.own_picture import DEFAULT_SIZE
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain, Predict

MODEL, ME = "efficientnet_lite0", "benchmark"
POLL_SECONDS = 0.1
AIM = 30
RUNS: tuple[tuple[str, dict[str, OptionValue]], ...] = (
    ("kernel_shap", {"budget": 512}),
    ("lime", {"samples": 512}),
    ("occlusion", {}),
    ("smoothgrad", {"samples": 100}),
    ("integrated_gradients", {"steps": 128, "rule": "midpoint"}),
)
PICTURES = ("cat_coffee", "dog_cat", "macaw")


def main() -> None:
    engine = Engine({})
    print(f"{'method':22}{'run':>4}{'seconds':>9}{'told before':>13}{'error half way, %':>20}")
    for method, options in RUNS:
        for number, picture in enumerate(PICTURES):
            task = _task(_loaded(engine), picture, method, dict(options))
            before = engine.jobs.cost([task])
            seconds, errors = _watched(engine, task)
            told = "–" if before is None else f"{before.seconds:.1f}"
            found = f"{median(errors):.0f} (most {max(errors):.0f})" if errors else "not steady"
            print(f"{method:22}{number + 1:4}{seconds:9.1f}{told:>13}{found:>20}", flush=True)
    print(f"\nThe aim is {AIM} %.")
    engine.jobs.close()


def _loaded(engine: Engine) -> Classifier:
    found = engine.loaded(MODEL)
    if found is not None:
        return found
    picture = pixels_of(PICTURES[0], DEFAULT_SIZE)
    engine.jobs.ask(ME, [Predict(MODEL, picture)])
    while (found := engine.loaded(MODEL)) is None:
        engine.jobs.touch(ME)
        time.sleep(POLL_SECONDS)
    return found


def _task(
    classifier: Classifier, picture: str, method: str, options: dict[str, OptionValue]
) -> Explain:
    asked = request_or_reason(
        classifier,
        picture=pixels_of(picture, classifier.input_size),
        method=method,
        target=285,
        segmentation=Slic(50, 10.0),
        options=options,
    )
    return Explain(MODEL, granted(asked))


def _watched(engine: Engine, task: Explain) -> tuple[float, list[float]]:
    """Seconds that a task took, and the errors of the time left between 30 and 70 %, in percent."""
    seen: list[tuple[float, TimeLeft]] = []
    started = time.monotonic()
    engine.jobs.ask(ME, [task])
    while (snapshot := engine.jobs.look(task, ME)).state in ("queued", "running"):
        left = engine.jobs.standing(ME).left
        engine.jobs.touch(ME)
        share = getattr(snapshot.estimate, "done", 0) / getattr(snapshot.estimate, "planned", 1)
        if left is not None and 0.3 <= share <= 0.7:
            seen.append((time.monotonic(), left))
        time.sleep(POLL_SECONDS)
    end = time.monotonic()
    errors = [100 * abs(left.seconds / (end - at) - 1) for at, left in seen]
    return end - started, errors


if __name__ == "__main__":
    main()
