import { unreachable } from "../lib/assert.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { EtcdEvent } from "../store/etcd-options.ts";

/** Counts what the etcd store tells of its watch; its sentences for people come as store health. */
export function createStoreObserver(metrics: Metrics): (event: EtcdEvent) => void {
  return (event) => {
    switch (event.kind) {
      case "contact":
        return metrics.storeContact();
      case "relist":
        return metrics.storeRelist(event.reason);
      case "rewound":
        return metrics.storeRelist("rewound");
      case "rebuild":
        return metrics.storeRebuild();
      case "divergence":
        return metrics.storeDivergence(event.keys);
      case "held":
        return metrics.storeHeld(event.keys);
      case "list":
        return metrics.storeHeld(0);
      case "audit":
        return;
      default:
        return unreachable(event);
    }
  };
}
