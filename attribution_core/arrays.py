"""Types of arrays by what they hold, whatever its precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.integer[Any]]

Logits = npt.NDArray[np.float32]
"""Scores before softmax, one a class along the last axis."""
