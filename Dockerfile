# The bot with its engine and the bundled weights.
#
#   docker build -t muralscape .                          with CUDA, for NVIDIA cards (and without)
#   docker build -t muralscape --build-arg DEVICE=cpu .   without CUDA, a fraction of the size
#
# It runs with a read-only root file system: it writes to /data and /tmp alone.

ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
ARG DEVICE=cuda
WORKDIR /source
COPY pyproject.toml ./
COPY scripts/install.sh scripts/
RUN scripts/install.sh dependencies /opt/muralscape "$DEVICE"
COPY README.md LICENSE ./
COPY engine engine
COPY bot bot
RUN scripts/install.sh package /opt/muralscape

FROM python:${PYTHON}-slim-bookworm
RUN groupadd --gid 10001 muralscape \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data muralscape \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/muralscape /opt/muralscape
# The caches lie in the volume, so that downloaded weights and compiled kernels outlive a container.
ENV PATH=/opt/muralscape/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MURALSCAPE_DATA_DIR=/data \
    MURALSCAPE_WEB__PORT=8080 \
    MURALSCAPE_WEB__ADMIN_PORT=8081 \
    XDG_CACHE_HOME=/data/cache \
    CUDA_CACHE_PATH=/data/cache/nv \
    MPLCONFIGDIR=/tmp/matplotlib \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8080 8081
# It asks whether the process lives, not whether Discord does: that is for /readyz to tell.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "bot.web.probe"]
ENTRYPOINT ["muralscape"]
CMD ["run"]
