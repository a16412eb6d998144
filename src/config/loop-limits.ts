/**
 * The part of `limits.ts` that is about the safety loop: what is known, who acts, what is kept of it,
 * and who is told. Everything says `limits.rollout`, `limits.history` and so on.
 */
const kib = 1024;
const mib = 1024 * kib;

export const loopLimits = {
  rollout: {
    /** Characters of a sentence in a status: it quotes evidence, and is read in a terminal. */
    messageChars: 1_000,
    /** Names of proxies, subsets or metrics in such a sentence; the rest is a count. */
    listedNames: 5,
    /** Lease of the leader's key, s; etcd raises what is shorter than its own election. */
    leaseTtlSeconds: 10,
    /** Renewals in one time to live: two may get lost. */
    renewalsPerTtl: 3,
    /**
     * A leader steps down when so much of the time to live has passed since the last renewal that was
     * confirmed: what is left over is for clocks that run apart, and for an act under way.
     */
    stepDownShare: 2 / 3,
    /** Who does not lead looks for the leader's key this often, ms, and at half of it at the least. */
    standMs: 1_000,
    /** Guards are looked at this often, ms: at least as often as any of them wants to look. */
    lookMs: 1_000,
    /** An act that must win, such as an abort, is decided anew so often while others write as well. */
    attempts: 16,
    /** A webhook that has refused or failed is asked again after this, ms. */
    askAgainMs: 10_000,
    /** Answers of webhooks kept for one release: of those that a step has, and the steps before it. */
    gateAnswers: 256,
    /** Last looks of metrics kept, for their sentences: what is lost is told by the tally alone. */
    rememberedLooks: 4_000,
    /** Names of proxies that a replica tells the others, of those that are behind. */
    behindNames: 16,
  },
  replicas: {
    /** Revisions that one replica asks the others about, and answers, at a time; more wait for their turn. */
    questions: 32,
    /** Proxies that are named in an answer, and characters of what each said: 32 answers have 250 kB. */
    behind: 16,
    messageChars: 400,
    /** While a question is open, how far the proxies are is looked at, and told if it is news, this often, ms. */
    lookMs: 500,
    /**
     * A start waits so long, ms, for the first write of its key before it serves proxies all the same: a write
     * takes milliseconds, and an election of etcd's leader one or two seconds.
     */
    firstWriteMs: 5_000,
    /** However short a wait is, others have so long, ms, to answer once: two writes and two watch events. */
    answerMs: 1_000,
    /**
     * A replica that has gone without a word is remembered for this, s, or for a third less. Proxies of one that
     * crashed notice within 40 s, by keep-alive, and are elsewhere soon after. One that is cut off from the store has
     * raised an alert after a minute. A longer time would make each crash hold up all waits for so long.
     */
    memberTtlSeconds: 300,
  },
  history: {
    /** Bytes of a value that a record repeats; of a longer one it tells the hash. */
    valueBytes: 16 * kib,
    /** Bytes of a record; in a longer one all values are told by their hashes. */
    recordBytes: 256 * kib,
    /** Changes in one record, as many as a transaction may write. */
    changes: 128,
    /** Figures of the evidence in a record, and characters of each, of a reason and of a name. */
    figures: 64,
    textChars: 1_024,
    /** Records kept of one service ... */
    recordsPerService: 100,
    /** ... and of all: every replica holds them in memory, with about 1 kB each. */
    records: 20_000,
    /** Records older than this go, ms: 90 days ... */
    ageMs: 90 * 86_400_000,
    /** ... but the newest ones of each service stay, however old they are. */
    newest: 3,
    /** Records that one transaction deletes; the rest waits for the next one. */
    prunedAtOnce: 100,
    /** The leader looks for records to delete this often, ms, and goes on after this, ms. */
    pruneIntervalMs: 600_000,
    pruneStepMs: 1_000,
    /** Reads of a history that changes meanwhile, before it is told as it is. */
    readAttempts: 3,
  },
  alerts: {
    /**
     * Alerts that wait in one process for one receiver (URL), 1 kB each. Further ones stay in the store,
     * unless the receiver fails: then the least severe and oldest of all go.
     */
    queuedPerReceiver: 100,
    /** Receivers for which alerts wait in one process; alerts for further ones stay in the store. */
    receivers: 256,
    /** Deliveries under way at the same time ... */
    concurrent: 8,
    /** ... and to receivers that have just failed: dead ones, however many, leave room for others. */
    concurrentFailing: 4,
    /** One attempt, from the connection to the end of the answer, ms. */
    attemptMs: 5_000,
    /** Bytes of an answer that are read: chat services answer with less than 1 kB. */
    answerBytes: 16 * kib,
    /** Back-off of a receiver between attempts, ms, with full jitter. */
    backoffMinMs: 1_000,
    backoffMaxMs: 60_000,
    /** An alert older than this is given up once an attempt has failed, ms. */
    giveUpMs: 3_600_000,
    /** Ids of alerts that were delivered or let go, so that none is delivered or told of twice. */
    remembered: 4_000,
    /** Bytes of a message: WeCom takes 2,048, the others more. */
    textBytes: 2_000,
    /** The leader looks for alerts that were left over this often, ms. */
    sweepMs: 30_000,
  },
  load: {
    /** Clusters that requests are counted of, whatever their proxies call them: 1 kB each. */
    clusters: 20_000,
    /** Endpoints of all of them: 200 bytes each. */
    endpoints: 100_000,
    /** Figures of backends (ORCA) by name, of one cluster: backends make the names up. */
    metrics: 64,
    /** What no proxy had requests of for so long is forgotten, ms: longer than anybody looks back. */
    forgetMs: 3_600_000,
    /**
     * A proxy that is connected and has not reported for so long, ms, counts as gone: six reports are
     * missing. Less than `judge.staleReportMs` by more than `publishMs`, or it would hold all guards.
     */
    silentMs: 12_000,
    /** Where proxies report less often than they should, they get the difference, ms, and no more. */
    slowMs: 120_000,
    /**
     * A replica tells what it has counted this often, ms, while there is anything new: proxies report
     * no more often. Each time is a revision of etcd, which its compaction has to remove again.
     */
    publishMs: 2_000,
    /**
     * A request may be counted so much later than it ended, ms: a proxy's report is over the 2 s before it, a replica
     * tells the others every 2 s, and etcd takes its time. What is to be of the time since a moment begins so much later.
     */
    lateMs: 5_000,
    /** That reports go on to come and say nothing new is told again after this, ms ... */
    beatMs: 10_000,
    /** ... as long as the oldest is no older than this, ms: two of them may be missing. */
    freshMs: 6_000,
    /** What a replica told goes so many seconds after it has died. */
    leaseTtlSeconds: 10,
    /** Bytes of what a replica tells, and all others read: 2,000 services with two versions have 300 kB. */
    valueBytes: 512 * kib,
    /** Services that a replica counts for, and versions of one: as many as it may have subsets. */
    services: 2_000,
    subsetsPerService: 64,
    /** Figures that backends report (ORCA), by name, for one version. */
    metricsPerSubset: 8,
    /** Processes remembered that have told counts; a restart of a replica is another one. */
    starts: 64,
    /** How far back one may look, ms: a count for each second of it ... */
    lookbackMs: 600_000,
    /** ... for so many versions, and for so many figures of backends, at 12 kB each. */
    windows: 4_000,
    metricWindows: 4_000,
  },
  stats: {
    /** Statistics in one message of an Envoy (OTLP): four of each cluster, as many as report loads. */
    metrics: 80_000,
    /** Parts of each kind within one another in it: an Envoy has one resource with some attributes. */
    parts: 64,
    /** Endpoints of one cluster in it. */
    members: 1_000_000,
    /** Buckets of one histogram in it: an Envoy has 20, unless its bootstrap says something else. */
    buckets: 64,
    /** Requests in one bucket, since the message before. */
    requests: 1_000_000_000,
    /** Proxies whose statistics are read ... */
    reporters: 10_000,
    /** ... unless they have not been for so long, ms. */
    silentMs: 60_000,
    /** Bytes of statistics that are read in a second: a tenth of a core. 1,000 clusters have 130 kB. */
    bytesPerSecond: 8 * mib,
  },
  verdict: {
    /** Clusters of all proxies, of which it is known what each one finds: 150 bytes each, and the name. */
    findings: 500_000,
    /** ... and the rest of them is for clusters where not all is well. */
    wellFindings: 400_000,
    /** Characters of a cluster's name: of a service and a version, each as long as it may be. */
    clusterChars: 507,
    /** Characters of all names, as each proxy has its own: of 500,000 clusters 60 each. */
    chars: 30_000_000,
    /**
     * A proxy that says nothing for so long is not counted any more, ms: an Envoy tells each replica in
     * turn, every 5 s.
     */
    silentMs: 60_000,
    /** Versions in one answer of what proxies find unwell: more are asked for by service. */
    shownVersions: 1_000,
    /** Names of proxies that find the same; the rest is a count. */
    listedProxies: 10,
  },
  latency: {
    /** How long requests took is told of the last ones, ms: 6 messages of an Envoy ... */
    windowMs: 30_000,
    /** ... which are let go in steps of so many ms, as long as between two messages. */
    stepMs: 5_000,
    /** Versions of services of which it is known: up to 1.5 kB each. */
    versions: 10_000,
    /** Different bounds of buckets: an Envoy has the same for all clusters, and most Envoys do. */
    scales: 16,
  },
  probes: {
    /** Instances that serin probes for gRPC clients: at the default interval, 400 probes a second. */
    instances: 2_000,
    /**
     * Probes that begin in one second; where more are due, each instance is probed less often. One costs
     * 0.13 ms of CPU by TCP, 0.33 by HTTP and 0.53 by gRPC: a fifth of a core at the most.
     */
    perSecond: 400,
    /** Probes under way at the same time, each with a socket: at the default timeout, all instances may hang. */
    concurrent: 512,
    /**
     * One service has at most so many times the places that are free then: alone 409, which is 400 a
     * second at the default timeout, and some are left whoever else's instances hang.
     */
    shareOfFree: 4,
    /** A probe takes this long at the most, ms, whatever the service says. */
    timeoutMs: 10_000,
    /** Bytes of an answer that are read, and of its headers: health endpoints answer with less. */
    answerBytes: 16 * kib,
    /** An interval is longer or shorter by up to this share, by chance: probes do not come in step. */
    jitterShare: 0.1,
    /** What clients ask for, and who is to be probed, is looked at this often, ms. */
    lookMs: 1_000,
    /**
     * Probes go on for so long after the last client has gone, ms, and verdicts stay: a client that
     * starts again, or passes to another replica, finds them.
     */
    lingerMs: 60_000,
    /**
     * A version that had no well instance gets its share so long after one is back, ms: clients have to
     * connect first, or calls fail.
     */
    returnMs: 3_000,
    /**
     * Where they have lost their connections, they try again ever more seldom: after an outage of T, within
     * 0.9 T, and 144 s at the most. https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
     */
    reconnectShare: 0.9,
    reconnectMaxMs: 144_000,
    /** Services that a replica names to the others, of those that its clients ask for. */
    services: 2_000,
    /** Between two writes of the verdicts of one service, ms: an instance may change every few probes. */
    writePauseMs: 1_000,
    /** Writes of verdicts under way at the same time: a prober that is cut off finds all services sick. */
    writesAtOnce: 8,
    /** Characters of the reason why an instance is sick. */
    reasonChars: 200,
  },
  provider: {
    /** A provider of figures has this long to answer, ms. */
    answerMs: 5_000,
    /** Bytes of its answer: a figure has a hundred. */
    answerBytes: 1 * mib,
    /** A figure older than this, ms, or as far in the future, tells nothing of now. */
    staleMs: 60_000,
    /** Characters kept of what a provider says of a query that it refuses. */
    messageChars: 200,
    /** Characters and steps of a path into a JSON answer. */
    jsonPathChars: 256,
    jsonPathSteps: 32,
  },
  judge: {
    /**
     * Requests are not judged when a proxy that is connected has not reported for so long, ms:
     * reports come every 2 s, and an Envoy takes 5 s to come back.
     */
    staleReportMs: 15_000,
    /**
     * The end of a look-back is looked at in stretches of so many ms, so many of them: each has one
     * or two reports of every proxy.
     */
    stretchMs: 3_000,
    stretches: 3,
  },
} as const;
