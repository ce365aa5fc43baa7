"""Solutions of notebook 05. Read them after you have tried: the hints in the notebook come first."""

import torch

from nstlib import gram_matrix


def my_total_loss(features, content_target, style_targets, alpha, beta):
    """α L_content + β L_style. features: {layer: (1, N, H, W)} of the new picture;
    content_target: (1, N, H, W) in relu4_2; style_targets: {layer: (1, N, N)} -> scalar"""
    # feature by feature, and in units of the target
    content = (features["relu4_2"] - content_target).square().mean()
    content = content / content_target.square().mean()
    style = 0.0
    for layer, target in style_targets.items():
        error = (gram_matrix(features[layer]) - target).square().mean()  # Gram by Gram
        style = style + error / target.square().mean() / len(style_targets)
    return alpha * content + beta * style


def my_start(content, kind, seed=0):
    """The picture to optimize: a copy of the photo ("content"), or gray noise ("noise")."""
    if kind == "content":
        image = content.clone()
    else:
        generator = torch.Generator().manual_seed(seed)
        image = 0.5 + 0.1 * torch.randn(content.shape, generator=generator)
    return image.detach().requires_grad_()


def my_gradient(image, content, style, network):
    """How the loss changes with every pixel of `image`. Pictures (1, 3, H, W) -> (1, 3, H, W)"""
    network.requires_grad_(False)  # the measuring instrument stays as it is
    with torch.no_grad():  # targets are numbers, made once
        content_target = network(content)
        style_target = gram_matrix(network(style))
    image = image.detach().requires_grad_()
    features = network(image)
    loss = (features - content_target).square().mean()
    loss = loss + (gram_matrix(features) - style_target).square().mean()
    return torch.autograd.grad(loss, image)[0]


def my_style_weight(image, content_loss, style_loss):
    """The β at which both losses pull equally hard on the pixels of `image`."""
    image = image.detach().requires_grad_()
    content_pull = torch.autograd.grad(content_loss(image), image)[0]
    style_pull = torch.autograd.grad(style_loss(image), image)[0]
    return torch.linalg.vector_norm(content_pull) / torch.linalg.vector_norm(style_pull)
