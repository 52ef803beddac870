"""The density of a 2-D Riemann problem of gas dynamics: shocks, contacts and a jet.

The compressible Euler equations of an ideal gas, gamma = 1.4, on the unit square:

    U_t + F(U)_x + G(U)_y = 0,   U = (rho, rho u, rho v, E),
    F = (rho u, rho u^2 + p, rho u v, (E + p) u),   p = (gamma - 1) (E - rho (u^2 + v^2) / 2)

Start: configuration 3 (four shocks) of Kurganov & Tadmor, "Solution of two-dimensional
Riemann problems for gas dynamics without Riemann problem solvers", Numer. Methods Partial
Differ. Equ. 18 (2002) 584-608; the list is Schulz-Rinne, Collins & Glaz's (1993).

All quantities are dimensionless. Arrays are [..., y, x]: rows run upwards in y, except in
what `density` returns. `w` is the primitive state (rho, u, v, p).

This solver is in the room of signals because it is a reader like the others: it returns the pixels
of a signal, from equations instead of a file. It is written by hand since scipy integrates in time
but has no finite volumes, and every other sum or order would change the samples, hence the keys of
stored fits.
"""

import math
import os
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError

GAMMA = 1.4
CFL = 0.7  # of the sum over both directions; the scheme is stable up to 1
VERSION = 1  # of the scheme: raise it when the numbers change, so that no old cache is read
STRIP = 16  # rows at a time, so that temporary arrays stay in the processor's cache
SWAP = [0, 2, 1, 3]  # exchanges u and v

# (rho, u, v, p) of the quadrants, by (upper, right); they meet at (0.5, 0.5).
QUADRANTS = {
    (True, True): (1.5, 0.0, 0.0, 1.5),
    (True, False): (0.5323, 1.206, 0.0, 0.3),
    (False, False): (0.138, 1.206, 1.206, 0.029),
    (False, True): (0.5323, 0.0, 1.206, 0.3),
}


def density(size: int = 512, time: float = 0.3) -> NDArray[np.float64]:
    """Return the density rho [size, size] at `time`; row 0 is the top (largest y), as in images.

    The source shows it at time 0.3.

    Raises:
        InputError: the size is below 16, or the time is not positive and finite.

    Example:
        >>> density(64).shape
        (64, 64)
    """
    return np.ascontiguousarray(solve(initial_state(size), time, spacing=1 / size)[0, ::-1])


def cached_density(size: int = 512) -> NDArray[np.float64]:
    """Return `density(size)`, from `$XDG_CACHE_HOME/noisescape` (or `~/.cache/noisescape`) if kept.

    Otherwise compute it and try to keep it there. A folder that cannot be written is no error.

    Raises:
        InputError: as `density`.
    """
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return density(size)
    path = Path(base) / "noisescape" / f"riemann3_{size}_v{VERSION}.npy"
    field = _read(path, size)
    if field is None:
        field = density(size)
        _write(path, field)
    return field


def initial_state(size: int) -> NDArray[np.float64]:
    """Return U [4, size, size] at time 0. The middle line of an odd size is upper or right."""
    if size < 16:
        raise InputError.of_value("out-of-range", "size", size, "give 16 or more cells a side.")
    w = np.empty((4, size, size))
    half = size // 2
    for (upper, right), values in QUADRANTS.items():
        rows = slice(half, None) if upper else slice(half)
        columns = slice(half, None) if right else slice(half)
        w[:, rows, columns] = np.reshape(values, (4, 1, 1))
    return conserved(w)


