"""The command line: its arguments, and its entry point."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from attribution_core.command_line.exit_codes import SOME_FAILED, WRONG_USAGE, sentence
from attribution_core.command_line.players import PLAYERS
from attribution_core.command_line.streams import open_missing
from attribution_core.figures.style import SUFFIXES
from attribution_core.images import PICTURE_FILES
from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.measures.known_measures import MEASURES, QUICK
from attribution_core.methods.options import OptionValue
from attribution_core.methods.presets import PRESETS
from attribution_core.models.pixels import size_in
from attribution_core.models.preprocessing import PREPROCESSINGS, read_preprocessing
from attribution_core.painting import COLOUR_SCALES
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS, method_named
from attribution_core.request import ZEROS
from attribution_core.scores import LINKS
from attribution_core.version import PROGRAM

_LINK = (
    "where its network ends in neither softmax nor sigmoid, what its outputs are: logits of one "
    "class among all (softmax), logits of each class by itself (sigmoid), or numbers to be "
    "predicted (none)"
)
_SETS = ", ".join(f'"{title}"' for title in PRESETS)
_PREPROCESSINGS = f"{', '.join(PREPROCESSINGS)} or 'mean=R,G,B std=R,G,B' of values in 0..1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 when everything was done, 1 when some of it failed, 2 when nothing could be started: each
        failure is one sentence on standard error.
    """
    open_missing()
    parser = _parser()
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as exit_:
        # argparse has said what is wrong, or what --help asks for.
        return int(exit_.code or 0)
    asked.typed = shlex.join(sys.argv[1:] if arguments is None else arguments)
    run: Callable[[argparse.Namespace], int] = asked.run
    try:
        return run(asked)
    except (ValueError, OSError) as error:
        print(f"{parser.prog}: {sentence(error)}", file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        next_time = "goes on from here" if asked.goes_on else "begins anew"
        print(f"{parser.prog}: stopped; the same command {next_time}.", file=sys.stderr)
        return SOME_FAILED


def _name_called() -> str:
    installed = Path(sys.argv[0]).stem == "attributions"
    return "attributions" if installed else "python -m attribution_core"


class _Parser(argparse.ArgumentParser):
    """Says what to do where an option of several values has taken the pictures for its own."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: PICTURE"):
            message += "; name the pictures before the options, or behind a --"
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_name_called(),
        description="Attributions of an image classifier's classes, for many pictures.",
    )
    parser.add_argument("--version", action="version", version=PROGRAM)
    # Whether a command that was stopped does not do again what it has done.
    parser.set_defaults(goes_on=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_explain(commands.add_parser("explain", help="make maps of pictures"))
    _add_regions(commands.add_parser("regions", help="say what speaks where in pictures"))
    _add_evaluate(commands.add_parser("evaluate", help="measure the saved maps of a folder"))
    _add_observations(
        commands.add_parser("observations", help="check the thesis's claims on a network")
    )
    _add_replay(commands.add_parser("replay", help="make saved maps again, and compare"))
    _add_methods(commands.add_parser("methods", help="list the methods and their options"))
    _add_download(commands.add_parser("download", help="fetch weights of Keras Applications"))
    _add_doctor(commands.add_parser("doctor", help="say what this machine lacks to run the app"))
    return parser


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Writes a PNG (the map in colours over the grey picture) and an NPZ (arrays, and the "
        "settings as JSON) for every picture, method, class and layer. Maps that DIR already has "
        "from the same settings are not made again; those from other settings are replaced. The "
        "app opens the NPZ files too."
    )
    _add_what_to_explain(parser)
    _add_settings(parser)
    _add_workers(parser, "pictures")

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
    _add_model(parser)


def _add_workers(parser: argparse.ArgumentParser, pieces: str) -> None:
    """Who does the work, where it is not this process alone."""
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--workers",
        type=_positive,
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
        type=_positive,
        metavar="COUNT",
        help="that each process of --workers computes with; default: the processors shared out",
    )
    parser.add_argument(
        "--worker-memory",
        type=_bytes,
        metavar="SIZE",
        help="such as 4GB, that each process of --workers may take; what takes more is begun "
        "again, three times at most; default: the memory shared out",
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
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
        type=_preprocessing,
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
        type=_size,
        metavar="HEIGHTxWIDTH",
        help="for a model file that takes pictures of any size: in pixels, up to 4096; default: "
        "224x224",
    )


def _add_regions(parser: argparse.ArgumentParser) -> None:
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
        type=_several,
        metavar="COUNT",
        help="only so many of the likeliest classes are compared",
    )
    add("--layer", metavar="NAME", help="one of the model's layers; default: the last one")
    _add_model(parser)
    add("--reference", choices=(*REFERENCE_KINDS, ZEROS), default="black", help="default: black")
    add(
        "--superpixels",
        type=_whole,
        metavar="COUNT",
        help="places, as in explain; default: 50 superpixels "
        "at the input, every position of an inner layer",
    )
    add(
        "--budget",
        type=_positive,
        default=512,
        help="evaluations where the values can only be estimated; default: %(default)s",
    )
    add("--seed", type=_whole, default=0, help="of all random numbers; default: 0")
    add(
        "--out",
        type=_regions_file,
        metavar="FILE",
        help="also writes places as .csv, regions as .json, all arrays as .npz, or a figure for "
        "print as .png, .pdf or .svg; for several pictures one file each, named after FILE and the "
        "picture",
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.regions import list_regions

        return list_regions(asked)

    parser.set_defaults(run=run)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Score, figure and colours, and what `_add_problem` adds."""
    _add_problem(parser)
    add = parser.add_argument
    add(
        "--score",
        metavar="SCORE",
        help="logit, probability, against:CLASS for the lead over a class, against:0.6*A+B for the "
        "lead over .6 times the mean of several, or finer for that over the three classes nearest "
        "to the one explained; default: logit, and log-probability for a network that has no "
        "logits",
    )
    add(
        "--figure",
        type=_figure_file,
        metavar="FILE",
        help="also draws the maps in one figure for print, as .png, .pdf or .svg; for several "
        "pictures one figure each, named after FILE and the picture",
    )
    add(
        "--colours",
        choices=tuple(COLOUR_SCALES),
        default="red-blue",
        help="of the figure and the PNG files: for the class and against it in two colours, "
        "orange-blue for eyes without red-green vision, or absolute for the size of the values "
        "alone; default: %(default)s",
    )


def _add_problem(parser: argparse.ArgumentParser) -> None:
    """Reference, players, seed, and the methods' options."""
    add = parser.add_argument
    add("--reference", choices=(*REFERENCE_KINDS, ZEROS), default="black", help="default: black")
    add(
        "--superpixels",
        type=_whole,
        metavar="COUNT",
        help="players of coalition methods: exactly COUNT superpixels at the input, a grid of at "
        "most COUNT cells at inner layers; default: 50",
    )
    add("--seed", type=_whole, default=0, help="of all random numbers; default: 0")
    add(
        "--option",
        nargs="+",
        action="extend",
        type=_option,
        default=[],
        metavar="METHOD.NAME=VALUE",
        help="such as kernel_shap.budget=1024; the command methods lists them all",
    )


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints a table of methods and measures, each beside that of maps without information and "
        "with the 95 % interval of its mean over pictures, and writes methods.csv (the table), "
        "measures.csv (each map), deletion.csv, insertion.csv and localisation.csv to DIR. "
        "Localisation makes "
        "2 x 2 mosaics of the folder's pictures of distinct classes, in the order of their names, "
        "and explains each tile's class there with the settings of the folder's maps; it needs "
        "pictures of four classes. The last mosaic is filled up with the first pictures."
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="of NPZ files that explain or the app wrote")
    add(
        "--players",
        choices=tuple(PLAYERS),
        default="pixels",
        help="what is removed: pixels, 50 superpixels, or positions of each map's layer",
    )
    add("--steps", type=_positive, default=20, help="points of a curve; default: %(default)s")
    add(
        "--random",
        type=_positive,
        default=5,
        metavar="ORDERS",
        help="random orders, and maps without information, to compare with; default: %(default)s",
    )
    add(
        "--measures",
        nargs="+",
        action="extend",
        choices=(*MEASURES, "all", "none"),
        metavar="NAME",
        help=f"one or more of {', '.join(MEASURES)}, all or none; default: {', '.join(QUICK)}. "
        "Those of a region are taken on mosaics, and where --regions has a mask",
    )
    add(
        "--regions",
        type=Path,
        metavar="DIR",
        help="of masks as PNG, each named as its picture: bright where the class is",
    )
    add(
        "--figure",
        type=_figure_file,
        metavar="FILE",
        help="also draws the table for print, as .png, .pdf or .svg",
    )
    _add_model_file(parser)

    _add_workers(parser, "pictures")

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.evaluate import evaluate_folder

        return evaluate_folder(asked)

    parser.set_defaults(run=run, goes_on=True)


