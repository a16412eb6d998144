/**
 * The numbers that bound time, memory and rates, with unit and reason. How long a name or a list in
 * an object may be stands with its schema, in store/schema.
 */
import { accessLimits } from "./access-limits.ts";
import { liveLimits } from "./live-limits.ts";
import { loopLimits } from "./loop-limits.ts";
import { statusLimits } from "./status-limits.ts";
import { toolLimits } from "./tool-limits.ts";
import { traceLimits } from "./trace-limits.ts";

const kib = 1024;
const mib = 1024 * kib;

export const limits = {
  store: {
    /** Keys per page of a list: 1,000 keeps the event loop's stall under 20 ms (etcd, 100k keys). */
    listPageKeys: 1_000,
    /** Deadline of a unary call, ms. */
    callTimeoutMs: 4_000,
    /** A progress request this often, ms: liveness and freshness of the watch. */
    progressIntervalMs: 1_500,
    /** No message for this long, ms: the connection is half open; rebuild the client. */
    silenceMs: 5_000,
    /** gRPC keep-alive towards etcd, ms; the server's own floor is 5 s. */
    keepAliveTimeMs: 10_000,
    keepAliveTimeoutMs: 5_000,
    /** One watch message may carry this many bytes (fragments are asked for all the same). */
    receiveBytes: 64 * mib,
    /** Back-off between attempts, ms, with full jitter; reset after `backoffResetMs` in health. */
    backoffMinMs: 100,
    backoffMaxMs: 3_000,
    backoffResetMs: 5_000,
    /** A linearizable compare of keys and revisions against the applied state, ms. */
    auditIntervalMs: 120_000,
    /** A value larger than this is refused with a diagnostic; etcd's own default is 1.5 MiB. */
    valueBytes: 1 * mib,
    /** Writes of one transaction; etcd's own default of `--max-txn-ops`. */
    transactionWrites: 128,
    /** A list that meets a compaction starts again, this often at the most. */
    listRestarts: 5,
    /** A revision that deletes every key, or every endpoint, of at least this many is held. */
    massDeleteKeys: 10,
    /** Keys that come back after such a loss are taken once none was written for this long, ms ... */
    heldQuietMs: 2_000,
    /** ... and at the latest this long after the first one, ms. */
    heldMaxMs: 60_000,
    /** The first audit after a reconnect, and the second look at what an audit found, ms. */
    auditConfirmMs: 3_000,
    /** A folder is read again this often, ms, because file events get lost (NFS, symlink swaps). */
    folderRescanMs: 5_000,
    /** Quiet time after a file event before the folder is read, ms: editors write in several steps. */
    folderQuietMs: 50,
    /** Directories inside one another: deeper is a loop of symlinks. */
    folderDepth: 16,
    /** Files of one folder store. */
    folderFiles: 100_000,
    /** Reads of a folder that changes underneath, before giving up until the next event. */
    folderAttempts: 5,
  },
  decode: {
    /** YAML aliases per value: stops "billion laughs". */
    yamlAliases: 100,
    /** Nesting of a value: deeper input is an attack or a mistake. */
    depth: 64,
    /** Diagnostics kept per key; the first ones tell the story. */
    diagnosticsPerKey: 16,
    /** A YAML value; larger ones must be JSON: the YAML parser takes 0.1 to 1 s for so much. */
    yamlBytes: 64 * kib,
    /** Values in one object, aliases expanded: what follows the parser costs so many steps. */
    nodes: 250_000,
    /** Characters of a value repeated in a diagnostic: enough to find it, too few for a secret. */
    echoChars: 64,
    /** Characters of a regular expression: a hostile one of so many takes 0.1 s to look at. */
    regexChars: 1_024,
    /** Characters of all regular expressions of a route, or lane: hostile ones take 2 s to look at. */
    regexCharsPerRoute: 16 * kib,
    /** Instructions of a compiled expression: Envoy's default of `re2.max_program_size.error_level`. */
    regexProgram: 100,
    /** Subsets of a service, in its settings or weights: each is a cluster of every Envoy. */
    subsets: 64,
    /** Rules of a route, and matches and backends of a rule; the Gateway API has 16, 64 and 16. */
    rules: 64,
    matches: 64,
    backendRefs: 64,
    /** Headers of a match; the Gateway API has 16. */
    matchHeaders: 64,
    /** Hostnames of a route; the Gateway API has 16. */
    hostnames: 64,
    /** Query parameters and cookies of a match, each; the Gateway API has 16 parameters. */
    matchQueryParams: 64,
    matchCookies: 16,
    /** Filters of a rule or backend, copies of a request, and headers that one filter names. */
    filters: 32,
    mirrors: 8,
    modifiedHeaders: 64,
    /** Origins, and names of headers, of one CORS filter, as in the Gateway API. */
    corsNames: 64,
    /** Gateways and services that a route belongs to; the Gateway API has 32. */
    parentRefs: 64,
    /** Headers that one split hashes: each is looked up for every request. */
    hashHeaders: 4,
    /** Attempts after the first one, and statuses listed: more only feeds an overload. */
    retryAttempts: 10,
    retryCodes: 32,
    /** Tokens of a rate limit: Envoy's are 32 bits wide. */
    rateLimitTokens: 4_000_000_000,
    /** Statuses of a healthy answer, names a certificate may have, and zones of a service. */
    expectedStatuses: 16,
    subjectAltNames: 64,
    localities: 128,
    /** Of a listener: certificates, kinds of routes, and services that answer; of a gateway: addresses. */
    certificateRefs: 64,
    routeKinds: 16,
    listenerServices: 1_024,
    gatewayAddresses: 16,
    /** Certificates in one text of a secret: the bundle of a system has about 150. */
    certificates: 1_000,
    /** Resources in the snapshot of one node: more do not fit a value. */
    snapshotResources: 10_000,
    /**
     * Entries of a lane, their matches and conditions, and names in a list. Each match is a route
     * of Envoy for every match of every route and service at a gateway.
     */
    laneEntries: 16,
    laneMatches: 16,
    laneConditions: 16,
    /** Matches of all lanes' entries at one gateway: routes that go before every other route there. */
    edgeMatches: 256,
    laneNames: 256,
    /** Guards of a service: each is judged every few seconds. */
    guards: 16,
    /** Steps of a rollout; a preset has at most 199. */
    rolloutSteps: 100,
    /** Matches of a step's route, and headers of a match. */
    managedMatches: 16,
    /**
     * Matches of all routes that a release has at a time: each is a route for every match that leads to the
     * service. At an edge with 256 matches of entries so many are 0.8 MB, and 0.2 s at the most, for each.
     */
    managedRoutes: 32,
    /**
     * Routes that one match of a rule may become by releases of several services, which multiply: four
     * releases of three matches. 83,521 of them, of four releases of 16, took 7 s in which nobody is served.
     * So many may the matches of a route object become by mirrors to splits.
     */
    releaseRoutes: 256,
    /** Templates and metrics of one analysis, all of them together. */
    analysisTemplates: 16,
    metrics: 32,
    /** Those who are asked or told of one release, one after the other, and its windows. */
    webhooks: 32,
    alerts: 16,
    windows: 32,
    /** Characters of a URL that serin asks, and of a query: with a token in them they are long. */
    urlChars: 2_048,
    queryChars: 4_096,
    /**
     * Services whose weights travel in the layer `weights`. All keys are sent with each change: 8 kB,
     * and 0.8 ms in Envoy, for so many.
     */
    layerServices: 100,
    /** Listeners of a gateway, as in the Gateway API: each is a port of every Envoy. */
    listeners: 64,
  },
  pipeline: {
    /** Quiet time before a translation, ms, and the longest that a change may wait for it, ms. */
    quietMs: 5,
    maxWaitMs: 100,
    /** Views kept though no proxy is connected that sees them: what nodes say makes them. */
    idleViews: 64,
    /**
     * Views with a proxy: one for each set of gateways that selects a node. Each takes its change
     * logs, milestones and a map of what it names: 1 MB where it names 5,000 services.
     */
    viewsInUse: 256,
    /** Entries kept in the history of changes. */
    historyEntries: 512,
    /** Changes kept per entry; a first list has as many as there are resources. */
    historyChanges: 200,
  },
  xds: {
    /** Concurrent streams of one process. */
    streams: 10_000,
    /** Bytes of one request from a proxy: 10,000 names of 200 bytes and a 61 kB node fit. */
    requestBytes: 8 * mib,
    /**
     * Names in one subscription, of what is asked for and not answered, and in one request: so many
     * take 0.1 s to take in.
     */
    subscriptionNames: 100_000,
    /** Bytes of one resource name. */
    nameBytes: 1 * kib,
    /**
     * Resources that a proxy may say it holds when it comes back: compared for 0.1 s. With names and
     * versions of 40 bytes in all, `requestBytes` are over sooner.
     */
    knownResources: 200_000,
    /** Bytes of one node: 61 kB were seen, and so many take 20 ms to decode. */
    nodeBytes: 256 * kib,
    /** Fields of a request, where a list counts as one: there are nine. */
    requestFields: 64,
    /** Characters kept of the error text of a rejection, one per type and stream. */
    errorTextChars: 8 * kib,
    /** Types one aggregated stream may subscribe to. */
    typesPerStream: 64,
    /** Routes wait for new clusters to warm for this long at the most, ms (Envoy gives up at 15 s). */
    warmGateMs: 5_000,
    /** Routes to clusters that cannot be sent before an ACK wait for it this long at the most, ms. */
    clusterAnswerMs: 20_000,
    /** A cluster that no route names any more is kept for this long after the last ACK, ms. */
    retireGraceMs: 1_000,
    /** ... and never longer than this, ms, when a proxy does not answer. */
    retireMaxMs: 30_000,
    /** What connections on a removed listener may use is kept so long, ms: Envoy's --drain-time-s. */
    listenerDrainMs: 600_000,
    /** Clusters that a view takes over from another one with a proxy; the rest goes at once. */
    adoptedClusters: 10_000,
    /** Changed names remembered per type; a stream further behind starts afresh. */
    changeLogEntries: 100_000,
    /** Messages kept for streams in the same position, per type and view ... */
    pooledMessages: 256,
    /** ... and bytes of all of them: the first responses of 50 views with 10,000 clusters each. */
    pooledBytes: 256 * mib,
    /** A larger message is kept once a second stream takes it: the first one may be the only one. */
    unsharedBytes: 64 * kib,
    /** Plans and lists kept for streams in the same position, per type and view ... */
    positions: 256,
    /** ... and bytes of all of them: an index of 10,000 resources has 0.8 MB. */
    positionBytes: 256 * mib,
    /** Lists of names recognised when they are sent again: 100 bytes each. */
    rememberedNameLists: 32_768,
    /** Types of nodes whose last stream ended with something unanswered or rejected ... */
    doubts: 20_000,
    /** ... and bytes of the names: 100 nodes in doubt of 10,000 each, and any number of the same. */
    doubtBytes: 64 * mib,
    /** Heartbeats in one time to live: one may get lost or be late. */
    beatsPerTtl: 3,
    /** ... and so far apart at the least, ms: a shorter time to live would be all that is ever sent. */
    beatMinMs: 100,
    /**
     * A proxy that comes back with other runtime keys than its view has, and asks for no routes, has
     * this long to do so, ms: it asks for everything at once.
     */
    settleMs: 2_000,
    /** Retiring clusters are looked at this often, ms. */
    sweepIntervalMs: 250,
    /** Resource names in one log line; the rest is a count. */
    loggedNames: 5,
    /** gRPC keep-alive towards proxies, ms. */
    keepAliveTimeMs: 30_000,
    keepAliveTimeoutMs: 10_000,
    /** A client has so long for its first message, and for one that has begun, ms. */
    messageMs: 30_000,
    /** Bytes of requests that come in parts, all streams together: beyond it the next ones wait. */
    partialBytes: 64 * mib,
    /** ... so many of them, each with a window of bytes: when all come back at once, 1,000 do. */
    partialWaits: 1_024,
    /** ... where they are longer than this, which 10,000 streams may have each. */
    unaskedBytes: 16 * kib,
    /**
     * Connections that may wait to be taken, as far as the kernel lets them: of node's 511, the rest of
     * a fleet that comes at once would wait a second to try again.
     */
    backlog: 4_096,
    /** Memory of requests that came in parts, bytes, which is kept for the next ones. */
    requestMemoryBytes: 16 * mib,
    /** ... in pieces of these bytes: less is not worth while, and more is seldom. */
    requestPieces: [16 * kib, 32 * kib, 64 * kib, 128 * kib, 256 * kib],
    /** Health watches at a port: one of each client that watches. */
    watches: 1_000,
    /** Streams of a port that are not of xDS: health calls, and what is refused. */
    otherStreams: 4_000,
    /** TCP connections; each takes a descriptor and some 30 kB. */
    connections: 10_000,
    /** Streams of one connection at a time: an Envoy without ADS has one for each cluster. */
    streamsPerConnection: 1_000,
    /** Streams that one connection may open at once, and per second later: more is a rapid reset. */
    streamBurst: 2_000,
    streamsPerSecond: 50,
    /** Bytes of the headers of a request; those of a discovery request have 300. */
    headerBytes: 16 * kib,
    /** What a client may send ahead, bytes: 200 kB of names come in one round trip. */
    streamWindowBytes: 256 * kib,
    connectionWindowBytes: 1 * mib,
    /** Megabytes that node may keep of one connection before it refuses streams; messages count. */
    connectionMemoryMb: 256,
    /** Milliseconds for all requests in one turn of the event loop: all else waits no longer. */
    turnMs: 10,
    /**
     * ... and for all pushes: a change reaches some thousand streams in one turn, before their ACKs
     * take time from those that wait for it.
     */
    pushTurnMs: 25,
    /** A round of pushes is told as one, up to so many turns of it. */
    roundSlices: 32,
    /** Requests of one stream in one turn of the event loop; a first request of each type fits. */
    requestsPerTurn: 8,
    /** ... and bytes of them: 0.25 MiB take some milliseconds to decode. */
    requestBytesPerTurn: 256 * kib,
    /** Requests of a stream that wait for a turn, bytes, beyond which it is not read meanwhile. */
    waitingBytes: 16 * kib,
    /** A TLS handshake must be done within this, ms. */
    handshakeMs: 10_000,
    /** A connection that no stream is on is closed after this, ms. */
    idleConnectionMs: 300_000,
    /** A connection lives this long, ms, so that proxies spread over replicas; 0: as long as it likes. */
    connectionAgeMs: 1_800_000,
    /** ... give or take this share of it, so that those that came at once do not leave at once. */
    connectionAgeJitter: 0.2,
    /** The streams of a connection that is too old end one by one over this time, ms. */
    connectionAgeGraceMs: 2_000,
    /** Certificate files are read this often, ms: file events get lost where links are swapped. */
    certificateReadMs: 2_000,
    /** A drain ends streams over this time, ms, so that they do not all reconnect at once. */
    drainMs: 2_000,
    /** Streams of load reports: one of each proxy. */
    loadStreams: 10_000,
    /**
     * Between two load reports of a proxy, ms, unless there are too many: an Envoy says its node in
     * each, 61 kB, and what looks at them works in steps of 10 s.
     */
    loadIntervalMs: 2_000,
    /**
     * Bytes of all load reports in a second, by which the time between them grows: 1,000 Envoys take so
     * much every 2 s. Half of it took 3 % of a core, and as much with 10,000 clusters 10 %.
     */
    loadBytesPerSecond: 32 * mib,
    /** Clusters in one load report: an Envoy names all that it has. */
    loadClusters: 20_000,
    /** Localities, endpoints and figures with requests in one load report. */
    loadParts: 100_000,
    /** A count in a load report: more than any proxy has in hours. */
    loadCount: 1_000_000_000_000,
    ...statusLimits,
    /** A stop waits for open calls this long, ms. */
    stopGraceMs: 5_000,
  },
  library: {
    /** A time to live, ms: a third of the shorter one is a heartbeat; the longer one fits a timer. */
    ttlMinMs: 1_000,
    ttlMaxMs: 86_400_000,
    /** Failures of callbacks and streams remembered, so that each is a warning once and then counted. */
    failures: 100,
  },
  ...loopLimits,
  traces: traceLimits,
  ...accessLimits,
  admin: {
    /** Bytes of a request body. */
    bodyBytes: 1 * mib,
    /** `--wait` gives up after this, ms, unless told otherwise. */
    waitMs: 30_000,
    /** The longest wait one may ask for, ms: a connection and a timer are held so long. */
    waitMaxMs: 600_000,
    /** Requests that wait at the same time. */
    waits: 256,
    /** An answer is overdue after this, ms: Envoy withholds one for 15 s while clusters warm. */
    staleMs: 20_000,
    /** Resource bodies in one answer: a larger snapshot is asked for in parts. */
    bodies: 2_000,
    /** Clusters and endpoints in one answer of load: more is asked for by service. */
    loadEntries: 10_000,
    /** Objects in one page of a list, and bytes of their values, or a little more: the rest comes next. */
    pageObjects: 1_000,
    pageBytes: 4 * mib,
    /** Proxies in one page: 4 KB each, and what they reject. */
    pageProxies: 1_000,
    /** Resources in one page of a snapshot, without bodies: 200 bytes each. */
    pageResources: 20_000,
    /** Entries of one answer's lists of failures; the rest is a count. */
    problemEntries: 100,
    /** Headers and body of a request must have come within this, ms. */
    requestMs: 10_000,
  },
  observe: {
    /** Rejections remembered, so that each is logged once. */
    rejections: 1_000,
    /** Characters kept of a proxy's error text in a log line; Envoy may repeat a whole resource. */
    rejectionChars: 2 * kib,
    /** Diagnostics logged of one build, one line each; the rest is a count. */
    loggedDiagnostics: 20,
    /** Log lines not yet taken by a slow reader, bytes; beyond it lines are dropped. */
    logBufferBytes: 8 * mib,
  },
  ...liveLimits,
  ...toolLimits,
} as const;
