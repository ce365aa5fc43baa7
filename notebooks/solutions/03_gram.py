"""Solutions of the exercises in 03_gram.ipynb."""

import torch


def my_gram(features):
    """(B, C, H, W) -> (B, C, C), divided by H * W."""
    flat = features.flatten(2)  # (B, C, H * W): one row a channel, one column a position
    return flat @ flat.mT / flat.shape[2]


def my_correlation(gram):
    """(C, C) -> (C, C), with ones on the diagonal."""
    length = gram.diag().sqrt()  # G_ii is the squared length of map i
    return gram / (length[:, None] * length[None, :])


def my_shuffle(features):
    """(1, C, H, W) -> the same shape, with the positions in a random order."""
    flat = features.flatten(2)
    order = torch.randperm(flat.shape[2])  # one order for all channels
    return flat[:, :, order].reshape(features.shape)


def my_distance(gram, other):
    """(C, C), (C, C) -> the distance of the two, each scaled to length 1."""
    return (gram / gram.norm() - other / other.norm()).norm()
