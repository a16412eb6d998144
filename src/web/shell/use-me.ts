/** Who one is to serin, as the stream says it first. */
import { useEffect, useState } from "preact/hooks";
import type { Api } from "../api/api.ts";
import type { Me } from "../api/shapes.ts";
import type { LiveLink } from "../live/live-link.ts";

export function useMe(api: Api, link: LiveLink): Me | null {
  const [me, setMe] = useState<Me | null>(null);
  useEffect(() => {
    const going = new AbortController();
    void api.get<Me>("/v1/me", going.signal).then((answer) => {
      if (answer.ok) setMe(answer.value);
    });
    const stop = link.subscribe(() => {
      const { hello } = link.state;
      if (hello !== null) setMe(hello.you);
    });
    return () => {
      stop();
      going.abort();
    };
  }, [api, link]);
  return me;
}
