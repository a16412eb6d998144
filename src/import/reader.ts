/**
 * Reads the fields of somebody else's object, and remembers which: those that nobody asked for are told
 * in the end, so that nothing is dropped in silence.
 */
import type { Report } from "./report.ts";

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export class Reader {
  readonly source: string;
  readonly path: string;
  readonly report: Report;
  readonly #fields: Fields;
  readonly #left: Set<string>;

  constructor(fields: Fields, source: string, path: string, report: Report) {
    this.#fields = fields;
    this.#left = new Set(Object.keys(fields));
    this.source = source;
    this.path = path;
    this.report = report;
  }

  get names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  /** Without having read it. */
  peek(name: string): unknown {
    return this.#fields[name];
  }

  any(name: string): unknown {
    this.#left.delete(name);
    return this.#fields[name];
  }

  /** Fields that change nothing of how requests are served. */
  skip(...names: readonly string[]): void {
    for (const name of names) this.#left.delete(name);
  }

  text(name: string): string | undefined {
    const value = this.any(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    this.lost(name, "expected a text");
    return undefined;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(number)) return number;
    this.lost(name, "expected a number");
    return undefined;
  }

  truth(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (["true", "1", ""].includes(text)) return true;
    if (["false", "0"].includes(text)) return false;
    this.lost(name, "expected true or false");
    return undefined;
  }

  /** A list, or the members `0`, `1` and so on of a tree. */
  list(name: string): readonly unknown[] {
    const value = this.any(name);
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    if (isFields(value)) {
      const entries = Object.entries(value).toSorted(([a], [b]) => Number(a) - Number(b));
      return entries.map(([, each]) => each);
    }
    return [value];
  }

  texts(name: string): readonly string[] {
    return this.list(name).flatMap((each, at) => {
      if (typeof each === "string" || typeof each === "number") return [String(each)];
      this.lost(`${name}[${at}]`, "expected a text");
      return [];
    });
  }

  /** Each of them is to be ended. */
  readers(name: string): readonly Reader[] {
    return this.list(name).flatMap((each, at) => {
      if (isFields(each)) return [this.#inside(each, `${name}[${at}]`)];
      this.lost(`${name}[${at}]`, "expected an object");
      return [];
    });
  }

  reader(name: string): Reader | undefined {
    const value = this.any(name);
    if (value === undefined || value === null) return undefined;
    if (isFields(value)) return this.#inside(value, name);
    this.lost(name, "expected an object");
    return undefined;
  }

  lost(name: string, message: string): void {
    this.report.lost(this.source, this.at(name), message);
  }

  note(name: string, message: string): void {
    this.report.note(this.source, this.at(name), message);
  }

  /** Tells what nobody has asked for, and names it. */
  end(): readonly string[] {
    const left = [...this.#left].filter((name) => (this.#fields[name] ?? null) !== null);
    for (const name of left) this.lost(name, "serin has nothing like it");
    return left;
  }

  at(name: string): string {
    return [this.path, name].filter((part) => part !== "").join(".");
  }

  #inside(fields: Fields, name: string): Reader {
    return new Reader(fields, this.source, this.at(name), this.report);
  }
}
