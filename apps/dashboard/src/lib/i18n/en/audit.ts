/** Words of the audit pages. */
export const auditEn = {} as const;
