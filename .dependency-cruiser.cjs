/**
 * The import rules: the way of the data is the way of the folders, and one arrow leads back, through
 * the store. `may` lists what each folder may import besides itself.
 */
const may = {
  lib: [],
  config: ["lib"],
  model: ["lib"],
  snapshot: ["lib"],
  proto: ["lib", "gen"],
  store: ["model", "lib", "config"],
  translate: ["model", "snapshot", "proto", "lib"],
  explain: ["proto", "snapshot", "lib"],
  import: ["model", "store", "lib"],
  plan: ["model", "snapshot", "store", "translate", "lib"],
  observe: ["lib", "config"],
  rollout: ["model", "store", "observe", "lib", "config"],
  xds: ["snapshot", "proto", "lib", "config", "observe"],
  library: ["translate", "proto", "snapshot", "lib", "config"],
  api: ["config", "lib", "model", "store"],
  admin: [
    "api",
    "config",
    "explain",
    "lib",
    "model",
    "observe",
    "plan",
    "proto",
    "rollout",
    "snapshot",
    "store",
    "translate",
  ],
  cli: [
    "admin",
    "api",
    "config",
    "dev",
    "explain",
    "import",
    "lib",
    "model",
    "observe",
    "plan",
    "proto",
    "rollout",
    "snapshot",
    "store",
    "translate",
    "xds",
  ],
  dev: ["config", "lib", "model", "observe", "store"],
  // What runs in browsers: it knows the server by its API alone.
  web: ["api"],
};

/** Those who serve proxies do it through the library. */
const users = ["app", "admin"];
const theLibrary = (folder) => (users.includes(folder) ? ["^src/index\\.ts$"] : []);

const folderRules = Object.entries(may).map(([folder, allowed]) => ({
  name: `${folder} imports only ${["itself", ...allowed].join(", ")}`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: {
    path: "^src/",
    pathNot: [...[folder, ...allowed].map((name) => `^src/${name}/`), ...theLibrary(folder)],
  },
}));

/** A package that stays at its edge, so that what is behind the edge can be changed. */
const edge = (name, packages, folders) => ({
  name: `${name} stays at its edge`,
  severity: "error",
  from: { path: "^src/", pathNot: folders },
  to: { path: packages.map((one) => `node_modules/${one}/`) },
});

/** No input, no output, no clock: the functional core. */
const core = [
  "^src/lib/condition/",
  "^src/model/",
  "^src/translate/",
  "^src/explain/",
  "^src/import/",
  "^src/plan/",
  "^src/snapshot/",
  "^src/observe/(latency|load|verdict)/",
  "^src/store/(decode|schema|history)/",
  "^src/rollout/alert/(message|request|answer|outbox-entry)\\.ts$",
  "^src/rollout/release/",
  "^src/rollout/probe/(verdict|probed-service|health-act)\\.ts$",
  "^src/xds/(subscription|type-state|sotw|delta|stream-state|rebase|end-reason|node|observer)\\.ts$",
  "^src/rollout/judge/",
];

module.exports = {
  forbidden: [
    ...folderRules,
    {
      name: "the product serves proxies through the library alone",
      severity: "error",
      from: { path: users.map((folder) => `^src/${folder}/`) },
      to: {
        path: "^src/(xds|snapshot|library)/",
        // What resources are, by which the product makes them; when they may go; its own history.
        pathNot:
          "^src/snapshot/(bundle|bundle-diff|resource|retirement|scopes|type-url|history)\\.ts$",
      },
    },
    {
      name: "the core does no input or output",
      severity: "error",
      from: { path: core },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|util)$" },
    },
    edge("grpc", ["@grpc/grpc-js"], ["^src/store/etcd"]),
    edge("protobufjs", ["protobufjs"], ["^src/proto/"]),
    edge("etcd3", ["etcd3"], ["^src/store/etcd"]),
    edge("preact", ["preact"], ["^src/web/"]),
    edge("re2js", ["re2js"], ["^src/store/schema/", "^src/explain/", "^src/xds/status/"]),
    edge(
      "zod",
      ["zod"],
      ["^src/store/schema/", "^src/store/decode/", "^src/config/", "^src/api/", "^src/admin/"],
    ),
    {
      name: "of the API's contract the page has the types alone",
      severity: "error",
      from: { path: "^src/web/" },
      to: {
        path: "^src/api/",
        pathNot: "^src/api/(client|event-reader)\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "the client runs in browsers",
      severity: "error",
      from: { path: "^src/api/(client|event-reader)\\.ts$" },
      to: {
        pathNot: "^src/(config/client-limits|lib/result)\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "no cycles",
      severity: "error",
      from: {},
      // Types may refer to each other; modules may not.
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "src does not know its tests",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|bench|tools)/" },
    },
    {
      name: "src does not use development packages",
      severity: "error",
      // The page's view library is copied into dist/web when it is built.
      from: { path: "^src/", pathNot: "^src/web/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|src/gen)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".tsx", ".js", ".mjs", ".json"] },
  },
};
