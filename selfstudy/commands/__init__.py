"""The commands of `selfstudy`, one module each: `HELP`, `add_arguments` and `run`."""
