"""Variants have what they promise, and the report says how far a planted optimum has moved."""

import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from analysis import variants, variants_report
from analysis.equal_psi import HIGHEST, KINDS, LOWEST, of_psi
from analysis.variants import NOISES_DB, VARIANTS, originals_of, phase_randomized, upsampled
from inr_models import InputError
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.descriptors import describe
from search_spaces.descriptors.centroid import spectral_centroid
from studies.engine.audio_files import read_audio
from studies.engine.resolving import resolve
from studies.engine.rows import signal_row
from studies.engine.signals import Signal
from studies.engine.store import Store
from tests.planted_rules import MAP_ALONE
from tests.test_study import make_signal


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    """A decaying hum with a mean, of an even number of samples."""
    rng = np.random.default_rng(5)
    steps = np.cumsum(rng.standard_normal(4096))
    return (steps - steps.min()) / np.ptp(steps) * np.exp(-np.arange(4096) / 1500)


@pytest.mark.parametrize("n", [4096, 4095])
def test_a_surrogate_has_the_same_spectrum_and_other_samples(clip, n):
    expected = np.abs(np.fft.rfft(clip[:n]))
    one, other = (phase_randomized(clip[:n], seed) for seed in (0, 1))
    for samples in (one, other):
        np.testing.assert_allclose(np.abs(np.fft.rfft(samples)), expected, rtol=1e-5)
        assert abs(np.corrcoef(samples, clip[:n])[0, 1]) < 0.9
    assert np.abs(one - other).max() > 0.1 * np.abs(one).max()
    np.testing.assert_array_equal(one, phase_randomized(clip[:n], 0))


def test_descriptors_of_the_spectrum_do_not_see_the_phases_once_written(clip, make_wav, tmp_path):
    whole, turned = written(clip, make_wav, tmp_path, "clip", "clip_phases0")
    for name in ("psi", "centroid_power", "rolloff_99", "flatness", "participation", "exponent"):
        assert turned.descriptors[name] == pytest.approx(whole.descriptors[name], rel=1e-3), name
    assert turned.descriptors["crest_factor_db"] != pytest.approx(
        whole.descriptors["crest_factor_db"], abs=0.1
    )


@pytest.mark.parametrize("below_db", NOISES_DB)
def test_noise_is_as_far_below_the_clip_as_asked_for_and_white(clip, below_db):
    noise = VARIANTS[f"noise{below_db}"](clip) - clip
    ratio = 10 * math.log10(np.mean(clip**2) / np.mean(noise**2))
    assert ratio == pytest.approx(below_db, abs=0.1)
    assert spectral_centroid(noise) == pytest.approx(0.5, abs=0.02)


def test_upsampling_keeps_the_spectrum_and_adds_nothing_above(clip):
    lines, more = np.fft.rfft(clip), np.fft.rfft(upsampled(clip)) / 2
    assert len(upsampled(clip)) == 2 * len(clip)
    np.testing.assert_allclose(more[:2048], lines[:2048], atol=1e-9)
    assert np.abs(more[2049:]).max() < 1e-9 * np.abs(lines).max()
    # Where there was a sample, the same one is.
    again = upsampled(clip)[::2]
    assert describe(again)["psi"] == pytest.approx(describe(clip)["psi"], rel=1e-2)


@pytest.mark.parametrize("psi", [LOWEST, 0.1, 0.3, HIGHEST])
def test_sounds_of_equal_psi_have_it_and_little_else_in_common(psi):
    sounds = [of_psi(psi, kind, 8192, seed=0).astype(np.float32) for kind in KINDS]
    found = [describe(samples) for samples in sounds]
    assert [d["psi"] for d in found] == pytest.approx([psi] * len(KINDS), abs=1e-3)
    powers = [d["centroid_power"] for d in found]
    assert max(powers) > 2 * min(powers)


@pytest.mark.parametrize("psi", [0.0, 0.6, float("nan")])
def test_a_psi_that_not_every_kind_can_have_is_refused(psi):
    with pytest.raises(InputError, match=r"--equal-psi .*: give shares of Nyquist, 0\.05 to 0\.45"):
        of_psi(psi, "tone", 8192, seed=0)


def written(clip, make_wav, folder: Path, *names: str) -> list[Signal]:
    path = make_wav("clip.wav", clip, subtype="FLOAT")
    assert variants.main([str(path), "--max-samples", "2048", "--to", str(folder / "to")]) == 0
    return [read_audio(folder / "to" / f"{name}.wav", 4096) for name in names]


