import { Outlet } from "@tanstack/react-router";
import { StepUpHost } from "../features/security/StepUpHost.tsx";
import { CommandProvider } from "../lib/commands.tsx";
import { isSignedOut } from "../lib/errors.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import { LiveProvider } from "../lib/live.tsx";
import { SessionProvider } from "../lib/session.tsx";
import { trpc } from "../lib/trpc.ts";
import { ErrorState } from "../ui/ErrorState.tsx";
import { useToast } from "../ui/Toasts.tsx";
import { useSignedOut } from "./signed-out.ts";
import { Shell } from "./shell/Shell.tsx";

/** Draws the app for somebody who is signed in; who is not is on the way to the sign-in page by then. */
export function AppGate() {
  const t = useT();
  const toast = useToast();
  const onSignedOut = useSignedOut();
  const me = trpc.access.me.useQuery(undefined, { staleTime: 60_000 });

  if (me.data) {
    return (
      <SessionProvider me={me.data}>
        <LiveProvider
          onSignedOut={onSignedOut}
          onBack={(awayMs) => toast({ tone: "ok", title: t("lost.filled", { count: Math.round(awayMs / 1000) }) })}
        >
          <CommandProvider>
            <Shell>
              <Outlet />
            </Shell>
            <StepUpHost />
          </CommandProvider>
        </LiveProvider>
      </SessionProvider>
    );
  }
  if (me.error && !isSignedOut(me.error)) {
    return <ErrorState error={me.error} onRetry={() => void me.refetch()} />;
  }
  return null;
}
