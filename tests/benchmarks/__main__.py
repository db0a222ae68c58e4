"""`python -m tests.benchmarks [name ...]`: run the named benchmarks, or all of them."""

from __future__ import annotations

import importlib
import os
import sys

NAMES = (
    "superpixels",
    "methods",
    "same_calls",
    "peers",
    "loading_check",
    "first_maps",
    "quadrature",
    "rules",
    "smoothgrad_noise",
    "shared_passes",
    "shapley",
    "exact_values",
    "windows_of_classes",
    "fast_head",
    "shapley_at_layers",
    "what_speaks_where",
    "occlusion",
    "bfloat16",
    "newcomer",
    "polls",
    "time_left",
    "reruns",
    "load",
    "hall",
    "soak",
    "memory",
    "toggles",
    "own_networks",
    "class_change",
    "cluster",
)


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise SystemExit(f"There is no benchmark {', '.join(unknown)}; use {', '.join(NAMES)}.")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in names or NAMES:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        print(f"\n== {name}: {(module.__doc__ or '').splitlines()[0]}\n", flush=True)
        module.main()


if __name__ == "__main__":
    main(sys.argv[1:])
