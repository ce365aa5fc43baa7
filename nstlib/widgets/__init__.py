"""Apps for notebooks: see into the network, and steer a transfer while it runs."""

from nstlib.widgets.features.explorer import feature_explorer
from nstlib.widgets.gram.explorer import gram_explorer
from nstlib.widgets.gram.static import static_gram_explorer
from nstlib.widgets.labs.experiments import content_lab, style_lab
from nstlib.widgets.studio.studio import transfer_studio

__all__ = [
    "content_lab",
    "feature_explorer",
    "gram_explorer",
    "static_gram_explorer",
    "style_lab",
    "transfer_studio",
]
