"""The examples in docstrings run and give what they say."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest
import torch

import analysis
import inr_models
import noisescape
import search_spaces
import studies.engine
import studies.questions
from inr_models import Siren2Config
from inr_models.networks.network_config import Setting
from noisescape import siren2_for
from search_spaces.grids import AUDIO_GRID_SMALL
from search_spaces.rules import RULES, Target
from studies.engine.planning import question
from tests.fakes.maps import population

# Their examples need files of the user's, a storage or a GPU.
NEEDS_MORE = {
    "analysis.findings.collect.find",
    "analysis.findings.confirmation.confirmation",
    "analysis.regret.choice_loss.choice_loss",
    "analysis.regret.stored.regrets",
    "analysis.rules.sufficiency.sufficiency",
    "analysis.rules.validation.held_out_points",
    "analysis.rules.validation.validate",
    "analysis.settings.family.fit_regimes",
    "analysis.settings.maps.setting_surfaces",
    "analysis.surfaces.alike.alike",
    "analysis.surfaces.stored.stored_surfaces",
    "analysis.surfaces.surfaces.Surfaces.regret_of",
    "search_spaces.rules.saved.load_rule",
    "studies.engine.store.storage.StorageRetry",
    "studies.engine.store.store.Store",
    "studies.engine.store.store.Store.curves_by_key",
    "studies.engine.tracking.background.BackgroundTracking",
}


def _examples() -> list[doctest.DocTest]:
    examples = []
    for package in (
        inr_models,
        search_spaces,
        studies.engine,
        studies.questions,
        analysis,
        noisescape,
    ):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                docstrings = doctest.DocTestFinder().find(importlib.import_module(module.name))
                examples += [example for example in docstrings if example.examples]
    return examples


EXAMPLES = _examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_gives_what_it_says(example, tmp_path, monkeypatch):
    if example.name in NEEDS_MORE:
        pytest.skip("it needs a user's files")
    monkeypatch.chdir(tmp_path)
    # An example of a new kind of study leaves no trace.
    monkeypatch.setattr(question, "KINDS", dict(question.KINDS))
    names = {name: value for name, value in vars(inr_models).items() if not name.startswith("_")}
    names |= {"fit": inr_models.fit}
    names |= {
        "np": np,
        "torch": torch,
        "RULES": RULES,
        "Target": Target,
        "Setting": Setting,
        "AUDIO_GRID_SMALL": AUDIO_GRID_SMALL,
    }
    names |= {"siren2_for": siren2_for, "Siren2Config": Siren2Config}
    names |= {"samples": np.sin(np.linspace(0, 300, 2048)) + np.cos(np.linspace(0, 700, 2048))}
    config = Siren2Config(width=8, depth=2, s0=10.0, s1=0.5)
    networks = [
        inr_models.make_network(config, in_features=1, out_features=1, seed=seed) for seed in (0, 1)
    ]
    names |= {
        "surfaces": population(6),
        "networks": networks,
        "coords": torch.linspace(-1, 1, 2048)[:, None],
    }
    example.globs = {**names, **example.globs}
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    printed: list[str] = []
    failed, attempted = doctest.DocTestRunner(optionflags=flags).run(
        example, out=printed.append, clear_globs=False
    )
    assert attempted
    assert not failed, "".join(printed)


def test_only_known_examples_are_left_out():
    assert {example.name for example in EXAMPLES} >= NEEDS_MORE
    assert len(EXAMPLES) > 5 * len(NEEDS_MORE)
