/**
 * Runs branches side by side as one piece of work: the first to fail, or the caller's leaving, cancels the others, and none is
 * left running when this settles unless it ignores its signal.
 */
export async function together<Value>(
  signal: AbortSignal,
  branches: readonly ((signal: AbortSignal) => Promise<Value>)[],
): Promise<Value[]> {
  const cancel = new AbortController();
  const shared = AbortSignal.any([signal, cancel.signal]);
  try {
    return await Promise.all(branches.map((branch) => branch(shared)));
  } catch (error) {
    cancel.abort(error);
    throw error;
  }
}
