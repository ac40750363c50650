import "./fonts.css";
import "./mantine-styles.ts";
import "./tokens.css";
import "./mantine.css";
import "./base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadCatalogue } from "../lib/i18n/i18n.tsx";
import { createPreferences } from "../lib/preferences.tsx";
import { createStepUp } from "../lib/step-up.ts";
import { createQueryClient, createTrpcClient } from "../lib/trpc.ts";
import { App } from "./App.tsx";
import { createDashboardRouter } from "./router.tsx";
import { goToSignIn } from "./signed-out.ts";

async function start(root: HTMLElement): Promise<void> {
  const preferences = createPreferences();
  const router = createDashboardRouter();
  const queryClient = createQueryClient(() => goToSignIn(router));
  const stepUp = createStepUp();
  // Waited for: a page that changes its language after the first paint jumps.
  const catalogue = await loadCatalogue(preferences.get().language);
  createRoot(root).render(
    <StrictMode>
      <App
        preferences={preferences}
        router={router}
        queryClient={queryClient}
        trpcClient={createTrpcClient(stepUp)}
        stepUp={stepUp}
        firstCatalogue={catalogue}
      />
    </StrictMode>,
  );
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");
void start(root);
