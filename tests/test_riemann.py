"""The Riemann problem's solver against exact solutions, and its cache."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from studies.engine.signals import riemann
from studies.engine.signals.riemann import (
    GAMMA,
    QUADRANTS,
    SWAP,
    cached_density,
    conserved,
    density,
    initial_state,
    primitive,
    solve,
)
from tests.refusals import refused

# Sod's shock tube (1978): (rho, u, v, p) left and right of 0.5.
SOD = (1.0, 0.0, 0.0, 1.0), (0.125, 0.0, 0.0, 0.1)


@pytest.fixture(scope="module")
def fields() -> dict[int, np.ndarray]:
    return {size: solve(initial_state(size), 0.3, spacing=1 / size) for size in (32, 64, 128)}


def sod(size: int) -> np.ndarray:
    """U [4, 3, size] at time 0, the tube lying along x."""
    w = np.empty((4, 3, size))
    w[:, :, : size // 2] = np.reshape(SOD[0], (4, 1, 1))
    w[:, :, size // 2 :] = np.reshape(SOD[1], (4, 1, 1))
    return conserved(w)


def exact_sod(speed: np.ndarray) -> np.ndarray:
    """Density at speed = (x - 0.5) / t: rarefaction, contact, shock (Toro, section 4)."""
    (rho_l, _, _, p_l), (rho_r, _, _, p_r) = SOD
    c_l, c_r = math.sqrt(GAMMA * p_l / rho_l), math.sqrt(GAMMA * p_r / rho_r)

    def behind_rarefaction(p: float) -> float:
        return 2 * c_l / (GAMMA - 1) * (1 - (p / p_l) ** ((GAMMA - 1) / (2 * GAMMA)))

    def behind_shock(p: float) -> float:
        return (p - p_r) * math.sqrt(2 / rho_r / ((GAMMA + 1) * p + (GAMMA - 1) * p_r))

    p = brentq(lambda p: behind_rarefaction(p) - behind_shock(p), p_r, p_l, xtol=1e-14)
    u = behind_shock(p)
    rho_fan_end = rho_l * (p / p_l) ** (1 / GAMMA)
    ratio, g = p / p_r, (GAMMA - 1) / (GAMMA + 1)
    rho_shocked = rho_r * (ratio + g) / (g * ratio + 1)
    shock = c_r * math.sqrt((GAMMA + 1) / (2 * GAMMA) * ratio + (GAMMA - 1) / (2 * GAMMA))
    fan = rho_l * (2 / (GAMMA + 1) - g * speed / c_l).clip(0) ** (2 / (GAMMA - 1))
    fan_end = u - math.sqrt(GAMMA * p / rho_fan_end)
    ahead = [speed < -c_l, speed < fan_end, speed < u, speed < shock]
    return np.select(ahead, [rho_l, fan, rho_fan_end, rho_shocked], rho_r)


def sod_error(size: int, time: float = 0.2) -> float:
    x = (np.arange(size) + 0.5) / size
    end = solve(sod(size), time, spacing=1 / size)
    return float(np.abs(end[0, 1] - exact_sod((x - 0.5) / time)).mean())


def test_the_jumps_between_quadrants_are_shocks():
    """Rankine-Hugoniot: s [U] = [F], to the four digits of the published states."""
    for upper in (True, False):
        rho, u, v, p = np.transpose([QUADRANTS[upper, False], QUADRANTS[upper, True]])
        energy = p / (GAMMA - 1) + rho * (u**2 + v**2) / 2
        speed = np.diff(rho * u) / np.diff(rho)
        assert speed * np.diff(rho * u) == pytest.approx(np.diff(rho * u**2 + p), abs=1e-3)
        assert speed * np.diff(energy) == pytest.approx(np.diff((energy + p) * u), abs=1e-3)
        assert np.diff(v) == 0
        assert np.diff(u) < 0  # compression


def test_density_and_pressure_stay_positive(fields):
    for state in fields.values():
        rho, _, _, p = primitive(state)
        assert rho.min() > 0.137
        assert p.min() > 0.0289


def test_exchanging_x_and_y_changes_no_bit(fields):
    for state in fields.values():
        np.testing.assert_array_equal(state, state[SWAP].swapaxes(1, 2))


def test_a_constant_state_stays_constant_to_the_bit():
    start = conserved(np.broadcast_to(np.reshape((0.7, -1.3, 0.4, 0.9), (4, 1, 1)), (4, 19, 40)))
    np.testing.assert_array_equal(solve(start, 0.1, spacing=1 / 40), start)


def test_a_periodic_domain_keeps_mass_momentum_and_energy():
    start = initial_state(48)
    end = solve(start, 0.1, spacing=1 / 48, boundary="wrap")
    assert np.abs(end - start).max() > 0.1
    np.testing.assert_allclose(end.sum((1, 2)), start.sum((1, 2)), rtol=1e-12)


def test_sod_gains_only_the_momentum_of_its_end_pressures():
    change = solve(sod(100), 0.15, spacing=1 / 100) - sod(100)
    gain = change[:, 1].sum(-1) / 100
    np.testing.assert_allclose(gain, (0, 0.15 * (1.0 - 0.1), 0, 0), rtol=1e-12, atol=1e-13)


def test_sod_converges_to_the_exact_solution():
    errors = [sod_error(size) for size in (50, 100, 200, 400)]
    # In L1 a shock is of first order, a contact of order 2/3: a factor of 0.5 to 0.63.
    assert all(fine < 0.65 * coarse for coarse, fine in pairwise(errors))
    assert errors[-1] < 0.002


def test_sod_along_y_is_sod_along_x_transposed():
    along_x = solve(sod(64), 0.2, spacing=1 / 64)
    along_y = solve(sod(64)[SWAP].swapaxes(1, 2), 0.2, spacing=1 / 64)
    np.testing.assert_array_equal(along_y[SWAP].swapaxes(1, 2), along_x)


def test_the_field_converges(fields):
    halved = {n: f[0].reshape(n // 2, 2, n // 2, 2).mean((1, 3)) for n, f in fields.items()}
    distance = {n: np.abs(halved[2 * n] - fields[n][0]).mean() for n in (32, 64)}
    assert distance[64] < 0.8 * distance[32]


def test_row_0_is_the_top_and_its_shock_has_the_exact_speed():
    field = density(64)
    assert field[0, -1] == pytest.approx(1.5, abs=0.02)
    assert field[-1, 0] == pytest.approx(0.138, abs=1e-9)
    # Mass across the jump: s = [rho u] / [rho] = -0.6634.
    place = np.argmin(np.abs(field[0] - 1.0)) / 64
    assert place == pytest.approx(0.5 - 0.3 * 0.6634, abs=1.5 / 64)


@pytest.mark.parametrize("size", [15, 0, -64])
def test_too_few_cells_are_refused(size):
    with refused("out-of-range", "size", size, 16):
        density(size)


@pytest.mark.parametrize("time", [0.0, -0.3, math.inf, math.nan])
def test_a_time_that_is_not_positive_and_finite_is_refused(time):
    with refused("out-of-range", "time", time):
        density(16, time)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of a division by that density
@pytest.mark.parametrize("quantity", ["density", "pressure"])
@pytest.mark.parametrize("value", [0.0, -0.1, math.nan])
def test_a_state_without_a_positive_density_or_pressure_is_refused(quantity, value):
    w = primitive(initial_state(16))
    w[{"density": 0, "pressure": 3}[quantity], 3, 5] = value
    start = conserved(w)
    # A FloatingPointError or a ZeroDivisionError, which are ArithmeticErrors too, would be a slip.
    with pytest.raises(ArithmeticError) as caught:
        solve(start, 0.1, spacing=1 / 16)
    assert type(caught.value) is ArithmeticError
    with pytest.raises(ArithmeticError) as caught:
        primitive(start)
    assert type(caught.value) is ArithmeticError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "noisescape" / f"riemann3_16_v{riemann.VERSION}.npy"


def test_the_second_call_reads_what_the_first_wrote(cache, monkeypatch):
    first = cached_density(16)
    np.testing.assert_array_equal(first, density(16))
    assert list(cache.parent.iterdir()) == [cache]
    monkeypatch.setattr(riemann, "density", lambda size: pytest.fail("computed twice"))
    np.testing.assert_array_equal(cached_density(16), first)


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "shape", "dtype", "nan", "pickle"])
def test_a_damaged_file_is_computed_anew(cache, damage):
    whole = cached_density(16)
    content = cache.read_bytes()
    if damage in ("empty", "text", "cut"):
        cache.write_bytes({"empty": b"", "text": b"not an array", "cut": content[:-9]}[damage])
    else:
        wrong = {
            "shape": whole[1:],
            "dtype": whole.astype(np.float32),
            "nan": np.full_like(whole, np.nan),
            "pickle": np.full((16, 16), None),
        }[damage]
        np.save(cache, wrong, allow_pickle=True)
    np.testing.assert_array_equal(cached_density(16), whole)
    assert cache.read_bytes() == content


def test_a_cache_folder_that_cannot_be_made_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    np.testing.assert_array_equal(cached_density(16), density(16))


def test_a_failed_write_leaves_no_file_behind(cache, monkeypatch):
    def full_disk(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    np.testing.assert_array_equal(cached_density(16), density(16))
    assert list(cache.parent.iterdir()) == []


def test_without_xdg_cache_home_the_cache_is_in_the_home(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    cached_density(16)
    assert len(list((tmp_path / ".cache" / "noisescape").iterdir())) == 1
