"""The exercises of notebook 01: wrong answers as a student would write them, and their hints."""

import runpy
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import nn

import nstlib
from nstlib.checks import ch01_features as checks
from nstlib.vgg import LAYERS

FOLDER = Path(__file__).parents[1] / "notebooks"
NAME = "01_what_the_network_sees"
SOLUTION = runpy.run_path(str(FOLDER / "solutions" / f"{NAME}.py"))


# Exercise 1


def doubles_to_1024(block, height, width):
    return 64 * 2 ** (block - 1), height // 2 ** (block - 1), width // 2 ** (block - 1)


def pools_first(block, height, width):
    for _ in range(block):
        height, width = height // 2, width // 2
    return min(64 * 2 ** (block - 1), 512), height, width


def width_first(block, height, width):
    return min(64 * 2 ** (block - 1), 512), width // 2 ** (block - 1), height // 2 ** (block - 1)


def rounds_up(block, height, width):
    for _ in range(block - 1):
        height, width = (height + 1) // 2, (width + 1) // 2
    return [64, 128, 256, 512, 512][block - 1], height, width


def true_division(block, height, width):
    return min(64 * 2 ** (block - 1), 512), height / 2 ** (block - 1), width / 2 ** (block - 1)


def no_padding(block, height, width):
    for convolutions in (2, 2, 4, 4)[: block - 1]:
        height, width = (height - 2 * convolutions) // 2, (width - 2 * convolutions) // 2
    return min(64 * 2 ** (block - 1), 512), height - 2, width - 2


def three_colors(block, height, width):
    return 3, height // 2 ** (block - 1), width // 2 ** (block - 1)


# Exercise 2


def field(layers, conv, pool, relu=0):
    size, stride = 1, 1
    for name in layers:
        if name.startswith("conv"):
            size = conv(size, stride)
        elif name.startswith("relu"):
            size += relu * stride
        else:
            size, stride = pool(size, stride)
    return size, stride


def right_pool(size, stride):
    return size + stride, 2 * stride


def right_conv(size, stride):
    return size + 2 * stride


def ignores_the_stride(layers):
    return field(layers, lambda size, stride: size + 2, right_pool)


def stride_too_early(layers):
    return field(layers, right_conv, lambda size, stride: (size + 2 * stride, 2 * stride))


def pool_sees_nothing(layers):
    return field(layers, right_conv, lambda size, stride: (size, 2 * stride))


def pool_doubles(layers):
    return field(layers, right_conv, lambda size, stride: (2 * size, 2 * stride))


def triples(layers):
    return field(layers, lambda size, stride: 3 * size, right_pool)


def adds_three(layers):
    return field(layers, lambda size, stride: size + 3 * stride, right_pool)


def relu_widens(layers):
    return field(layers, right_conv, right_pool, relu=2)


def stride_first(layers):
    return field(layers, right_conv, right_pool)[::-1]


def size_alone(layers):
    return field(layers, right_conv, right_pool)[0]


# Exercises 3 and 4


def by_hook(network, image, layer, keep, remove=True):
    kept = []
    handle = network.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: kept.append(keep(inputs, output))
    )
    network(image)
    if remove:
        handle.remove()
    return kept[0]


def returns_the_end(network, image, layer):
    by_hook(network, image, layer, lambda inputs, output: output)
    return network(image)


def keeps_the_input(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: inputs[0].clone())


def keeps_the_tuple(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: inputs)


def drops_the_batch(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: output[0])


def returns_the_dictionary(network, image, layer):
    return {layer: by_hook(network, image, layer, lambda inputs, output: output)}


def forgets_to_remove(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: output.clone(), remove=False)


def detaches(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: output.detach().clone())


def without_grad(network, image, layer):
    with torch.no_grad():
        return by_hook(network, image, layer, lambda inputs, output: output.clone())


def detaches_and_forgets(network, image, layer):
    return by_hook(network, image, layer, lambda _, output: output.detach().clone(), remove=False)


def keeps_a_reference(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: output)


def detach_is_no_copy(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: output.detach())


def clones_too_late(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: output).clone()


def magnitudes(network, image, layer):
    return by_hook(network, image, layer, lambda inputs, output: output.clone()).abs()


def two_signs(network, image, layer):
    return -by_hook(network, -image, layer, lambda inputs, output: output)


def removes_the_relu(network, image, layer):
    setattr(network, layer.replace("conv", "relu"), nn.Identity())
    return by_hook(network, image, layer, lambda inputs, output: output)


