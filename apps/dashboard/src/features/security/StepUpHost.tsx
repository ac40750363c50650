import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useStepUp } from "../../lib/step-up.ts";

const StepUpDialog = lazy(async () => ({ default: (await import("./StepUpDialog.tsx")).StepUpDialog }));

/** Where calls that want a confirmation find their dialog: once, in the frame of the app. */
export function StepUpHost() {
  const t = useT();
  const stepUp = useStepUp();
  const question = useSyncExternalStore(stepUp.subscribe, stepUp.get);
  // Whoever leaves the app leaves the question unanswered, and nobody waits for ever.
  useEffect(() => () => stepUp.cancel(t("stepUp.cancelled")), [stepUp, t]);
  return question ? (
    <Suspense>
      <StepUpDialog question={question} />
    </Suspense>
  ) : null;
}
