"""Linear evaluation of a trained network."""

from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import add_run
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
        "--task", choices=["classify", "pose", "segment"], help="default: segment on dense data"
    )
    parser.add_argument("--data", metavar="FILE", help="a prepared file (default: the run's)")


def run(arguments: Namespace) -> None:
    """Evaluate a run's features, and print and write the table."""
    from selfstudy.evaluation.features import run_folder, trained
    from selfstudy.evaluation.linear import linear_evaluation

    folder = run_folder(arguments.exp_id)
    with trained(folder, arguments.data) as (network, dataset):
        task = arguments.task or ("segment" if dataset.dense else "classify")
        table = linear_evaluation(network, dataset, task, arguments.labels, arguments.seeds, folder)
    with write_whole(folder / "linear.csv") as temporary:
        table.to_csv(temporary, index=False)
    print(table.to_string(index=False))
    print(folder / "linear.csv")
