/** Who one is to serin, as the stream says it first. */
import { useEffect, useState } from "preact/hooks";
import type { Me } from "../api/shapes.ts";
import type { LiveLink } from "../live/live-link.ts";

export function useMe(link: LiveLink): Me | null {
  const [me, setMe] = useState<Me | null>(null);
  useEffect(() => link.subscribe(() => setMe(link.state.hello?.you ?? null)), [link]);
  return me;
}
