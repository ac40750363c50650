/** Words of the cache pages. */
export const cacheEn = {} as const;
