/** What screen readers are told beside the page: few things, one at a time. */
import { useEffect, useState } from "preact/hooks";
import { useApp, useLive } from "../app-context.ts";
import { useAlerts } from "../live/use-alerts.ts";

export function Announcer({ said }: { readonly said: string }) {
  const { text } = useApp();
  const { link } = useLive();
  const [linkSaid, setLinkSaid] = useState("");
  const [wasLost, setWasLost] = useState(false);
  const isLost = link.kind === "lost";
  // Once when it is lost and once when it is back, and not at each try.
  useEffect(() => {
    if (isLost) {
      setLinkSaid(text.link.lost);
      setWasLost(true);
    } else if (wasLost && link.kind === "live") {
      setLinkSaid(text.link.backLive);
      setWasLost(false);
    }
  }, [isLost, link.kind, wasLost, text]);
  return (
    <div class="unseen">
      <div role="status" data-announced="link">
        {linkSaid}
      </div>
      <div role="status" data-announced="page">
        {said}
      </div>
      <NewAlert />
    </div>
  );
}

/** The newest alert that came while one looked. */
function NewAlert() {
  const { text } = useApp();
  const { news } = useLive();
  useAlerts();
  return (
    <div role="alert" data-announced="alert">
      {news === null ? "" : text.alerts.newOne(news.service, news.message)}
    </div>
  );
}