def _add_observations(parser: argparse.ArgumentParser) -> None:
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
    _add_model(parser)
    _add_problem(parser)
    _add_workers(parser, "pictures")
    parser.add_argument(
        "--out",
        type=_observations_file,
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
        type=_positive,
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
        type=_positive,
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


def _add_methods(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints the methods by the question that they answer: what each does, promises and costs, "
        "its options, and their values; and the sets of methods."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of methods or sets of them; default: all"
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.methods import list_methods

        return list_methods(asked)

    parser.set_defaults(run=run)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Makes the maps of a file again, from the picture and the settings in it, and says of each "
        "whether it is the same: bit for bit, or to rounding. Maps of explain are the same bit for "
        "bit on the same machine with the same packages. The app's can differ in the last bits, "
        "because it evaluates networks in whichever way is quickest at the time."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="an NPZ file of saved maps")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write the maps made again"
    )
    _add_model_file(parser)

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.replay import replay_file

        return replay_file(asked)

    parser.set_defaults(run=run)


def _add_model_file(parser: argparse.ArgumentParser) -> None:
    """The model file, for maps that do not say where it is."""
    parser.add_argument(
        "--model", metavar="FILE", help="the maps' model file, where they do not say where it is"
    )
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="of --model: its classes, as text, CSV or JSON"
    )
    parser.add_argument(
        "--preprocessing",
        type=_preprocessing,
        metavar="NAME",
        help=f"of --model: {_PREPROCESSINGS}; default: none",
    )
    parser.add_argument("--link", choices=LINKS, help=f"of --model: {_LINK}")


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Downloads weights into Keras's own cache folder, resumably, and checks them. Without a "
        "name it lists the networks: size, input, preprocessing, paper, and where the file is."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of networks, such as resnet50; default: list all"
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.download import download_networks

        return download_networks(asked)

    parser.set_defaults(run=run, goes_on=True)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints a line for each thing that the app needs: fine, a note of what it does without, or "
        "wrong, with what to do. The exit code is 1 where something is wrong."
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8501,
        help="at which the app is to be served; default: %(default)s",
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.doctor.examination import examine

        return examine(asked)

    parser.set_defaults(run=run)


