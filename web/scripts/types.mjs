// Writes src/wire/messages.ts from the records of src/shoal/lab/messages.py, so that both sides
// have one definition. Run by `npm run types`; the Python comes from the variable PYTHON.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = process.env.PYTHON ?? here("../../.venv/bin/python");
const text = execFileSync(python, [here("../../tools/page_types.py")], { encoding: "utf-8" });

const schema = JSON.parse(text, (key, value) => {
  if (key !== "properties") return value;
  for (const each of Object.values(value)) delete each.title; // else every field becomes a type
  return value;
});
// What a host tells has every key: its defaults are written out too. Records asked and told under
// one name are told apart only where they differ in that.
for (const [name, each] of Object.entries(schema.definitions)) {
  each.title = name.replace(/^(Asked|Told)_/, "");
  if (each.properties?.type?.const) each.required = [...new Set([...(each.required ?? []), "type"])];
  if (name.startsWith("Told_") && `Asked_${name.slice(5)}` in schema.definitions)
    each.title = `Full${name.slice(5)}`;
  if (name.startsWith("Told_") && each.properties) each.required = Object.keys(each.properties);
}
const body = await compile({ ...schema, title: "Wire" }, "Wire", {
  bannerComment: "// Made by scripts/types.mjs from src/shoal/lab/messages.py. Not to be changed by hand.",
  unreachableDefinitions: true,
  additionalProperties: false,
  maxItems: -1,
});
const path = here("../src/wire/messages.ts");
if (!existsSync(path) || readFileSync(path, "utf-8") !== body) writeFileSync(path, body);
