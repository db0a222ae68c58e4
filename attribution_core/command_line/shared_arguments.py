"""Arguments that several commands take: the model, what is asked of it, and who does the work."""

from __future__ import annotations

import argparse
from pathlib import Path

from attribution_core.command_line.argument_values import (
    bytes_of,
    option,
    positive,
    preprocessing,
    size,
    whole,
)
from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.models.preprocessing import PREPROCESSINGS
from attribution_core.painting import COLOUR_SCALES
from attribution_core.references import REFERENCE_KINDS
from attribution_core.request import ZEROS
from attribution_core.scores import LINKS

_LINK = (
    "where its network ends in neither softmax nor sigmoid, what its outputs are: logits of one "
    "class among all (softmax), logits of each class by itself (sigmoid), or numbers to be "
    "predicted (none)"
)


_PREPROCESSINGS = f"{', '.join(PREPROCESSINGS)} or 'mean=R,G,B std=R,G,B' of values in 0..1"


def add_workers(parser: argparse.ArgumentParser, pieces: str) -> None:
    """Who does the work, where it is not this process alone."""
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--workers",
        type=positive,
        metavar="COUNT",
        help=f"processes of this machine that share the {pieces} out; default: this one alone "
        "(both need the extra `cluster`)",
    )
    who.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask scheduler that runs, such as tcp://host:8786, whose workers are given the "
        f"{pieces}",
    )
    parser.add_argument(
        "--worker-threads",
        type=positive,
        metavar="COUNT",
        help="that each process of --workers computes with; default: the processors shared out",
    )
    parser.add_argument(
        "--worker-memory",
        type=bytes_of,
        metavar="SIZE",
        help="such as 4GB, that each process of --workers may take; what takes more is begun "
        "again, three times at most; default: the memory shared out",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """The model, by name or a file."""
    add = parser.add_argument
    add(
        "--model",
        default="efficientnet_lite0",
        help=f"{', '.join(KNOWN_NETWORKS)}, or a .keras or .h5 file; default: %(default)s",
    )
    add(
        "--labels",
        type=Path,
        metavar="FILE",
        help="for a model file: its classes, as text (one a line), CSV or JSON",
    )
    add(
        "--preprocessing",
        type=preprocessing,
        default="none",
        metavar="NAME",
        help=f"for a model file: what its network expects, {_PREPROCESSINGS}; default: %(default)s",
    )
    add(
        "--link",
        choices=LINKS,
        help=f"for a model file: {_LINK}; default: softmax of several outputs, none of one",
    )
    add(
        "--size",
        type=size,
        metavar="HEIGHTxWIDTH",
        help="for a model file that takes pictures of any size: in pixels, up to 4096; default: "
        "224x224",
    )


def add_problem(parser: argparse.ArgumentParser) -> None:
    """Reference, players, seed, and the methods' options."""
    add = parser.add_argument
    add("--reference", choices=(*REFERENCE_KINDS, ZEROS), default="black", help="default: black")
    add(
        "--superpixels",
        type=whole,
        metavar="COUNT",
        help="players of coalition methods: exactly COUNT superpixels at the input, a grid of at "
        "most COUNT cells at inner layers; default: 50",
    )
    add("--seed", type=whole, default=0, help="of all random numbers; default: 0")
    add(
        "--option",
        nargs="+",
        action="extend",
        type=option,
        default=[],
        metavar="METHOD.NAME=VALUE",
        help="such as kernel_shap.budget=1024; the command methods lists them all",
    )


def add_reference_and_places(parser: argparse.ArgumentParser) -> None:
    """Reference, players and seed of commands that have no methods."""
    add = parser.add_argument
    add("--reference", choices=(*REFERENCE_KINDS, ZEROS), default="black", help="default: black")
    add(
        "--superpixels",
        type=whole,
        metavar="COUNT",
        help="places, as in explain; default: 50 superpixels "
        "at the input, every position of an inner layer",
    )
    add("--seed", type=whole, default=0, help="of all random numbers; default: 0")


def add_score(parser: argparse.ArgumentParser) -> None:
    """The score to explain."""
    add = parser.add_argument
    add(
        "--score",
        metavar="SCORE",
        help="logit, probability, against:CLASS for the lead over a class, against:0.6*A+B for the "
        "lead over .6 times the mean of several, or finer for that over the three classes nearest "
        "to the one explained; default: logit, and log-probability for a network that has no "
        "logits",
    )


def add_colours(parser: argparse.ArgumentParser, of: str) -> None:
    """The colour scale of what is drawn."""
    add = parser.add_argument
    add(
        "--colours",
        choices=tuple(COLOUR_SCALES),
        default="red-blue",
        help=f"{of}: for the class and against it in two colours, "
        "orange-blue for eyes without red-green vision, or absolute for the size of the values "
        "alone; default: %(default)s",
    )


def add_model_file(parser: argparse.ArgumentParser) -> None:
    """The model file, for maps that do not say where it is."""
    parser.add_argument(
        "--model", metavar="FILE", help="the maps' model file, where they do not say where it is"
    )
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="of --model: its classes, as text, CSV or JSON"
    )
    parser.add_argument(
        "--preprocessing",
        type=preprocessing,
        metavar="NAME",
        help=f"of --model: {_PREPROCESSINGS}; default: none",
    )
    parser.add_argument("--link", choices=LINKS, help=f"of --model: {_LINK}")
