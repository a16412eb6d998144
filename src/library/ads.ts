import type { ConfigSource } from "../proto/messages.ts";

/** The config source of whatever is to come by the same stream: `eds_config`, `config_source` of RDS. */
export const ads: ConfigSource = { resource_api_version: "V3", ads: {} };
