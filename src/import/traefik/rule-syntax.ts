/**
 * Rules of Traefik's routers: `Host(`a`) && (PathPrefix(`/x`) || !Method(`GET`))`.
 * https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
 */
import { err, ok, type Result } from "../../lib/result.ts";

export interface Matcher {
  /** As it is written, in lower case. */
  readonly name: string;
  readonly args: readonly string[];
  readonly negated: boolean;
}

/** All of one of these must match. */
export type Alternatives = readonly (readonly Matcher[])[];

/** More would be a route of their own each. */
const mostAlternatives = 64;
const deepest = 32;

export function parseRule(text: string): Result<Alternatives, string> {
  try {
    return ok(new RuleParser(text).whole());
  } catch (error) {
    if (error instanceof RuleError) return err(error.message);
    throw error;
  }
}

class RuleError extends Error {}

class RuleParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Alternatives {
    const found = this.#or(false);
    if (this.#at < this.#text.length) throw this.#error("the end, && or ||");
    return found;
  }

  /** `negated`: of what De Morgan makes an and. */
  #or(negated: boolean): Alternatives {
    this.#depth += 1;
    if (this.#depth > deepest) throw new RuleError("it is nested too deeply");
    let all = this.#and(negated);
    while (this.#takes("||")) {
      const next = this.#and(negated);
      all = negated ? product(all, next) : [...all, ...next];
      checkSize(all);
    }
    this.#depth -= 1;
    return all;
  }

  #and(negated: boolean): Alternatives {
    let all = this.#one(negated);
    while (this.#takes("&&")) {
      const next = this.#one(negated);
      all = negated ? [...all, ...next] : product(all, next);
      checkSize(all);
    }
    return all;
  }

  #one(negated: boolean): Alternatives {
    if (this.#takes("!")) return this.#one(!negated);
    if (this.#takes("(")) {
      const inner = this.#or(negated);
      if (!this.#takes(")")) throw this.#error(")");
      return inner;
    }
    const name = this.#match(/[A-Za-z]+/y);
    if (name === undefined || !this.#takes("(")) throw this.#error("a matcher such as Host(`a`)");
    const args: string[] = [];
    while (!this.#takes(")")) {
      if (args.length > 0 && !this.#takes(",")) throw this.#error(", or )");
      args.push(this.#argument());
    }
    return [[{ name: name.toLowerCase(), args, negated }]];
  }

  #argument(): string {
    const found = this.#match(/`[^`]*`|"(?:[^"\\]|\\.)*"/y);
    if (found === undefined) throw this.#error('a value in ` or "');
    const inner = found.slice(1, -1);
    return found.startsWith("`") ? inner : inner.replaceAll(/\\(.)/g, "$1");
  }

  #takes(token: string): boolean {
    this.#match(/\s*/y);
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    this.#match(/\s*/y);
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #error(expected: string): RuleError {
    return new RuleError(`expected ${expected} at character ${this.#at + 1}`);
  }
}

const product = (a: Alternatives, b: Alternatives): Alternatives =>
  a.flatMap((one) => b.map((other) => [...one, ...other]));

function checkSize({ length }: Alternatives): void {
  if (length > mostAlternatives) {
    throw new RuleError(`it has more than ${mostAlternatives} alternatives`);
  }
}
