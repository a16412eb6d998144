/** The alerts that this replica has seen: read when the stream is opened, and then as it adds to them. */
import { useEffect } from "preact/hooks";
import type { Answered } from "../../api/calls.ts";
import { useApp, useLive } from "../app-context.ts";
import { type Resource, useResource } from "./use-resource.ts";

export function useAlerts(): Resource<Answered<"GET /v1/alerts">> {
  const { link } = useApp();
  const { hello } = useLive();
  const told = useResource("GET /v1/alerts", hello === null ? undefined : {}, hello);
  const { value } = told;
  useEffect(() => {
    if (value !== undefined) link.say({ kind: "alerts", alerts: value });
  }, [link, value]);
  return told;
}
