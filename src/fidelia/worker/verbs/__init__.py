"""The verbs of the `fidelia` command, one file each: HELP, `add_arguments(parser)`, `run(arguments) -> exit code`."""
