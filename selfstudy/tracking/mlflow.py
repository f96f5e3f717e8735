"""MLflow: its server or database, where runs of many folders stand together."""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from selfstudy.errors import ConfigurationError, join_lines
from selfstudy.provenance import fingerprint
from selfstudy.tracking.base import Tracker, require

log = logging.getLogger("selfstudy")
FOLDER = "selfstudy_folder"  # a tag, by which the run of a folder is found again


class MLflow(Tracker):
    """Writes where `MLFLOW_TRACKING_URI` says; unless it is set, that is `mlflow.db`, here.

    The experiment is `MLFLOW_EXPERIMENT_NAME`, or "selfstudy". Where a round cannot be written,
    training goes on with a warning.
    """

    def __init__(self, folder: Path) -> None:
        self._library = require("mlflow", "mlflow", "mlflow-skinny alembic sqlalchemy")
        place = fingerprint([str(folder.resolve())])  # without quotes, which a filter reads
        try:
            self._client = self._library.MlflowClient()
            experiment = self._find_experiment()
            for run in self._client.search_runs([experiment], f"tags.{FOLDER} = '{place}'"):
                self._client.delete_run(run.info.run_id)
            run = self._client.create_run(experiment, tags={FOLDER: place}, run_name=str(folder))
        except (self._library.MlflowException, ImportError, OSError) as error:
            raise ConfigurationError(
                f"tracking: mlflow: {self._library.get_tracking_uri()}: cannot be written to: "
                f"{join_lines(error)}"
            ) from error
        self._run = run.info.run_id

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write the scalars of a round."""
        metric, now = self._library.entities.Metric, int(1000 * time.time())
        with self._warning(f"round {step}"):
            metrics = [metric(name, value, now, step) for name, value in scalars.items()]
            self._client.log_batch(self._run, metrics)

    def close(self, ended: bool) -> None:
        """Write whether the run has come to its end."""
        with self._warning("the end"):
            self._client.set_terminated(self._run, "FINISHED" if ended else "FAILED")

    def _find_experiment(self) -> str:
        """Find the experiment, or make it, which several jobs may do at once; give its number."""
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "selfstudy")
        known = self._client.get_experiment_by_name(name)
        if known is None:
            try:
                return self._client.create_experiment(name)
            except self._library.MlflowException:
                known = self._client.get_experiment_by_name(name)
                if known is None:
                    raise
        return known.experiment_id

    @contextmanager
    def _warning(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._library.MlflowException as error:
            log.warning("tracking: mlflow: %s is not there: %s", what, join_lines(error))
