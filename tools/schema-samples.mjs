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
healthCheck: # by every proxy
  http:
    path: /health
  interval: 5s
  unhealthyThreshold: 3
outlierDetection:
  consecutive5xx: 5
lbPolicy:
  type: LeastRequest
  slowStart: 30s
retry:
  attempts: 2
servedVersionHeader: true
guard: # 5xx of v2 take its weight away until somebody says retry
  - subset: v2
    onFailure:
      alerts:
        - webhook:
            url: https://alerts.example.com/serin
            secretEnv: SERIN_ALERT_KEY
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
  - matches:
      - cookies:
          - name: plan
            value: pro
    hashSplit: # the same users stay in v2 while its weight grows
      headers:
        - name: X-User-Id
      salt: web-7
    backendRefs:
      - name: web
        subset: v1
        weight: 90
      - name: web
        subset: v2
        weight: 10
  - backendRefs:
      - name: web
`,
  },
  grpcroutes: {
    key: "grpcroutes/cart",
    value: `hostnames: [cart.example.com]
rules:
  - matches:
      - method:
          service: shop.Cart
          method: Checkout
    backendRefs:
      - name: web
        subset: v1
  - backendRefs:
      - name: web
`,
  },
  tcproutes: {
    key: "tcproutes/database",
    value: `parentRefs:
  - name: edge
    sectionName: database
rules:
  - backendRefs:
      - name: web
        subset: v1
        weight: 99
      - name: web
        subset: v2
        weight: 1
`,
  },
  tlsroutes: {
    key: "tlsroutes/bank",
    value: `hostnames: [bank.example.com]
parentRefs:
  - name: edge
    sectionName: tls
rules:
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
  - name: https
    port: 10443
    protocol: HTTPS
    tls:
      certificateRefs:
        - name: edge # secrets/edge
  - name: tls
    port: 10444
    protocol: TLS
    tls:
      mode: Passthrough
  - name: database
    port: 15432
    protocol: TCP
`,
  },
  lanes: {
    key: "lanes/gray",
    value: `header: x-lane
baggage: true
labels: # of the instances in the lane, which get no other traffic
  lane: gray
services: [web]
entries:
  - gateway: edge
    matches:
      - headers:
          - name: X-Tester
            type: RegularExpression
            value: ".+"
    percent: 12.5
`,
  },
  rollouts: {
    key: "rollouts/web",
    value: `strategy:
  canary:
    stableSubset: v1
    canarySubset: v2
    analysis: # beside all steps: where it fails, the release is aborted
      metrics:
        - name: no-worse-than-stable
          interval: 30s
          compare:
            maxDelta: 0.01
    steps: # or in their place, beside strategy: preset, such as Canary10Percent5Minutes
      - setWeight: 5
      - pause:
          duration: 10m
      - setWeight: 20
      - analysis:
          templates:
            - templateName: errors
      - setWeight: 50
      - pause: {} # until somebody says promote
      - setWeight: 100
webhooks:
  - name: qa
    type: confirm-promotion
    url: http://127.0.0.1:9000/gate
alerts:
  - severity: error
    webhook:
      url: https://hooks.example.com/release
      format: slack
windows:
  - kind: deny
    schedule: 0 18 * * FRI
    duration: 62h
    timeZone: Asia/Shanghai
`,
  },
  analysistemplates: {
    key: "analysistemplates/errors",
    value: `metrics:
  - name: error-ratio
    interval: 30s
    count: 10
    successCondition: result.ratio5xx < 0.01
    failureCondition: result.ratio5xx > 0.05
    failureLimit: 1
    inconclusiveLimit: 3
  - name: latency
    interval: 1m
    count: 5
    failureCondition: result > 0.5
    provider:
      prometheus:
        address: http://prometheus:9090
        query: histogram_quantile(0.99, sum by (le) (rate(latency_bucket{version="v2"}[5m])))
`,
  },
  secrets: {
    key: "secrets/edge",
    value: `files: # or the texts: certificate, privateKey, ca
  certificate: /etc/certs/tls.crt
  privateKey: /etc/certs/tls.key
  watchedDirectory: /etc/certs
`,
  },
  snapshots: {
    key: "snapshots/lab-7",
    value: `versions:
  cds: v7
resources:
  - type: cds
    resource:
      name: lab
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: lab
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address:
                    socket_address:
                      address: 10.9.9.8
                      port_value: 80
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
