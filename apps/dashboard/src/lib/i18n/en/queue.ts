/** Words of the queue pages. */
export const queueEn = {} as const;
