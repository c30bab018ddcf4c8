# syntax=docker/dockerfile:1

# The binary is static, so the compiler may run on the builder's own platform
# whatever the image is for.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src

# Modules first: a change of the code alone does not fetch them again.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/clientele ./cmd/clientele
# An empty folder to copy: a volume mounted over it takes its owner.
RUN mkdir /out/data

# The binary, and the certificates that mail servers and databases are checked
# with; no shell and no packages.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/clientele /usr/local/bin/clientele
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data
VOLUME /data
USER 65532:65532

# The ops listener stays on the container's loopback, where the health check
# asks it; open it with CLIENTELE_OPS_LISTEN where others ask.
ENV CLIENTELE_DATABASE_URL=sqlite:/data/clientele.db \
    CLIENTELE_LISTEN=:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["/usr/local/bin/clientele", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/clientele"]
CMD ["serve"]
