"""Solutions of notebook 04. Read them after you have tried: the hints in the notebook come first."""


def my_layer_error(new, style):
    """E_l of the paper, eq. 4. new, style: features (1, N, H, W) of one layer -> scalar"""
    channels, positions = new.shape[1], new.shape[2] * new.shape[3]
    f, p = new.flatten(2), style.flatten(2)  # (1, N, M)
    gram, target = f @ f.mT, p @ p.mT  # (1, N, N), plain sums over the positions
    return (gram - target).square().sum() / (4 * channels**2 * positions**2)


def my_style_gradient(values, target):
    """dE_l / d values. values: (1, N, H, W) before the ReLU; target: A, (1, N, N), a plain sum"""
    channels, positions = values.shape[1], values.shape[2] * values.shape[3]
    f = values.relu().flatten(2)  # F, (1, N, M)
    gradient = (f @ f.mT - target) @ f / (channels**2 * positions**2)
    # A closed ReLU lets nothing through: there F is 0 and stays 0.
    return gradient.view_as(values) * (values > 0)


def my_heights(gram):
    """(N, N), with channel 0 = 1 and channel 1 = height -> mean height of the others, (N - 2,)"""
    # Row 1 holds the sums of height times feature, row 0 the sums of the features.
    return gram[1, 2:] / gram[0, 2:]
