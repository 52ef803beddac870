"""What the tests share: the shared data where it is there, sound files, a small problem."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import optuna
import pytest
import soundfile
import torch
from hypothesis import settings
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from tests.servers import S3Server

pytest_plugins = ("tests.faults",)

torch.set_num_threads(1)
optuna.logging.set_verbosity(optuna.logging.ERROR)

settings.register_profile(
    "noisescape", deadline=None, max_examples=25, derandomize=True, database=None
)
settings.load_profile("noisescape")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """`shared/data` beside the checkout. Tests on it are skipped where it is absent."""
    path = Path(__file__).parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(scope="session")
def noise() -> NDArray[np.float64]:
    """200,000 samples of white noise in (-0.5, 0.5), rounded to what 16-bit PCM holds."""
    steps = np.random.default_rng(0).integers(-(1 << 14), 1 << 14, 200_000)
    return steps / (1 << 15)


@pytest.fixture
def make_wav(tmp_path: Path) -> Callable[..., Path]:
    """`make_wav(name, samples, **options)`: a sound file; the name's suffix is its format."""

    def make(name: str, samples: NDArray[np.float64], **options: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, 44_100, **options)
        return path

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """`write(name, content)`: a file of these bytes."""

    def write(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def chirp() -> tuple[Tensor, Tensor]:
    """Coordinates and values [2500, 1]: several CPU blocks of a fit, the last one shorter."""
    coords = torch.linspace(-1, 1, 2500)[:, None]
    return coords, 0.8 * torch.sin(20 * (coords + 1.5) ** 2)


@pytest.fixture
def s3(monkeypatch) -> "Iterator[S3Server]":
    """An S3 server on loopback, to which the environment's variables point."""
    from tests.servers import S3Server  # needs moto, which takes a second

    with S3Server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("RAY_ADDRESS", "local")
        yield server
