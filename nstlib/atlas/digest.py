"""A short name for the weights of a network."""

import hashlib

from nstlib.vgg import VGG19


def weights_digest(vgg: VGG19) -> str:
    """Return a short name that is the same for networks with the same weights, and only for them."""
    digest = hashlib.sha256()
    for key, value in sorted(vgg.state_dict().items()):
        digest.update(key.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
