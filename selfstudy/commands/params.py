"""The number of a network's parameters."""

from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import QUICK, add_gin

HELP = "count a network's parameters, part by part"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_gin(parser)


def run(arguments: Namespace) -> None:
    """Print the parameters of each part of the network, and of all."""
    from selfstudy.backbones.study import Wrapper
    from selfstudy.configuration import configured

    with configured(arguments.gin_config or QUICK, arguments.gin_param):
        network = Wrapper(dataset_size=1)
    parts = {
        **{f"model.{name}": part for name, part in network.model.named_children()},
        "fc": network.fc,
        "mlp": network.mlp,
        "total": network,
    }
    for name, part in parts.items():
        count = sum(parameter.numel() for parameter in part.parameters())
        print(f"{name:<20} {count:>14,}")
