"""Plant data for the ledger of the paper's claims."""

from collections.abc import Mapping, Sequence

from analysis.claims.data import Data, Fits, Fitted, Number

SEEDS = range(5)


def fits(psnr: Mapping[tuple[str, str], float], *, noise: float = 0.0, zero: float = 10.0) -> Fits:
    """Return fits of these mean PSNR by target and case, on five seeds.

    Args:
        psnr: The means in dB.
        noise: How far the seeds of the cases are apart, in dB. The cases' orders of seeds differ.
        zero: The PSNR of zero output.
    """
    of = {}
    for number, (key, mean) in enumerate(psnr.items()):
        shifts = [noise * ((seed + 2 * number) % 5 - 2) for seed in SEEDS]
        of[key] = {
            seed: fitted(mean + shift, zero) for seed, shift in zip(SEEDS, shifts, strict=True)
        }
    psi = {target: 0.1 * i for i, target in enumerate(dict.fromkeys(t for t, _ in psnr))}
    return Fits(of, psi, "planted")


def fitted(psnr: float, zero: float = 10.0, epochs: int = 100) -> Fitted:
    """Return a fit whose PSNR rises by equal steps to its peak, from zero output's on."""
    steps = range(epochs + 1)
    curve = (list(steps), [zero + (psnr - zero) * step / epochs for step in steps])
    return Fitted(psnr, psnr, psnr - zero, psnr - zero < 1, curve)


def study(name: str, psnr: Mapping[tuple[str, str], float], noise: float = 0.0) -> Data:
    """Return data with the fits of one study."""
    return Data(studies={name: fits(psnr, noise=noise)})


def numbers(quantity: str, **cases: Sequence[float]) -> Data:
    """Return data with measured numbers, one for each seed."""
    measured = {
        (quantity, case): [Number("", seed, value) for seed, value in enumerate(values)]
        for case, values in cases.items()
    }
    return Data(measured=measured, scales={quantity: "planted"})
