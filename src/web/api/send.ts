/** How requests leave the browser: what it has kept is no answer to what is there now. */
export const send = (url: string, init: RequestInit): Promise<Response> =>
  fetch(url, { ...init, cache: "no-store" });
