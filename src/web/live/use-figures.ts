/** The last 15 minutes of a service: asked for once, and then as the stream adds to it. */
import { useEffect } from "preact/hooks";
import type { FigurePoint } from "../../api/services.ts";
import { useApp, useLive } from "../app-context.ts";

const none: readonly FigurePoint[] = [];

export function useFigures(service: string): readonly FigurePoint[] {
  const { api, link } = useApp();
  const { figures, link: state } = useLive();
  const since = state.kind === "live" ? state.sinceMs : 0;
  // Once more after each reconnect: the stream does not repeat what was missed.
  // `since` is among what it depends on so that it runs once more.
  useEffect(() => {
    const going = new AbortController();
    const { signal } = going;
    void api
      .call("GET /v1/services/{service}/figures", { params: { service } }, { signal })
      .then((answer) => {
        if (answer.ok) link.say({ kind: "past", service, points: answer.value.points });
      });
    return () => going.abort();
  }, [api, link, service, since]);
  return figures.get(service) ?? none;
}
