/** Who one is to serin, as the stream says it first. */
import { useEffect, useState } from "preact/hooks";
import type { Me } from "../../api/events.ts";
import type { LiveLink } from "../live/live-link.ts";

export function useMe(link: LiveLink): Me | null {
  const [me, setMe] = useState<Me | null>(null);
  useEffect(() => {
    const read = (): void => setMe(link.state.hello?.you ?? null);
    // The stream may have said it before there was somebody to hear.
    read();
    return link.subscribe(read);
  }, [link]);
  return me;
}
