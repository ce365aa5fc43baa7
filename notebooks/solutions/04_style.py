"""Solutions of notebook 04. Read them after you have tried: the hints in the notebook come first."""


def my_layer_error(new, style):
    """E_l of the paper, eq. 4. new, style: features (1, N, H, W) of one layer -> scalar"""
    channels, positions = new.shape[1], new.shape[2] * new.shape[3]
    f, p = new.flatten(2), style.flatten(2)  # (1, N, M)
    gram, target = f @ f.mT, p @ p.mT  # (1, N, N), plain sums over the positions
    return (gram - target).square().sum() / (4 * channels**2 * positions**2)


def my_style_loss(grams, targets, layer_weights):
    """Σ w_l E_l. grams, targets: {layer: (1, N, N)}; layer_weights: {layer: w_l} -> scalar"""
    total = 0.0
    for layer, target in targets.items():
        error = (grams[layer] - target).square().mean()  # the square is of the difference alone
        total = total + layer_weights[layer] * error  # the weight by name, not by position
    return total


def my_equal_shares(errors):
    """{layer: E_l} -> {layer: w_l} such that every w_l E_l is the same, and their sum is 1"""
    return {layer: 1 / (len(errors) * error) for layer, error in errors.items()}
