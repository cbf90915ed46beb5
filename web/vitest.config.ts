import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx}"] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
