"""Define activation functions as small modules. They hold constants and initialize nothing.

Constants are buffers, so that networks with different values can share one stacked fit. An
activation that has `gain` and `value_and_slope` can be trained without autograd (see
`elementwise`). It is a function of u = gain z, where the layer's matrix product includes the gain.
"""

import torch
from torch import Tensor, nn

from inr_models.networks.elementwise import Out, Pair


class _OfOmega(nn.Module):
    """Holds `omega`, in rad per unit of the pre-activation z, which is also the gain."""

    omega: Tensor

    def __init__(self, omega: float) -> None:
        super().__init__()
        self.register_buffer("omega", torch.tensor(float(omega)))

    @property
    def gain(self) -> Tensor:
        return self.omega


class Sine(_OfOmega):
    """Computes `sin(omega z)` (Sitzmann et al. 2020; paper, Eqn. 1)."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(self.omega * z)

    def value_and_slope(self, u: Tensor, value: Out = None, slope: Out = None) -> Pair:
        return torch.sin(u, out=value), torch.cos(u, out=slope)


class VariablePeriodicSine(_OfOmega):
    """Computes `sin(omega (|z| + 1) z)` (Liu et al. 2024).

    The slope of |z| + 1 counts only with `factor_gradient`.
    """

    def __init__(self, omega: float, *, factor_gradient: bool = False) -> None:
        super().__init__(omega)
        self.factor_gradient = factor_gradient

    def forward(self, z: Tensor) -> Tensor:
        factor = z.abs() + 1
        return torch.sin(self.omega * (factor if self.factor_gradient else factor.detach()) * z)

    def value_and_slope(self, u: Tensor, value: Out = None, slope: Out = None) -> Pair:
        factor = u.abs().div_(self.omega).add_(1)
        phase = factor * u
        if self.factor_gradient:
            factor = factor.mul_(2).sub_(1)
        return torch.sin(phase, out=value), torch.mul(phase.cos_(), factor, out=slope)


class HyperbolicSine(_OfOmega):
    """Computes `tanh(beta sin(omega z))` (Serrano et al. 2024)."""

    beta: Tensor

    def __init__(self, omega: float, beta: float) -> None:
        super().__init__(omega)
        self.register_buffer("beta", torch.tensor(float(beta)))

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.beta * torch.sin(self.omega * z))

    def value_and_slope(self, u: Tensor, value: Out = None, slope: Out = None) -> Pair:
        value = torch.tanh(torch.sin(u).mul_(self.beta), out=value)
        rise = value.square().neg_().add_(1).mul_(self.beta)
        return value, torch.mul(torch.cos(u), rise, out=slope)


class Gaussian(nn.Module):
    """Computes `exp(-(scale z)^2)` (Ramasinghe and Lucey 2022)."""

    scale: Tensor

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(-(self.scale * z).square())

    @property
    def gain(self) -> Tensor:
        return self.scale

    def value_and_slope(self, u: Tensor, value: Out = None, slope: Out = None) -> Pair:
        value = torch.exp(u.square().neg_(), out=value)
        return value, torch.mul(u, value, out=slope).mul_(-2)


class Rectifier(nn.Module):
    """Computes `max(z, 0)`."""

    gain: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("gain", torch.tensor(1.0))

    def forward(self, z: Tensor) -> Tensor:
        return torch.relu(z)

    def value_and_slope(self, u: Tensor, value: Out = None, slope: Out = None) -> Pair:
        value = torch.clamp(u, min=0, out=value)
        rises = (value > 0).to(u.dtype)
        return value, rises if slope is None else slope.copy_(rises)


class GaborWavelet(nn.Module):
    """Computes the complex `exp(i omega z - |scale z|^2)` (Saragadam et al. 2023)."""

    omega: Tensor
    scale: Tensor

    def __init__(self, omega: float, scale: float) -> None:
        super().__init__()
        self.register_buffer("omega", torch.tensor(float(omega)))
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, z: Tensor) -> Tensor:
        real, imag = (z.real, z.imag) if z.is_complex() else (z, torch.zeros_like(z))
        phase, decay = self.omega * real, self.omega * imag
        # Compilers and vmap need the real and the imaginary part apart.
        size = torch.exp(-decay - self.scale.square() * (real.square() + imag.square()))
        return torch.complex(size * torch.cos(phase), size * torch.sin(phase))
