"""Solutions of notebook 07, the leap of faith."""


def my_mmd(x, y):
    """Feature vectors as columns, (C, M) and (C, M) -> squared MMD, kernel (xᵀy)²."""

    def mean_kernel(a, b):
        return (a.mT @ b).square().mean()  # all pairs of a column of a and a column of b

    return mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y)


def my_mean_std_loss(features, target):
    """(1, C, H, W) and (1, C, H, W) -> how far means and deviations are apart, channel by channel."""

    def statistics(f):
        # correction=0 divides by H·W; torch's default is made for samples and divides by one less.
        return f.mean(dim=(2, 3)), f.std(dim=(2, 3), correction=0)

    pairs = zip(statistics(features), statistics(target), strict=True)
    return sum((a - b).square().mean() for a, b in pairs)


def my_sliced_wasserstein(x, y, directions):
    """Feature vectors (C, M) and (C, M), directions (K, C) -> mean squared distance of the shadows."""

    def shadows(a):
        return (directions @ a).sort(dim=1).values  # first project, then forget the position

    return (shadows(x) - shadows(y)).square().mean()


def my_shifted_gram(features, down, right):
    """(1, C, H, W) -> (1, C, C): channel i here times channel j some rows and columns further on."""
    height, width = features.shape[2:]
    # H - down and not -down, which would be an empty slice where down is 0.
    here = features[:, :, : height - down, : width - right].flatten(2)
    there = features[:, :, down:, right:].flatten(2)
    return here @ there.mT / here.shape[2]
