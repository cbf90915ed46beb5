// The built module beside the page's: what main.ts exports. It is not bundled a second time.
export * from "./main";
