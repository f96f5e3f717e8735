"""Linear evaluation of a trained network."""

from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import add_run
from selfstudy.data.names import BALANCED, SUBSETS
from selfstudy.files import write_whole

HELP = "logistic regression on a run's features, for label budgets; into the run's linear.csv"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run(parser)
    parser.add_argument(
        "--labels", type=int, nargs="+", required=True, metavar="N", help="label budgets"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the label subsets")
    parser.add_argument(
        "--subset",
        choices=SUBSETS,
        default=BALANCED,
        help="how labelled images are chosen, over classes (default: %(default)s)",
    )
    parser.add_argument(
        "--task", choices=["classify", "pose", "segment"], help="default: segment on dense data"
    )
    parser.add_argument("--data", metavar="FILE", help="a prepared file (default: the run's)")


def run(arguments: Namespace) -> None:
    """Evaluate, print the table and where it is."""
    from selfstudy.evaluation.features import locate_folder, open_run
    from selfstudy.evaluation.linear import evaluate_linearly
    from selfstudy.training.randomness import check_seed

    for seed in arguments.seeds:
        check_seed(seed, "--seeds")
    folder = locate_folder(arguments.exp_id)
    backbone, dataset = open_run(folder, arguments.data)
    task = arguments.task or ("segment" if dataset.dense else "classify")
    table = evaluate_linearly(
        backbone, dataset, task, arguments.labels, arguments.seeds, folder, subset=arguments.subset
    )
    with write_whole(folder / "linear.csv") as temporary:
        table.to_csv(temporary, index=False)
    print(table.to_string(index=False))
    print(folder / "linear.csv")
