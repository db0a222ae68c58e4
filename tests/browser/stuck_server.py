"""The app, whose worker is in a step that takes minutes as soon as anybody comes.

It has a sixth of the time to end: what is tried is that it does not wait for the step.
"""

import time
from collections.abc import Iterator
from typing import Any

from pages.ui.operator import ending
from pages.ui.serve import main
from pages.ui.worker.tasks import Predict


def stuck(task: Predict, classifier: Any) -> Iterator[Any]:
    time.sleep(600)
    yield None


Predict.steps = stuck
ending.STEP_SECONDS /= 6
ending.MOST_SECONDS /= 6
main()
