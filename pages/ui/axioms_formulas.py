"""The methods' formulas for two variables, as the page of axioms shows them."""

from __future__ import annotations

from collections.abc import Mapping

from attribution_core.plane_attributions import SAMPLES_OF_LIME, SAMPLES_OF_SMOOTHGRAD, SIGMA

FORMULAS: Mapping[str, tuple[str, str]] = {
    "gradient": (
        r"\varphi_i = \frac{\partial f}{\partial x_i}(x)",
        "Simonyan et al. 2014; thesis, section 2.2. A slope, in units of f a unit of x: nothing "
        "that could sum to a change of f.",
    ),
    "gradient_times_input": (
        r"\varphi_i = x_i\,\frac{\partial f}{\partial x_i}(x)",
        "Shrikumar et al. 2016; thesis, section 2.2. As if the reference were 0.",
    ),
    "linear": (
        r"\varphi_i = (x_i - x'_i)\,\frac{\partial f}{\partial x_i}(x)",
        "Thesis, equation 2.11: the first Taylor term.",
    ),
    "integrated_gradients": (
        r"\varphi_i = (x_i - x'_i)\int_0^1 \frac{\partial f}{\partial x_i}"
        r"\bigl(x' + t\,(x - x')\bigr)\,dt",
        "Sundararajan et al. 2017; thesis, equation 2.18. Along the straight path that the plane "
        "shows.",
    ),
    "smoothgrad": (
        r"\varphi_i = \mathbb{E}_{z \sim \mathcal{N}(x,\,\sigma^2)}"
        r"\left[\frac{\partial f}{\partial x_i}(z)\right]",
        f"Smilkov et al. 2017; thesis, section 2.2. Here σ is {SIGMA:g} of the larger of |x − x′| "
        f"and |y − y′|, with {SAMPLES_OF_SMOOTHGRAD} samples of one seed.",
    ),
    "occlusion": (
        r"\varphi_i = v(\{1, 2\}) - v(\{1, 2\} \setminus i)",
        "Zeiler and Fergus 2014; thesis, section 2.3. v(S) is f with the variables outside of S at "
        "their reference.",
    ),
    "lime": (
        r"\varphi = \arg\min_{w} \min_{w_0} \sum_z e^{-\lVert 1 - z \rVert^2/\sigma^2}"
        r"\,\bigl(v(z) - w_0 - w \cdot z\bigr)^2",
        "Ribeiro et al. 2016; thesis, equations 2.2-2.5. Over "
        f"{SAMPLES_OF_LIME} coalitions z of one seed, with σ = 0.75·√2.",
    ),
    "kernel_shap": (
        r"\varphi = \arg\min_{w} \sum_S k(|S|)\,\Bigl(v(S) - v(\emptyset) - \sum_{i \in S} w_i"
        r"\Bigr)^2,\; \sum_i w_i = v(\{1, 2\}) - v(\emptyset)",
        "Lundberg and Lee 2017; thesis, equation 2.34. All four coalitions fit the budget, so "
        "these are the Shapley values.",
    ),
    "shapley_values": (
        r"\varphi_1 = \tfrac12\bigl[v(\{1\}) - v(\emptyset)\bigr] + "
        r"\tfrac12\bigl[v(\{1, 2\}) - v(\{2\})\bigr]",
        "Shapley 1953; thesis, equation 2.32, for two players.",
    ),
}
"""LaTeX, and the source with what is particular here, by method."""
