"""The exercises of notebook 01: wrong answers as a student would write them, and their hints."""

import math
import runpy
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import nstlib
from nstlib.checks import ch01_features as checks
from nstlib.vgg import LAYERS

FOLDER = Path(__file__).parents[1] / "notebooks"
NAME = "01_what_the_network_sees"
SOLUTION = runpy.run_path(str(FOLDER / "solutions" / f"{NAME}.py"))


# Exercise 1


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


# Exercises 2 and 3


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


# Exercise 4


def of_responses(name, combine):
    def answer(gray, even, odd):
        return combine(F.conv2d(gray, even), F.conv2d(gray, odd))

    answer.__name__ = name
    return answer


no_root = of_responses("no_root", lambda e, o: e**2 + o**2)
sums = of_responses("sums", lambda e, o: e + o)
squares_the_sum = of_responses("squares_the_sum", lambda e, o: ((e + o) ** 2).sqrt())
adds_magnitudes = of_responses("adds_magnitudes", lambda e, o: abs(e) + abs(o))
adds_simple_cells = of_responses("adds_simple_cells", lambda e, o: e.clamp(min=0) + o.clamp(min=0))
rectifies = of_responses("rectifies", lambda e, o: torch.hypot(e.relu(), o.relu()))
even_alone = of_responses("even_alone", lambda e, o: (e**2).sqrt())
takes_the_mean = of_responses(
    "takes_the_mean", lambda e, o: torch.stack([e, o]).square().mean(0).sqrt()
)


def squares_the_filters(gray, even, odd):
    return F.conv2d(gray, even**2) + F.conv2d(gray, odd**2)


def pads(gray, even, odd):
    return torch.hypot(*(F.conv2d(gray, w, padding=w.shape[2] // 2) for w in (even, odd)))


WRONG = [
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
    ("complex_cell", no_root, "root is missing"),
    ("complex_cell", sums, "a third linear filter"),
    ("complex_cell", squares_the_sum, "squared the sum"),
    ("complex_cell", adds_magnitudes, "absolute values do not add up"),
    ("complex_cell", adds_simple_cells, "silent for a quarter"),
    ("complex_cell", rectifies, "thrown the negative responses away"),
    ("complex_cell", even_alone, "the even filter alone"),
    ("complex_cell", takes_the_mean, "root of the mean"),
    ("complex_cell", squares_the_filters, "squared the filters"),
    ("complex_cell", pads, "you padded the picture"),
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

    def length_of_a_complex_number(gray, even, odd):
        return F.conv2d(gray, torch.cat([even, odd])).norm(dim=1, keepdim=True)

    assert checks.complex_cell(length_of_a_complex_number).right
    assert checks.keep_before_relu(replaces_the_output).right
    assert checks.keep_before_relu(out_of_place).right


def test_the_solutions_agree_with_nstlib():
    vgg = nstlib.load_vgg19(device="cpu")
    for index, layer in enumerate(LAYERS):
        walked = SOLUTION["my_receptive_field"](LAYERS[: index + 1])
        assert walked == nstlib.receptive_field(layer)
    image = torch.rand(1, 3, 49, 34, generator=torch.Generator().manual_seed(0))
    layers = ["relu1_1", "relu2_1", "relu3_4", "conv4_2", "relu5_1"]
    chain = nn.Sequential(OrderedDict(vgg.named_children()))
    for layer, features in vgg(image, layers).items():
        for answer in (SOLUTION["keep_features"], SOLUTION["keep_before_relu"]):
            kept = answer(chain, (image - vgg.mean) / vgg.std, layer)
            torch.testing.assert_close(kept, features)


def test_a_complex_cell_answers_alike_to_every_phase_of_a_grating():
    ticks = torch.arange(33) - 16
    y, x = torch.meshgrid(ticks, ticks, indexing="ij")
    bell = torch.exp(-(x**2 + y**2) / (2 * 5.0**2))
    pair = [bell * wave(2 * math.pi * x / 8) for wave in (torch.cos, torch.sin)]
    responses = torch.stack(
        [
            SOLUTION["my_complex_cell"](
                torch.cos(2 * math.pi * x / 8 + phase)[None, None],
                *(w[None, None] for w in pair),
            )
            for phase in torch.linspace(0, 6, 25)
        ]
    )
    assert responses.std() < 1e-3 * responses.mean()
