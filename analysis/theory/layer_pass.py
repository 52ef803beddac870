"""Follow samples through a network: what each layer gets, and how the output depends on it."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from inr_models import InputError
from inr_models.networks.activations import VariablePeriodicSine
from inr_models.networks.coordinate_mlp import CoordinateMLP


class LayerPass(NamedTuple):
    """Holds what passed through one linear map, with a row for each of n samples.

    Attributes:
        input: What the map got, [n, features in].
        output: What it gave, [n, features out]: the pre-activations of a hidden layer.
        sensitivity: The derivative of the network's output by `output`, [n, features out]. If that
            is complex, the real part is the derivative by the real part, and so on.
        has_bias: Whether a trained bias was added.
    """

    input: Tensor
    output: Tensor
    sensitivity: Tensor
    has_bias: bool


def exact_copy(network: CoordinateMLP) -> CoordinateMLP:
    """Return a copy of a network in double precision, with exact derivatives.

    FINER is trained as if the factor |z| + 1 in its activation were fixed. Here the factor is
    differentiated, too.

    Example:
        >>> exact_copy(networks[0])(coords.double()).dtype
        torch.float64
    """
    network = copy.deepcopy(network)
    for activation in network.activations:
        if isinstance(activation, VariablePeriodicSine):
            activation.factor_gradient = True
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.is_complex():
            tensor.data = tensor.data.to(torch.complex128)
        elif tensor.is_floating_point():
            tensor.data = tensor.data.double()
    return network


def layer_passes(network: CoordinateMLP, coords: Tensor, channel: int = 0) -> list[LayerPass]:
    """Return what passed through each linear map of a network, the output layer last.

    A forward and a backward pass compute it in double precision.

    Args:
        network: Any network of the catalog whose maps have dense matrices.
        coords: Coordinates [n, d].
        channel: The output whose derivatives are taken.

    Raises:
        InputError: A linear map has no dense matrix of its own, as in a tensor train.

    Example:
        >>> [tuple(one.output.shape) for one in layer_passes(networks[0], coords)]
        [(2048, 8), (2048, 8), (2048, 1)]
    """
    network = exact_copy(network)
    if not all(isinstance(linear, nn.Linear) for linear in network.layers):
        why = "its weights are products of cores; give a network with dense layers."
        raise InputError.of_value("unsupported", "network", type(network.layers[0]).__name__, why)
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []

    def keep(_: nn.Module, arguments: tuple[Tensor], output: Tensor) -> None:
        inputs.append(arguments[0].detach())
        output.retain_grad()
        outputs.append(output)

    for linear in network.layers:
        linear.register_forward_hook(keep)
    # Samples do not see each other, so the sum's derivatives are those of each sample.
    network(coords.double())[:, channel].sum().backward()
    passes = []
    for linear, layer_input, output in zip(network.layers, inputs, outputs, strict=True):
        assert output.grad is not None
        has_bias = linear.bias is not None
        passes.append(LayerPass(layer_input, output.detach(), output.grad, has_bias))
    return passes
