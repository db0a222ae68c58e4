"""Signed values as colours: red for, blue against, translucent near zero."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RED = (178, 24, 43)
BLUE = (33, 102, 172)


def grey_of(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Luma ``(h, w)`` of RGB ``(h, w, 3)`` in 0..255 (Rec. 601)."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]))


def painted(
    values: npt.NDArray[np.floating],
    limit: float,
    opacity: float,
    grey: npt.NDArray[np.float64] | None,
) -> npt.NDArray[np.uint8]:
    """Colours ``(h, w, 3)`` of values ``(h, w)``.

    Parameters
    ----------
    values : float array ``(h, w)``
    limit : float
        The |value| at which the colour saturates.
    opacity : float
        Of a saturated colour over the grey picture, 0..1.
    grey : float array ``(h, w)`` or None
        The picture beneath, 0..255; white, and full opacity, where None.
    """
    strength = np.clip(values / (limit or 1.0), -1, 1)[..., None]
    colour = np.where(strength > 0, np.array(RED, float), np.array(BLUE, float))
    if grey is None:
        share, ground = np.abs(strength), np.full((*values.shape, 1), 255.0)
    else:
        share, ground = opacity * np.abs(strength), grey[..., None]
    return np.asarray(np.rint(share * colour + (1 - share) * ground), np.uint8)
