/** Words of the overview pages. */
export const overviewEn = {} as const;
