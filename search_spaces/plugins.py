"""Use networks and rules from files outside this repository: `my_file.py:MyConfig`.

The file is code of the user's, which runs here and on the workers. A part of its SHA-256 goes into
the content key of a plug-in's fits, so that a changed file is another network. The hash is of this
one file, so what it imports should be installed packages.

A stored run holds what its keys need, and is read without the file.
"""

import dataclasses
import hashlib
import importlib.util
import inspect
import json
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from inr_models.errors import InputError
from inr_models.networks.catalog import MODELS
from inr_models.networks.network_config import NetworkConfig
from inr_models.shown import first_line
from search_spaces.rules.target import NoiseScales, Target

SUFFIX = ".py:"
HASH_DIGITS = 16

MODULES: dict[str, ModuleType] = {}
"""Every plug-in file that was imported, by the hash of its source. Ray sends them by value."""


class Plugin(NamedTuple):
    """Holds what a plug-in file defines under a name.

    Args:
        value: The class or the function.
        source: The first digits of the SHA-256 of the file.
    """

    value: Any
    source: str


def is_plugin(given: str) -> bool:
    """Return whether a text names a plug-in, or a file of Python alone, which `load` refuses.

    Example:
        >>> is_plugin("my_file.py:MyConfig"), is_plugin("siren2")
        (True, False)
    """
    return SUFFIX in f"{given}:"


def plugin_name(given: str) -> str:
    """Return the name that a plug-in has in its file.

    Example:
        >>> plugin_name("folder/my_file.py:MyConfig")
        'MyConfig'
    """
    return given.rpartition(":")[2]


def load(given: str, flag: str) -> Plugin:
    """Return the class or the function that `FILE.py:NAME` names.

    Args:
        given: What the user gave.
        flag: The option that it was given to, for messages.

    Raises:
        InputError: There is no such file, it cannot be imported, or it defines no such name. Or
            the text has no name.
    """
    path, _, name = given.rpartition(":")
    if not path:
        why = f"give the name of what the file defines as well, such as {given}:NAME."
        raise InputError.of_value("missing", flag, given, why)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        why = f"the file cannot be read ({error.strerror}); give FILE.py:NAME."
        raise InputError.of_value("not-there", flag, given, why) from error
    source = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
    if source not in MODULES:
        MODULES[source] = _imported(path, source, given, flag)
    module = MODULES[source]
    if not hasattr(module, name):
        own = [n for n, value in vars(module).items() if _is_own(value, module)]
        why = f"the file defines no {name}; it has {', '.join(own) or 'nothing to name'}."
        raise InputError.of_value("unknown-name", flag, given, why)
    return Plugin(getattr(module, name), source)


def _is_own(value: object, module: ModuleType) -> bool:
    is_named = inspect.isclass(value) or inspect.isfunction(value)
    return is_named and value.__module__ == module.__name__


def _imported(path: str, source: str, given: str, flag: str) -> ModuleType:
    name = f"noisescape_plugin_{source}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a file that ends in .py has a loader"
    assert spec.loader is not None, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up the module of their class
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        del sys.modules[name]
        why = f"the file cannot be imported ({type(error).__name__}: {first_line(error)}); "
        why += f"try `python {path}`."
        raise InputError.of_value("wrong-kind", flag, given, why) from error
    return module


def load_network(given: str, flag: str) -> type[NetworkConfig]:
    """Return the config class that `FILE.py:NAME` names, which knows the hash of its file.

    Raises:
        InputError: It is no dataclass that derives from `NetworkConfig`, its network has no name or
            the name of another network; or what `load` raises.
    """
    kind, source = load(given, flag)
    if not (inspect.isclass(kind) and issubclass(kind, NetworkConfig)):
        why = "it is no network; give a frozen dataclass that derives from "
        why += "inr_models.NetworkConfig, as in docs/networks.md."
        raise InputError.of_value("wrong-kind", flag, given, why)
    own = vars(kind).get("network")
    if not isinstance(own, str) or not own:
        why = "the class does not name its network; add network: ClassVar[str] = 'my_network'."
        raise InputError.of_value("missing", flag, given, why)
    if own in MODELS:
        why = f"there is a network {own!r} already; give the class's `network` another name."
        raise InputError.of_value("taken", flag, given, why)
    kind.source = source
    return kind


@dataclasses.dataclass(frozen=True, kw_only=True)
class PluginRule:
    """A rule from a file: a function from a `Target` to (s0, s1).

    A run computes its points once, and stores them as a `Table`.

    Args:
        given: The text that named it.
        function: The function.
        source: The hash of its file.
    """

    kind: Literal["plugin"] = "plugin"

    given: str
    function: Callable[[Target], Any]
    source: str

    def __call__(self, target: Target) -> NoiseScales:
        """Return the rule's point for a target.

        Raises:
            InputError: The function fails, or returns something else than two numbers of 0 or more.
        """
        try:
            s0, s1 = map(float, self.function(target))
        except InputError:
            raise
        except Exception as error:  # the user's code may raise anything
            why = f"the rule failed ({type(error).__name__}: {first_line(error)}); it has to "
            why += "return (s0, s1) for a search_spaces.rules.Target."
            raise InputError.of_value("wrong-kind", "--rules", self.given, why) from error
        if not (0 <= s0 < math.inf and 0 <= s1 < math.inf):
            why = f"the rule returned ({s0:g}, {s1:g}); it has to return two numbers of 0 or more."
            raise InputError.of_value("out-of-range", "--rules", self.given, why)
        return NoiseScales(s0, s1)


def load_rule_function(given: str, flag: str) -> PluginRule:
    """Return the rule that `FILE.py:NAME` names.

    Raises:
        InputError: It is nothing that can be called; or what `load` raises.
    """
    function, source = load(given, flag)
    if not callable(function):
        why = "it is no function; give one from a search_spaces.rules.Target to (s0, s1)."
        raise InputError.of_value("wrong-kind", flag, given, why)
    return PluginRule(given=given, function=function, source=source)


def network_text(network: NetworkConfig) -> str:
    """Return a plug-in's network as JSON from which `stored_network` makes a stand-in."""
    fields = dataclasses.fields(network)
    defaults = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    content = {"network": network.network, "source": network.source, "defaults": defaults}
    return json.dumps(content | {"values": dataclasses.asdict(network)}, sort_keys=True)


def stored_network(text: str) -> NetworkConfig:
    """Return a stand-in for a network whose file is gone. It has the same content key.

    It cannot be built, so nothing can be fitted with it.
    """
    content = json.loads(text)
    values, defaults = (_with_tuples(content[name]) for name in ("values", "defaults"))
    fields = [
        (name, type(value), dataclasses.field(**_default(defaults, name)))
        for name, value in values.items()
    ]
    namespace = {name: content[name] for name in ("network", "source")}
    kind = dataclasses.make_dataclass(
        "StoredConfig", fields, bases=(NetworkConfig,), namespace=namespace, frozen=True,
        kw_only=True,
    )  # fmt: skip
    return kind(**values)


def _default(defaults: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"default": defaults[name]} if name in defaults else {}


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with tuples where JSON has lists."""
    return {n: tuple(value) if isinstance(value, list) else value for n, value in values.items()}
