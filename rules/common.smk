# The configuration, checked; the names that follow from it; where things lie.

import os
import sys

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from selfstudy.analysis import READINGS, describe_networks
from selfstudy.analysis.figures import list_figures, list_names, read_figure
from selfstudy.analysis.rows import ROWS
from selfstudy.data.names import BUCKETS
from selfstudy.errors import SelfstudyError
from selfstudy.measures import explain_measure
from selfstudy.provenance import PACKAGE
from selfstudy.sweep.backbones import check_backbones
from selfstudy.sweep.bindings import check_bindings
from selfstudy.sweep.check import check
from selfstudy.sweep.datasets import COLLECTIONS
from selfstudy.sweep.fingerprints import (
    find_modules,
    fingerprint_job,
    fingerprint_run,
    is_checkout,
)
from selfstudy.sweep.gin_files import (
    configure_difficulty,
    configure_finetuning,
    configure_frozen,
    configure_longer,
    configure_pretraining,
    configure_search,
    configure_task,
    fingerprint_gin,
)
from selfstudy.sweep.own_files import OwnFiles
from selfstudy.sweep.paths import match_any, require
from selfstudy.sweep.place import check_place
from selfstudy.sweep.records import OWN_FILES, TIMES, find_files
from selfstudy.sweep.runs import Sweep
from selfstudy.sweep.schema import DEFAULT, load_yaml, merge, merge_arguments, require_sound
from selfstudy.sweep.searches import (
    complete_settings,
    find_search_resources,
    find_search_snapshot,
)
from selfstudy.sweep.starts import check_weights
from selfstudy.sweep.times import Times

if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


try:
    check_place(workflow.basedir, sys.executable)
    require_sound(workflow.configfiles)
    # Here, since a module is handed its configuration, and reads no file.
    config.update(merge(load_yaml(DEFAULT), config))
    config.update(merge_arguments(config, workflow.config_settings.config_args))
    check(config)
    sweep = Sweep(config)
    # What users bring is a parameter of rules, which Snakemake records; jobs need not know it.
    own = OwnFiles(sweep, OWN_FILES if workflow.is_main_process else None, logger.info)
    if workflow.is_main_process:
        check_bindings(sweep)
        check_backbones(sweep)
        check_weights(sweep)
except SelfstudyError as error:
    raise WorkflowError(str(error)) from None

# Scripts find the package in the checkout, whatever environment runs them; an installed one is in
# theirs.
if is_checkout():
    os.environ.update(PYTHONPATH=f"{PACKAGE.parent}:{os.getenv('PYTHONPATH', '')}")

paths, resources = sweep.paths, config["resources"]
RESULTS, DATA = paths.results, paths.data
TABLES = ["runs", "accuracy", "utility", "linear", "frozen", "tuning"]
TABLES += ["convergence", "outcomes", "correlations", "ranks"]
LAID_OUT = ["accuracy", "utility"]  # as in a paper, too
# Of which a job, unlike the process that plans it, needs to know its own alone.
FIGURES = list_figures(sweep) if workflow.is_main_process else list_names()
FORMATS = ["pdf", "png"]


# Snakemake goes by times, which a copy has not kept.
times = Times(TIMES, logger.info)
if workflow.is_main_process:
    times.put_right()


def record_made():
    """Record what there is of all that rules make."""
    times.keep(find_files(file for rule in workflow.rules for file in rule.output))


onstart:  # what a run that was killed has left
    record_made()


onsuccess:
    record_made()
    own.keep()


onerror:
    record_made()
    own.keep()


wildcard_constraints:
    dataset=match_any(sweep.datasets),
    backbone=match_any(sweep.backbones),
    pretext=match_any([*sweep.starts, *sweep.pretraining]),
    task=match_any(sweep.tasks),
    bucket=r"\d\d",
    labels=r"\d+",
    layer=r"\d+",
    resolution=r"\d+",
    format=match_any(FORMATS),
    search=match_any(sweep.searches),
