/**
 * One object of Traefik's is spread over many keys: `traefik/http/routers/web/rule`. Field names are
 * without case; names of routers and services keep theirs.
 * https://doc.traefik.io/traefik/reference/routing-configuration/other-providers/kv/
 */

export interface Tree {
  [name: string]: Tree | string;
}

/** Keys without the root. */
export function treeOf(pairs: ReadonlyMap<string, string>): Tree {
  const root = branch();
  for (const [key, value] of pairs) {
    // http/routers/NAME/…, http/services/NAME/…
    const parts = key.split("/").filter((part) => part !== "");
    const names = parts.map((part, at) => (at === 2 ? part : part.toLowerCase()));
    const last = names.pop();
    let node = root;
    for (const name of names) node = below(node, name);
    // `tls` may be `true` beside `tls/certresolver`.
    if (last !== undefined && typeof node[last] !== "object") node[last] = value;
  }
  return root;
}

function below(node: Tree, name: string): Tree {
  const next = node[name];
  if (typeof next === "object") return next;
  const made = branch();
  node[name] = made;
  return made;
}

/** Without a prototype: a router may be called anything. */
const branch = (): Tree => Object.create(null) as Tree;
