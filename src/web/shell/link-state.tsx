/** Whether what one sees is live: a word in the head, and a bar across the page while it is not. */
import { useApp, useLive } from "../app-context.ts";
import { useNow } from "../parts/ago.tsx";
import { Badge } from "../parts/badge.tsx";
import { Button } from "../parts/button.tsx";

export function LinkState() {
  const { text } = useApp();
  const { link } = useLive();
  return (
    <span data-link={link.kind}>
      {link.kind === "live" ? (
        <Badge tone="good">{text.link.live}</Badge>
      ) : (
        <Badge tone={link.kind === "lost" ? "bad" : "busy"}>
          {link.kind === "lost" ? text.link.lost : text.link.connecting}
        </Badge>
      )}
    </span>
  );
}

export function LinkBar() {
  const { text, formats, link: source } = useApp();
  const { link, hello } = useLive();
  const now = useNow();
  if (link.kind === "lost") {
    const wait = formats.age(Math.max(1_000, link.retryAtMs - now));
    return (
      <div class="bar bad">
        <span>{text.link.lostLong(formats.time(link.sinceMs), wait)}</span>
        <Button name="retry-link" onPress={() => source.retry()}>
          {text.link.retry}
        </Button>
      </div>
    );
  }
  if (hello !== null && !hello.store.connected) {
    return <div class="bar warn">{text.link.storeAway}</div>;
  }
  return null;
}
