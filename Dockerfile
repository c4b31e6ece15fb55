# The bot with its engine and the bundled weights.
#
#   docker build -t muralscape:cuda .                           with CUDA, for NVIDIA cards
#   docker build -t muralscape:cpu --build-arg DEVICE=cpu .     without, a fraction of the size
#   docker build -t muralscape:cu126 --build-arg DEVICE=cu126 . for older cards and drivers
#
# It runs with a read-only root file system: it writes to /data and /tmp alone.

ARG DEVICE=cuda

FROM python:3.11-slim-bookworm AS base

FROM base AS dependencies
ARG DEVICE
WORKDIR /source
COPY requirements requirements
COPY scripts/install.sh scripts/
RUN scripts/install.sh dependencies /opt/dependencies /opt/muralscape "$DEVICE"

FROM dependencies AS package
COPY pyproject.toml README.md LICENSE ./
COPY engine engine
COPY bot bot
RUN scripts/install.sh package /opt/dependencies /opt/muralscape

FROM base AS cpu

FROM base AS cuda
# NVIDIA's runtime refuses to start the container under a driver that is too old for this CUDA.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    NVIDIA_REQUIRE_CUDA="cuda>=13.0"

FROM cuda AS cu126
ENV NVIDIA_REQUIRE_CUDA="cuda>=12.6"

# hadolint ignore=DL3006 - one of the three above
FROM ${DEVICE}
# What the base image brings to install packages; nothing is installed here any more.
RUN python -m pip uninstall --quiet --yes --root-user-action=ignore setuptools wheel pip \
    && rm -rf /usr/local/lib/python3.*/ensurepip \
    && groupadd --gid 10001 muralscape \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data muralscape \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
# The large and the small layer: an upgrade of the code moves the second alone.
COPY --from=dependencies /opt/dependencies /opt/dependencies
COPY --from=package /opt/muralscape /opt/muralscape
# The caches lie in the volume, so that downloaded weights and compiled kernels outlive a container.
ENV PATH=/opt/muralscape/bin:/opt/dependencies/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/data/cache \
    CUDA_CACHE_PATH=/data/cache/nv \
    MPLCONFIGDIR=/tmp/matplotlib
# From here, the default data_dir is /data. No setting stands in the environment, where it would win
# over a config.toml.
WORKDIR /
VOLUME /data
USER 10001:10001
EXPOSE 8080 8081
# It asks whether the process lives, not whether Discord does: that is for /readyz to tell.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "bot.web.probe"]
ENTRYPOINT ["muralscape"]
CMD ["run", "--hold"]
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Muralscape" \
    org.opencontainers.image.description="A Discord bot that repaints a member's picture in the style of another" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
