"""How the compact network was made and how it is judged: `python -m nstlib.backbone --help`.

You can leave this room closed if you only want to paint. `teacher` is what the network learns from,
`training` how it learns, `crops` and `canvases` the pictures that it learns on, `evaluate` measures what
it can do afterwards. `wavelets` writes the network of notebook 08 that needs no training at all.
"""
