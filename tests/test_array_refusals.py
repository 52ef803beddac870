"""Every bad NumPy array is refused with one sentence that names it; none is unpickled."""

import pickle
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from studies.engine.signals.images import MAX_PIXELS, read_image
from tests.media import RNG, encoded, npy, refuses


class Touch:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_pickled_objects_are_refused_and_not_unpickled(write, tmp_path):
    objects = np.full((20, 30), Touch(tmp_path / "touched"))
    content = encoded(objects, "NPY")
    refuses(read_image, write("a.npy", content), "wrong-kind")
    refuses(read_image, write("b.npy", pickle.dumps(objects)), "wrong-kind")
    assert not (tmp_path / "touched").exists()
    np.load(BytesIO(content), allow_pickle=True)
    assert (tmp_path / "touched").exists(), "the trap must work"


@pytest.mark.parametrize("dtype", ["c8", "M8[s]", "m8[s]", "U3", "f4,f4", "longdouble"])
def test_an_array_of_what_are_no_real_numbers_is_refused_by_type(write, dtype):
    array = np.zeros((20, 30), dtype)
    refuses(read_image, write("a.npy", encoded(array, "NPY")), "wrong-kind", str(array.dtype))


SHAPES = [(), (900,), (30, 30, 3, 1), (3, 64, 64), (30, 30, 17), (30, 30, 0)]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_array_of_another_shape_is_refused_with_it(write, shape):
    refuses(read_image, write("a.npy", encoded(np.zeros(shape), "NPY")), "wrong-kind", str(shape))


def test_channels_first_that_pass_for_rows_are_too_few(write):
    content = encoded(RNG.random((3, 500, 16)), "NPY")
    refuses(read_image, write("a.npy", content), "too-few", "3 x 500")


BAD_HEADERS = [
    "",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (32, 32)",
    "{'descr': '<f4', 'shape': (32, 32)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (32.0, 32)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 900 + ")" * 900 + "}",
    "__import__('os').abort()",
]


@pytest.mark.parametrize("header", BAD_HEADERS, ids=range(len(BAD_HEADERS)))
def test_an_array_with_a_damaged_header_is_refused(write, header):
    refuses(read_image, write("a.npy", npy(header, bytes(4096))), "wrong-kind")


def test_an_array_with_a_negative_or_overlong_shape_is_refused(write):
    fields = "{'descr': '<f4', 'fortran_order': False, 'shape': "
    negative = write("a.npy", npy(fields + "(-30, -30)}", bytes(4096)))
    refuses(read_image, negative, "too-few", "-30 x -30")
    beyond = write("b.npy", npy(fields + f"({1 << 70}, {1 << 70})}}", bytes(4096)))
    refuses(read_image, beyond, "too-large", f"{MAX_PIXELS:,}")