def conserved(w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return U = (rho, rho u, rho v, E) [4, y, x] of the primitive state `w` [4, y, x]."""
    rho, u, v, p = w
    return np.stack((rho, rho * u, rho * v, p / (GAMMA - 1) + 0.5 * rho * (u * u + v * v)))


def primitive(state: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (rho, u, v, p) [4, y, x] of U [4, y, x].

    Raises:
        ArithmeticError: rho or p is not positive.
    """
    w = np.empty_like(state)
    w[0] = state[0]
    np.divide(state[1:3], state[0], out=w[1:3])
    kinetic = state[1] * w[1] + state[2] * w[2]
    w[3] = (GAMMA - 1) * (state[3] - 0.5 * kinetic)
    if not (w[0].min() > 0 and w[3].min() > 0):
        raise ArithmeticError("the gas lost its positive density or pressure")
    return w


def solve(
    state: NDArray[np.float64],
    time: float,
    *,
    spacing: float,
    boundary: Literal["edge", "wrap"] = "edge",
) -> NDArray[np.float64]:
    """Return U [4, y, x] a span `time` after `state`, by Heun's method (SSP-RK2).

    Time steps are CFL * spacing / max(|u| + |v| + 2 c).

    Args:
        state: U [4, y, x] at the beginning.
        time: the span.
        spacing: the side of a square cell.
        boundary: as `numpy.pad` names them, "edge" for an open domain (zero gradient, outflow),
            "wrap" for a periodic one.

    Raises:
        InputError: the time is not positive and finite.
    """
    if not (math.isfinite(time) and time > 0):
        raise InputError.of_value("out-of-range", "time", time, "give a positive, finite one.")
    remaining = time
    while remaining > 0:
        w = primitive(state)
        speed = np.abs(w[1]) + np.abs(w[2]) + 2 * np.sqrt(GAMMA * w[3] / w[0])
        dt = min(remaining, CFL * spacing / float(speed.max()))
        first = state + dt / spacing * net_inflow(w, boundary)
        second = first + dt / spacing * net_inflow(primitive(first), boundary)
        state = 0.5 * (state + second)
        remaining -= dt
    return state


def net_inflow(w: NDArray[np.float64], boundary: Literal["edge", "wrap"]) -> NDArray[np.float64]:
    """Return the sum of the fluxes into each cell, spacing * dU/dt [4, y, x], of `w` [4, y, x].

    Both directions run the same operations in the same order, and one addition joins them. So a
    state that equals its mirror image (x and y, u and v exchanged) stays equal to the bit.
    """
    inflow = np.empty_like(w)
    padded = np.pad(w, ((0, 0), (2, 2), (2, 2)), mode=boundary)
    inner, swapped = padded[:, 2:-2], padded[SWAP, :, 2:-2].swapaxes(1, 2)
    for row in range(0, w.shape[1], STRIP):
        rows = slice(row, row + STRIP)
        along_x = _inflow_along(inner[:, rows])
        along_y = _inflow_along(swapped[..., row : row + STRIP + 4]).swapaxes(1, 2)[SWAP]
        np.add(along_x, along_y, out=inflow[:, rows])
    return inflow


def _inflow_along(w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inflow [4, m, n] along the last axis of `w` [4, m, n + 4], with velocity w[1]."""
    step = w[..., 1:] - w[..., :-1]
    half = half_slope(step[..., :-1], step[..., 1:])
    middle = w[..., 1:-1]
    flux = hll_flux((middle + half)[..., :-1], (middle - half)[..., 1:])
    return flux[..., :-1] - flux[..., 1:]


def half_slope(back: NDArray[np.float64], ahead: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return half of van Leer's limited slope: a b / (a + b) if a and b agree in sign, else 0."""
    size_back, size_ahead = np.abs(back), np.abs(ahead)
    slope = back * size_ahead
    slope += ahead * size_back
    size_back += size_ahead
    slope /= np.maximum(size_back, 1e-300, out=size_back)
    slope *= 0.5
    return slope


def hll_flux(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the HLL flux [4, ...] between two primitive states with velocity w[1] across the face.

        (a+ F(L) - a- F(R) + a+ a- (R - L)) / (a+ - a-),
        a+ = max(0, u_L + c_L, u_R + c_R),  a- = min(0, u_L - c_L, u_R - c_R)

    It equals the central-upwind flux of Kurganov, Noelle & Petrova (2001).
    """
    rho_l, u_l, v_l, p_l = left
    rho_r, u_r, v_r, p_r = right
    c_l, c_r = np.sqrt(GAMMA * p_l / rho_l), np.sqrt(GAMMA * p_r / rho_r)
    plus = np.maximum(np.maximum(u_l + c_l, u_r + c_r), 0)
    minus = np.minimum(np.minimum(u_l - c_l, u_r - c_r), 0)
    # a+ (F - a- U)_L - a- (F - a+ U)_R: what each side carries, then its pressure.
    weight_l = plus / (plus - minus)
    weight_r = 1 - weight_l
    carry_l, carry_r = weight_l * (u_l - minus), weight_r * (u_r - plus)
    mass_l, mass_r = carry_l * rho_l, carry_r * rho_r
    push_l, push_r = weight_l * p_l, weight_r * p_r
    flux = np.empty_like(left)
    np.add(mass_l, mass_r, out=flux[0])
    flux[1] = mass_l * u_l + mass_r * u_r + (push_l + push_r)
    flux[2] = mass_l * v_l + mass_r * v_r
    internal = (carry_l * p_l + carry_r * p_r) / (GAMMA - 1)
    kinetic = mass_l * (u_l * u_l + v_l * v_l) + mass_r * (u_r * u_r + v_r * v_r)
    flux[3] = internal + 0.5 * kinetic + (push_l * u_l + push_r * u_r)
    return flux


def _read(path: Path, size: int) -> NDArray[np.float64] | None:
    try:
        with path.open("rb") as file:
            field = np.load(file, allow_pickle=False)
        intact = field.dtype == np.float64 and field.shape == (size, size)
        return field if intact and np.isfinite(field).all() else None
    except Exception:  # absent, or damaged in one of many ways
        return None


def _write(path: Path, field: NDArray[np.float64]) -> None:
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=path.stem, dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            np.save(file, field, allow_pickle=False)
        os.replace(temporary, path)
    except OSError:  # the disk is full or read-only: the next call computes the field again
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
