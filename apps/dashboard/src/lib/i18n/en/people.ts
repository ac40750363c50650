/** Words of the people pages. */
export const peopleEn = {} as const;
