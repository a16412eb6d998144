/** Whether proxies can connect, as the probe says it; undefined: not known yet. */
import { useEffect, useState } from "preact/hooks";

export function useReady(again: unknown): boolean | undefined {
  const [ready, setReady] = useState<boolean>();
  // `again` is among what it depends on so that it runs once more.
  useEffect(() => {
    const going = new AbortController();
    fetch("/readyz", { signal: going.signal, cache: "no-store" }).then(
      ({ ok }) => setReady(ok),
      () => undefined,
    );
    return () => going.abort();
  }, [again]);
  return ready;
}
