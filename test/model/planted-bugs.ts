/**
 * Bugs that a careless hand might plant in the protocol core, as patches of its text. The model test
 * must notice each: a property that no bug can fail proves nothing.
 */
export interface PlantedBug {
  readonly name: string;
  /** Below src. */
  readonly file: string;
  /** Occurs exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The rule that it breaks: a number is one of the checklist in the notes on xDS. */
  readonly why: string;
  /** Runs of the model that notice it, where it takes more than the usual number. */
  readonly runs?: number;
}

const subscription = "xds/subscription.ts";
const typeState = "xds/type-state.ts";
const verdict = "xds/verdict.ts";
const parts = "xds/parts.ts";
const sotw = "xds/sotw.ts";
const delta = "xds/delta.ts";
const streamState = "xds/stream-state.ts";
const typeStates = "xds/type-states.ts";
const rebase = "xds/rebase.ts";
const table = "snapshot/resource-table.ts";
const digest = "snapshot/set-digest.ts";
const position = "xds/position.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the text of sources
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "an empty list stays the wildcard after names",
    file: subscription,
    find: "const wildcard = explicit || (!everNamed && hasLegacyWildcard(typeUrl));",
    replace: "const wildcard = explicit || (requested.length === 0 && hasLegacyWildcard(typeUrl));",
    why: "6: once any name was sent, empty means nothing",
  },
  {
    name: "no names at first mean everything for every type",
    file: subscription,
    find: "!namedOnly.has(typeUrl)",
    replace: "typeUrl.length > 0",
    why: "6: only LDS and CDS have the legacy wildcard",
  },
  {
    name: "the explicit wildcard is a name",
    file: subscription,
    find: "const explicit = requested.names.has(explicitWildcard);",
    replace: "const explicit = requested.names.has(explicitWildcard) && requested.names.size < 2;",
    why: "6: `*` together with names is possible",
  },
  {
    name: "a first delta request without names means nothing",
    file: subscription,
    find: "first && subscribe === noNameSet && hasLegacyWildcard(typeUrl);",
    replace: "first && subscribe !== subscribe && hasLegacyWildcard(typeUrl);",
    why: "18: a first request without names is the wildcard",
  },
  {
    name: "the delta wildcard cannot be unsubscribed",
    file: subscription,
    find: "(previous.wildcard && !dropsWildcard)",
    replace: "(previous.wildcard || dropsWildcard)",
    why: "18: unsubscribe `*`",
  },
  {
    name: "a wildcard sees what is by name only",
    file: subscription,
    find: '(subscription.wildcard && of === "wildcard")',
    replace: "subscription.wildcard",
    why: "29: api_listeners stay out of the wildcard set",
  },
  {
    name: "a change to nothing is no change",
    file: subscription,
    find: "  sees(subscription, name, before) || sees(",
    replace: "  sees(",
    why: "5, 16: removals are sent",
  },
  {
    name: "a stale request is an ACK",
    file: sotw,
    find: 'if (nonce !== state.lastNonce) return { state, verdict: "stale" };',
    replace: "",
    why: "2: only the last nonce counts",
  },
  {
    name: "a stale request does not change the subscription",
    file: sotw,
    find: "  const change = replaceNames(",
    replace: '  if (judged.verdict === "stale") return judged;\n  const change = replaceNames(',
    why: "ADR 0004: its names still count",
  },
  {
    name: "the first request is not answered when there is nothing",
    file: sotw,
    find: "subscription, answerOwed: true, shown }",
    replace: "subscription, answerOwed: false, shown }",
    why: "6: an answer to the first request, though it be empty",
  },
  {
    name: "a complete set has only what changed",
    file: sotw,
    find: "    resources: seenBy(subscription, view),\n    removed: [],",
    replace:
      "    resources: seenBy(subscription, view).filter(({ name }) => touched?.some((change) => change.name === name) ?? true),\n    removed: [],",
    why: "5: LDS and CDS responses are complete",
  },
  {
    name: "a second response while one is in flight",
    file: streamState,
    find: "view === undefined || type.inFlight !== undefined || ",
    replace: "view === undefined || ",
    why: "one response in flight a type",
  },
  {
    name: "a rejected complete set is sent again at once",
    file: sotw,
    find: "if (touched?.length === 0 && owed.length === 0 && !state.answerOwed) {",
    replace:
      "if (touched?.length === 0 && owed.length === 0 && !state.answerOwed && held.size === 0) {",
    why: "3: no resend after a NACK",
  },
  {
    name: "after a NACK only the newest change counts as new",
    file: sotw,
    find: "const again = [...owed, ...held];",
    replace: "const again = [...owed];",
    why: "22: what was rejected is new once more, so its CLA follows",
  },
  {
    name: "a deletion does not free what was rejected with it",
    file: sotw,
    find: "touched.filter((name) => !isVisible(name)),",
    replace: "[],",
    why: "3: the rest of a rejected response converges",
  },
  {
    name: "EDS does not take the CLAs that are owed",
    file: sotw,
    find: "[...touched, ...state.owed, ...extraOwed]",
    replace: "[...touched, ...state.owed]",
    why: "22: a changed cluster is followed by its CLA",
  },
  {
    name: "the version is that of what changed",
    file: sotw,
    find: "    return { version, resources, removed: [] };",
    replace: "    return { version: setVersion(resources), resources, removed: [] };",
    why: "8: one version for equal content",
  },
  {
    name: "a delta ACK needs no nonce",
    file: delta,
    find: "before.inFlight !== undefined && request.nonce === before.inFlight.nonce",
    replace: "before.inFlight !== undefined",
    why: "12: the nonce tells what is answered",
  },
  {
    name: "initial_resource_versions are ignored",
    file: delta,
    find: "request.initialVersions.length === 0 ? undefined : request.initialVersions",
    replace: "request.initialVersions.length === 0 ? undefined : undefined",
    why: "17: skip equal, remove what vanished",
  },
  {
    name: "what vanished before a reconnect stays",
    file: delta,
    find: "[...owed, ...others, ...owedAnyway]",
    replace: "[...owed, ...owedAnyway]",
    why: "17: names that vanished are removed",
  },
  {
    name: "the first wildcard request is not answered when there is nothing",
    file: delta,
    find: "const waits = change.subscription.wildcard || request.subscribe.names.size === 0;",
    replace: "const waits = false;",
    why: "19: Envoy waits for CDS and LDS",
  },
  {
    name: "a missing name is not answered",
    file: delta,
    find: "for (const name of state.owed) if (covers(subscription, name)) yield name;",
    replace: "for (const name of state.owed) if (view.get(name)) yield name;",
    why: "15: a missing name is a removed resource",
  },
  {
    name: "a missing name of the first request is not answered",
    file: position,
    find: "(name) => !seen.has(name)",
    replace: "(name) => seen.size < 0 && !seen.has(name)",
    why: "15: a missing name is a removed resource",
  },
  {
    name: "everything that changed is removed for everyone",
    file: delta,
    find: "changes.filter(({ name, before }) => concerns(subscription, view, name, before))",
    replace: "changes.filter(({ name }) => covers(subscription, name))",
    why: "16: removals only of what the proxy has or asked for",
  },
  {
    name: "a new delta wildcard is not answered",
    file: delta,
    find: "if (state.owedAll) for (const { name } of seenBy(subscription, view)) yield name;",
    replace: "",
    why: "18: the wildcard was asked for anew",
  },
  {
    name: "delta does not take the CLAs that are owed",
    file: delta,
    find: "if (isHosts(view) || sees(subscription, name, presence(view.get(name)))) yield name;",
    replace: "if (covers(subscription, name) && view.get(name) === undefined) yield name;",
    why: "22: a changed cluster is followed by its CLA",
  },
  {
    name: "a delta cluster that was rejected is not new",
    file: delta,
    find: "state.held.has(name) || !sees(",
    replace: "!sees(",
    why: "23: routes wait for new clusters",
  },
  {
    name: "what a NACK rejected is forgotten",
    file: verdict,
    find: "const held = new Set([...state.held, ...names]);",
    replace: "const held = noNames;",
    why: "3, 13: all names of a rejected response converge",
  },
  {
    name: "what a NACK rejected is sent again at once",
    file: verdict,
    find: "return { state: inFlight.dropped ? retried(next, held) : next",
    replace: "return { state: retried(next, held)",
    why: "3, 13: no resend after a NACK",
  },
  {
    name: "a name dropped while in flight does not free the rest",
    file: typeState,
    find: "const dropped = state.inFlight?.names.some(isDropped) === true;",
    replace: "const dropped = false;",
    why: "3: until the resource or the subscription changes",
  },
  {
    name: "a rejected name that is unsubscribed does not free the rest",
    file: typeState,
    find: "return withoutHeld(next, [...state.held].filter(isDropped));",
    replace: "return next;",
    why: "3: until the resource or the subscription changes",
  },
  {
    name: "the rest is not tried again after an ACK",
    file: verdict,
    find: "if (!inFlight.retries) return",
    replace: "if (inFlight.names.length >= 0) return",
    why: "3: all names of a rejected response converge",
  },
  {
    name: "what is subscribed anew is not owed",
    file: typeState,
    find: "new Set([...stillOwed, ...added])",
    replace: "new Set(stillOwed)",
    why: "4, 14: names asked for are answered though unchanged",
  },
  {
    name: "an unsubscribe under the wildcard is not answered",
    file: typeState,
    find: "if (subscription.wildcard) for (const name of removed) owed.add(name);",
    replace: "",
    why: "18: the proxy is told what is left of the name",
  },
  {
    name: "several secrets in one response",
    file: parts,
    find: "if (names.length <= most) return plan;",
    replace: "if (names.length > 0) return plan;",
    why: "ADR 0005: a secret that is refused takes no other with it",
  },
  {
    name: "secrets that have to wait are taken for told when another has its turn",
    file: parts,
    find: "push: { ...next.push, rest: waiting },",
    replace: "push: next.push,",
    why: "ADR 0005: after a NACK the other names go on",
  },
  {
    name: "the first of the secrets that wait has its turn though they have changed",
    file: parts,
    find: "const isAlone = state.sentGeneration === view.generation && !state.owedAll;",
    replace: "const isAlone = view.generation >= 0 && !state.owedAll;",
    why: "26: a change is sent",
  },
  {
    name: "secrets that have to wait are forgotten",
    file: typeState,
    find: "next.owed = push.rest ?? noNames;",
    replace: "",
    why: "ADR 0005: after a NACK the other names go on",
  },
  {
    name: "a rejected secret is sent again for the sake of another",
    file: verdict,
    find: "  if (state.separate) {",
    replace: "  if (state.separate && state.held.size > 5) {",
    why: "ADR 0005: a secret stays rejected until it changes",
  },
  {
    name: "a retry counts as applied",
    file: typeState,
    find: "state.inFlight !== undefined || state.held.size > 0 || isOwing(state)",
    replace: "state.held.size > 0 || isOwing(state)",
    why: "removals wait for the ACK of the routes",
  },
  {
    name: "a rejected response counts as applied",
    file: typeState,
    find: "state.inFlight !== undefined || state.held.size > 0 || isOwing(state)",
    replace: "state.inFlight !== undefined || isOwing(state)",
    why: "removals wait for the ACK of the routes",
  },
  {
    name: "a new subscription counts as applied",
    file: typeState,
    find: "asksMore ? never : state.appliedGeneration",
    replace: "state.appliedGeneration",
    why: "removals wait for the ACK of the routes",
  },
  {
    name: "owed names outlive their answer",
    file: typeState,
    find: "  next.owed = noNames;\n  next.owedAll = false;\n  next.answerOwed = false;\n",
    replace: "",
    why: "4: silence after an ACK",
  },
  {
    name: "the sent generation stays behind",
    file: typeState,
    find: "next.sentGeneration = generation;",
    replace: "next.sentGeneration = Math.max(0, generation - 1);",
    why: "26: update only on real change",
  },
  {
    name: "types in the wrong order",
    file: typeStates,
    find: "pushRank(a) - pushRank(b)",
    replace: "pushRank(b) - pushRank(a)",
    why: "21: CDS, EDS, LDS, RDS",
  },
  {
    name: "routes do not wait for new clusters",
    file: streamState,
    find: "return inFlight.adds ? inFlight.sentAtMs + warmGateMs : undefined;",
    replace: "return undefined;",
    why: "21: make before break",
  },
  {
    name: "routes wait for new clusters for ever",
    file: streamState,
    find: "until !== undefined && nowMs < until",
    replace: "until !== undefined",
    why: "23: never without a timeout",
  },
  {
    name: "routes overtake a cluster that cannot be sent yet",
    file: streamState,
    find: "return inFlight.sentAtMs + clusterAnswerMs;",
    replace: "return undefined;",
    why: "21: make before break",
  },
  {
    name: "all routes wait while a cluster cannot be sent yet",
    file: streamState,
    find: "return push.content().resources.some((resource) => clustersNamed(resource).some(isUnsent));",
    replace: "return isUnsent.length > 0;",
    why: "23: a route to clusters that are there does not wait for others",
    runs: 10_000,
  },
  {
    name: "changed clusters owe no CLA",
    file: streamState,
    find: "for (const name of cluster.references) assignmentsOwed.add(name);",
    replace: "assignmentsOwed.delete(cluster.name);",
    why: "22: a changed cluster is followed by its CLA",
  },
  {
    name: "all clusters owe a CLA",
    file: streamState,
    find: 'if (push.renewed !== "all" && !push.renewed.has(cluster.name)) continue;',
    replace: "",
    why: "26: update only on real change",
  },
  {
    name: "a CLA is owed again and again",
    file: streamState,
    find: "for (const { name } of content.resources) assignmentsOwed.delete(name);",
    replace: "",
    why: "26: update only on real change",
  },
  {
    name: "another view with the same names is the same",
    file: rebase,
    find: "other === undefined || !sameContent(resource, other)",
    replace: "other === undefined || other.wildcard !== resource.wildcard",
    why: "what differs between views becomes owed",
  },
  {
    name: "another view may not hide a resource",
    file: rebase,
    find: "other === undefined || !sameContent(resource, other)",
    replace: "other?.version !== resource.version",
    why: "29: by name only in the other view",
  },
  {
    name: "changes before a move between views are lost",
    file: rebase,
    find: "for (const name of before.keys()) if (concerned(name)) owed.add(name);",
    replace: "",
    why: "what differs from what was sent becomes owed",
  },
  {
    name: "a log that is too short means no change",
    file: table,
    find: "if (generation < this.#logStart) return undefined;",
    replace: "",
    why: "a stream too far behind starts afresh",
  },
  {
    name: "presence is that of the last change",
    file: table,
    find: "if (entry !== undefined && !first.has(entry.name))",
    replace: "if (entry !== undefined)",
    why: "16: what was there when it was sent decides",
  },
  {
    name: "a change of visibility is no change",
    file: table,
    find: "    a.wildcard === b.wildcard &&\n",
    replace: "",
    why: "29: by name only from now on",
  },
  {
    name: "a deletion is not logged",
    file: table,
    find: "      this.#log.push({ generation: next, name, before: presence(before) });\n",
    replace: "",
    why: "16: removals are sent",
  },
  {
    name: "the version depends on the order of arrival",
    file: digest,
    find: "[...this.#buckets].sort(([a], [b]) => a - b)",
    replace: "[...this.#buckets]",
    why: "20: equal content, equal version on every replica",
  },
  {
    name: "the version leaves out the names",
    file: digest,
    find: "`${name}\\0${this.#lookup(name)?.version}\\n`",
    replace: "`${name}\\n`",
    why: "8: the version changes with the content",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the text of sources