def test_files_are_read_whole_and_the_crop_is_the_signal_that_studies_know(
    clip, make_wav, tmp_path
):
    whole, twice = written(clip, make_wav, tmp_path, "clip", "clip_twice")
    assert whole.sha256 == read_audio(tmp_path / "clip.wav", 2048).sha256
    assert (whole.num_samples, twice.num_samples) == (2048, 4096)
    assert (whole.sample_rate, twice.sample_rate) == (44_100, 88_200)
    files = sorted(path.stem for path in (tmp_path / "to").iterdir())
    assert files == sorted(["clip", *(f"clip_{end}" for end in VARIANTS)])
    assert soundfile.info(tmp_path / "to" / "clip_noise40.wav").subtype == "FLOAT"


def test_what_is_there_is_kept_and_other_samples_are_never_written_over(
    clip, make_wav, tmp_path, capsys
):
    written(clip, make_wav, tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "to").iterdir()}
    written(clip, make_wav, tmp_path)
    (tmp_path / "to" / "clip_noise50.wav").unlink()
    written(clip, make_wav, tmp_path)  # made anew, from the same seed
    last = tmp_path / "to" / "clip_twice.wav"
    soundfile.write(last, np.zeros(300), 44_100)
    other = last.read_bytes()
    (tmp_path / "to" / "clip.wav").unlink()
    command = [str(tmp_path / "clip.wav"), "--max-samples", "2048", "--to", str(tmp_path / "to")]
    assert variants.main(command) == 2
    assert "clip_twice.wav: there already, with other samples" in capsys.readouterr().err
    assert last.read_bytes() == other
    assert not (tmp_path / "to" / "clip.wav").exists()
    kept = [path for path in before if path.exists() and path != last]
    assert all(np.array_equal(soundfile.read(p)[0], read_bytes(before[p])) for p in kept)


