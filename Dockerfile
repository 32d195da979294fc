# Big Node on NVIDIA's CUDA runtime: built with Maven and Temurin 25, run by a user without privileges.
#   docker build -t bignode:latest .
# deploy/join/deploy-local.sh builds it, checks what an operator may have forgotten, and starts it.

ARG CUDA_VERSION=13.0.2

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
COPY src/main ./src/main
# Maven's downloads stay in a cache of the builder, so that a rebuild after a change takes seconds and the image carries none of them.
RUN --mount=type=cache,target=/m2 \
    mvn -B -ntp -Dmaven.repo.local=/m2 -Dmaven.test.skip=true package
COPY bignode LICENSE deploy/docker/bignode-health ./
RUN mkdir -p /opt/bignode/bin /opt/bignode/lib \
    && cp bignode bignode-health /opt/bignode/bin/ \
    && cp target/bignode.jar target/lib/*.jar /opt/bignode/lib/ \
    && cp LICENSE /opt/bignode/ \
    && chmod 0755 /opt/bignode/bin/*

FROM eclipse-temurin:25-jre-noble AS java

# The runtime image holds cuBLAS and NVRTC; the driver's own libraries come from the host, through the NVIDIA Container Toolkit.
FROM nvidia/cuda:${CUDA_VERSION}-runtime-ubuntu24.04
LABEL org.opencontainers.image.title="Big Node" \
      org.opencontainers.image.description="A delegation server for proof of compute" \
      org.opencontainers.image.licenses="MIT"

# curl is for the health check. The user's number is fixed, so that folders of the host can be given to it; it owns nothing but its data.
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 bignode \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/bignode --no-create-home --no-log-init --shell /usr/sbin/nologin bignode \
    && install -d -o bignode -g bignode -m 0700 /var/lib/bignode \
    && install -d -o bignode -g bignode -m 0755 /mnt/shared
COPY --from=java /opt/java/openjdk /opt/bignode/runtime
COPY --from=build /opt/bignode /opt/bignode
# The ahead-of-time cache, made by a node that serves one tiny session on the builder's CPU: without it a start costs twice as much processor time.
RUN HOME=/tmp/training BIGNODE_AOT=make /opt/bignode/bin/bignode && rm -rf /tmp/training

# Native libraries are unpacked under the data folder, where a container with a read-only file system can still write.
ENV PATH=/opt/bignode/bin:${PATH} \
    LANG=C.UTF-8 \
    DELEGATION_HOST=0.0.0.0 \
    DELEGATION_PORT=9090 \
    DELEGATION_DATA_DIR=/var/lib/bignode \
    HF_HOME=/mnt/shared
USER 10001:10001
WORKDIR /var/lib/bignode
EXPOSE 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/opt/bignode/bin/bignode-health"]

# The launcher replaces itself with the JVM, which so is the process that gets SIGTERM and whose output `docker logs` shows.
ENTRYPOINT ["/opt/bignode/bin/bignode"]
CMD ["serve"]
