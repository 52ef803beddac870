"""Define the one exception that means "the user can repair this"."""

from collections.abc import Sequence
from os import PathLike
from typing import Literal, NamedTuple, Self

from inr_models.shown import shown

Code = Literal[
    "another-version",  # another version, schema or search space wrote what is stored
    "conflict",  # two settings exclude each other
    "constant",  # the values to fit do not vary
    "damaged",  # the file is cut short, or its content contradicts itself
    "denied",  # the credentials do not allow it
    "empty",  # nothing is in it
    "missing",  # the user left out something that is needed: a field, a flag, a package, a length
    "no-answer",  # a server, a cluster or a storage does not answer
    "not-finite",  # NaN or infinite
    "not-there",  # no such file, folder, bucket, stored run or column
    "out-of-range",  # a number is outside its bounds
    "secret",  # a password stands where everyone would read it
    "taken",  # the name or the content exists already
    "too-few",  # more signals, recordings, pixels or samples are needed
    "too-large",  # more than the limit
    "unknown-name",  # the name is not one of the choices
    "unreadable",  # it cannot be opened for reading
    "unsupported",  # this machine, or this format of file, cannot do it
    "unwritable",  # it cannot be opened for writing
    "wrong-kind",  # a value or a file has another type or form than it must have
]
"""Name the kind of mistake, for programs and tests."""


class Problem(NamedTuple):
    """Holds one mistake: its kind, where it is, and the sentence that explains it.

    `field` is the flag (`--seeds`), the field of a config, the column or the file at fault.
    """

    code: Code
    field: str
    sentence: str


class InputError(ValueError):
    """Tells a user of a mistake in what they gave: a file, a flag, a field.

    The sentence says what is wrong, where, and how to repair it. The command line prints it
    without a traceback and exits with code 2. Text that it quotes is made fit to be shown.

    Args:
        code: the kind of mistake.
        field: the flag, the field of a config, the column or the file at fault.
        sentence: what the user reads. Its wording may change, `code` and `field` stay.
        others: further mistakes, each with a sentence of its own.

    Example:
        >>> error = InputError("out-of-range", "depth", "depth = 0: give a whole number.")
        >>> error.code, error.field
        ('out-of-range', 'depth')
    """

    def __init__(self, code: Code, field: str, sentence: str, *others: Problem) -> None:
        self.problems = tuple(
            Problem(problem.code, shown(problem.field), shown(problem.sentence))
            for problem in (Problem(code, field, sentence), *others)
        )
        # Pickle makes the error again from these arguments, so that it crosses processes whole.
        first, *more = self.problems
        super().__init__(*first, *more)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """Return one error that holds all of `problems`, at least one."""
        first, *others = problems
        return cls(*first, *others)

    @classmethod
    def at(cls, code: Code, place: str | PathLike[str], text: str) -> Self:
        """Return the mistake at a place, whose sentence begins with the place and a colon.

        Args:
            code: the kind of mistake.
            place: the file, the column, the flag or the field at fault.
            text: the rest of the sentence: what is wrong, and how to repair it.

        Example:
            >>> str(InputError.at("empty", "a.wav", "the file is empty; get a whole copy."))
            'a.wav: the file is empty; get a whole copy.'
        """
        return cls(code, str(place), f"{place}: {text}")

    @classmethod
    def of_value(cls, code: Code, field: str, value: object, text: str) -> Self:
        """Return the mistake that a flag or a field has this value.

        Args:
            code: the kind of mistake.
            field: the flag, with its dashes, or the field of a config.
            value: what the user gave.
            text: the rest of the sentence: what is wrong, and how to repair it.

        Example:
            >>> str(InputError.of_value("out-of-range", "--seeds", 0, "give 1 or more."))
            '--seeds 0: give 1 or more.'
            >>> str(InputError.of_value("out-of-range", "depth", 0, "give 1 or more."))
            'depth = 0: give 1 or more.'
        """
        equals = " " if field.startswith("--") else " = "
        return cls(code, field, f"{field}{equals}{value}: {text}")

    @property
    def code(self) -> Code:
        """The kind of the first mistake."""
        return self.problems[0].code

    @property
    def field(self) -> str:
        """The flag, field, column or file of the first mistake."""
        return self.problems[0].field

    def within(self, where: str) -> Self:
        """Return the same error, with each sentence behind `where` and a colon."""
        return self.of([p._replace(sentence=f"{where}: {p.sentence}") for p in self.problems])

    def __str__(self) -> str:
        return "\n       ".join(problem.sentence for problem in self.problems)
