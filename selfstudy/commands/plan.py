"""What a sweep costs, before anything is spent."""

from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import add_configfile, explain_missing, require_checkout

HELP = "show the jobs, hours and disk space of a sweep, and what of it is done"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_configfile(parser)


def run(arguments: Namespace) -> None:
    """Print what each rule takes, and the sum.

    Raises:
        ConfigurationError: the configuration is not sound, or there is no workflow.
    """
    require_checkout()
    with explain_missing("workflow"):
        from selfstudy.planning.plan import plan

    table = plan(arguments.configfile)
    print(table.to_string(index=False, na_rep="-", float_format="{:,.2f}".format))
    total = table[["hours", "hours_left", "gigabytes"]].sum()
    print(
        f"\n{total['hours']:,.1f} hours of one device, {total['hours_left']:,.1f} of them to come; "
        f"{total['gigabytes']:,.1f} GB on the disk"
    )