def _port(text: str) -> int:
    port = _positive(text)
    if port < 2**16:
        return port
    raise argparse.ArgumentTypeError(f"{text} is no port; give 1 to 65535")


def _size(text: str) -> tuple[int, int]:
    try:
        return size_in(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _preprocessing(text: str) -> str:
    try:
        return str(read_preprocessing(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _whole(text: str) -> int:
    return _at_least(text, 0)


def _positive(text: str) -> int:
    return _at_least(text, 1)


def _at_least(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise argparse.ArgumentTypeError(f"'{text}' should be a whole number of {least} or more")
    return int(text)


def _bytes(text: str) -> int:
    for unit, factor in (("MB", 10**6), ("GB", 10**9)):
        number = text.upper().removesuffix(unit)
        if number != text.upper():
            return _positive(number.strip()) * factor
    raise argparse.ArgumentTypeError(f"'{text}' should be a size such as 900MB or 4GB")


def _several(text: str) -> int:
    return _at_least(text, 2)


def _figure_file(text: str) -> Path:
    return _file_of(text, SUFFIXES)


def _regions_file(text: str) -> Path:
    return _file_of(text, ("csv", "json", "npz", *SUFFIXES))


def _observations_file(text: str) -> Path:
    return _file_of(text, ("csv", "json"))


def _file_of(text: str, suffixes: Sequence[str]) -> Path:
    path = Path(text)
    if path.suffix.lower().removeprefix(".") not in suffixes:
        raise argparse.ArgumentTypeError(f"'{text}' should end in .{', .'.join(suffixes)}")
    return path


def _option(text: str) -> tuple[str, str, OptionValue]:
    """Method, option and value of ``method.name=value``."""
    place, equals, value = text.partition("=")
    method, dot, name = place.partition(".")
    if not (equals and dot):
        raise argparse.ArgumentTypeError(
            f"'{text}' should be METHOD.NAME=VALUE, such as kernel_shap.budget=1024"
        )
    try:
        return method, name, method_named(method).option_named(name).parsed(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
