"""Least squares for tall, thin designs, quick enough to be solved again and again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray

_WELL_CONDITIONED = 1e-10


def pseudo_inverse(design: FloatArray, nullity: int = 0) -> npt.NDArray[np.float64]:
    """The pseudo-inverse ``(unknowns, samples)`` of a design ``(samples, unknowns)``.

    From the eigenvectors of the normal equations where these are well conditioned, which is a
    hundred times quicker than from the singular values, used otherwise.

    Parameters
    ----------
    design : float array ``(samples, unknowns)``
    nullity : int
        Dimension of the design's null space, known by construction.
    """
    values, vectors = np.linalg.eigh(design.T @ design)
    seen = slice(nullity, None)
    if values[seen][0] > _WELL_CONDITIONED * values[-1]:
        return np.asarray((vectors[:, seen] / values[seen]) @ (vectors[:, seen].T @ design.T))
    return np.asarray(np.linalg.pinv(design, rcond=_WELL_CONDITIONED))


def ridge(design: FloatArray, target: FloatArray) -> npt.NDArray[np.float64]:
    """Ridge regression ``(unknowns,)``, its penalty chosen by generalised cross-validation.

    The penalty is the one of 41, from 10⁻⁴ to 10⁴ times the median squared singular value, and of 0
    with the least error (Golub, Heath and Wahba 1979).

    Parameters
    ----------
    design : float array ``(samples, unknowns)``
    target : float array ``(samples,)``
    """
    left, scales, right = np.linalg.svd(design, full_matrices=False)
    seen = scales > 1e-8 * scales.max(initial=0.0)
    left, scales, right = left[:, seen], scales[seen], right[seen]
    if not len(scales):
        return np.zeros(design.shape[1])
    projected = left.T @ target
    unexplained = max(float(target @ target - projected @ projected), 0.0)
    penalties = np.append(np.logspace(-4, 4, 41) * np.median(scales**2), 0.0)
    kept = scales**2 / (scales**2 + penalties[:, None])
    free = len(target) - kept.sum(axis=1)
    errors = (((1 - kept) * projected) ** 2).sum(axis=1) + unexplained
    # Without residual degrees of freedom there is no error to judge by.
    judged = np.where(free > 1e-6, errors / np.maximum(free, 1e-6) ** 2, np.inf)
    best = kept[np.argmin(judged)]
    return np.asarray(right.T @ (best / scales * projected))
