"""Measure how much learning rate, decay, width and input scaling matter for SIREN and SIREN².

    python studies/audio_training.py run --scale small --signals my_clips/*.wav
    python studies/audio_training.py run --scale small \
        --networks "siren2 lr x4 decay 1" "siren2 lr x1 decay 1"

The paper names these sensitivities: the learning rate and its decay (limitation b, "1-2 % every 20
epochs"), the input's scaling and the network's size (Fig. 2b, c). Fig. 2a is a SIREN with a first
omega of 30,000, width 128 and a decay of 0.98.
"""

from search_spaces.networks import Case
from studies.command.cli import main
from studies.engine.planning.scale import Scale
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL, comparison
from studies.engine.planning.study import Study
from studies.questions import Comparison

RATES = (0.25, 1, 4)
SCALINGS = (1, 10, 100, 1000)


def cases(scale: Scale, decays: tuple[float, ...]) -> tuple[Case, ...]:
    """Return cases that change one setting of SIREN or SIREN², and rate and decay together."""
    variants = []
    for network in ("siren", "siren2"):
        for rate in RATES:
            for decay in decays:
                variants.append(
                    Case(
                        name=f"{network} lr x{rate:g} decay {decay:g}",
                        network=network,
                        width=scale.width,
                        learning_rate=rate * scale.fit.learning_rate,
                        decay=decay,
                    )
                )
        for width in (scale.width // 2, 128 if scale.width > 128 else 2 * scale.width):
            variants.append(Case(name=f"{network} width {width}", network=network, width=width))
        # A shorter signal needs smaller factors. The least is 1, which scales nothing.
        for factor in sorted({max(1.0, f * scale.max_samples / 150_000) for f in SCALINGS}):
            variants.append(
                Case(
                    name=f"{network} omega x{round(factor, 1):g}",
                    network=network,
                    width=scale.width,
                    first_factor=factor,
                )
            )
    return tuple(variants)


FIG_2A = Case(name="siren of Fig. 2a", network="siren", width=128, first_factor=1000, decay=0.98)

STUDY = Study(
    name="audio_training",
    title="How much do learning rate, decay, width and input scaling matter?",
    signals=("clips/loop_amen_full.flac", "clips/ambi_sauna.flac"),
    small=comparison(AUDIO_SMALL, cases(AUDIO_SMALL, (0.9, 0.95, 1.0)), 8_425),
    paper=comparison(AUDIO_PAPER, (*cases(AUDIO_PAPER, (0.98, 0.99, 1.0)), FIG_2A), 149_185),
    question=Comparison(),
)

if __name__ == "__main__":
    main(STUDY)
