/** Who is told when a release fails. */
export interface Alert {
  readonly severity: "info" | "warn" | "error";
  readonly webhook: {
    readonly url: string;
    /** `generic` is serin's own JSON; the others are what those chat services take. */
    readonly format: "generic" | "slack" | "dingtalk" | "feishu" | "wecom";
    /** `SERIN_ALERT_…`, the variable that holds the key of the signature; undefined: unsigned. */
    readonly secretEnv: string | undefined;
  };
}
