import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** Bytes after gzip. What is fetched before the first page is drawn, and each chunk that a page or a dialog fetches later. */
const budget = { initialJs: 230_000, initialCss: 45_000, laterChunk: 45_000 } as const;

type Bundle = Rolldown.OutputBundle;

/** Fails the build when a part of it is over its budget, and names the part. */
export const bundleBudget: Plugin = {
  name: "bundle-budget",
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      const over = findOver(bundle);
      if (over.length > 0) this.error(`Over the budget of bundle-budget.ts:\n${over.join("\n")}`);
    },
  },
};

/** What is over its budget, a sentence each. */
export function findOver(bundle: Bundle): string[] {
  const initial = initialChunks(bundle);
  const css = new Set([...initial].flatMap((chunk) => [...(chunk.viteMetadata?.importedCss ?? [])]));
  const sums = [
    ["The JavaScript of the first page", sumOf([...initial].map(({ code }) => code)), budget.initialJs],
    ["The CSS of the first page", sumOf([...css].map((name) => sourceOf(bundle, name))), budget.initialCss],
  ] as const;
  const later = chunksOf(bundle)
    .filter((chunk) => !initial.has(chunk))
    .map(({ fileName, code }) => [fileName, sumOf([code]), budget.laterChunk] as const);
  return [...sums, ...later]
    .filter(([, sizeBytes, most]) => sizeBytes > most)
    .map(([name, sizeBytes, most]) => `${name} has ${sizeBytes} bytes after gzip, ${sizeBytes - most} too many.`);
}

/** The entries and all that they import before they run. */
function initialChunks(bundle: Bundle): Set<Rolldown.OutputChunk> {
  const found = new Set<Rolldown.OutputChunk>();
  const visit = (chunk: Rolldown.OutputChunk): void => {
    if (found.has(chunk)) return;
    found.add(chunk);
    for (const name of chunk.imports) {
      const imported = bundle[name];
      if (imported?.type === "chunk") visit(imported);
    }
  };
  for (const chunk of chunksOf(bundle)) if (chunk.isEntry) visit(chunk);
  return found;
}

function chunksOf(bundle: Bundle): Rolldown.OutputChunk[] {
  return Object.values(bundle).filter((output) => output.type === "chunk");
}

function sourceOf(bundle: Bundle, name: string): string | Uint8Array {
  const asset = bundle[name];
  return asset?.type === "asset" ? asset.source : "";
}

function sumOf(sources: readonly (string | Uint8Array)[]): number {
  return sources.reduce((sum, source) => sum + gzipSync(source).length, 0);
}
