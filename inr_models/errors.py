"""The one exception that means "the user can mend this"."""


class InputError(ValueError):
    """A mistake in what the user handed over: a file, a flag, a field.

    Its message is one sentence that says what is wrong, where, and how to mend it. The
    command line prints it without a traceback and exits with code 2.
    """
