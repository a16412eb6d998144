/**
 * Names that decode has checked. Everything behind decode may rely on their form: letters, digits,
 * `-`, `_` and `.`, at most 253 characters, and never a `/`, so that `<service>/<subset>` splits.
 */
import type { Brand } from "../lib/brand.ts";

export type ServiceName = Brand<string, "ServiceName">;
/** A part of a service's instances, by default those of one version: `v1`. */
export type SubsetName = Brand<string, "SubsetName">;
export type InstanceId = Brand<string, "InstanceId">;
export type GatewayName = Brand<string, "GatewayName">;
export type ListenerName = Brand<string, "ListenerName">;
export type LaneName = Brand<string, "LaneName">;
export type SecretName = Brand<string, "SecretName">;
export type TemplateName = Brand<string, "TemplateName">;

/** Subset of the instances that carry no version. */
export const unversioned = "default" as SubsetName;

export const namePattern = /^[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,251}[A-Za-z0-9])?$/;

/** Whether `text` may be a name of a service, subset, route, gateway or listener. */
export const isName = (text: string): boolean => namePattern.test(text);
