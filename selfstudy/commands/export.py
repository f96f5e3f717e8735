"""The backbone of a trained network, for other libraries."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.commands.common import add_run

HELP = "write a run's backbone for torchvision, timm, safetensors or ONNX, and check it there"
FORMATS = ("torchvision", "timm", "safetensors", "onnx")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run(parser)
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--data", metavar="FILE", help="a prepared file (default: the run's)")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="default: in the run's folder, backbone.onnx and so on; of timm a folder",
    )


def run(arguments: Namespace) -> None:
    """Export, and print how to load the file."""
    from selfstudy.evaluation.features import locate_folder, open_run
    from selfstudy.export.export import export

    folder = locate_folder(arguments.exp_id)
    backbone, dataset = open_run(folder, arguments.data)
    exported = export(backbone, dataset, folder, arguments.format, arguments.output)
    print(f"{exported.path}: the run's features, to {exported.error:.0e} of the largest")
    print(f"images: {exported.images}")
    print(exported.usage)
