"""One module a command of `genome`."""
