"""An atlas of the network: what each of its channels responds to, and a map of the bundled styles.

`python -m nstlib.atlas` opens the bundled atlas, two pages that need no server and no network.
`maximize` paints the picture that a channel responds to, `survey` finds its strongest places in real
pictures and the channels beside it, `tuning` tests it with stripes and plain colors, and `card` puts
them together for a channel of any network. `bundled` reads the cards of the bundled network, which
need no computing.
"""

from nstlib.atlas.card import channel_card
from nstlib.atlas.painted import maximize

__all__ = ["channel_card", "maximize"]
