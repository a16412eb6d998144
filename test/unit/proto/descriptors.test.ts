import { readFileSync } from "node:fs";
import protobuf, {
  type Enum,
  type Field,
  type NamespaceBase,
  type Root,
  type Type,
} from "protobufjs";
import { describe, expect, it } from "vitest";
import { ourRoot } from "../../../src/proto/root.ts";
import { publishedRoot } from "./official-source.ts";

/** `spliced` fields are messages in Envoy's protos and bytes in ours: the same on the wire. */
const exceptions = JSON.parse(
  readFileSync(new URL("./newer-than-package.json", import.meta.url), "utf8"),
) as { readonly fields: readonly string[]; readonly spliced: readonly string[] };

const official = publishedRoot();

function declared(parent: NamespaceBase): (Type | Enum)[] {
  return parent.nestedArray.flatMap((object) => {
    const own = object instanceof protobuf.Type || object instanceof protobuf.Enum ? [object] : [];
    return object instanceof protobuf.Namespace ? [...own, ...declared(object)] : own;
  });
}

const bare = (name: string): string => name.replace(/^\./, "");

const ours = declared(ourRoot()).filter(
  (object) => !object.fullName.startsWith(".google.protobuf"),
);
const ourMessages = ours.filter((object) => object instanceof protobuf.Type);
const ourEnums = ours.filter((object) => object instanceof protobuf.Enum);

/** The full name behind a field's type; the published protos name some types relatively. */
function typeName(root: Root, field: Field): string {
  const known = protobuf.types.basic as Readonly<Record<string, number>>;
  if (known[field.type] !== undefined) return field.type;
  if (field.type.includes("google.protobuf.")) return bare(field.type);
  const scope = field.parent ?? root;
  const found = scope.lookup(field.type, [protobuf.Type, protobuf.Enum]);
  return found === null ? `missing ${field.type}` : bare(found.fullName);
}

function outline(root: Root, field: Field): object {
  return {
    name: field.name,
    number: field.id,
    type: typeName(root, field),
    shape:
      field instanceof protobuf.MapField
        ? `map of ${field.keyType}`
        : field.repeated
          ? "repeated"
          : "single",
    oneof: field.partOf?.name ?? null,
  };
}

function findOfficial(name: string): Type | Enum | null {
  const found = official.lookup(`.${name}`, [protobuf.Type, protobuf.Enum]);
  return found instanceof protobuf.Type || found instanceof protobuf.Enum ? found : null;
}

describe("our definitions against the published ones", () => {
  it("covers the messages that serin serves", () => {
    const names = ourMessages.map((message) => bare(message.fullName));
    expect(names).toContain("envoy.config.cluster.v3.Cluster");
    expect(names).toContain("envoy.service.discovery.v3.DiscoveryRequest");
    expect(names.length).toBeGreaterThan(150);
  });

  const newer: string[] = [];
  const spliced: string[] = [];

  it.each(ourMessages.map((message) => [bare(message.fullName), message] as const))(
    "%s",
    (name, message) => {
      const published = findOfficial(name);
      if (published === null) {
        newer.push(name);
        expect(exceptions.fields).toContain(name);
        return;
      }
      expect(published).toBeInstanceOf(protobuf.Type);
      for (const field of message.fieldsArray) {
        const path = `${name}.${field.name}`;
        const counterpart = (published as Type).fields[field.name];
        if (counterpart === undefined) {
          newer.push(path);
          expect(exceptions.fields).toContain(path);
          expect((published as Type).fieldsArray.map((other) => other.id)).not.toContain(field.id);
        } else if (exceptions.spliced.includes(path)) {
          spliced.push(path);
          const expected = outline(official, counterpart);
          expect(outline(ourRoot(), field)).toEqual({ ...expected, type: "bytes" });
        } else {
          expect(outline(ourRoot(), field)).toEqual(outline(official, counterpart));
        }
      }
    },
  );

  it.each(ourEnums.map((enumeration) => [bare(enumeration.fullName), enumeration] as const))(
    "enum %s",
    (name, enumeration) => {
      const published = findOfficial(name);
      expect(published).toBeInstanceOf(protobuf.Enum);
      expect((published as Enum).values).toMatchObject(enumeration.values);
    },
  );

  it("lists nothing as newer or spliced that is not", () => {
    expect(newer.sort()).toEqual([...exceptions.fields].sort());
    expect(spliced.sort()).toEqual([...exceptions.spliced].sort());
  });
});
