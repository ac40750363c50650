/** Words of the limits pages. */
export const limitsEn = {} as const;
