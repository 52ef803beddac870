"""Define a representation: networks that stand for a signal, and what can be done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from PIL import Image

from inr_models import NetworkConfig
from inr_models.errors import InputError
from inr_models.networks.coordinate_mlp import CoordinateMLP
from inr_models.shown import count
from noisescape.segments import Span, weights
from noisescape.source import check_rate

BLOCK = 1 << 14
"""Coordinates whose output is computed at a time."""


@dataclass(frozen=True)
class Segment:
    """One network and the part of the signal that it stands for.

    Args:
        spans: The part, along each axis.
        network: The network. None where the part does not vary.
        constant: The values of a part that does not vary, one for each channel.
        config: The config of the network.
        seed: The seed of the network, which draws what is not trained.
    """

    spans: tuple[Span, ...]
    network: CoordinateMLP | None
    constant: tuple[float, ...] = ()
    config: NetworkConfig | None = None
    seed: int = 0


@dataclass(frozen=True)
class Representation:
    """A sound, an image or an array as networks. `represent` and `load` return one.

    Args:
        name: What it is of.
        segments: The networks.
        shape: Samples along each axis.
        channels: Outputs.
        psnr: PSNR in dB over the whole signal, with peak 1 for values in [-1, 1].
        is_dead: Whether the networks are less than 1 dB better than a constant.
        sample_rate: In Hz, None if it is not known or if this is an image.
        scale: A value in the units of the source is `output * scale + offset`.
        offset: See `scale`.
    """

    name: str
    segments: tuple[Segment, ...]
    shape: tuple[int, ...]
    channels: int
    psnr: float
    is_dead: bool
    sample_rate: float | None = None
    scale: float = 1.0
    offset: float = 0.0

    @property
    def network(self) -> CoordinateMLP:
        """The network of a signal that one network stands for, ready to call.

        Raises:
            InputError: There are several.
        """
        networks = self.networks
        if len(networks) != 1:
            why = f"{self.name} has {len(networks)}; use `networks`, or `predict`."
            raise InputError.at("conflict", "network", why)
        return networks[0]

    @property
    def networks(self) -> list[CoordinateMLP]:
        """All networks, without the parts of the signal that do not vary."""
        return [segment.network for segment in self.segments if segment.network is not None]

    @property
    def num_parameters(self) -> int:
        """The number of trainable numbers of all networks."""
        return sum(p.numel() for network in self.networks for p in network.parameters())

    def __str__(self) -> str:
        size = " x ".join(f"{num:,}" for num in (*self.shape, self.channels))
        dead = ", dead: no better than a constant" if self.is_dead else ""
        return (
            f"{self.name}: {size} values, {self.num_parameters:,} parameters in "
            f"{count(len(self.networks), 'network')}, PSNR {self.psnr:.1f} dB{dead}"
        )

    def predict(self, coords: Any = None) -> NDArray[np.float32]:
        """Return values in the units of the source.

        >>> from noisescape import represent
        >>> sine = represent(samples, epochs=5, quiet=True)
        >>> sine.predict([[-1.0], [0.0], [1.0]]).shape
        (3, 1)

        Args:
            coords: Coordinates [m, d], from -1 at the first sample to 1 at the last one along each
                axis. Any are allowed. None gives all samples, as `predict_grid` does.

        Returns:
            Values [m, c], or those of `predict_grid`.

        Raises:
            InputError: The coordinates have another shape, or are not finite.
        """
        if coords is None:
            return self.predict_grid(self.shape)
        if hasattr(coords, "detach"):
            coords = coords.detach().cpu().numpy()
        given = np.asarray(coords, dtype=np.float64)
        if given.ndim != 2 or given.shape[1] != len(self.shape):
            why = f"shape {given.shape}; give [m, {len(self.shape)}]."
            raise InputError.at("wrong-kind", "coords", why)
        if not np.isfinite(given).all():
            raise InputError.at("not-finite", "coords", "some are not finite; leave them out.")
        return self._values((given + 1) / 2 * (np.array(self.shape) - 1))

    def predict_grid(self, shape: Sequence[int]) -> NDArray[np.float32]:
        """Return values on a grid of another size, [*shape, c], in the units of the source.

        Args:
            shape: Samples along each axis.

        Raises:
            InputError: The shape has another number of axes, or an empty one.
        """
        is_whole = [isinstance(num, int | np.integer) and num > 0 for num in np.atleast_1d(shape)]
        if np.ndim(shape) != 1 or len(shape) != len(self.shape) or not all(is_whole):
            numbers = count(len(self.shape), "whole number")
            why = f"{shape}; give a list of {numbers} of 1 or more."
            raise InputError.at("wrong-kind", "shape", why)
        axes = [np.linspace(0, own - 1, num) for own, num in zip(self.shape, shape, strict=True)]
        places = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(shape))
        return self._values(places.astype(np.float64)).reshape(*shape, self.channels)

    def to_file(self, path: str | Path, *, rate: float | None = None) -> None:
        """Write the signal as a file, by its suffix: WAV, FLAC and others, or PNG and others.

        Args:
            path: The file.
            rate: The sample rate of a sound in Hz, by default that of the source.

        Raises:
            InputError: There is no such format, or the file cannot be written. A sound has no rate,
                or an image has a number of channels that no file has.
        """
        path = Path(path)
        if rate is not None:
            check_rate("rate", rate)
        if len(self.shape) == 2 and self.channels not in (1, 3, 4):
            why = (
                f"an image of {self.channels} channels has no format; save `predict()` as an array."
            )
            raise InputError.at("unsupported", "path", why)
        try:
            if len(self.shape) == 2:
                _write_image(path, (self.predict() - self.offset) / self.scale)
                return
            own = self.sample_rate
            if not (rate or own):
                why = "the source has no sample rate; give one."
                raise InputError.at("missing", "rate", why)
            target = float(rate or own or 0)
            num = round(self.shape[0] * target / own) if own else self.shape[0]
            places = np.arange(num, dtype=np.float64)[:, None] * ((own or target) / target)
            soundfile.write(path, np.clip(self._values(places), -1, 1), round(target))
        except (soundfile.SoundFileError, TypeError, ValueError, OSError) as error:
            if isinstance(error, InputError):
                raise
            why = "give a path with a suffix such as .wav or .png, in a folder that exists."
            raise InputError.of_value("unwritable", "path", str(path), why) from error

    def save(self, path: str | Path) -> None:
        """Write the networks to one file (safetensors), which `load` reads.

        Args:
            path: The file.

        Raises:
            InputError: The file cannot be written.
        """
        from noisescape.saved import save  # which needs this class

        save(self, path)

    def _values(self, places: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the values [m, c] at positions in samples [m, d], blended from all networks."""
        total = np.zeros((len(places), self.channels))
        weight = np.zeros(len(places))
        for segment in self.segments:
            own = np.ones(len(places))
            for axis, span in enumerate(segment.spans):
                own = own * weights(places[:, axis], span, self.shape[axis])
            chosen = np.flatnonzero(own)
            if not len(chosen):
                continue
            total[chosen] += own[chosen, None] * _segment_output(segment, places[chosen])
            weight[chosen] += own[chosen]
        return (total / weight[:, None] * self.scale + self.offset).astype(np.float32)


@torch.no_grad()
def _segment_output(segment: Segment, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the output of a segment at positions in samples of the whole signal [m, d]."""
    if segment.network is None:
        return np.tile(segment.constant, (len(places), 1))
    first = np.array([span[0] for span in segment.spans])
    last = np.array([span[1] - 1 for span in segment.spans])
    local = torch.from_numpy(2 * (places - first) / np.maximum(last - first, 1) - 1)
    parts = [segment.network(block.float()) for block in local.split(BLOCK)]
    return torch.cat(parts).double().numpy()


def _write_image(path: Path, values: NDArray[np.float32]) -> None:
    pixels = np.clip((values + 1) * 127.5, 0, 255).round().astype(np.uint8)
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(path)
