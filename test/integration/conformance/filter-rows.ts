import { exact, prefix, type Row, redirect, rewrite, route, to } from "./row.ts";

const host = "filter.test";

const modifier = (type: "Request" | "Response", fields: object): object => ({
  type: `${type}HeaderModifier`,
  [`${type.toLowerCase()}HeaderModifier`]: fields,
});

const set = (name: string, value: string): object => ({ set: [{ name, value }] });
const add = (name: string, value: string): object => ({ add: [{ name, value }] });

const mirror = (name: string, more: object = {}): object => ({
  type: "RequestMirror",
  requestMirror: { backendRef: { name, port: 8080 }, ...more },
});

export const filterRows: readonly Row[] = [
  {
    test: "HTTPRouteRequestHeaderModifier",
    behaviour: "set replaces, add appends, remove takes away, in the request",
    objects: {
      "routes/r": route(
        host,
        to("v1", {
          matches: [prefix("/set")],
          filters: [modifier("Request", set("X-Set", "new"))],
        }),
        to("v1", {
          matches: [prefix("/add")],
          filters: [modifier("Request", add("X-Add", "more"))],
        }),
        to("v1", {
          matches: [prefix("/remove")],
          filters: [modifier("Request", { remove: ["X-Remove", "X-Other"] })],
        }),
        to("v1", {
          matches: [prefix("/all")],
          filters: [
            modifier("Request", {
              ...set("X-Set", "100%"),
              ...add("X-Add", "more"),
              remove: ["X-Remove"],
            }),
          ],
        }),
      ),
    },
    requests: [
      { host, path: "/set", expect: { requestHeaders: { "x-set": "new" } } },
      {
        host,
        path: "/set",
        headers: { "x-set": "old" },
        expect: { requestHeaders: { "x-set": "new" } },
      },
      { host, path: "/add", expect: { requestHeaders: { "x-add": "more" } } },
      {
        host,
        path: "/add",
        headers: { "x-add": "some" },
        expect: { requestHeaders: { "x-add": "some, more" } },
      },
      {
        host,
        path: "/remove",
        headers: { "x-remove": "1", "X-Other": "2", "x-kept": "3" },
        expect: { requestHeaders: { "x-remove": undefined, "x-other": undefined, "x-kept": "3" } },
      },
      {
        host,
        path: "/all",
        headers: { "x-set": "old", "x-add": "some", "x-remove": "1" },
        expect: {
          requestHeaders: { "x-set": "100%", "x-add": "some, more", "x-remove": undefined },
        },
      },
    ],
  },
  {
    test: "HTTPRouteResponseHeaderModifier",
    behaviour: "set replaces, add appends, remove takes away, in the answer",
    objects: {
      "routes/r": route(
        host,
        to("v1", {
          filters: [
            modifier("Response", {
              ...set("X-Set", "new"),
              ...add("X-Add", "more"),
              remove: ["X-Gone"],
            }),
          ],
        }),
      ),
    },
    requests: [
      { host, expect: { responseHeaders: { "x-set": "new", "x-add": "more" } } },
      {
        host,
        headers: { "x-echo-set": "x-set=old" },
        expect: { responseHeaders: { "x-set": "new" } },
      },
      {
        host,
        headers: { "x-echo-set": "x-add=some" },
        expect: { responseHeaders: { "x-add": "some, more" } },
      },
      {
        host,
        headers: { "x-echo-set": "x-gone=1" },
        expect: { responseHeaders: { "x-gone": undefined } },
      },
    ],
  },
  {
    test: "HTTPRouteBackendRequestHeaderModifier",
    behaviour: "a backend has modifiers of its own, which come after those of the rule and win",
    objects: {
      "routes/r": route(host, {
        filters: [modifier("Request", { ...set("X-Both", "rule"), ...add("X-Rule", "1") })],
        backendRefs: [
          {
            name: "v1",
            filters: [modifier("Request", { set: [{ name: "X-Both", value: "backend" }] })],
          },
        ],
      }),
    },
    requests: [{ host, expect: { requestHeaders: { "x-both": "backend", "x-rule": "1" } } }],
  },
  {
    test: "HTTPRouteRedirectHostAndStatus",
    behaviour: "another host, 302 where no status is given",
    objects: {
      "routes/r": route(
        host,
        { matches: [prefix("/hostname")], filters: [redirect({ hostname: "example.org" })] },
        {
          matches: [prefix("/both")],
          filters: [redirect({ hostname: "example.org", statusCode: 301, port: 80 })],
        },
      ),
    },
    requests: [
      {
        host,
        path: "/hostname?q=1",
        expect: {
          status: 302,
          responseHeaders: { location: "http://example.org:{port}/hostname?q=1" },
        },
      },
      {
        host,
        path: "/both",
        expect: { status: 301, responseHeaders: { location: "http://example.org/both" } },
      },
    ],
  },
  {
    test: "HTTPRouteRedirectPath",
    behaviour: "the prefix or the whole path replaced",
    objects: {
      "routes/r": route(
        host,
        {
          matches: [prefix("/original-prefix")],
          filters: [
            redirect({ path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/replacement" } }),
          ],
        },
        {
          matches: [prefix("/full")],
          filters: [redirect({ path: { type: "ReplaceFullPath", replaceFullPath: "/full-path" } })],
        },
        {
          matches: [prefix("/gone")],
          filters: [
            redirect({
              hostname: "example.org",
              port: 80,
              path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" },
            }),
          ],
        },
      ),
    },
    requests: [
      {
        host: `${host}:80`,
        path: "/original-prefix/lemon",
        expect: {
          status: 302,
          responseHeaders: { location: "http://filter.test:{port}/replacement/lemon" },
        },
      },
      {
        host,
        path: "/full/path/original",
        expect: {
          status: 302,
          responseHeaders: { location: "http://filter.test:{port}/full-path" },
        },
      },
      {
        host,
        path: "/gone/and/away",
        expect: { status: 302, responseHeaders: { location: "http://example.org/and/away" } },
      },
    ],
  },
  {
    test: "HTTPRouteRedirectScheme",
    behaviour: "another scheme brings its own port, which is not written",
    objects: {
      "routes/r": route(host, {
        matches: [prefix("/scheme")],
        filters: [redirect({ scheme: "https", hostname: "example.org" })],
      }),
    },
    requests: [
      {
        host,
        path: "/scheme",
        expect: { status: 302, responseHeaders: { location: "https://example.org/scheme" } },
      },
    ],
  },
  {
    test: "HTTPRouteRedirectPort",
    behaviour: "another port, the same host",
    objects: {
      "routes/r": route(host, { matches: [prefix("/port")], filters: [redirect({ port: 8083 })] }),
    },
    requests: [
      {
        host,
        path: "/port",
        expect: { status: 302, responseHeaders: { location: "http://filter.test:8083/port" } },
      },
    ],
  },
  {
    test: "HTTPRouteRedirectPortAndScheme",
    behaviour: "every pairing of scheme and port, well-known ports left away",
    objects: {
      "routes/r": route(
        host,
        { matches: [exact("/https-443")], filters: [redirect({ scheme: "https", port: 443 })] },
        { matches: [exact("/https-444")], filters: [redirect({ scheme: "https", port: 444 })] },
        { matches: [exact("/https")], filters: [redirect({ scheme: "https" })] },
        { matches: [exact("/http-80")], filters: [redirect({ scheme: "http", port: 80 })] },
        { matches: [exact("/http-8080")], filters: [redirect({ scheme: "http", port: 8080 })] },
        { matches: [exact("/http")], filters: [redirect({ scheme: "http" })] },
      ),
    },
    requests: [
      ["/https-443", "https://filter.test/https-443"],
      ["/https-444", "https://filter.test:444/https-444"],
      ["/https", "https://filter.test/https"],
      ["/http-80", "http://filter.test/http-80"],
      ["/http-8080", "http://filter.test:8080/http-8080"],
      ["/http", "http://filter.test/http"],
    ].map(([path = "", location]) => ({
      host,
      path,
      expect: { status: 302, responseHeaders: { location } },
    })),
  },
  {
    test: "HTTPRoute303Redirect, 307, 308",
    behaviour: "the statuses of the extended channel",
    objects: {
      "routes/r": route(
        host,
        ...[303, 307, 308].map((statusCode) => ({
          matches: [exact(`/${statusCode}`)],
          filters: [redirect({ hostname: "example.org", port: 80, statusCode })],
        })),
      ),
    },
    requests: [303, 307, 308].map((status) => ({
      host,
      path: `/${status}`,
      expect: { status, responseHeaders: { location: `http://example.org/${status}` } },
    })),
  },
  {
    test: "HTTPRouteRewriteHost",
    behaviour: "the backend sees another host",
    objects: {
      "routes/r": route(
        host,
        to("v1", {
          matches: [prefix("/one")],
          filters: [rewrite({ hostname: "one.example.org" })],
        }),
        to("v2", { matches: [prefix("/")] }),
      ),
    },
    requests: [
      { host, path: "/one", expect: { backend: "v1", host: "one.example.org" } },
      { host, path: "/two", expect: { backend: "v2", host } },
    ],
  },
  {
    test: "HTTPRouteRewritePath",
    behaviour:
      "prefixes and whole paths replaced, slashes neither lost nor doubled, the query kept",
    objects: {
      "routes/r": route(
        host,
        ...[
          ["/prefix/one", "ReplacePrefixMatch", "/one"],
          ["/strip-prefix", "ReplacePrefixMatch", "/"],
          ["/slash", "ReplacePrefixMatch", "/to/"],
          ["/full/one", "ReplaceFullPath", "/one"],
        ].map(([from = "", type = "", value]) =>
          to("v1", {
            matches: [prefix(from)],
            filters: [
              rewrite({
                path: {
                  type,
                  [type === "ReplaceFullPath" ? "replaceFullPath" : "replacePrefixMatch"]: value,
                },
              }),
            ],
          }),
        ),
        to("v2", {
          matches: [prefix("/")],
          filters: [rewrite({ path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/base" } })],
        }),
      ),
    },
    requests: [
      ["/prefix/one/two", "/one/two"],
      ["/prefix/one?q=/prefix/one", "/one?q=/prefix/one"],
      ["/strip-prefix/three", "/three"],
      ["/strip-prefix", "/"],
      ["/strip-prefix/", "/"],
      ["/slash/x", "/to/x"],
      ["/full/one/two?q=1", "/one?q=1"],
      ["/anything", "/base/anything"],
    ].map(([path = "", seen = ""]) => ({ host, path, expect: { path: seen } })),
  },
  {
    test: "HTTPRouteRequestMirror",
    behaviour: "a copy goes to another backend, the answer comes from the first",
    objects: { "routes/r": route(host, to("v1", { filters: [mirror("v2")] })) },
    requests: [{ host, path: "/mirror", expect: { backend: "v1", mirroredTo: ["v2"] } }],
  },
  {
    test: "HTTPRouteRequestMultipleMirrors",
    behaviour: "copies go to several backends",
    objects: { "routes/r": route(host, to("v1", { filters: [mirror("v2"), mirror("v3")] })) },
    requests: [{ host, path: "/mirrors", expect: { backend: "v1", mirroredTo: ["v2", "v3"] } }],
  },
  {
    test: "HTTPRouteCORS",
    behaviour: "preflights are answered, and only allowed origins may read answers",
    objects: {
      "routes/r": route(
        host,
        to("v1", {
          filters: [
            {
              type: "CORS",
              cors: {
                allowOrigins: ["https://www.foo.example", "https://*.bar.example"],
                allowMethods: ["GET", "OPTIONS"],
                allowHeaders: ["x-header-1", "x-header-2"],
                exposeHeaders: ["x-header-3"],
                allowCredentials: true,
                maxAge: 3600,
              },
            },
          ],
        }),
      ),
    },
    requests: [
      ...["https://www.foo.example", "https://www.bar.example"].map((origin) => ({
        host,
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "GET" },
        expect: {
          responseHeaders: {
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "GET,OPTIONS",
            "access-control-allow-headers": "x-header-1,x-header-2",
            "access-control-allow-credentials": "true",
            "access-control-max-age": "3600",
          },
        },
      })),
      {
        host,
        headers: { origin: "https://www.foo.example" },
        expect: {
          backend: "v1",
          responseHeaders: {
            "access-control-allow-origin": "https://www.foo.example",
            "access-control-expose-headers": "x-header-3",
          },
        },
      },
      {
        host,
        headers: { origin: "https://evil.example" },
        expect: { responseHeaders: { "access-control-allow-origin": undefined } },
      },
    ],
  },
  {
    test: "HTTPRouteTimeoutRequest",
    behaviour: "a request that takes longer answers 504; 0s means no timeout",
    objects: {
      "routes/r": route(
        host,
        to("v1", { matches: [prefix("/timeout")], timeouts: { request: "200ms" } }),
        to("v1", { matches: [prefix("/none")], timeouts: { request: "0s" } }),
      ),
    },
    requests: [
      { host, path: "/timeout", expect: { backend: "v1" } },
      { host, path: "/timeout", headers: { "x-echo-delay": "1000" }, expect: { status: 504 } },
      { host, path: "/none", headers: { "x-echo-delay": "400" }, expect: { backend: "v1" } },
    ],
  },
  {
    test: "HTTPRouteTimeoutBackendRequest",
    behaviour: "an attempt that takes longer answers 504",
    objects: {
      "routes/r": route(host, to("v1", { timeouts: { backendRequest: "200ms" } })),
    },
    requests: [
      { host, expect: { backend: "v1" } },
      { host, headers: { "x-echo-delay": "1000" }, expect: { status: 504 } },
    ],
  },
  {
    test: "HTTPRouteRetry",
    behaviour: "given statuses are tried again, as often as said",
    objects: {
      "routes/r": route(
        host,
        to("v1", {
          matches: [prefix("/two")],
          retry: { codes: [503], attempts: 2, backoff: "10ms" },
        }),
        to("v1", { matches: [prefix("/none")] }),
      ),
    },
    requests: [
      { host, path: "/two/a", headers: { "x-echo-fail-first": "2" }, expect: { backend: "v1" } },
      { host, path: "/two/b", headers: { "x-echo-fail-first": "3" }, expect: { status: 503 } },
      { host, path: "/none/a", headers: { "x-echo-fail-first": "1" }, expect: { status: 503 } },
    ],
  },
  {
    test: "Unsupported ExtensionRef (HTTPRouteFilter)",
    behaviour: "a filter that cannot be carried out is not skipped: 500",
    objects: {
      "routes/r": route(
        host,
        to("v1", {
          matches: [prefix("/ext")],
          filters: [
            { type: "ExtensionRef", extensionRef: { group: "a.example", kind: "Foo", name: "x" } },
          ],
        }),
        to("v2", { matches: [prefix("/")] }),
      ),
    },
    requests: [
      { host, path: "/ext", expect: { status: 500 } },
      { host, path: "/", expect: { backend: "v2" } },
    ],
  },
];
