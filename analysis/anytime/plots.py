"""Draw regret against fits and against epochs."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from analysis.anytime.stored import Measured, Row
from analysis.reporting.style import INK, MUTED, RULE, styled
from analysis.surfaces.plots import TEAL

COLORS = {"rule": RULE, "prior": TEAL, "tpe": INK, "gp": "#b07d2b", "random": MUTED}
EPOCHS = 300


@styled
def figure(rows: Sequence[Row]) -> Figure:
    """Draw the mean regret of each method, over fits on the left and over epochs on the right.

    The band is the prior's 95 % interval over recordings and seeds. Dashed lines are of short fits.
    """
    measured = Measured(rows)
    drawn = Figure(figsize=(9.6, 3.6), layout="constrained")
    by_fits, by_epochs = drawn.subplots(1, 2, sharey=True)
    for method, color in COLORS.items():
        fits = measured.fits("regret", method)
        means = [measured.mean("regret", method, number) for number in fits]
        line = [mean.mean for mean in means]
        by_fits.plot(fits, line, color=color, label=method, lw=1.5)
        if method == "prior":
            low, high = [mean.low for mean in means], [mean.high for mean in means]
            by_fits.fill_between(fits, low, high, color=color, alpha=0.12, lw=0)
        by_epochs.plot([number * EPOCHS for number in fits], line, color=color, lw=1.5)
        short = f"{method}, short fits"
        for epochs in measured.epochs("regret"):
            at = measured.fits("regret", short, epochs)
            line = [measured.mean("regret", short, number, epochs).mean for number in at]
            spent = [number * epochs for number in at]
            label = f"{short} of {epochs} epochs" if at else None
            by_epochs.plot(spent, line, color=color, lw=1.2, ls="--", label=label)
    by_fits.set(
        xlabel="fits",
        ylabel="regret in dB",
        xticks=range(0, 21, 5),
        xlim=(0, 20),
        ylim=(0, None),
    )
    by_epochs.set(xlabel="epochs spent", xlim=(0, 20 * EPOCHS))
    by_fits.legend(frameon=False, fontsize=8)
    by_epochs.legend(frameon=False, fontsize=8)
    return drawn
