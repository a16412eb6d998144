/**
 * A descriptor as encoding, decoding and the JSON mapping want it: fields by name and by number,
 * references resolved, scalars told apart. Built lazily from a protobufjs root and kept.
 */
import protobuf, { type Enum, type Field, type Root, type Type } from "protobufjs";

const prefix = "type.googleapis.com/";

/**
 * Protobuf's own bound on nesting: Envoy's parser (C++) refuses deeper messages, so it is a fact of
 * the format and no setting.
 */
export const nestingMax = 100;

export type ScalarKind =
  | "double"
  | "float"
  | "int32"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "sfixed32"
  | "int64"
  | "uint64"
  | "sint64"
  | "fixed64"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** What one value of a field is. */
export type ValueType =
  | { readonly kind: ScalarKind }
  | {
      readonly kind: "enum";
      readonly name: string;
      readonly numbers: ReadonlyMap<string, number>;
      readonly names: ReadonlyMap<number, string>;
    }
  | { readonly kind: "message"; readonly message: () => MessageType };

export interface FieldType {
  readonly name: string;
  /** The lowerCamelCase name of the JSON mapping. */
  readonly jsonName: string;
  readonly id: number;
  readonly shape: "single" | "repeated" | "map";
  readonly value: ValueType;
  /** Set for maps only. */
  readonly mapKey: ScalarKind | undefined;
  readonly packed: boolean;
  /** The oneof that it is a member of. */
  readonly oneof: string | undefined;
  /** The other members of that oneof. */
  readonly siblings: readonly string[];
  /** True where the default value on the wire differs from absence: messages and oneof members. */
  readonly hasPresence: boolean;
}

export interface MessageType {
  /** Full name without a leading dot, for example `envoy.config.cluster.v3.Cluster`. */
  readonly name: string;
  readonly root: Root;
  readonly byName: ReadonlyMap<string, FieldType>;
  readonly byJsonName: ReadonlyMap<string, FieldType>;
  readonly byId: ReadonlyMap<number, FieldType>;
}

const known = new WeakMap<Type, MessageType>();

/** Name of the type in `type.googleapis.com/<name>`; a bare name is taken as it is. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

export function typeUrlOf(name: string): string {
  return prefix + name;
}

const byUrl = new WeakMap<Root, Map<string, MessageType>>();

/**
 * Undefined where the root has no message of that name. Found ones are remembered, since a look-up
 * in the root walks its namespaces, and every encoding asks.
 */
export function findMessageType(root: Root, typeUrl: string): MessageType | undefined {
  const types = byUrl.get(root) ?? new Map<string, MessageType>();
  const remembered = types.get(typeUrl);
  if (remembered !== undefined) return remembered;
  const type = lookUp(root, typeUrl);
  if (type !== undefined) byUrl.set(root, types.set(typeUrl, type));
  return type;
}

function lookUp(root: Root, typeUrl: string): MessageType | undefined {
  const name = typeNameOf(typeUrl);
  const found = root.lookup(`.${name}`, [protobuf.Type]);
  return found instanceof protobuf.Type && bareName(found) === name
    ? messageTypeOf(found)
    : undefined;
}

function bareName(object: Type | Enum): string {
  return object.fullName.replace(/^\./, "");
}

function messageTypeOf(type: Type): MessageType {
  const existing = known.get(type);
  if (existing !== undefined) return existing;
  const fields = type.fieldsArray.map(fieldTypeOf);
  const built: MessageType = {
    name: bareName(type),
    root: type.root,
    byName: new Map(fields.map((field) => [field.name, field])),
    byJsonName: new Map(fields.map((field) => [field.jsonName, field])),
    byId: new Map(fields.map((field) => [field.id, field])),
  };
  known.set(type, built);
  return built;
}

function fieldTypeOf(declared: Field): FieldType {
  const field = declared.resolve();
  const value = valueTypeOf(field);
  const shape = field.map ? "map" : field.repeated ? "repeated" : "single";
  const oneof = field.partOf ?? undefined;
  return {
    name: field.name,
    jsonName: jsonNameOf(field.name),
    id: field.id,
    shape,
    value,
    mapKey: field instanceof protobuf.MapField ? (field.keyType as ScalarKind) : undefined,
    packed: shape === "repeated" && field.packed && isPackable(value.kind),
    oneof: oneof?.name,
    siblings: (oneof?.oneof ?? []).filter((name) => name !== field.name),
    hasPresence: shape === "single" && (value.kind === "message" || Boolean(field.hasPresence)),
  };
}

function valueTypeOf(field: Field): ValueType {
  const reference = field.resolvedType;
  if (reference === null) return { kind: field.type as ScalarKind };
  if (reference instanceof protobuf.Enum) {
    return {
      kind: "enum",
      name: bareName(reference),
      numbers: new Map(Object.entries(reference.values)),
      names: new Map(Object.entries(reference.valuesById).map(([id, name]) => [Number(id), name])),
    };
  }
  return { kind: "message", message: () => messageTypeOf(reference) };
}

/** The root's default for repeated fields says packed for all of them, also where it cannot be. */
function isPackable(kind: ValueType["kind"]): boolean {
  return kind !== "message" && kind !== "string" && kind !== "bytes";
}

function jsonNameOf(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
