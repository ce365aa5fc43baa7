"""Solutions to the exercises of notebook 02, with the names they have there."""

import torch

from nstlib import content_loss, finish, minimize


def my_content_loss(features, target):
    """features, target: (1, C, H, W) of one layer -> a scalar, the lecture's sum of squares."""
    # Square first, then sum: signed differences would cancel. target is a constant; features must
    # stay connected to the picture they came from.
    return ((target - features) ** 2).sum()


def my_descent(image, target, network, rate, steps):
    """Walk from image (1, 3, H, W) down the content loss; returns the new image, not clamped."""
    image = image.clone().requires_grad_()
    for _ in range(steps):
        loss = my_content_loss(network(image), target)
        # grad() returns the gradient and keeps no sum; with loss.backward() set image.grad to None.
        (gradient,) = torch.autograd.grad(loss, image)
        with torch.no_grad():  # the step itself is not part of what is differentiated
            image -= rate * gradient
    return image.detach()


def my_counterexample(photo, network):
    """Find a picture with the photo's features that is not the photo; (1, 3, H, W) in [0, 1]."""
    target = network(photo)
    # Begin far away. What the layer does not see of the mirror image stays in the picture.
    run = minimize(
        photo.flip(3),
        lambda image: {"content": content_loss(network(image), target)},
        {"content": 1.0},
        steps=100,
    )
    return finish(run, progress=False).image


def my_total_variation(image):
    """image: (1, 3, H, W) -> a scalar: squared differences of neighbors, summed up."""
    across = image[:, :, :, 1:] - image[:, :, :, :-1]
    down = image[:, :, 1:, :] - image[:, :, :-1, :]
    return (across**2).sum() + (down**2).sum()
