/** JSON Schemas of many zod schemas at once, with those that have a name by reference. */
import { z } from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Collects schemas, of which all are converted together: a name stands for one thing in a document. */
export class SchemaSheet {
  readonly #schemas = new Map<z.ZodType, string>();
  #converted: { readonly byKey: JsonSchema; readonly named: JsonSchema } | undefined;

  add(schema: z.ZodType): void {
    if (!this.#schemas.has(schema)) this.#schemas.set(schema, `s${this.#schemas.size}`);
  }

  of(schema: z.ZodType): JsonSchema {
    const key = this.#schemas.get(schema);
    return this.#convert().byKey[key ?? ""] as JsonSchema;
  }

  /** By name: what `components.schemas` of an OpenAPI document has. */
  named(): JsonSchema {
    return this.#convert().named;
  }

  /** What may be sent and answered, and not what must be: a later version may answer more members. */
  #convert() {
    if (this.#converted !== undefined) return this.#converted;
    const all = z.object(Object.fromEntries([...this.#schemas].map(([one, key]) => [key, one])));
    const whole = moved(z.toJSONSchema(all, { io: "input" })) as {
      readonly properties: JsonSchema;
      readonly $defs?: JsonSchema;
    };
    this.#converted = { byKey: whole.properties, named: whole.$defs ?? {} };
    return this.#converted;
  }
}

/** References to `$defs` lead to the components of a document. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => {
      if (field === "$ref" && typeof inner === "string") {
        return [[field, inner.replace("#/$defs/", "#/components/schemas/")]];
      }
      // The key in the components is its name already.
      return field === "id" && typeof inner === "string" ? [] : [[field, moved(inner)]];
    }),
  );
}