WRONG = [
    ("feature_shape", doubles_to_1024, "blocks 4 and 5 both have 512"),
    ("feature_shape", pools_first, "a pooling too many"),
    ("feature_shape", width_first, "height and width are exchanged"),
    ("feature_shape", rounds_up, "rounded the wrong way"),
    ("feature_shape", true_division, "half a feature"),
    ("feature_shape", no_padding, "two pixels off for every"),
    ("feature_shape", three_colors, "number of colors that go in"),
    ("receptive_field", ignores_the_stride, "every convolution adds 2 in your answer"),
    ("receptive_field", stride_too_early, "doubles the stride too early"),
    ("receptive_field", pool_sees_nothing, "looks at 2 x 2 values"),
    ("receptive_field", pool_doubles, "does not double the field"),
    ("receptive_field", triples, "does not mean three times as wide"),
    ("receptive_field", adds_three, "by 2 strides and not by 3"),
    ("receptive_field", relu_widens, "no neighbors"),
    ("receptive_field", stride_first, "size and stride are exchanged"),
    ("receptive_field", size_alone, "Return the stride with it"),
    ("keep_features", returns_the_end, "the whole network returns"),
    ("keep_features", keeps_the_input, "what goes *into* the layer"),
    ("keep_features", keeps_the_tuple, "inputs, a tuple"),
    ("keep_features", drops_the_batch, "batch dimension is gone"),
    ("keep_features", returns_the_dictionary, "not the dictionary"),
    ("keep_features", forgets_to_remove, "still in the network"),
    ("keep_features", detaches, "cut the graph"),
    ("keep_features", without_grad, "cut the graph"),
    ("keep_features", detaches_and_forgets, "still in the network"),
    ("keep_before_relu", keeps_a_reference, "*after* the ReLU"),
    ("keep_before_relu", detach_is_no_copy, "*after* the ReLU"),
    ("keep_before_relu", clones_too_late, "*after* the ReLU"),
    ("keep_before_relu", keeps_the_input, "what goes *into* the convolution"),
    ("keep_before_relu", returns_the_end, "the whole network returns"),
    ("keep_before_relu", magnitudes, "the signs are gone"),
    ("keep_before_relu", two_signs, "do not undo a ReLU"),
    ("keep_before_relu", removes_the_relu, "no longer the same"),
    ("keep_before_relu", forgets_to_remove, "still in the network"),
    ("keep_before_relu", detaches, "cut the graph"),
]


@pytest.mark.parametrize(
    ("exercise", "answer", "hint"), WRONG, ids=[f"{e}-{a.__name__}" for e, a, _ in WRONG]
)
def test_a_wrong_answer_gets_its_own_hint(exercise, answer, hint):
    verdict = getattr(checks, exercise)(answer)
    assert verdict.right is False
    assert hint in verdict.message


def test_hints_are_told_apart():
    hints = {(exercise, hint) for exercise, _, hint in WRONG}
    messages = {(e, getattr(checks, e)(answer).message) for e, answer, _ in WRONG}
    assert len(messages) == len(hints)


def test_other_right_answers_are_right():
    def halves(block, height, width):
        for _ in range(block - 1):
            height, width = height // 2, width // 2
        return [[64, 128, 256, 512, 512][block - 1], height, width]

    def replaces_the_output(network, image, layer):
        kept = []
        handle = network.get_submodule(layer).register_forward_hook(
            lambda module, inputs, output: kept.append(output) or output.clone()
        )
        network(image)
        handle.remove()
        return kept[0]

    def out_of_place(network, image, layer):
        for module in network:
            if isinstance(module, nn.ReLU):
                module.inplace = False
        return keeps_a_reference(network, image, layer)

    assert checks.feature_shape(halves).right
    assert checks.keep_before_relu(replaces_the_output).right
    assert checks.keep_before_relu(out_of_place).right


def test_the_solutions_agree_with_nstlib():
    vgg = nstlib.load_vgg19(device="cpu")
    for index, layer in enumerate(LAYERS):
        walked = SOLUTION["my_receptive_field"](LAYERS[: index + 1])
        assert walked == nstlib.receptive_field(layer)
    image = torch.rand(1, 3, 49, 34, generator=torch.Generator().manual_seed(0))
    layers = ["relu1_1", "relu2_1", "relu3_4", "conv4_2", "relu5_1"]
    narrower = 64 // vgg.conv1_1.out_channels
    chain = nn.Sequential(OrderedDict(vgg.named_children()))
    for layer, features in vgg(image, layers).items():
        channels, height, width = SOLUTION["feature_shape"](int(layer[4]), 49, 34)
        assert features.shape == (1, channels // narrower, height, width)
        for answer in (SOLUTION["keep_features"], SOLUTION["keep_before_relu"]):
            kept = answer(chain, (image - vgg.mean) / vgg.std, layer)
            torch.testing.assert_close(kept, features)
