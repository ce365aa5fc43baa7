"""How the compact network was made and how it is judged: `python -m nstlib.backbone --help`.

You do not need this room if you only want to paint. `teacher` is what the network learns from,
`training` how it learns, `crops` the pictures that it learns on (most are drawn by
`nstlib.paintings.canvases`), `sittings` keeps a training in files, and `evaluate` measures what a
network can do. `wavelets` writes the network of notebook 08 that needs no training at all.
"""
