"""The flag --rescale is one setting of an image run; notes go with a run to its report."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import studies.image_architectures
from studies import audio_architectures, audio_grid, image_grid, image_search
from studies.command.cli import main
from studies.engine.planning.resolving import flags_of, resolve
from studies.engine.planning.run import read_run, run_json
from studies.engine.signals.reading import read_all, reader
from tests.commands import run
from tests.fakes.runs import IMAGE, SOUND, every_key
from tests.refusals import refused

IMAGE_STUDIES = (image_grid.STUDY, image_search.STUDY, studies.image_architectures.STUDY)
SCRIPT = studies.image_architectures.__file__
SIZES = ("--scale", "small", "--epochs", "2", "--seeds", "1", "--networks", "siren")


def test_studies_of_images_have_the_flag_and_studies_of_sounds_do_not(capsys):
    for study in IMAGE_STUDIES:
        assert "rescale" in {flag.name for flag in flags_of(study)}
    for study in (audio_grid.STUDY, audio_architectures.STUDY):
        assert "rescale" not in {flag.name for flag in flags_of(study)}
        with refused("unknown-name", "rescale", study.name):
            resolve(study, "small", [SOUND], changes={"rescale": True})
    with pytest.raises(SystemExit) as stop:
        main(audio_grid.STUDY, ["plan", "--rescale"])
    assert stop.value.code == 2
    assert "--rescale" in capsys.readouterr().err


def test_sounds_are_not_rescaled_whoever_asks_for_it():
    with refused("unsupported", "rescale", "clip"):
        read_all([Path("a.wav")], 4096, "sound", rescale=True)
    scale = dataclasses.replace(audio_grid.STUDY.small, rescale=True)
    with refused("unsupported", "rescale", "clip"):
        dataclasses.replace(audio_grid.STUDY, small=scale)
    asked = resolve(audio_grid.STUDY, "small", [SOUND])
    with refused("unsupported", "rescale", "clip"):
        dataclasses.replace(asked, scale=scale)
    assert reader("sound").__name__ == "read_audio"


@pytest.mark.parametrize("study", IMAGE_STUDIES, ids=lambda study: study.name)
def test_the_flag_makes_another_run_of_the_same_trials(study):
    plain = resolve(study, "small", [IMAGE])
    rescaled = resolve(study, "small", [IMAGE], changes={"rescale": True})
    assert rescaled.id != plain.id
    assert "rescale" not in plain.identity, "the default is no part of an id"
    assert read_run(run_json(rescaled), rescaled.folder).scale.rescale
    assert every_key(rescaled, IMAGE) == every_key(plain, IMAGE), "the samples decide a key"


def test_a_run_that_was_stored_before_the_flag_and_the_notes_is_read():
    asked = resolve(image_grid.STUDY, "small", [IMAGE])
    value = json.loads(run_json(asked))
    del value["scale"]["rescale"], value["notes"]
    again = read_run(json.dumps(value).encode(), asked.folder)
    assert again == dataclasses.replace(asked, stored_id=asked.id)


@pytest.fixture(scope="module")
def dark(tmp_path_factory) -> Path:
    """A picture of 12 bits in 16."""
    path = tmp_path_factory.mktemp("pictures") / "dark.tif"
    i, j = np.mgrid[:24, :24]
    pixels = (2047 + 2047 * np.sin(0.4 * i + 0.02 * j**2)).astype(np.uint16)
    pixels[0, :2] = 0, 4095
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.slow
@pytest.mark.long
def test_a_dark_picture_has_a_note_in_every_command_until_it_is_rescaled(tmp_path, dark):
    results = tmp_path / "results"
    flags = [*SIZES, "--signals", dark]
    note = f"note {dark}: "
    for verb, also in (("plan", flags), ("run", flags), ("report", [])):
        output = run(SCRIPT, verb, results, *also)
        (line,) = [line for line in output.splitlines() if line.startswith(note)]
        assert " 6.2 % " in line, verb
        assert "--rescale" in line, verb
    (page,) = results.glob("_studies/*/report.html")
    assert "6.2 % of the range of uint16" in page.read_text()
    output = run(SCRIPT, "run", results, *flags, "--rescale")
    assert "1 fits to run, 0 already done" in output, "other samples are another trial"
    assert note not in output
    signals = pd.read_parquet(results / "_signals").sort_values("peak")
    assert list(signals["peak"]) == [2047.5, 32767.5]
    pages = {path.read_text() for path in results.glob("_studies/*/report.html")}
    assert sorted("its own lowest and highest value" in page for page in pages) == [False, True]
