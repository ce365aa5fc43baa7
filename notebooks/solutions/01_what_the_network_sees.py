"""Solutions of notebook 01, "What the network sees"."""

import torch


def my_receptive_field(layers):
    """["conv1_1", "relu1_1", …] -> (size, stride) of the last one, in pixels"""
    size, stride = 1, 1
    for name in layers:
        if name.startswith("conv"):  # one step of the present grid on each side
            size += 2 * stride
        elif name.startswith("pool"):  # one more column of the present grid; then a coarser grid
            size += stride
            stride *= 2
    return size, stride


def keep_features(network, image, layer):
    """The output of one layer of the network, (1, C, H, W)"""
    kept = []

    def hook(module, inputs, output):
        kept.append(output)  # no detach: the gradient has to find its way back to the image

    handle = network.get_submodule(layer).register_forward_hook(hook)
    try:
        network(image)
    finally:  # also when the pass fails: a hook that stays runs at every later pass
        handle.remove()
    return kept[0]


def keep_before_relu(network, image, layer):
    """The output of a convolution, (1, C, H, W), although the ReLU after it works in place"""
    kept = []

    def hook(module, inputs, output):
        kept.append(output.clone())  # now, before the ReLU writes; and clone lets gradients through

    handle = network.get_submodule(layer).register_forward_hook(hook)
    try:
        network(image)
    finally:
        handle.remove()
    return kept[0]


def my_complex_cell(gray, even, odd):
    """(1, 1, H, W) and two filters (1, 1, k, k) -> (1, 1, H - k + 1, W - k + 1), never negative"""
    # cos² + sin² = 1: while a grating moves, what one filter loses the other one gains.
    responses = (torch.nn.functional.conv2d(gray, one) for one in (even, odd))
    return sum(response**2 for response in responses).sqrt()
