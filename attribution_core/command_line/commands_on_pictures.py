"""Commands that take pictures: what each is for, its arguments, and the function that runs it.

That function's module is imported when the command is run: to print help takes no TensorFlow.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from attribution_core.command_line.argument_values import (
    figure_file,
    interactions_file,
    observations_file,
    positive,
    regions_file,
    several,
    table_or_arrays_file,
)
from attribution_core.command_line.shared_arguments import (
    add_colours,
    add_model,
    add_problem,
    add_reference_and_places,
    add_score,
    add_workers,
)
from attribution_core.images import INPUT, PICTURE_FILES
from attribution_core.methods.presets import PRESETS
from attribution_core.methods.shapley_interactions import CONTEXTS
from attribution_core.registry import METHODS

_SETS = ", ".join(f'"{title}"' for title in PRESETS)


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Make maps of pictures."""
    parser.description = (
        "Writes a PNG (the map in colours over the grey picture) and an NPZ (arrays, and the "
        "settings as JSON) for every picture, method, class and layer. Maps that DIR already has "
        "from the same settings are not made again; those from other settings are replaced. The "
        "app opens the NPZ files too."
    )
    _add_what_to_explain(parser)
    _add_settings(parser)
    add_workers(parser, "pictures")

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.explain import explain_pictures

        return explain_pictures(asked)

    parser.set_defaults(run=run, goes_on=True)


def _add_what_to_explain(parser: argparse.ArgumentParser) -> None:
    """Pictures, methods, classes, layers and the model."""
    add = parser.add_argument
    add("pictures", nargs="*", metavar="PICTURE", help=f"{PICTURE_FILES} files")
    add(
        "--pictures-from",
        type=Path,
        metavar="FILE",
        help="a text file that names more of them, one a line; - for standard input",
    )
    add(
        "--out",
        required=True,
        metavar="DIR",
        help="created if it does not exist; or an address that fsspec knows, such as "
        "s3://bucket/maps",
    )
    add(
        "--method",
        "--methods",
        nargs="+",
        action="extend",
        metavar="NAME",
        help=f"one or more of {', '.join(METHODS)}, or a set of them: {_SETS}; default: "
        "gradient_times_input",
    )
    add(
        "--class",
        dest="classes",
        nargs="+",
        action="extend",
        metavar="CLASS",
        help="numbers or labels; default: each picture's top class",
    )
    add(
        "--layer",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="one or more of the model's layers; default: input",
    )
    add_model(parser)


