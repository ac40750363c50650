import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";
import { bundleBudget } from "./bundle-budget.ts";

const apiUrl = process.env.SWITCHBOARD_API_URL ?? "http://127.0.0.1:4600";

// The text face is on every page. Without a preload the browser learns of it only after the
// stylesheet, and the first paint is laid out in another face.
const preloadTextFace: Plugin = {
  name: "preload-text-face",
  transformIndexHtml: {
    order: "post",
    handler(_html, context) {
      const face = Object.keys(context.bundle ?? {}).find((name) => /inter-latin-wght-normal.*\.woff2$/.test(name));
      if (!face) return [];
      const attrs = { rel: "preload", as: "font", type: "font/woff2", href: `/${face}`, crossorigin: "" };
      return [{ tag: "link", attrs, injectTo: "head" as const }];
    },
  },
};

export default defineConfig({
  plugins: [react(), preloadTextFace, bundleBudget],
  // Workspace packages resolve to their TypeScript sources: nothing has to be built before the dashboard is.
  resolve: { conditions: ["source", ...defaultClientConditions] },
  server: {
    proxy: {
      "/trpc": { target: apiUrl },
      "/api": { target: apiUrl },
      "/health": { target: apiUrl },
    },
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    // An inlined asset becomes a data: URL, which the content security policy refuses for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
