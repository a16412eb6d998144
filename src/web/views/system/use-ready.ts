/** Whether proxies can connect, as the probe says it; undefined: not known yet. */
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../../app-context.ts";

export function useReady(again: unknown): boolean | undefined {
  const { api } = useApp();
  const [ready, setReady] = useState<boolean>();
  // `again` is among what it depends on so that it runs once more.
  useEffect(() => {
    const going = new AbortController();
    api.open("GET /readyz", {}, { signal: going.signal }).then(
      ({ ok }) => setReady(ok),
      () => undefined,
    );
    return () => going.abort();
  }, [api, again]);
  return ready;
}
