"""Save representations as safetensors files, which hold no code, and load them."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from inr_models import MODELS, make_network
from inr_models.errors import InputError
from noisescape.representation import Representation, Segment

FORMAT = 1
"""Version of the saved files."""


def save(representation: Representation, path: str | Path) -> None:
    """Write a representation to one file.

    Args:
        representation: What to write.
        path: The file.

    Raises:
        InputError: The file cannot be written.
    """
    tensors: dict[str, torch.Tensor] = {}
    parts = []
    for number, segment in enumerate(representation.segments):
        part: dict[str, Any] = {"spans": segment.spans, "constant": segment.constant}
        if segment.network is not None and segment.config is not None:
            config = segment.config
            part["network"] = {"name": config.network, **dataclasses.asdict(config)}
            part["seed"] = segment.seed
            for name, parameter in segment.network.named_parameters():
                tensors[f"{number}.{name}"] = parameter.detach().contiguous()
        parts.append(part)
    others = {
        field.name: getattr(representation, field.name)
        for field in dataclasses.fields(representation)
        if field.name != "segments"
    }
    content = {"format": FORMAT, "segments": parts, **others}
    try:
        save_file(tensors, Path(path), metadata={"noisescape": json.dumps(content)})
    except (SafetensorError, OSError) as error:
        why = "give a path in a folder that exists and that you may write to."
        raise InputError.of_value("unwritable", "path", str(path), why) from error


def load(path: str | Path) -> Representation:
    """Return a representation that `Representation.save` wrote.

    Args:
        path: The file.

    Raises:
        InputError: There is no such file, it is damaged, or another version wrote it.
    """
    if not Path(path).is_file():
        raise InputError.at("not-there", path, "no such file; check the path.")
    try:
        with safe_open(str(path), "pt") as file:
            content = json.loads((file.metadata() or {}).get("noisescape", "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        why = "not readable as a representation; save it again."
        raise InputError.at("unreadable", path, why) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        why = (
            "not a representation of this version; fit it again, or use the version that saved it."
        )
        raise InputError.at("another-version", path, why)
    try:
        segments = [
            _segment(part, number, tensors, content)
            for number, part in enumerate(content.pop("segments"))
        ]
        content.pop("format")
        content["shape"] = tuple(content["shape"])
        return Representation(segments=tuple(segments), **content)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        why = "its content contradicts itself; save it again."
        raise InputError.at("damaged", path, why) from error


def _segment(
    part: Mapping[str, Any],
    number: int,
    tensors: Mapping[str, torch.Tensor],
    content: Mapping[str, Any],
) -> Segment:
    spans = tuple((int(first), int(last)) for first, last in part["spans"])
    if "network" not in part:
        return Segment(spans, None, tuple(part["constant"]))
    fields = dict(part["network"])
    config = MODELS[fields.pop("name")](**fields)
    network = make_network(
        config, in_features=len(spans), out_features=content["channels"], seed=part["seed"]
    )
    prefix = f"{number}."
    own = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
    if own.keys() != dict(network.named_parameters()).keys():
        raise ValueError("parameters are missing")
    network.load_state_dict(own, strict=False)
    return Segment(spans, network, (), config, part["seed"])
