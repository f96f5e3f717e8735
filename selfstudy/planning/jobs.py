"""Which jobs the workflow has for a configuration, and which of them are to be done."""

import logging
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.exceptions import RuleException, WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness, RerunTrigger
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

from selfstudy.errors import ConfigurationError
from selfstudy.provenance import PACKAGE

# As profiles/default has it, which Snakemake reads on its command line only.
TRIGGERS = RerunTrigger.all() - {RerunTrigger.CODE}
Job = tuple[str, tuple[tuple[str, str], ...]]  # a rule, and its wildcards by name


class Listener(logging.Handler):
    """Keeps the jobs that Snakemake says it would run.

    It says so in records for logger plugins, whose fields are an interface of its own, unlike the
    text that it prints and unlike its graph of jobs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a job; other records pass by."""
        if getattr(record, "event", None) == "job_info" and record.rule_name != "all":
            self.jobs.append((record.rule_name, tuple(dict(record.wildcards).items())))


def list_jobs(configfile: Path, force: bool) -> list[Job]:
    """List the jobs that Snakemake would run.

    Args:
        configfile: the sweep.
        force: those that are done, too.

    Raises:
        ConfigurationError: Snakemake refuses the configuration, or finds a file missing.
    """
    listener = Listener()
    try:
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
            logger.addHandler(listener)
            workflow = api.workflow(
                snakefile=PACKAGE.parent / "Snakefile",
                resource_settings=ResourceSettings(),
                config_settings=ConfigSettings(configfiles=[configfile]),
            )
            settings = DAGSettings(forceall=force, force_incomplete=True, rerun_triggers=TRIGGERS)
            workflow.dag(settings).execute_workflow(executor="dryrun")
    except (RuleException, WorkflowError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ConfigurationError(f"{configfile}: Snakemake refuses it: {reason}") from error
    finally:
        logger.removeHandler(listener)
    return listener.jobs
