import { prefix, type Row, to } from "./row.ts";

const parent = (more: object = {}): object => ({ parentRefs: [{ name: "edge", ...more }] });

/** The gateway `edge` has the listeners http, other (another port), and those by hostname. */
export const attachmentRows: readonly Row[] = [
  {
    test: "HTTPRouteInvalidNonExistentBackendRef",
    behaviour: "a rule whose only backend does not exist answers 500",
    objects: { "routes/r": { rules: [to("nobody")] } },
    requests: [{ expect: { status: 500 } }],
  },
  {
    test: "HTTPRouteInvalidBackendRefUnknownKind",
    behaviour: "a rule whose only backend is of a kind that serin does not have answers 500",
    objects: {
      "routes/r": { rules: [{ backendRefs: [{ group: "a.example", kind: "Other", name: "v1" }] }] },
    },
    requests: [{ expect: { status: 500 } }],
  },
  {
    test: "HTTPRouteWeight",
    behaviour: "a weight of 0 gets nothing, and weights of 0 alone answer 500",
    objects: {
      "routes/r": {
        hostnames: ["weight.test"],
        rules: [
          {
            backendRefs: [
              { name: "v1", weight: 1 },
              { name: "v2", weight: 0 },
            ],
          },
          { matches: [prefix("/none")], backendRefs: [{ name: "v1", weight: 0 }] },
        ],
      },
    },
    requests: [
      ...Array.from({ length: 20 }, () => ({ host: "weight.test", expect: { backend: "v1" } })),
      { host: "weight.test", path: "/none", expect: { status: 500 } },
    ],
  },
  {
    test: "HTTPRouteInvalidParentRefNotMatchingSectionName",
    behaviour: "a route for a listener that is not there is attached to none",
    objects: { "routes/r": { ...parent({ sectionName: "no-such" }), rules: [to("v1")] } },
    requests: [{ expect: { status: 404 } }],
  },
  {
    test: "HTTPRouteInvalidParentRefNotMatchingListenerPort",
    behaviour: "a route for a port on which nobody listens is attached to no listener",
    objects: { "routes/r": { ...parent({ port: 9999 }), rules: [to("v1")] } },
    requests: [{ expect: { status: 404 } }],
  },
  {
    test: "HTTPRouteParentRefPort",
    behaviour: "a route for one port is attached to the listeners there",
    objects: { "routes/r": { ...parent({ port: "{other}" }), rules: [to("v2")] } },
    requests: [{ expect: { status: 404 } }, { listener: "other", expect: { backend: "v2" } }],
  },
  {
    test: "HTTPRouteListenerPortMatching",
    behaviour: "routes of several listeners keep apart",
    objects: {
      "routes/one": { ...parent({ sectionName: "http" }), rules: [to("v1")] },
      "routes/two": { ...parent({ sectionName: "other" }), rules: [to("v2")] },
    },
    requests: [{ expect: { backend: "v1" } }, { listener: "other", expect: { backend: "v2" } }],
  },
  {
    test: "HTTPRouteDisallowedKind",
    behaviour: "a listener that takes gRPC routes only takes no HTTPRoute",
    objects: { "routes/r": { ...parent({ sectionName: "grpc-only" }), rules: [to("v1")] } },
    requests: [{ listener: "grpc-only", expect: { status: 404 } }],
  },
  {
    test: "HTTPRouteHostnameIntersection",
    behaviour: "a route answers where its hostnames and the listener's meet",
    objects: {
      "routes/exact": {
        ...parent(),
        hostnames: ["non.matching.com", "very.specific.com"],
        rules: [to("v1", { matches: [prefix("/s1")] })],
      },
      "routes/wildcard": {
        ...parent(),
        hostnames: ["*.specific.com"],
        rules: [to("v2", { matches: [prefix("/s2")] })],
      },
      "routes/below": {
        ...parent(),
        hostnames: ["foo.wildcard.io", "bar.wildcard.io", "wildcard.io"],
        rules: [to("v1", { matches: [prefix("/s3")] })],
      },
    },
    requests: [
      { listener: "specific", host: "very.specific.com", path: "/s1", expect: { backend: "v1" } },
      { listener: "specific", host: "very.specific.com", path: "/s2", expect: { backend: "v2" } },
      { listener: "specific", host: "non.matching.com", path: "/s1", expect: { status: 404 } },
      { listener: "specific", host: "other.specific.com", path: "/s2", expect: { status: 404 } },
      { listener: "specific", host: "foo.wildcard.io", path: "/s3", expect: { backend: "v1" } },
      {
        listener: "specific",
        host: "foo.wildcard.io:8080",
        path: "/s3",
        expect: { backend: "v1" },
      },
      { listener: "specific", host: "wildcard.io", path: "/s3", expect: { status: 404 } },
    ],
  },
  {
    test: "HTTPRouteListenerHostnameMatching",
    behaviour: "each listener of a port has its own hosts, the more specific first",
    objects: {
      "routes/one": { ...parent({ sectionName: "host-bar" }), rules: [to("v1")] },
      "routes/two": { ...parent({ sectionName: "host-foo-bar" }), rules: [to("v2")] },
      "routes/three": { ...parent({ sectionName: "host-any-bar" }), rules: [to("v3")] },
    },
    requests: [
      { listener: "host-bar", host: "bar.com", expect: { backend: "v1" } },
      { listener: "host-bar", host: "foo.bar.com", expect: { backend: "v2" } },
      { listener: "host-bar", host: "baz.bar.com", expect: { backend: "v3" } },
      { listener: "host-bar", host: "boo.bar.com", expect: { backend: "v3" } },
      { listener: "host-bar", host: "multiple.prefixes.bar.com", expect: { backend: "v3" } },
      { listener: "host-bar", host: "no.matching.host", expect: { status: 404 } },
    ],
  },
  {
    test: "GatewayHTTPListenerIsolation",
    behaviour: "a host belongs to one listener, though it has no route for it",
    objects: {
      "routes/any": { ...parent({ sectionName: "host-any-bar" }), rules: [to("v3")] },
    },
    requests: [
      { listener: "host-bar", host: "x.bar.com", expect: { backend: "v3" } },
      { listener: "host-bar", host: "foo.bar.com", expect: { status: 404 } },
    ],
  },
];
