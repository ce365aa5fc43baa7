"""Apps for notebooks: see into the network, and steer a transfer while it runs."""

from nstlib.widgets.feature_explorer import feature_explorer
from nstlib.widgets.gram_explorer import gram_explorer
from nstlib.widgets.labs import content_lab, style_lab
from nstlib.widgets.static_gram import static_gram_explorer
from nstlib.widgets.studio import transfer_studio

__all__ = [
    "content_lab",
    "feature_explorer",
    "gram_explorer",
    "static_gram_explorer",
    "style_lab",
    "transfer_studio",
]
