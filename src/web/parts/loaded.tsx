/** What is read by GET: until it is there, where it fails, and then itself. */
import type { ComponentChildren } from "preact";
import { useApp } from "../app-context.ts";
import type { Resource } from "../live/use-resource.ts";
import { Button } from "./button.tsx";
import { ProblemNote } from "./problem-note.tsx";

export interface LoadedProps<T> {
  readonly resource: Resource<T>;
  children(value: T): ComponentChildren;
}

export function Loaded<T>({ resource, children }: LoadedProps<T>) {
  const { text } = useApp();
  const { value, problem, loading, reload, isCut } = resource;
  if (value !== undefined) {
    return (
      <>
        {children(value)}
        {isCut && <p class="bad-text">{text.page.cutList}</p>}
      </>
    );
  }
  if (problem !== undefined) {
    return (
      <>
        <ProblemNote problem={problem} />
        <Button onPress={reload} name="reload">
          {text.page.reload}
        </Button>
      </>
    );
  }
  return loading ? <p class="quiet">{text.page.loading}</p> : null;
}
