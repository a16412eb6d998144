/** Keys under which serin keeps what it has decided; nobody else writes there. */

/** One key a service. */
export const guardStatusFolder = "status/guards/";

export const guardStatusKey = (service: string): string => `${guardStatusFolder}${service}`;

/** Which instances probes find sick; one key a service that has some. */
export const healthStatusFolder = "status/health/";

export const healthStatusKey = (service: string): string => `${healthStatusFolder}${service}`;

/** How far a release is; one key a service. */
export const rolloutStatusFolder = "status/rollouts/";

export const rolloutStatusKey = (service: string): string => `${rolloutStatusFolder}${service}`;
