// The page and the widget: one ES module in anywidget's format, one for the page that loads it,
// and the charts' library apart, loaded when a chart is opened.
import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../src/shoal/lab/static",
    emptyOutDir: false, // the replay of reports lies there too: vite.static.config.ts
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    lib: {
      entry: { lab: "src/main.ts", page: "src/page.ts" },
      formats: ["es"],
      cssFileName: "lab",
    },
    rollupOptions: {
      external: ["./lab.js"], // the page takes it from beside itself: it is one file for the widget
      output: { entryFileNames: "[name].js", chunkFileNames: "[name].js", minify: true },
    },
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
