/**
 * The conditions that generated routes are made of, each with requests that meet it and some that
 * nearly do, so that a request can be aimed at a rule.
 */
import type { Dice } from "./dice.ts";

/** What a request has, before it is written. */
export interface Aim {
  readonly path?: string;
  readonly query?: string;
  readonly method?: string;
  readonly header?: readonly [name: string, value: string];
  readonly cookie?: string;
}

export interface Condition {
  /** Of the Gateway API, within its list. */
  readonly json: object;
  readonly hits: readonly Aim[];
  readonly misses: readonly Aim[];
}

const paths = (json: object, hits: string, misses: string): Condition => ({
  json,
  hits: hits.split(" ").map((path) => ({ path })),
  misses: misses.split(" ").map((path) => ({ path })),
});

const regex = (value: string): object => ({ type: "RegularExpression", value });
const exact = (value: string): object => ({ type: "Exact", value });

export const pathConditions: readonly Condition[] = [
  paths(exact("/cart"), "/cart //cart /./cart", "/cart/ /Cart /cart/x /carts"),
  paths(exact("/a~b"), "/a~b /a%7Eb", "/a~ /a~b/"),
  paths(exact("/caf%C3%A9"), "/caf%C3%A9", "/cafe /caf%c3%a9/"),
  paths({ value: "/cart" }, "/cart /cart/ /cart/items /x/../cart/items", "/cartx /car /"),
  paths({ value: "/shop/" }, "/shop /shop/ /shop/7", "/shops /sho"),
  paths({ type: "PathPrefix", value: "/api/v1" }, "/api/v1 /api/v1/users", "/api /api/v10"),
  paths({ value: "/" }, "/ /anything /a/b", "/"),
  paths(regex("/v[0-9]+/.*"), "/v1/a /v22/", "/v1 /vx/a /v1a/"),
  paths(regex("/(?:cart|basket)/[a-z]+"), "/cart/abc /basket/x", "/cart/ABC /basket/ /cart/a1"),
  paths(regex("/[^/]+"), "/one /caf%C3%A9", "/one/two /"),
];

const header = (name: string, value: string): Aim => ({ header: [name, value] });

export const headerConditions: readonly Condition[] = [
  {
    json: { name: "X-Kind", value: "canary" },
    hits: [header("x-kind", "canary"), header("X-KIND", "canary")],
    misses: [header("x-kind", "Canary"), header("x-kind", "canary2"), {}],
  },
  {
    json: { type: "Exact", name: "x-stage", value: "a b, c" },
    hits: [header("x-stage", "a b, c")],
    misses: [header("x-stage", "a b"), {}],
  },
  {
    json: { type: "RegularExpression", name: "x-ver", value: "[0-9]+(?:\\.[0-9]+)?" },
    hits: [header("x-ver", "12"), header("x-ver", "1.5")],
    misses: [header("x-ver", "1."), header("x-ver", "v1"), {}],
  },
  {
    json: { type: "RegularExpression", name: "user-agent", value: ".*Mobile.*" },
    hits: [header("user-agent", "Mozilla Mobile 5")],
    misses: [header("user-agent", "mobile"), {}],
  },
];

export const queryConditions: readonly Condition[] = [
  {
    json: { name: "beta", value: "1" },
    hits: [{ query: "beta=1" }, { query: "a=2&beta=1" }, { query: "beta=1&beta=2" }],
    misses: [{ query: "beta=2" }, { query: "beta" }, { query: "beta=2&beta=1" }, {}],
  },
  {
    json: { type: "RegularExpression", name: "id", value: "[0-9]{2,}" },
    hits: [{ query: "id=12" }, { query: "id=007" }],
    misses: [{ query: "id=1" }, { query: "ID=12" }, {}],
  },
];

export const cookieConditions: readonly Condition[] = [
  {
    json: { name: "canary", value: "always" },
    hits: [{ cookie: "canary=always" }, { cookie: 'a=b; canary="always"' }],
    misses: [{ cookie: "canary=never" }, { cookie: "xcanary=always" }, {}],
  },
  {
    json: { type: "RegularExpression", name: "group", value: "beta|alpha" },
    hits: [{ cookie: "group=beta" }, { cookie: "group=alpha; x=1" }],
    misses: [{ cookie: "group=betas" }, {}],
  },
];

export const methods = ["GET", "POST", "PUT", "DELETE"] as const;

export const grpcMethods: readonly Condition[] = [
  {
    json: { service: "shop.Cart", method: "Checkout" },
    hits: [{ path: "/shop.Cart/Checkout" }],
    misses: [{ path: "/shop.Cart/checkout" }, { path: "/shop.Cart/Checkout2" }],
  },
  {
    json: { service: "shop.Cart" },
    hits: [{ path: "/shop.Cart/Add" }, { path: "/shop.Cart/Checkout" }],
    misses: [{ path: "/shop.Carts/Add" }, { path: "/Cart/Add" }],
  },
  {
    json: { method: "List" },
    hits: [{ path: "/shop.Cart/List" }, { path: "/x/List" }],
    misses: [{ path: "/x/y/List" }, { path: "/x/Lists" }],
  },
  {
    json: { type: "RegularExpression", service: "shop\\.[A-Z].*", method: "Get|Head" },
    hits: [{ path: "/shop.User/Get" }, { path: "/shop.X/Head" }],
    misses: [{ path: "/shop.user/Get" }, { path: "/shop.User/GetAll" }],
  },
];

/** A match of a rule, with the conditions that it is made of. */
export interface MadeMatch {
  readonly json: object;
  readonly conditions: readonly Condition[];
}

export function makeMatch(dice: Dice): MadeMatch {
  const path = dice.chance(0.75) ? [dice.pick(pathConditions)] : [];
  const headers = dice.chance(0.3) ? dice.some(headerConditions, 1, 2) : [];
  const query = dice.chance(0.2) ? dice.some(queryConditions, 1, 2) : [];
  const cookies = dice.chance(0.2) ? dice.some(cookieConditions, 1, 1) : [];
  const method = dice.chance(0.2) ? [methodCondition(dice.pick(methods))] : [];
  const named = { headers, queryParams: query, cookies };
  const lists = Object.entries(named).filter(([, list]) => list.length > 0);
  return {
    json: {
      ...(path[0] && { path: path[0].json }),
      ...Object.fromEntries(lists.map(([name, list]) => [name, list.map(({ json }) => json)])),
      ...(method[0] && { method: method[0].hits[0]?.method }),
    },
    conditions: [...path, ...headers, ...query, ...cookies, ...method],
  };
}

const methodCondition = (method: (typeof methods)[number]): Condition => ({
  json: {},
  hits: [{ method }],
  misses: methods.filter((each) => each !== method).map((each) => ({ method: each })),
});

export function makeGrpcMatch(dice: Dice): MadeMatch {
  const method = dice.pick(grpcMethods);
  const headers = dice.chance(0.3) ? dice.some(headerConditions, 1, 1) : [];
  return {
    json: {
      method: method.json,
      ...(headers.length > 0 && { headers: headers.map(({ json }) => json) }),
    },
    conditions: [method, ...headers],
  };
}
