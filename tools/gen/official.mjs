/**
 * One JSON descriptor of Envoy's v3 API: names, numbers and types, nothing else. The package that
 * it comes from is older than our own definitions, so what is newer there is added here.
 */
import { sep } from "node:path";
import protobuf from "protobufjs";
import { declarations, emptyRoot, fullName, parseInto, protoFiles } from "./load.mjs";

/** Annotations, tests and the API before v3 are of no use at run time. */
const wanted = [
  /^envoy-api\/envoy\/.*\/v3\/[^/]+$/,
  /^xds\/xds\/(core|data|type)\//,
  /^xds\/udpa\/type\/v1\//,
  /^googleapis\/google\/api\/expr\/v1alpha1\//,
  /^googleapis\/google\/rpc\/status\.proto$/,
];

/** `deps` holds the official .proto files, `folder` our own. */
export function officialDescriptor(deps, folder) {
  const root = emptyRoot();
  for (const file of protoFiles(deps)) {
    const path = file
      .slice(deps.length + 1)
      .split(sep)
      .join("/");
    if (wanted.some((pattern) => pattern.test(path))) parseInto(root, file);
  }
  dropUnresolvable(root);
  addNewer(root, folder);
  return bare(root.toJSON());
}

/** Fields whose type another package defines (OpenTelemetry, Prometheus, OpenCensus). */
function dropUnresolvable(root) {
  for (const type of declarations(root)) {
    if (!(type instanceof protobuf.Type)) continue;
    for (const field of type.fieldsArray) if (!resolves(field)) type.remove(field);
  }
}

function resolves(field) {
  if (protobuf.types.basic[field.type] !== undefined) return true;
  try {
    return field.parent.lookupTypeOrEnum(field.type) !== null;
  } catch {
    return false;
  }
}

function addNewer(root, folder) {
  const ours = emptyRoot();
  for (const file of protoFiles(folder)) parseInto(ours, file);
  for (const type of declarations(ours)) {
    if (!(type instanceof protobuf.Type)) continue;
    const official = root.lookup(`.${fullName(type)}`);
    if (official !== null) addNewerFields(official, type);
    else root.lookup(type.parent.fullName).add(protobuf.Type.fromJSON(type.name, type.toJSON()));
  }
}

function addNewerFields(official, ours) {
  for (const field of ours.fieldsArray) {
    if (official.fields[field.name] !== undefined) continue;
    const added = new protobuf.Field(field.name, field.id, field.type, field.rule);
    if (field.partOf) official.oneofs[field.partOf.name].add(added);
    else official.add(added);
  }
}

/** Without comments and options; only `proto3_optional` stays, since it changes what is sent. */
function bare(value, key) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).flatMap(([name, child]) => {
    if (key === "nested" && child.methods !== undefined) return [];
    if (isNamed(key) || !noise.includes(name)) return [[name, bare(child, name)]];
    return child?.proto3_optional ? [[name, { proto3_optional: true }]] : [];
  });
  return Object.fromEntries(kept);
}

const noise = ["options", "valuesOptions", "reserved", "comment", "comments"];

/** True for objects whose keys are names of the API and not words of the descriptor. */
function isNamed(key) {
  return ["nested", "fields", "oneofs", "values"].includes(key);
}
