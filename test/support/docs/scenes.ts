/** Worlds in which pages begin, as the commands that make them; README's own, so that they are run too. */
const store = "etcd://127.0.0.1:2379";
const serin = "node dist/main.js";

const etcd = ["etcd --data-dir /tmp/serin-etcd --auto-compaction-retention 1h"];

const instances = [
  `etcdctl put /serin/endpoints/web/a '{"address":"127.0.0.1:8081","version":"v1","weight":90}'`,
  `etcdctl put /serin/endpoints/web/b '{"address":"127.0.0.1:8082","version":"v2","weight":10}'`,
];

const backends = [
  `${serin} demo-backend --version v1 --listen 127.0.0.1:8081`,
  `${serin} demo-backend --version v2 --listen 127.0.0.1:8082`,
];

const serve = [`${serin} serve --store ${store} --log-level warn`];

const envoy = [
  `${serin} bootstrap --node-id edge-1 > envoy.yaml`,
  "envoy -c envoy.yaml --concurrency 1 --log-level error",
];

const scenes: Readonly<Record<string, readonly string[]>> = {
  none: [],
  etcd,
  "etcd-with-instances": [...etcd, ...instances, ...backends],
  /** A server with the service `web`, and no proxy. */
  server: [...etcd, ...instances, ...serve],
  /** README's: etcd, two instances, serin, one Envoy. */
  web: [...etcd, ...instances, ...backends, ...serve, ...envoy],
};

/** `example:tcp`: that folder of examples, served; undefined: there is no such scene. */
export function sceneCommands(name: string): readonly string[] | undefined {
  const [, example] = /^example:([\w-]+)$/.exec(name) ?? [];
  if (example === undefined) return scenes[name];
  return [
    ...backends,
    `${serin} serve --store file:examples/${example} --log-level warn`,
    "envoy -c envoy/bootstrap-delta.yaml --concurrency 1 --log-level error",
  ];
}
