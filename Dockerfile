# The command and the library: `docker run IMAGE ls s3://bucket` runs lode; a program mounted anywhere in
# the container can `import "lodestore"`, because Node.js looks for packages in /node_modules last.
ARG NODE=node:22-bookworm-slim

FROM ${NODE} AS manifests
WORKDIR /src
COPY package.json package-lock.json ./
COPY bench/package.json bench/

FROM manifests AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/
COPY src src
RUN npm run build

FROM manifests AS dependencies
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund

FROM ${NODE}
COPY --from=dependencies /src/node_modules /node_modules
COPY package.json LICENSE /node_modules/lodestore/
COPY bin /node_modules/lodestore/bin
COPY --from=build /src/dist /node_modules/lodestore/dist
# Without configuration, stores are kept in .lode below the working directory.
RUN chmod 755 /node_modules/lodestore/bin/lode.js \
  && ln -s /node_modules/lodestore/bin/lode.js /usr/local/bin/lode \
  && install -d -o node -g node /data
ENV NODE_ENV=production
# The user `node`; by number, so that Kubernetes can see that it is not root.
USER 1000:1000
WORKDIR /data
VOLUME /data
ENTRYPOINT ["lode"]
CMD ["--help"]
