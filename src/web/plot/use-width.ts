/** The width that a plot has, so that its text is never scaled. */
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

const before = 320;

export function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(before);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => setWidth(Math.max(120, Math.floor(element.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
