/**
 * Filters that change headers. Only one action for each name is allowed, as in the Gateway API.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httpheaderfilter
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import {
  firstDuplicate,
  full,
  headerName,
  listOf,
  reason,
  settableHeader,
  text,
} from "./leaves.ts";

/** Envoy refuses a whole configuration that changes this header. */
const removable = headerName.refine((value) => value.toLowerCase() !== "host", {
  message: "host is changed by the hostname of a URLRewrite alone",
  params: reason,
});

const headerValue = z.object({ name: settableHeader, value: text(4_096, 1) });

const { modifiedHeaders } = limits.decode;

export const headerModifier = z
  .object({
    set: listOf(headerValue, modifiedHeaders, "headers")
      .optional()
      .describe("In place of what is there."),
    add: listOf(headerValue, modifiedHeaders, "headers")
      .optional()
      .describe("Besides what is there."),
    remove: listOf(removable, modifiedHeaders, "headers").optional(),
  })
  .superRefine(({ set = [], add = [], remove = [] }, context) => {
    const named = [
      ...set.map(({ name }, index) => ({ name, path: ["set", index, "name"] })),
      ...add.map(({ name }, index) => ({ name, path: ["add", index, "name"] })),
      ...remove.map((name, index) => ({ name, path: ["remove", index] })),
    ];
    const duplicate = named[firstDuplicate(named.map(({ name }) => name.toLowerCase()))];
    if (duplicate === undefined) return;
    const message = "a filter does one thing only with a header, and this one is named before";
    context.addIssue({ code: "custom", path: duplicate.path, message, params: full });
  });

export type HeaderModifierValue = z.infer<typeof headerModifier>;
