/** Keys under which serin keeps what it has decided; nobody else writes there. */

/** One key a service. */
export const guardStatusFolder = "status/guards/";

export const guardStatusKey = (service: string): string => `${guardStatusFolder}${service}`;
