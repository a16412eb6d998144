/** Types of what is sent as JSON, and the schemas of what is in many answers. */
import { z } from "zod";
import { name } from "../store/schema/leaves.ts";

/** The type of what a schema describes; nobody changes what was sent. */
export type Json<S extends z.ZodType> = DeepReadonly<z.output<S>>;

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * Store revisions are numbers: at 1,000 writes a second, etcd reaches 2^53 in 285,000 years, and a number
 * is what people type and scripts compare.
 */
export const revision = z.int().min(0).describe("A revision of the store");

/** To etcd, 0 means "now". */
export const pastRevision = revision.min(1).describe("A revision of the store, which begin with 1");

export const isoTime = z.iso.datetime().describe("ISO 8601, in UTC");

export const serviceParams = z.object({ service: name.describe("Name of a service") });

export const milliseconds = z.number().min(0).describe("Milliseconds");

export const count = z.int().min(0);
