import { createContext, useContext } from "react";
import { AnswerError, isStepUpRequired, NOT_CONFIRMED, toAppError } from "./errors.ts";

/** What the dialog shows while it is open. */
export interface Question {
  /** Procedures or acts that wait for the answer. */
  readonly acts: readonly string[];
  /** Age at which a confirmation stops counting, as the server says; null when it does not. */
  readonly withinSeconds: number | null;
}

/** Asks whoever is signed in to confirm that it is them. All who ask while the dialog is open share its one answer. */
export interface StepUp {
  /**
   * Runs a call, and once more after the person confirmed when the server wants that first. Raises what the call raises; an
   * AnswerError `NOT_CONFIRMED` when the person calls it off. `act` is shown in the dialog.
   */
  run<Result>(act: string, call: () => Promise<Result>): Promise<Result>;
  /** Resolves once the person has confirmed. Raises an AnswerError `NOT_CONFIRMED` when they call it off. */
  ask(act: string, refusal: unknown): Promise<void>;
  /** The open question, or null. */
  get(): Question | null;
  subscribe(listener: () => void): () => void;
  confirm(): void;
  /** Hands `message` to all who wait. */
  cancel(message: string): void;
}

export function createStepUp(): StepUp {
  let question: Question | null = null;
  let answer = Promise.withResolvers<void>();
  const listeners = new Set<() => void>();
  const show = (next: Question | null): void => {
    question = next;
    for (const listener of listeners) listener();
  };
  const settle = (how: (waiting: PromiseWithResolvers<void>) => void): void => {
    if (question === null) return;
    how(answer);
    answer = Promise.withResolvers<void>();
    show(null);
  };
  const ask = async (act: string, refusal: unknown): Promise<void> => {
    // Nobody is there to ask: the refusal stands.
    if (listeners.size === 0) throw refusal;
    const { withinSeconds } = toAppError(refusal).details;
    show({
      acts: [...new Set([...(question?.acts ?? []), act])],
      withinSeconds: typeof withinSeconds === "number" ? withinSeconds : (question?.withinSeconds ?? null),
    });
    await answer.promise;
  };
  return {
    ask,
    run: async (act, call) => {
      try {
        return await call();
      } catch (error) {
        if (!isStepUpRequired(error)) throw error;
        await ask(act, error);
      }
      return call();
    },
    get: () => question,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    confirm: () => settle((waiting) => waiting.resolve()),
    cancel: (message) =>
      settle((waiting) => waiting.reject(new AnswerError({ status: 403, code: NOT_CONFIRMED, message }))),
  };
}

const StepUpContext = createContext<StepUp | null>(null);
export const StepUpProvider = StepUpContext.Provider;

/** For calls outside tRPC, such as files. Procedures need nothing: the link in trpc.ts asks by itself. */
export function useStepUp(): StepUp {
  const stepUp = useContext(StepUpContext);
  if (!stepUp) throw new Error("useStepUp needs a StepUpProvider above it.");
  return stepUp;
}
