# serin: the management server, and everything else that its command line does.
#   docker build -t serin:local .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Dependencies change less often than sources: their layer is kept between builds. No package needs
# a script of its own to work here, so none runs. npm's cache would only make the layer larger.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --cache /tmp/npm \
  && rm -rf /tmp/npm
COPY tsconfig.json tsconfig.build.json tsconfig.web.json ./
COPY tools tools
COPY proto proto
COPY src src
RUN npm run --no-update-notifier build

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier --cache /tmp/npm \
  && rm -rf /tmp/npm
COPY --from=build /app/dist dist
COPY proto proto
COPY envoy envoy
# For tokens of the admin API, where SERIN_ADMIN_TOKENS names it: nobody, until there is one.
RUN install -d -o 1000 -g 1000 -m 700 /var/lib/serin
# The user "node" of the official image, as a number: Kubernetes' runAsNonRoot cannot judge a name.
USER 1000:1000
RUN echo '[]' > /var/lib/serin/admin-tokens.yaml
EXPOSE 18000 18001
# serin handles signals itself, so it may be process 1.
ENTRYPOINT ["node", "/app/dist/main.js"]
