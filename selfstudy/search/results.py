"""What a search has found: a table of its trials, the best one's configuration, and figures."""

from pathlib import Path

import optuna
import pandas as pd
from optuna import Study
from optuna.trial import FrozenTrial, TrialState

from selfstudy.description import write_bindings
from selfstudy.drawing import save
from selfstudy.errors import DataError, TrainingError
from selfstudy.files import write_whole
from selfstudy.locks import Lock
from selfstudy.search.figures import draw_importance, draw_parallel
from selfstudy.search.space import SPACE, bind_point
from selfstudy.search.study import DIVERGED, JOURNAL, LOCK, STUDY, open_journal


def load_study(folder: str | Path) -> Study:
    """Open the study of a search.

    Raises:
        DataError: there is none in `folder`, or its journal is damaged.
    """
    missing = DataError(f"{folder}: expected a search, with its {JOURNAL}")
    if not (Path(folder) / JOURNAL).is_file():
        raise missing
    try:
        return optuna.load_study(study_name=STUDY, storage=open_journal(Path(folder)))
    except KeyError:
        raise missing from None


def write_results(folder: str | Path) -> FrozenTrial:
    """Write a search's results into its folder.

    These are `trials.csv`; of the best trial `best.gin`, the whole configuration of its run, and
    `recipe.gin`, what was searched of it alone; `importance.png` and `parallel.png`.

    Returns:
        The best trial.

    Raises:
        DataError: the search, or the best trial's configuration, is missing or damaged.
        TrainingError: no trial is complete.
    """
    folder, study = Path(folder), load_study(folder)
    table = tabulate_trials(study)
    if "complete" not in set(table["state"]):
        counts = table["state"].value_counts()
        found = ", ".join(f"{count} {state}" for state, count in counts.items())
        raise TrainingError(f"{folder}: no trial is complete, of which one could be best: {found}")
    best = study.best_trial
    with Lock(folder / LOCK):
        with write_whole(folder / "best.gin") as temporary:
            temporary.write_text(
                compose_best_configuration(folder, best, len(table)), encoding="utf-8"
            )
        with write_whole(folder / "recipe.gin") as temporary:
            temporary.write_text(write_bindings(bind_point(best.params)), encoding="utf-8")
        save(draw_importance(study), folder / "importance.png")
        save(draw_parallel(study), folder / "parallel.png")
        with write_whole(folder / "trials.csv") as temporary:
            table.to_csv(temporary, index=False)
    return best


def compose_best_configuration(folder: Path, best: FrozenTrial, trials: int) -> str:
    """Read the configuration that the best trial ran with, and put a line about it above.

    Raises:
        DataError: it cannot be read.
    """
    path = folder / "trials" / str(best.number) / "config.gin"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return (
        f"# The best of {trials} trials, number {best.number}: validation accuracy "
        f"{best.value:.4f} after {best.last_step} rounds.\n\n{text}"
    )


def tabulate_trials(study: Study) -> pd.DataFrame:
    """Tell what came of each trial.

    Returns:
        One row per trial, by `number`; `state`: complete, pruned, diverged or running; `value`: the
        validation accuracy after the last of its `rounds`; `seconds` from its start to its end,
        including interruptions; and one column per parameter.
    """
    rows = []
    for trial in study.get_trials(deepcopy=False):
        state = DIVERGED if DIVERGED in trial.user_attrs else trial.state.name.lower()
        rounds = trial.last_step or 0
        rows.append(
            {
                "number": trial.number,
                "state": state,
                "value": trial.intermediate_values.get(rounds),
                "rounds": rounds,
                "seconds": trial.duration.total_seconds() if trial.duration else None,
                **{name: trial.params.get(name) for name in SPACE},
            }
        )
    return pd.DataFrame(rows, columns=["number", "state", "value", "rounds", "seconds", *SPACE])


def count_running(study: Study) -> int:
    """Count the trials that are not over."""
    return len(study.get_trials(deepcopy=False, states=[TrialState.RUNNING]))
