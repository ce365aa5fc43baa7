# docker build -t nstlib .
# docker run --rm -p 127.0.0.1:8888:8888 nstlib
# docker run --rm -p 127.0.0.1:8866:8866 nstlib voila --no-browser --Voila.ip=0.0.0.0 playground.ipynb
#
# The first run is JupyterLab, at the address with a token that it prints; the second is the page of the apps.
# The image has what students get: no solutions, and nothing for teachers. It is their bundle, installed.
# For a GPU: docker build --build-arg TORCH_INDEX=https://pypi.org/simple …, and docker run --gpus all …
FROM python:3.12-slim AS editions
RUN pip install --no-cache-dir nbformat
COPY . /course
RUN python /course/notebooks/course/build.py --to /editions

FROM python:3.12-slim
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

RUN useradd --create-home student
USER student
WORKDIR /home/student/nstlib
ENV VIRTUAL_ENV=/home/student/venv PATH=/home/student/venv/bin:$PATH PIP_NO_CACHE_DIR=1

RUN python -m venv "$VIRTUAL_ENV" && pip install --index-url "$TORCH_INDEX" "torch>=2.5" "torchvision>=0.20"
COPY --chown=student --from=editions /editions/student .
RUN pip install -r requirements.txt "voila>=0.5.8"

# From here on no network is needed. If something is missing, the build ends here and not before a class.
RUN python -m nstlib transfer --size 64 --steps 2 --out /tmp/check.png

EXPOSE 8888 8866
CMD ["jupyter", "lab", "--no-browser", "--ip=0.0.0.0"]