def read_bytes(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data))[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "nothing to make"),
        (["none.wav"], "none.wav: no such file"),
        (["--equal-psi", "0.1", "--max-samples", "10"], "--max-samples 10: give 256 or more"),
        (["--equal-psi", "0.9"], "--equal-psi 0.9: give shares"),
    ],
)
def test_bad_input_gets_a_sentence_and_writes_nothing(tmp_path, capsys, arguments, says):
    assert variants.main([*arguments, "--to", str(tmp_path / "to")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert says in error
    assert not (tmp_path / "to").exists()


def test_a_clip_that_cannot_be_read_is_left_out_and_the_others_are_made(
    clip, make_wav, tmp_path, capsys
):
    path = make_wav("clip.wav", clip)
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    arguments = [str(path), str(tmp_path / "bad.wav"), "--to", str(tmp_path / "to")]
    assert variants.main(arguments) == 3
    assert "bad.wav: not readable as audio" in capsys.readouterr().err
    assert (tmp_path / "to" / "clip_twice.wav").exists()


def test_names_tell_what_belongs_together():
    assert originals_of("my_clip_noise40") == [("noise", "my_clip")]
    assert originals_of("a_phases1") == [("phases", "a"), ("two surrogates", "a_phases0")]
    assert originals_of("psi0.1_tone") == [("equal psi", "psi0.1_one_over_f")]
    for name in ("my_clip", "psi0.1_one_over_f", "a_noise99", "twice"):
        assert originals_of(name) == []


def plant(folder: Path, optima: dict[str, tuple[float, float, int]], widths=(52,)) -> str:
    """A store of coarse maps, paraboloids in (log K, log g) of 50 dB with (K/Nyquist, g, n)."""
    store = Store(str(folder / "results"))
    for width in widths:
        for name, (share, g, n) in optima.items():
            signal = replace(make_signal(name, n=n), sha256=name.encode().hex().ljust(64, "0"))
            run = resolve(MAP_ALONE, "small", [signal], changes={"width": width})
            store.add_signals([signal_row(signal)])
            store.append(planted_rows(run, signal, share * math.pi * n / 2, g))
    return store.results


def planted_rows(run, signal: Signal, best_k: float, best_g: float) -> list[dict[str, object]]:
    rows = []
    width = run.scale.width
    for cell, (s0, s1) in run.grid.cells(signal.num_samples):
        k, g = bandwidth(s0, s1, width=width), gain(s1, width=width)
        rows.append(
            {
                "key": f"{signal.name} x{width} {cell}", "study": "test", "seed": 0,
                "signal": signal.name, "sha256": signal.sha256, "n": signal.num_samples,
                "network": "siren2", "status": "ok", "metric_psnr_zero": signal.psnr_zero,
                "metric_psnr_peak": 50 - height(k / best_k) - height(g / best_g),
                "hp_width": width, "hp_depth": run.scale.depth,
                "hp_zero_output_bias": run.scale.zero_output_bias,
                "hp_s0": s0, "hp_s1": s1,
                **{f"fit_{name}": value for name, value in vars(run.scale.fit).items()},
            }
        )  # fmt: skip
    return rows


def height(ratio: float) -> float:
    """dB below a planted optimum."""
    return 3 * math.log(ratio) ** 2


def test_the_report_says_what_the_originals_optimum_loses_on_the_variant(tmp_path, capsys):
    results = plant(
        tmp_path,
        {
            "a": (0.15, 3.0, 8192),
            "a_phases0": (0.15, 3.0, 8192),
            "a_phases1": (0.45, 3.0, 8192),
            "a_noise40": (0.15, 6.0, 8192),
            "a_twice": (0.075, 3.0, 16384),
            "b_noise40": (0.1, 3.0, 8192),
            "psi0.1_one_over_f": (0.1, 3.0, 8192),
            "psi0.1_tone": (0.4, 3.0, 8192),
        },
    )
    assert variants_report.main([results]) == 0
    table = pq.read_table(f"{results}/_rules/variants.parquet").to_pandas()
    lost = table.set_index(["experiment", "variant"])["regret_db"]
    assert lost["phases", "a_phases0"] == pytest.approx(0, abs=0.15)
    assert lost["twice", "a_twice"] == pytest.approx(0, abs=0.15)
    assert lost["phases", "a_phases1"] == pytest.approx(height(3), abs=0.5)
    assert lost["two surrogates", "a_phases1"] == pytest.approx(height(3), abs=0.5)
    assert lost["noise", "a_noise40"] == pytest.approx(height(2), abs=0.3)
    assert lost["equal psi", "psi0.1_tone"] == pytest.approx(height(4), abs=0.7)
    assert len(lost) == 6
    # The best point for both lies halfway between their optima, in log K.
    shared = table.set_index("experiment")["shared_db"]
    assert shared["equal psi"] == pytest.approx(height(2), abs=0.5)
    assert shared.drop("equal psi").isna().all()
    at = table.set_index("variant").loc["a_twice"]
    assert at["bandwidth_variant"] == pytest.approx(at["bandwidth_original"], rel=0.15)
    assert at["share_variant"] == pytest.approx(at["share_original"] / 2, rel=0.15)
    text = capsys.readouterr().out
    assert "left out b_noise40: b, beside which it belongs, is not mapped." in text
    assert max(map(len, text.split("left out")[0].splitlines())) <= 80
    figures = sorted(Path(results, "_rules").glob("variants-a-*.svg"))
    assert len(figures) == 1
    assert "<svg" in figures[0].read_text()


def test_the_report_pairs_widths_and_gains_keep_their_meaning(tmp_path, capsys):
    optima = {"a": (0.15, 3.0, 8192), "b": (0.2, 4.0, 8192)}
    results = plant(tmp_path, optima, widths=(52, 104, 222))
    assert variants_report.main([results, "--widths", "52", "104", "222"]) == 0
    table = pq.read_table(f"{results}/_rules/widths.parquet").to_pandas()
    assert list(zip(table["variant"], table["width_variant"], strict=True)) == [
        ("a", 104), ("a", 222), ("b", 104), ("b", 222),
    ]  # fmt: skip
    assert table["regret_db"].max() < 0.15
    there = table[table["variant"] == "b"].assign(regret_db=9.0, width_original=26)
    (tmp_path / "data" / "_rules").mkdir(parents=True)
    there.to_parquet(tmp_path / "data" / "_rules" / "widths.parquet")
    arguments = [results, "--widths", "52", "104", "222", "--to", str(tmp_path / "data")]
    assert variants_report.main(arguments) == 0
    both = pq.read_table(tmp_path / "data" / "_rules" / "widths.parquet").to_pandas()
    assert both["width_original"].tolist() == [26, 26, 52, 52, 52, 52]
    assert "x104" in capsys.readouterr().out
    assert variants_report.main([results, "--widths", "52", "77"]) == 2
    assert "--widths 77: " in capsys.readouterr().err


def test_a_folder_without_variants_is_told_what_to_do(tmp_path, capsys):
    results = plant(tmp_path, {"a": (0.15, 3.0, 8192), "b": (0.2, 4.0, 8192)})
    assert variants_report.main([results]) == 2
    assert "no variant is mapped beside its original" in capsys.readouterr().err
