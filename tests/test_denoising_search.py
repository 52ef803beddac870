"""Studies of noisy images, and searches of noisy sounds, as a user runs them."""

import numpy as np
import pandas as pd
import pytest

import studies.audio_denoising_search
import studies.image_denoising
from search_spaces.grids import NOISY_AUDIO_GRID
from studies.engine.store.store import Store, output_path
from tests import commands
from tests.outages import CLIP

SIZES = ("--scale", "small", "--epochs", "40", "--max-samples", "2048", "--signals", CLIP)


@pytest.mark.slow
@pytest.mark.long
def test_an_image_is_denoised_and_written(tmp_path):
    results, script = tmp_path / "results", studies.image_denoising.__file__
    picture = tmp_path / "steps.npy"
    np.save(picture, np.kron([[0.2, 0.8], [0.7, 0.1]], np.ones((16, 16))))
    flags = ("--scale", "small", "--epochs", "30", "--signals", picture, "--sigma", "0.3")
    commands.run(script, "run", results, *flags)
    (folder,) = results.glob("_studies/image_denoising-*")
    table = pd.read_parquet(folder / "denoising.parquet")
    assert table["psnr_noisy"].iloc[0] == pytest.approx(-20 * np.log10(0.3), abs=0.5)
    assert table["ssim"].between(-1, 1).all()
    assert list(folder.glob("*-denoised.png"))


@pytest.mark.slow
def test_a_search_finds_scales_blindly_and_goes_on_from_stored_fits(tmp_path):
    results, script = tmp_path / "results", studies.audio_denoising_search.__file__
    commands.run(script, "run", results, *SIZES, "--trials", "4")
    (folder,) = results.glob("_studies/audio_denoising_search-*")
    table = pd.read_parquet(folder / "denoising.parquet").set_index("method")
    assert set(table[table["kind"] != "classical"].index) == {
        "siren2 searched", "eqn11_length", "eqn11_length_width", "by_setting",
    }  # fmt: skip
    fits = pd.read_parquet(results)
    assert set(fits["objective"]) == {"blind"}
    assert (fits["seed"] == 0).all(), "nothing is confirmed on other seeds"
    store = Store(str(results))
    outputs = [store.read_array(output_path(key)) for key in fits["key"]]
    assert all(output is not None for output in outputs)
    # The search knows the rules' points in its space, so its choice is the best by held-out PSNR.
    (low, high), (_, most) = NOISY_AUDIO_GRID.bounds(2048)
    inside = fits["hp_s0"].between(low, high) & (fits["hp_s1"] <= most)
    assert inside.sum() >= 4
    best = fits["metric_psnr_peak"][inside].max()
    assert table.loc["siren2 searched", "psnr_held_out"] == pytest.approx(best)
    assert list(folder.glob("*-denoised.wav"))
    commands.run(script, "run", results, *SIZES, "--trials", "6")
    assert commands.num_rows(results) == len(fits) + 2
    assert len(list(results.glob("_studies/audio_denoising_search-*"))) == 1
    commands.run(script, "status", results)
