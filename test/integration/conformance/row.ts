/** One behaviour that the conformance tests of the Gateway API ask for, in objects and requests of ours. */
export interface Row {
  /** The short name of the upstream test. */
  readonly test: string;
  readonly behaviour: string;
  /** By store key. Services v1, v2 and v3 are there already, with one backend each. */
  readonly objects: Readonly<Record<string, object>>;
  readonly requests: readonly Asked[];
}

export interface Asked {
  readonly method?: string;
  readonly host?: string;
  /** Default "/". */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Which listener; default "http". */
  readonly listener?: string;
  readonly expect: Expected;
}

export interface Expected {
  /** Default 200. */
  readonly status?: number;
  /** Name of the service that answers. */
  readonly backend?: string;
  /** As the backend saw them; undefined: it must not have seen the header. */
  readonly path?: string;
  readonly host?: string;
  readonly requestHeaders?: Readonly<Record<string, string | undefined>>;
  readonly responseHeaders?: Readonly<Record<string, string | undefined>>;
  /** Backends that get a copy. */
  readonly mirroredTo?: readonly string[];
}

/** A route of one host with these rules. */
export const route = (host: string, ...rules: readonly object[]): object => ({
  hostnames: [host],
  rules,
});

/** A rule that leads to one backend. */
export const to = (name: string, more: object = {}): object => ({
  ...more,
  backendRefs: [{ name, port: 8080 }],
});

export const path = (
  type: "Exact" | "PathPrefix" | "RegularExpression",
  value: string,
): object => ({
  path: { type, value },
});

export const exact = (value: string): object => path("Exact", value);
export const prefix = (value: string): object => path("PathPrefix", value);

export const headers = (fields: Readonly<Record<string, string>>): object => ({
  headers: Object.entries(fields).map(([name, value]) => ({ name, value })),
});

export const query = (fields: Readonly<Record<string, string>>): object => ({
  queryParams: Object.entries(fields).map(([name, value]) => ({ name, value })),
});

export const redirect = (requestRedirect: object): object => ({
  type: "RequestRedirect",
  requestRedirect,
});

export const rewrite = (urlRewrite: object): object => ({ type: "URLRewrite", urlRewrite });
