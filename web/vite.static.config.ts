// The replay in a report: one classic script without imports, with its styles and the texts that it
// shows inside, since a report loads nothing.
import { defineConfig, runnerImport, type Plugin } from "vite";

/** The sections of the English texts that the views of a replay use; a report is in English. */
const SECTIONS = ["app", "timeline", "live", "words", "view", "result", "replay", "figures"] as const;
const STYLES = ["theme", "base", "parts"].map((name) => `./style/${name}.css`);

function texts(): Plugin {
  return {
    name: "shoal:texts",
    async load(id) {
      const language = /\/strings\/(en|ja|ko)\.ts$/.exec(id)?.[1];
      if (language === undefined) return null;
      const { module } = await runnerImport<Record<string, Record<string, unknown>>>(id);
      const kept = SECTIONS.map((name) => [name, module.en?.[name]]);
      const told = language === "en" ? JSON.stringify(Object.fromEntries(kept)) : "{}";
      return { code: `export const ${language} = ${told};`, moduleType: "js" };
    },
  };
}

/** All styles as one text of the script: see `styles` in src/static.ts. */
function styles(): Plugin {
  const mark = "__SHOAL_STYLES__";
  const files = [...STYLES, "./views/views.css", "./replay/replay.css"]; // in this order
  return {
    name: "shoal:styles",
    enforce: "post",
    resolveId: (id) => (id === "virtual:styles" ? new URL("./src/styles.virtual.ts", import.meta.url).pathname : null),
    load: (id) => (id.endsWith("/styles.virtual.ts")
      ? `${files.map((file) => `import "${file}";`).join("\n")}\nexport default "${mark}";` : null),
    generateBundle(_, bundle) {
      const script = Object.values(bundle).find((file) => file.type === "chunk");
      const sheet = Object.values(bundle).find((file) => file.fileName.endsWith(".css"));
      if (script?.type !== "chunk" || sheet?.type !== "asset") return this.error("no script or styles");
      const text = JSON.stringify(String(sheet.source).trim());
      script.code = script.code.replace(/(["'`])__SHOAL_STYLES__\1/, () => text);
      delete bundle[sheet.fileName];
    },
  };
}

export default defineConfig({
  build: {
    outDir: "../src/shoal/lab/static",
    emptyOutDir: false, // the page is there already
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    lib: { entry: { replay: "src/static.ts" }, formats: ["iife"], name: "shoalReplay", cssFileName: "replay" },
    rollupOptions: { output: { entryFileNames: "[name].js", minify: true } },
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [texts(), styles()],
});
