"""Check what is wrong and where, never the words of a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from inr_models import InputError
from inr_models.errors import Code


@contextmanager
def refused(
    code: Code, field: object, *data: object, kind: type[InputError] = InputError
) -> Iterator[pytest.ExceptionInfo[InputError]]:
    """Require that the block raises an InputError of this code and field.

    Its sentence is one line that ends with a full stop and holds each of `data`, which are
    numbers and names, never phrases.

    Example:
        >>> with refused("out-of-range", "depth", 0):
        ...     SirenConfig(depth=0)
    """
    with pytest.raises(kind) as caught:
        yield caught
    (problem,) = caught.value.problems
    assert (problem.code, problem.field) == (code, str(field)), problem
    check_sentence(problem.sentence)
    for each in data:
        assert str(each) in problem.sentence


def check_sentence(sentence: str) -> None:
    """Require one whole line."""
    assert sentence.endswith(".")
    assert "\n" not in sentence
