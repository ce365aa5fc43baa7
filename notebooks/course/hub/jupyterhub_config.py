"""JupyterHub for a class on one Linux server; TEACHING.md says how to use it.

    NSTLIB_COURSE=/srv/nstlib jupyterhub -f jupyterhub_config.py

As it is, students log in with their accounts on the server. For HTTPS fill in the two lines below.
Options on the command line override this file.
"""

import os
import sys

c = get_config()  # noqa: F821  JupyterHub defines it

COURSE = os.environ.get("NSTLIB_COURSE", "/srv/nstlib")  # what students get a copy of
COPY = "nstlib"  # the name of the copy in their home
if not os.path.isfile(os.path.join(COURSE, "00_start_here.ipynb")):
    sys.exit(
        f"{COURSE} has no notebooks. Set NSTLIB_COURSE to the folder of the student's edition."
    )

# c.JupyterHub.ssl_cert = "/etc/ssl/certs/hub.pem"
# c.JupyterHub.ssl_key = "/etc/ssl/private/hub.key"
c.Authenticator.allow_all = True  # whoever can log in may use the hub

# The server starts as the student, so this copies as the student. Every file that is there already is
# kept, and a notebook that is added to the course later still arrives. A file gets its name when it is
# whole, so after a full disk the next start copies what is missing. Errors go to the hub's log.
START = r"""
(cd "$0" && find . -type f) | while IFS= read -r file; do
    copy="$HOME/$1/$file"
    [ -e "$copy" ] && continue
    mkdir -p "$(dirname "$copy")" && cat "$0/$file" > "$copy.part" && mv "$copy.part" "$copy" && continue
    echo "$copy was not copied" >&2
    rm -f "$copy.part"
done
shift
exec "$@"
"""
SERVER = os.path.join(os.path.dirname(sys.executable), "jupyterhub-singleuser")
c.Spawner.cmd = ["/bin/sh", "-c", START, COURSE, COPY, SERVER]
c.Spawner.default_url = f"/lab/tree/{COPY}/00_start_here.ipynb"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120  # on a full server a start takes its time

c.Spawner.environment = {
    "OMP_NUM_THREADS": "1",  # else each student's kernel takes all cores
    "NSTLIB_CACHE": "/srv/nstlib-weights",  # ImageNet's weights, if you have fetched them
}
c.Spawner.args = [  # a kernel that nobody has used for an hour gives its memory back
    "--MappingKernelManager.cull_idle_timeout=3600",
    "--MappingKernelManager.cull_interval=300",
    "--MappingKernelManager.cull_connected=True",
]
c.Spawner.mem_limit = "3G"  # enforced by the spawners for containers and systemd only
c.JupyterHub.concurrent_spawn_limit = 20
