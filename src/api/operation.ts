/**
 * One operation of the admin API: everything that is said of it, once. The server parses requests by it,
 * tests hold answers against it, the OpenAPI document is made from it, and the client's types are
 * inferred from it (docs/adr/0040).
 */
import type { z } from "zod";
import type { Json } from "./json.ts";
import type { ProblemCode } from "./problem.ts";
import type { Role } from "./role.ts";

/** A form that a body has, by its media type. */
export interface Form {
  readonly type: MediaType;
  readonly schema: z.ZodType;
}

export type MediaType =
  | "application/json"
  | "application/yaml"
  | "text/plain"
  | "text/event-stream"
  | "text/html";

export interface Answer {
  readonly description: string;
  /** JSON of this schema; undefined: see `forms`. */
  readonly json?: z.ZodType;
  /** In place of `json`, or besides; none at all: there is no body. */
  readonly forms?: readonly Form[];
  /** Names of headers in lower case → what they say. */
  readonly headers?: Readonly<Record<string, HeaderOfAnswer>>;
}

export interface HeaderOfAnswer {
  readonly description: string;
  readonly schema: z.ZodType;
  /** Whether each such answer has it. */
  readonly required?: boolean;
}

export interface RoleByParams {
  /** What is asked for decides. */
  readonly of: (params: Readonly<Record<string, string>>) => Role;
}

export interface Operation {
  /** In camel case, and of no other operation. */
  readonly id: string;
  readonly method: "GET" | "PUT" | "DELETE";
  /** In OpenAPI's form: `/v1/weights/{service}`. */
  readonly path: `/${string}`;
  /** The parameter of the path that may hold slashes. */
  readonly slashes?: string;
  /** In place of `path`, for people and fuzzers: one for each kind of object. */
  readonly kinds?: readonly KindOfObject[];
  readonly group: string;
  readonly summary: string;
  readonly description?: string;
  readonly role: Role | "anyone" | RoleByParams;
  readonly params?: z.ZodObject;
  /** Texts, numbers, booleans and lists of texts; any other parameter is refused. */
  readonly query?: z.ZodObject | "any";
  /** Names in lower case. */
  readonly headers?: z.ZodObject;
  readonly body?: Body;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Besides those that any such operation may have. */
  readonly problems: readonly ProblemCode[];
}

export interface KindOfObject {
  /** The first part of its keys. */
  readonly kind: string;
  readonly path: `/${string}`;
  readonly params: z.ZodObject;
  readonly value: z.ZodType;
}

export type Body =
  /** Parsed, and refused where it does not fit. */
  | { readonly kind: "json"; readonly schema: z.ZodType; readonly example?: unknown }
  /** Bytes that the operation looks at itself, and refuses with diagnostics. */
  | { readonly kind: "object"; readonly forms: readonly Form[]; readonly example?: unknown };

/** Keeps the literal types. */
export const operation = <const O extends Operation>(it: O): O => it;

type Parsed<S> = S extends z.ZodType ? z.output<S> : Readonly<Record<never, never>>;

/** What a request asks, parsed. */
export interface Asked<O extends Operation> {
  readonly params: Parsed<O["params"]>;
  readonly query: Parsed<O["query"]>;
  readonly headers: Parsed<O["headers"]>;
  /** Of kind `json`. */
  readonly body: O["body"] extends {
    readonly kind: "json";
    readonly schema: infer S extends z.ZodType;
  }
    ? Json<S>
    : undefined;
}

/** What an operation answers in JSON, and not as a problem. */
export type Reply<O extends Operation> = {
  [S in keyof O["answers"]]: O["answers"][S] extends { readonly json: infer T extends z.ZodType }
    ? {
        readonly status: S;
        readonly json: Json<T>;
        readonly headers?: Readonly<Record<string, string>>;
      }
    : never;
}[keyof O["answers"]];
