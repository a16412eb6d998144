/** Every operation of the admin API. */
import { listProxies } from "./proxies.ts";
import { deleteWeights, getWeights, putWeights } from "./weights.ts";

export const operations = [listProxies, getWeights, putWeights, deleteWeights] as const;
