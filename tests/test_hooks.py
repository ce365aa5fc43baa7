"""`tapped` on networks that are not ours: torchvision's own and small ones."""

import gc
import threading
import weakref

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from nstlib.hooks import tapped


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(0)
    return torchvision.models.resnet18().eval()


IMAGE = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def hooks_of(network):
    return sum(len(module._forward_hooks) for module in network.modules())


def test_the_features_of_a_resnet_are_those_that_torchvision_extracts(resnet):
    layers = ["layer1", "layer2.0.conv1", "layer3.1.conv2"]
    with torch.no_grad():
        expected = create_feature_extractor(resnet, layers)(IMAGE)
        with tapped(resnet, layers) as features:
            resnet(IMAGE)
    assert list(features) == layers
    for layer in layers:
        assert torch.equal(features[layer], expected[layer])
    assert hooks_of(resnet) == 0


def test_the_pass_stops_after_the_deepest_layer(resnet):
    ran = []
    handles = [
        module.register_forward_pre_hook(lambda module, inputs, name=name: ran.append(name))
        for name, module in resnet.named_children()
    ]
    with tapped(resnet, ["layer2", "layer1"]):
        resnet(IMAGE)
    for handle in handles:
        handle.remove()
    assert ran == ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2"]


def test_the_gradient_reaches_the_image(resnet):
    image = IMAGE.clone().requires_grad_()
    with tapped(resnet, ["layer1"]) as features:
        resnet(image)
    features["layer1"].square().mean().backward()
    assert image.grad.abs().sum() > 0


def test_a_layer_that_runs_twice_keeps_its_first_output():
    twice = nn.Sequential(layer := nn.Linear(4, 4), nn.Tanh(), layer)
    x = torch.rand(2, 4)
    with tapped(twice, ["0"]) as features:
        twice(x)
    assert torch.equal(features["0"], layer(x))


def test_one_inside_another_do_not_mix():
    network = nn.Sequential(*(nn.Linear(4, 4) for _ in range(3)))
    x = torch.rand(2, 4)
    with tapped(network, ["2"]) as outer:
        with tapped(network, ["0"]) as inner:
            network(x)
        assert list(inner) == ["0"]
        assert not outer
        network(x)
    assert list(outer) == ["2"]
    with tapped(network, ["0"]) as outer, tapped(network, ["2"]) as inner:
        network(x)
    assert list(outer) == ["0"]


def test_two_threads_in_one_network_do_not_mix(resnet):
    """Both are inside it at the same time: each waits in the first layer for the other."""
    meet, found = threading.Barrier(2, timeout=120), {}
    handle = resnet.conv1.register_forward_hook(lambda *_: (meet.wait(), None)[1])

    def work(name, image, layers):
        with torch.no_grad(), tapped(resnet, layers) as features:
            resnet(image)
        found[name] = features

    images = {"a": IMAGE, "b": 1 - IMAGE}
    layers = {"a": ["layer1"], "b": ["layer1", "layer2"]}
    threads = [threading.Thread(target=work, args=(n, images[n], layers[n])) for n in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handle.remove()
    for name, image in images.items():
        with torch.no_grad(), tapped(resnet, layers[name]) as alone:
            resnet(image)
        assert list(found[name]) == layers[name]
        for layer in layers[name]:
            torch.testing.assert_close(found[name][layer], alone[layer])


def test_features_are_let_go_with_the_last_name_for_them(resnet):
    """Without waiting for the garbage collector: a cycle held those of every step for a while."""
    gc.collect()
    gc.disable()
    try:
        with torch.no_grad(), tapped(resnet, ["layer1", "layer2"]) as features:
            resnet(IMAGE)
        watched = [weakref.ref(tensor) for tensor in features.values()]
        del features
        assert [ref() for ref in watched] == [None, None]
    finally:
        gc.enable()


def test_an_error_in_the_network_passes_through_and_leaves_no_hook(resnet):
    with pytest.raises(RuntimeError), tapped(resnet, ["layer4"]):
        resnet(torch.rand(1, 5, 64, 64))
    assert hooks_of(resnet) == 0


def test_what_is_wrong_gets_one_sentence(resnet):
    message = r"no layer 'layer5'; the nearest names are .*layer"
    with pytest.raises(ValueError, match=message), tapped(resnet, ["layer5"]):
        pass
    with pytest.raises(ValueError, match="fc did not run"), tapped(resnet, ["fc"]):
        pass
