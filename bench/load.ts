import { Agent, request } from "node:http";

export interface Load {
  readonly url: string;
  /** Path and query of a request, or of the nth one. */
  readonly path: string | ((index: number) => string);
  readonly headers?: Readonly<Record<string, string>>;
  readonly calls: number;
  /** Each sends its next request once it has the answer to the last. Default 8. */
  readonly connections?: number;
}

export interface Driven {
  readonly elapsedMs: number;
  /** Of each call, in the order of the answers. */
  readonly latenciesMs: readonly number[];
}

/** Resolves once every call was answered. Raises an Error with the first answer that is not 200. */
export type Drive = (load: Load) => Promise<Driven>;

/**
 * Over connections that are kept, each from an address of its own: the limit by address is not what is to be measured. Linux answers
 * on all of 127.0.0.0/8.
 */
export const drive: Drive = async ({ url, path, headers = {}, calls, connections = 8 }) => {
  const latenciesMs: number[] = [];
  let next = 0;
  const startedMs = performance.now();
  const work = async (localAddress: string): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
    try {
      while (next < calls) {
        const index = next;
        next += 1;
        const sentMs = performance.now();
        await ask(agent, `${url}${typeof path === "string" ? path : path(index)}`, headers);
        latenciesMs.push(performance.now() - sentMs);
      }
    } finally {
      agent.destroy();
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => work(`127.0.0.${index + 2}`)));
  return { elapsedMs: performance.now() - startedMs, latenciesMs };
};

function ask(agent: Agent, url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("error", reject).once("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    sent.once("error", reject).end();
  });
}
