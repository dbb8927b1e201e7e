# One image for both services and the CLI; the first argument says which:
#
#   docker build -t jetbank:0.1.0 --build-arg VERSION=0.1.0 --build-arg REVISION=$(git rev-parse HEAD) .
#   docker run ... jetbank:0.1.0 account-cmd
#   docker run ... jetbank:0.1.0 account-query
#   docker run ... jetbank:0.1.0 jetbank streams apply
#
# Node runs the TypeScript sources as they are: there is nothing to compile.
ARG NODE_IMAGE=node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# The dependencies first: this layer stays as long as the lock file does.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY deploy/docker-entrypoint.sh deploy/
COPY streams streams
COPY src src
# Readable by any user, writable by none, whatever the umask of the checkout was.
RUN chmod -R a+rX,a-w /app

FROM ${NODE_IMAGE}
# The package managers are not needed at run time, and are most of what a scanner finds.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
    && printf '#!/bin/sh\nexec sh /app/deploy/docker-entrypoint.sh jetbank "$@"\n' > /usr/local/bin/jetbank \
    && chmod 0755 /usr/local/bin/jetbank
WORKDIR /app
COPY --from=build /app /app

ENV NODE_ENV=production \
    HOST=0.0.0.0

ARG VERSION=0.0.0-dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="jetbank" \
      org.opencontainers.image.description="Event-sourced bank-account ledger on NATS JetStream: command service, query service, CLI" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# A number, so that Kubernetes can see that it is not root. Nothing in the image is writable for it, and nothing needs to be.
USER 10001:10001
EXPOSE 8080 8081

ENTRYPOINT ["sh", "/app/deploy/docker-entrypoint.sh"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["sh", "/app/deploy/docker-entrypoint.sh", "healthcheck"]
