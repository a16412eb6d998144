import type { PendingAlert } from "../../../../src/rollout/alert/message.ts";

type Webhook = PendingAlert["webhook"];

/** An alert of a guard that has tripped. */
export const alertFor = (
  format: Webhook["format"],
  parts: Partial<Webhook> = {},
): PendingAlert => ({
  id: "0000000000007-0a-1",
  service: "web",
  severity: "error",
  atMs: 1_700_000_000_000,
  title: "v2 is out",
  text: "9 of 24 requests failed & <more>",
  webhook: {
    url: `https://hooks.example/path-of-${format}?key=query-secret`,
    format,
    secretEnv: undefined,
    ...parts,
  },
});
