import { get } from "node:http";
import { expect } from "@playwright/test";

let callers = 0;

/** A program on a machine of its own: this procedure counts by network address, and any of 127.0.0.0/8 is this machine. */
export function createCaller(url: string) {
  callers += 1;
  const localAddress = `127.${1 + (process.pid % 250)}.${Math.floor(callers / 250)}.${1 + (callers % 250)}`;
  const call = (): Promise<number> =>
    new Promise((resolve, reject) => {
      get(`${url}/trpc/lab.rateLimited`, { localAddress }, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      }).on("error", reject);
    });
  return {
    address: localAddress,
    /** Of so many calls at once, how many are let through; the others are 429. */
    allowedOf: async (count: number): Promise<number> => {
      const statuses = await Promise.all(Array.from({ length: count }, call));
      expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
      return statuses.filter((status) => status === 200).length;
    },
  };
}