def add_regions(parser: argparse.ArgumentParser) -> None:
    """Say what speaks where in pictures."""
    parser.description = (
        "Prints, for each picture, regions of neighbouring places that speak for one class more "
        "than for any other: the sum of what they give to its logit, how many places they are, and "
        "the rank of the class in the network's answer to the whole picture. At the last layer it "
        "takes one forward pass where the network is linear from there on."
    )
    add = parser.add_argument
    add("pictures", nargs="+", metavar="PICTURE", help=f"{PICTURE_FILES} files")
    compared = parser.add_mutually_exclusive_group()
    compared.add_argument(
        "--class",
        dest="classes",
        nargs="+",
        action="extend",
        metavar="CLASS",
        help="only these classes are compared, numbers or labels; default: all",
    )
    compared.add_argument(
        "--likeliest",
        type=several,
        metavar="COUNT",
        help="only so many of the likeliest classes are compared",
    )
    add("--layer", metavar="NAME", help="one of the model's layers; default: the last one")
    add_model(parser)
    add_reference_and_places(parser)
    add(
        "--budget",
        type=positive,
        default=512,
        help="evaluations where the values can only be estimated; default: %(default)s",
    )
    add(
        "--out",
        type=regions_file,
        metavar="FILE",
        help="also writes places as .csv, regions as .json, all arrays as .npz, or a figure for "
        "print as .png, .pdf or .svg; for several pictures one file each, named after FILE and the "
        "picture",
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.regions import list_regions

        return list_regions(asked)

    parser.set_defaults(run=run)


def add_interactions(parser: argparse.ArgumentParser) -> None:
    """Say what pairs of parts are worth together."""
    parser.description = (
        "Prints, for each picture, the pairs of superpixels, or of positions of an inner layer, "
        "whose Shapley interactions are the largest: what two add together beyond what each adds "
        "alone. Exact for at most 16 of them and where the network is local from the layer on; "
        "else estimated around random coalitions, with standard errors."
    )
    add = parser.add_argument
    add("pictures", nargs="+", metavar="PICTURE", help=f"{PICTURE_FILES} files")
    add(
        "--class",
        dest="target",
        metavar="CLASS",
        help="a number or a label; default: each picture's top class",
    )
    add("--layer", default=INPUT, metavar="NAME", help="one of the model's; default: input")
    add_model(parser)
    add_reference_and_places(parser)
    add(
        "--contexts",
        type=positive,
        default=CONTEXTS,
        help="random coalitions around which all pairs are tried, 1276 evaluations of 50 "
        "superpixels each; from six on there are standard errors; default: %(default)s",
    )
    add_score(parser)
    add(
        "--strongest",
        type=positive,
        default=10,
        metavar="COUNT",
        help="pairs that are printed, at most; default: %(default)s",
    )
    add(
        "--out",
        type=interactions_file,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="also writes all pairs as .csv, arrays as .npz, or lines on the picture with the "
        "matrix as a figure for print, .png, .pdf or .svg; several of them at once, and for "
        "several pictures one file each, named after FILE and the picture",
    )
    add_colours(parser, "of the figure")

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.interactions import list_interactions

        return list_interactions(asked)

    parser.set_defaults(run=run)


def add_fewest(parser: argparse.ArgumentParser) -> None:
    """Say how few parts are enough."""
    parser.description = (
        "Prints, for each picture, the fewest superpixels, or positions of an inner layer, that "
        "keep the network's answer while all others are at the reference, and the fewest whose "
        "absence changes it: found greedily, then proven by trying all smaller sets, as far as "
        "the budget goes."
    )
    add = parser.add_argument
    add("pictures", nargs="+", metavar="PICTURE", help=f"{PICTURE_FILES} files")
    add("--layer", default=INPUT, metavar="NAME", help="one of the model's; default: input")
    add_model(parser)
    add_reference_and_places(parser)
    add(
        "--budget",
        type=positive,
        default=4096,
        help="evaluations that each of the two searches may take; default: %(default)s",
    )
    add(
        "--out",
        type=table_or_arrays_file,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="also writes a row for each part as .csv, or the parts as .npz; both at once, and for "
        "several pictures one file each, named after FILE and the picture",
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.fewest import list_fewest

        return list_fewest(asked)

    parser.set_defaults(run=run)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Score, figure and colours, and what `add_problem` adds."""
    add_problem(parser)
    add = parser.add_argument
    add_score(parser)
    add(
        "--figure",
        type=figure_file,
        metavar="FILE",
        help="also draws the maps in one figure for print, as .png, .pdf or .svg; for several "
        "pictures one figure each, named after FILE and the picture",
    )
    add_colours(parser, "of the figure and the PNG files")


def add_observations(parser: argparse.ArgumentParser) -> None:
    """Check the thesis's claims on a network."""
    parser.description = (
        "Prints, at the pixels and at the last layer: how the maps of two classes correlate, and "
        "those with re-initialised parameters in the top stages, as mean and standard deviation "
        "over pictures; and how many evaluations and seconds Shapley values take. For each method "
        "it says whether the claims of the thesis's figures 3.1, 3.3 and 3.4 hold: that maps are "
        "alike at the pixels, and less alike above. By default on the gallery's pictures of two "
        "things. Where a network's classes are not ImageNet's, and of pictures of your own, the "
        "two likeliest classes are compared."
    )
    _add_what_to_observe(parser)
    add_model(parser)
    add_problem(parser)
    add_workers(parser, "pictures")
    parser.add_argument(
        "--out",
        type=observations_file,
        metavar="FILE",
        help="also writes each picture's correlations as .csv, or everything as .json",
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.observations import observe

        return observe(asked)

    parser.set_defaults(run=run)


def _add_what_to_observe(parser: argparse.ArgumentParser) -> None:
    """Pictures, classes, methods, layers, and which of the claims."""
    add = parser.add_argument
    add("files", nargs="*", metavar="PICTURE", help=f"{PICTURE_FILES} files; default: the gallery")
    add(
        "--pictures",
        dest="most",
        type=positive,
        metavar="COUNT",
        help="only the first so many of them",
    )
    add(
        "--methods",
        "--method",
        nargs="+",
        action="extend",
        metavar="NAME",
        help=f"one or more of {', '.join(METHODS)}, or a set of them: {_SETS}; default: "
        "gradient_times_input, integrated_gradients with 16 steps, and kernel_shap and lime with "
        "128 evaluations, unless --option says otherwise; with new parameters, only those that "
        "take gradients",
    )
    add(
        "--only",
        nargs="+",
        action="extend",
        choices=("classes", "parameters", "cost"),
        metavar="PART",
        help="classes, parameters or cost: only these of the three; default: all",
    )
    add(
        "--stages",
        type=positive,
        default=4,
        metavar="COUNT",
        help="of the network, from the top, are re-initialised; default: %(default)s",
    )
    add(
        "--layers",
        "--layer",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="layers beside the pixels and the last one",
    )
    add(
        "--class",
        dest="classes",
        nargs=2,
        metavar="CLASS",
        help="two classes to compare on every picture, numbers or labels",
    )
