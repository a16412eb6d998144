/** Checked settings of a service → the model, with the defaults filled in. */
import { versionLabel } from "../../model/instance.ts";
import type { SubsetName } from "../../model/names.ts";
import { defaultSettings, type ServiceSettings } from "../../model/service.ts";
import { durationMs } from "../schema/duration.ts";
import type { ServiceValue } from "../schema/service.ts";
import type { Content, KeyOf } from "./content.ts";
import { sortedMap } from "./sorted-map.ts";

export function toSettings(value: ServiceValue, key: KeyOf<"services">): Content {
  const { connect, request } = value.timeouts ?? {};
  const protocol = value.appProtocol ?? defaultSettings.appProtocol;
  const settings: ServiceSettings = {
    ...defaultSettings,
    appProtocol: protocol === "grpc" ? "http2" : protocol,
    subsets: (value.subsets ?? []).map(({ name, labels, fallback }) => ({
      name: name as SubsetName,
      labels: sortedMap(labels ?? { [versionLabel]: name }),
      fallback: fallback as SubsetName | undefined,
    })),
    timeouts: {
      connectMs: connect === undefined ? defaultSettings.timeouts.connectMs : durationMs(connect),
      requestMs: request === undefined ? undefined : durationMs(request),
    },
  };
  return { kind: "settings", service: key.service, settings };
}
