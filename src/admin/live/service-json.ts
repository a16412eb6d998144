/** What people see of services, as the contract has it. */
export type { AlertJson } from "../../api/alerts.ts";
export type {
  GuardWord,
  InstanceJson,
  ServiceFiguresJson,
  ServiceSummary,
  SplitJson,
  VersionFigures,
} from "../../api/services.ts";
