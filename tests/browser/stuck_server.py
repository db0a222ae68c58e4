"""The app, whose worker is in a step that takes minutes as soon as anybody comes."""

import time
from collections.abc import Iterator
from typing import Any

from pages.ui.serve import main
from pages.ui.worker.tasks import Predict


def stuck(task: Predict, classifier: Any) -> Iterator[Any]:
    time.sleep(600)
    yield None


Predict.steps = stuck
main()
