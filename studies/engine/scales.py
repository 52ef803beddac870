"""The two scales of the studies on sound: minutes on two cores, and the paper's.

Studies that share a scale share its fits: a search knows the cells that a grid has fitted.
"""

from inr_models import FitConfig
from search_spaces.audio import NoiseGrid
from search_spaces.axes import Linear, Log, Values
from studies.engine.study import Scale

AUDIO_SMALL = Scale(
    max_samples=8_192,
    width=52,
    depth=4,
    # Few epochs, for minutes on two cores: enough for the ridge to stand out.
    fit=FitConfig(epochs=160, learning_rate=5e-4, decay=0.95, decay_every=20),
    seeds=1,
    grid=NoiseGrid(
        s0=Log(low=450, high=28_800, num=4),
        s1=Values(values=(0, 0.3, 0.8, 1.6, 3)),
    ),
    rules=("eqn11_length", "eqn11_length_width"),
)

AUDIO_PAPER = Scale(
    max_samples=150_000,
    width=222,
    depth=4,
    fit=FitConfig(epochs=30_000, learning_rate=1e-4, decay=0.99, decay_every=20),
    seeds=5,
    grid=NoiseGrid(s0=Log(low=150, high=15_000, num=11), s1=Linear(low=0, high=3, num=11)),
    rules=("eqn11_length", "eqn11_length_width", "eqn11", "eqn11_text"),
)
"""Sec. 5.1, Fig. 6."""
