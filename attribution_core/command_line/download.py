"""``download``: the weights of Keras Applications, or the list of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.progress import ProgressBar
from attribution_core.known_networks import KERAS_APPLICATIONS, KerasApplication
from attribution_core.models.download_task import DownloadError
from attribution_core.models.keras_weights import download_weights, find_weights
from attribution_core.models.preprocessing import title_of

_TWENTIETHS = 20


def download_networks(asked: argparse.Namespace) -> int:
    """Download the networks that are named, or list them all; return the exit code.

    ValueError where a name is not known.
    """
    for name in asked.names:
        if name not in KERAS_APPLICATIONS:
            raise ValueError(f"The network '{name}' is not one of {', '.join(KERAS_APPLICATIONS)}.")
    if not asked.names:
        print("\n".join(_listed()))
        return DONE
    failed = 0
    for name in asked.names:
        network = KERAS_APPLICATIONS[name]
        bar = ProgressBar(network.megabytes)
        try:
            _download(network, bar)
        except (DownloadError, ValueError) as error:
            failed += 1
            bar.say(f"{network.title}: {sentence(error)}")
        bar.close()
    return SOME_FAILED if failed else DONE


def _download(network: KerasApplication, bar: ProgressBar) -> None:
    """Show each twentieth, and the end."""
    shown = -1
    for step in download_weights(network):
        done = round(step.done_bytes / 1e6)
        bar.planned = round((step.total_bytes or network.parameters * 4) / 1e6)
        if shown < 0 or done == bar.planned != shown or done - shown > bar.planned / _TWENTIETHS:
            bar.step(f"MB of {network.title}", done - max(shown, 0))
            shown = done


def _listed() -> Iterator[str]:
    for network in KERAS_APPLICATIONS.values():
        size = network.input_size
        yield (
            f"{network.name}: {network.title}, {network.megabytes} MB, {size}×{size}, "
            f"{title_of(network.preprocessing)}; {network.paper}, arXiv:{network.arxiv}; "
            f"{_place(network)}"
        )


def _place(network: KerasApplication) -> str:
    try:
        found = find_weights(network)
    except ValueError as error:
        return str(error)
    return "to be downloaded" if found is None else str(found)
