# Image of the server. docs/deployment.md describes how to build and run it.
ARG NODE=node:26-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY dashboard dashboard
COPY static static
RUN npm run build

FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
# npm installs the TypeScript compiler as a peer dependency. The server does not need it.
RUN rm -r node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver

FROM ${NODE}
WORKDIR /app
RUN install -d -o node -g node /data
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/static static
COPY package.json LICENSE ./
ENV DATA_DIR=/data
VOLUME /data
EXPOSE 8080
# A numeric user id, so that Kubernetes can verify that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
