const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether only a streaming link can carry a value: it, or one of its own members, arrives later. */
export function isStream(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (Symbol.asyncIterator in value) return true;
  for (const key in value) {
    // Not `Object.values`: it would copy the values of each answer.
    const member = (value as Record<string, unknown>)[key];
    if ((isObject(member) || typeof member === "function") && isLater(member) && Object.hasOwn(value, key)) return true;
  }
  return false;
}

function isLater(member: object): boolean {
  if (typeof member === "object" && Symbol.asyncIterator in member) return true;
  const { then, catch: rescue } = member as { readonly then?: unknown; readonly catch?: unknown };
  return typeof then === "function" && typeof rescue === "function";
}
