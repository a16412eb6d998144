/** The protocol steps under test, as a value: the planted-bug tests pass mutated ones. */
import * as resourceTable from "../../src/snapshot/resource-table.ts";
import * as delta from "../../src/xds/delta.ts";
import * as nameSet from "../../src/xds/name-set.ts";
import * as rebase from "../../src/xds/rebase.ts";
import * as sotw from "../../src/xds/sotw.ts";
import * as streamState from "../../src/xds/stream-state.ts";
import * as typeState from "../../src/xds/type-state.ts";

export interface Protocol {
  readonly ResourceTable: typeof resourceTable.ResourceTable;
  readonly nameSet: typeof nameSet.nameSet;
  readonly receiveSotw: typeof sotw.receiveSotw;
  readonly receiveDelta: typeof delta.receiveDelta;
  readonly emptyStream: typeof streamState.emptyStream;
  readonly withType: typeof streamState.withType;
  readonly nextPush: typeof streamState.nextPush;
  readonly streamSent: typeof streamState.streamSent;
  readonly hasApplied: typeof typeState.hasApplied;
  readonly rebase: typeof rebase.rebase;
}

export const protocol: Protocol = {
  ...resourceTable,
  ...nameSet,
  ...sotw,
  ...delta,
  ...streamState,
  ...typeState,
  ...rebase,
};
