"""The one exception that means "the user can mend this"."""

from inr_models.shown import shown


class InputError(ValueError):
    """A mistake in what the user handed over: a file, a flag, a field.

    Each of `sentences` says what is wrong, where, and how to mend it; what they quote is made
    fit to be shown. The command line prints them without a traceback and exits with code 2.
    """

    def __init__(self, *sentences: str) -> None:
        super().__init__(*map(shown, sentences))

    def __str__(self) -> str:
        return "\n       ".join(self.args)
