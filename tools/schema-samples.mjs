/** A sample for each kind of the page docs/etcd-schema.md; a test decodes and translates them all. */
export const samples = {
  services: {
    key: "services/web",
    value: `subsets:
  - name: v1
  - name: v2
    fallback: v1
timeouts:
  connect: 500ms # 1s by default
  request: 10s
`,
  },
  endpoints: {
    key: "endpoints/web/a",
    value: `address: 10.0.0.1:8080
version: v1
zone: eu-1
`,
  },
  weights: {
    key: "weights/web",
    value: `v1: 90
v2: 10
`,
  },
  routes: {
    key: "routes/web",
    value: `hostnames: [web.example.com]
rules:
  - matches:
      - headers:
          - name: X-Release-Stage
            value: canary
      - path:
          type: PathPrefix
          value: /beta
    backendRefs:
      - name: web
        subset: v2
  - backendRefs:
      - name: web
`,
  },
  gateways: {
    key: "gateways/edge",
    value: `nodeSelector:
  cluster: edge
listeners:
  - name: http
    port: 10080
    protocol: HTTP
`,
  },
  resources: {
    key: "resources/*/clusters/legacy",
    value: `type: STATIC
connect_timeout: 1s
load_assignment:
  cluster_name: legacy
  endpoints:
    - lb_endpoints:
        - endpoint:
            address:
              socket_address:
                address: 10.9.9.9
                port_value: 80
`,
  },
};
