/** Time zones of the IANA database, as far as Intl knows them. */

/** `Europe/Berlin`, `UTC`; no offsets, which not every version of node takes. */
const zonePattern = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;

export function isZone(text: string): boolean {
  if (!zonePattern.test(text)) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** For a zone: how far its clocks are ahead of UTC at an instant, both in ms. Whole seconds count. */
export function zoneOffset(timeZone: string): (utcMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (utcMs) => {
    const fields = new Map(
      format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)] as const),
    );
    const field = (type: Intl.DateTimeFormatPartTypes): number => fields.get(type) ?? 0;
    const [year, month, day] = [field("year"), field("month") - 1, field("day")];
    const local = Date.UTC(year, month, day, field("hour"), field("minute"), field("second"));
    return local - Math.floor(utcMs / 1_000) * 1_000;
  };
}
