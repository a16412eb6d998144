/** What a client sends and gets, by `GET /v1/weights/{service}`: types alone, inferred from the operations. */
import type { z } from "zod";
import type { Json } from "./json.ts";
import type { Operation } from "./operation.ts";
import type { operations } from "./operations.ts";

type Each = (typeof operations)[number];

type CallOf<O extends Operation> = `${O["method"]} ${O["path"]}`;

type ByCall = { readonly [O in Each as CallOf<O>]: O };

/** `GET /v1/weights/{service}`. */
export type Call = keyof ByCall;

/** What a request has besides method and path. */
export type Sent<C extends Call> = Part<"params", ByCall[C]> &
  Part<"query", ByCall[C]> &
  Part<"headers", ByCall[C]> &
  BodySent<ByCall[C]>;

type Part<P extends "params" | "query" | "headers", O> = O extends {
  readonly [K in P]: infer S extends z.ZodObject;
}
  ? Record<never, never> extends z.input<S>
    ? { readonly [K in P]?: Json<S> }
    : { readonly [K in P]: Json<S> }
  : Record<never, never>;

type BodySent<O> = O extends { readonly body: { readonly kind: "json"; readonly schema: infer S } }
  ? { readonly body: S extends z.ZodType ? z.input<S> : never }
  : O extends { readonly body: { readonly kind: "object" } }
    ? /** JSON, or bytes that are sent as they are. */ { readonly body: unknown }
    : Record<never, never>;

/** What is answered in JSON. */
export type Answered<C extends Call> = JsonIn<ByCall[C]["answers"]>;

type JsonIn<A> = {
  [S in keyof A]: A[S] extends { readonly json: infer T extends z.ZodType }
    ? Json<T>
    : A[S] extends { readonly forms: readonly (infer F)[] }
      ? JsonForm<F>
      : never;
}[keyof A];

/** Of several forms, the one that is asked for where nothing else is. */
type JsonForm<F> = F extends { readonly type: "application/json"; readonly schema: infer T }
  ? T extends z.ZodType
    ? Json<T>
    : never
  : never;
